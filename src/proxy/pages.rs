//! What this server says itself where an app does not answer: a page to a person, JSON to a program, a bare status to a
//! websocket (proxy.md B9); and the viewer of a desktop. Never cached, always marked as ours, and 200 for the viewer alone.

use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};

use super::body::{self, Body};
use super::error::ProxyError;
use super::headers::fields::{Field, Fields};
use super::headers::upgrade;
use crate::assets;
use crate::domain::{BasePath, Route, Slug};

/// Marks an answer as this server's and not the app's; its value says why.
pub const MARK: HeaderName = HeaderName::from_static("x-aikore-answer");

/// How a browser says what it is about to do with the answer (Fetch Metadata).
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Our own pages load nothing from elsewhere and run nothing inline.
pub const POLICY: &str =
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'";

/// The viewer draws cursors and pictures it has made itself.
const VIEWER_POLICY: &str =
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'";

/// Who asks, and what form of answer is of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// A browser that shows a page.
    Person,
    /// A script or program.
    Program,
    /// A websocket handshake.
    Websocket,
}

impl Asker {
    /// Told by the request's head, which has these fields.
    pub fn of<B>(request: &Request<B>, fields: Fields) -> Self {
        if upgrade::is_websocket(request, fields) {
            return Self::Websocket;
        }
        let navigates = if fields.has(Field::SecFetchMode) {
            request.headers().get(FETCH_MODE).is_some_and(|mode| mode == "navigate")
        } else {
            // Older browsers, and plain-HTTP origins where the field is not sent.
            fields.has(Field::Accept)
                && request.headers().get(ACCEPT).is_some_and(|accept| prefers_html(accept.to_str().unwrap_or_default()))
        };
        if navigates && matches!(*request.method(), Method::GET | Method::HEAD | Method::POST) {
            Self::Person
        } else {
            Self::Program
        }
    }
}

/// Whether HTML is named before JSON and any wildcard: what browsers send when they navigate.
fn prefers_html(accept: &str) -> bool {
    let first = accept.split(',').next().unwrap_or_default();
    let media = first.split(';').next().unwrap_or_default().trim();
    matches!(media, "text/html" | "application/xhtml+xml")
}

/// The templates.
#[derive(Debug)]
pub struct Pages {
    instance: String,
    desktop: String,
    notice: String,
    /// Where the dashboard is.
    root: String,
}

impl Pages {
    pub(super) fn load(base_path: &BasePath) -> Self {
        let template = |path: &str| {
            let asset = assets::get(path);
            asset
                .map(|asset| String::from_utf8_lossy(&asset.bytes).into_owned())
                .unwrap_or_else(|| "<h1>{{title}}</h1>".to_owned())
        };
        Self {
            instance: template("pages/instance.html"),
            desktop: template("pages/desktop.html"),
            notice: template("pages/notice.html"),
            root: base_path.root(),
        }
    }

    /// The answer for a request that no app answered.
    pub fn error(&self, error: &ProxyError, asker: &Asker) -> Response<Body> {
        let html = || match error {
            ProxyError::NotReady(route) => self.instance_page(route),
            other => self
                .notice(heading(other), heading(other), &other.to_string())
                .replace("<!--links-->", &self.links(other)),
        };
        let mut response = self.answer(error.status(), &error.to_string(), *asker, html);
        if let Some(seconds) = error.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.headers_mut().insert(MARK, HeaderValue::from_static(mark(error)));
        response
    }

    /// A sentence in the form that suits the asker.
    pub fn answer(
        &self,
        status: StatusCode,
        detail: &str,
        asker: Asker,
        html: impl FnOnce() -> String,
    ) -> Response<Body> {
        let (media_type, content) = match asker {
            Asker::Person => ("text/html; charset=utf-8", html()),
            Asker::Program => ("application/json", serde_json::json!({ "detail": detail }).to_string()),
            Asker::Websocket => ("text/plain; charset=utf-8", String::new()),
        };
        let mut response = Response::new(body::full(content));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(MARK, HeaderValue::from_static("notice"));
        if asker == Asker::Websocket {
            // A handshake that failed is over: nothing else can come on that connection.
            headers.insert(http::header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// A page that says one thing.
    pub fn notice(&self, title: &str, heading: &str, text: &str) -> String {
        fill(&self.notice, &[("title", title), ("heading", heading), ("text", text), ("root", &self.root)])
    }

    /// The instances that may have been meant. Slugs hold nothing that HTML could misread.
    fn links(&self, error: &ProxyError) -> String {
        let ProxyError::Unknown { near, .. } = error else { return String::new() };
        let root = self.root.trim_end_matches('/');
        let item = |slug: &String| {
            let path = format!("{root}{}{slug}/", Slug::ROOT);
            format!("<li><a href=\"{path}\">{path}</a></li>")
        };
        if near.is_empty() {
            String::new()
        } else {
            format!("<ul class=\"page-links\">{}</ul>", near.iter().map(item).collect::<String>())
        }
    }

    /// The viewer of a desktop.
    pub fn desktop(&self, route: &Route, has_app: bool, only_looks: bool) -> Response<Body> {
        let state = serde_json::json!({
            "id": route.instance,
            "name": route.name,
            "slug": route.slug,
            "app": has_app,
            "view_only": only_looks,
        });
        let page = fill(&self.desktop, &[("title", route.name.as_str()), ("root", &self.root)]);
        let page = page.replace("{{state}}", &for_script(&state));
        let mut response = self.answer(StatusCode::OK, "", Asker::Person, || page);
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(VIEWER_POLICY));
        headers.insert(MARK, HeaderValue::from_static("desktop"));
        response
    }

    /// The live page of an instance that is not ready.
    fn instance_page(&self, route: &Route) -> String {
        let state = serde_json::json!({
            "id": route.instance,
            "name": route.name,
            "slug": route.slug,
            "status": route.status,
            "reason": route.reason,
            "progress": null,
            "exit": route.exit,
            "since": null,
            "log": [],
        });
        let page = fill(&self.instance, &[("title", route.name.as_str()), ("root", &self.root)]);
        page.replace("{{state}}", &for_script(&state))
    }
}

/// JSON inside a `<script>` element: nothing in it may look like a tag's end or a comment's beginning.
fn for_script(json: &serde_json::Value) -> String {
    json.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

fn fill(template: &str, values: &[(&str, &str)]) -> String {
    values
        .iter()
        .fold(template.to_owned(), |page, (name, value)| page.replace(&format!("{{{{{name}}}}}"), &escape(value)))
}

/// Text as HTML: also safe within a quoted attribute. Braces too, so that no value brings a placeholder of its own.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '{' => out.push_str("&#123;"),
            c => out.push(c),
        }
    }
    out
}

fn heading(error: &ProxyError) -> &'static str {
    match error {
        ProxyError::Unknown { .. } => "There is no such instance",
        ProxyError::NotReady(_) => "Not ready",
        ProxyError::RootOnly(_) => "Not available under a path",
        ProxyError::OnlyTheScreen | ProxyError::NoOnlyLooking => "Only for looking",
        ProxyError::NotOnDesktop(_) => "There is nothing here",
        ProxyError::Malformed(_) | ProxyError::TransferCoding | ProxyError::Expectation => {
            "That request can't be understood"
        }
        ProxyError::SlowBody => "The request is not whole",
        ProxyError::Connect(_) => "The app does not answer",
        ProxyError::Upstream(_) => "The app gave no valid answer",
    }
}

fn mark(error: &ProxyError) -> &'static str {
    match error {
        ProxyError::Unknown { .. } => "unknown-instance",
        ProxyError::NotReady(_) => "not-ready",
        ProxyError::RootOnly(_) => "root-only",
        ProxyError::OnlyTheScreen | ProxyError::NoOnlyLooking => "only-looks",
        ProxyError::NotOnDesktop(_) => "desktop",
        ProxyError::Malformed(_) | ProxyError::TransferCoding | ProxyError::Expectation => "bad-request",
        ProxyError::SlowBody => "slow-body",
        ProxyError::Connect(_) => "connect",
        ProxyError::Upstream(_) => "upstream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks() {
        let asker = |fields: &[(&str, &str)]| {
            let request =
                fields.iter().fold(Request::builder(), |request, (name, value)| request.header(*name, *value));
            let request = request.body(()).unwrap();
            Asker::of(&request, Fields::of(request.headers()))
        };
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (fields, who) in [
            (&[("accept", browser)][..], Asker::Person),
            (&[("sec-fetch-mode", "navigate"), ("accept", "*/*")], Asker::Person),
            (&[("sec-fetch-mode", "cors"), ("accept", browser)], Asker::Program),
            (&[("accept", "*/*")], Asker::Program),
            (&[("accept", "application/json, text/html")], Asker::Program),
            (&[], Asker::Program),
            (&[("connection", "Upgrade"), ("upgrade", "websocket")], Asker::Websocket),
        ] {
            assert_eq!(asker(fields), who, "{fields:?}");
        }
    }

    #[test]
    fn no_value_can_become_markup_or_a_placeholder() {
        let page =
            fill("<p title=\"{{text}}\">{{text}}{{root}}</p>", &[("text", "\"><script>{{root}}"), ("root", "/")]);
        assert_eq!(
            page,
            "<p title=\"&quot;&gt;&lt;script&gt;&#123;&#123;root}}\">&quot;&gt;&lt;script&gt;&#123;&#123;root}}/</p>"
        );
        assert_eq!(for_script(&serde_json::json!("</script><!--")), "\"\\u003c/script>\\u003c!--\"");
    }
}
