//! Instances in persistent mode: what is at an instance's own address is its desktop, and the plain app lies below
//! [`Route::APP`] (design.md §4.5).

use std::sync::Arc;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, ORIGIN, RANGE, TE, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use http::{HeaderMap, HeaderName, Method, Request, StatusCode, Uri};
use hyper::body::Incoming;

use super::error::ProxyError;
use super::pages::Asker;
use super::target::{self, Step, WayIn};
use super::{Arrival, Entry, Next, Proxy, drain, forward, redirect};
use crate::domain::{Route, Screen};

/// Where the viewer's websocket is, below an instance's own address.
pub const SOCKET: &str = "/websockify";

/// What KasmVNC needs of a request. Its handshake breaks where a head is long, as cookies make it.
const FOR_KASM: [HeaderName; 16] = [
    ACCEPT,
    ACCEPT_ENCODING,
    ACCEPT_LANGUAGE,
    CACHE_CONTROL,
    CONNECTION,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    HOST,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    ORIGIN,
    RANGE,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
    USER_AGENT,
];

/// The longest value it gets.
const LONGEST: usize = 512;

/// What follows in the path of the plain app, if that is what a path below an instance's own is about.
pub fn below_app(path: &str) -> Option<&str> {
    path.strip_prefix(Route::APP).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Proxy {
    /// What becomes of a request to an instance in persistent mode. `below`: what follows its prefix, where the path has it.
    pub(super) fn for_desktop<'a>(
        &'a self,
        request: Request<Incoming>,
        arrival: &Arrival,
        entry: &Arc<Entry>,
        way: WayIn,
        below: Option<usize>,
    ) -> Next<'a> {
        let asker = Asker::of(&request, arrival.fields);
        let route = &entry.route;
        let path = self.inner.base_path.cut(request.uri().path());
        let own = below.and_then(|length| path.get(path.len().checked_sub(length)?..)).unwrap_or(path);
        let refuse = |request, error: &ProxyError| {
            drain::discard(request);
            Next::Answer(self.failed(entry, error, asker, &arrival.id))
        };
        if let (Some(app), Some(rest)) = (&entry.app, below_app(own)) {
            if arrival.only_looks {
                return refuse(request, &ProxyError::OnlyTheScreen);
            }
            let below = Some(rest.len());
            return self.to_app(request, arrival, app, way, below);
        }
        let Some(desktop) = &route.desktop else {
            return refuse(request, &ProxyError::NotReady(Box::new(route.clone())));
        };
        let answer = match &desktop.screen {
            Screen::Web(_) if arrival.only_looks => return refuse(request, &ProxyError::NoOnlyLooking),
            Screen::Web(_) => match entrance(route, request.uri(), own, below.is_some()) {
                Some(location) => redirect(StatusCode::TEMPORARY_REDIRECT, &location),
                None => {
                    let mut request = request;
                    only_what_kasm_needs(request.headers_mut());
                    let way = forward::Way { below, strip: true, below_path: way == WayIn::Path, asker };
                    return self.forward(request, arrival, entry, &way);
                }
            },
            Screen::Socket(_) => {
                let looks = matches!(*request.method(), Method::GET | Method::HEAD);
                match own {
                    // The viewer's links are relative.
                    "" if looks => redirect(StatusCode::PERMANENT_REDIRECT, &format!("{}/", route.prefix)),
                    "/" if looks => self.inner.pages.desktop(route, desktop.shows_web_ui, arrival.only_looks),
                    _ => return refuse(request, &ProxyError::NotOnDesktop(desktop.shows_web_ui)),
                }
            }
        };
        drain::discard(request);
        Next::Answer(answer)
    }

    /// What becomes of a request to an app, at its own place. `below`: how much of the path follows its prefix, where that is there.
    pub(super) fn to_app<'a>(
        &'a self,
        request: Request<Incoming>,
        arrival: &Arrival,
        entry: &Arc<Entry>,
        way: WayIn,
        below: Option<usize>,
    ) -> Next<'a> {
        let asker = Asker::of(&request, arrival.fields);
        let route = &entry.route;
        let path = request.uri().path();
        let rest = below.and_then(|length| path.get(path.len().checked_sub(length)?..));
        if let Some(script) = rest.and_then(|rest| super::page_helper::script(&request, rest)) {
            return Next::Answer(script);
        }
        let inner_path = self.inner.base_path.cut(path);
        let to_prefix = |status| redirect(status, &super::with_query(&format!("{}/", route.prefix), request.uri()));
        let answer = match target::decide(route.mode, way, request.method(), inner_path, rest) {
            Step::AddSlash => to_prefix(StatusCode::PERMANENT_REDIRECT),
            Step::ToPrefix => to_prefix(StatusCode::TEMPORARY_REDIRECT),
            Step::ToOrigin => self
                .to_origin(&request, arrival.peer, route, rest)
                .unwrap_or_else(|error| self.failed(entry, &error, asker, &arrival.id)),
            Step::Forward { strip } => {
                let way = forward::Way { below, strip, below_path: way == WayIn::Path, asker };
                return self.forward(request, arrival, entry, &way);
            }
        };
        drain::discard(request);
        Next::Answer(answer)
    }
}

/// Where KasmVNC's client is opened: it has to be told where its socket is, which it believes to be at the root.
fn entrance(route: &Route, uri: &Uri, own: &str, has_prefix: bool) -> Option<String> {
    let told = uri.query().is_some_and(|query| query.split('&').any(|part| part.starts_with("path=")));
    if !matches!(own, "" | "/") || (told && own == "/") {
        return None;
    }
    let prefix = if has_prefix { route.prefix.as_str() } else { "" };
    let socket = format!("{prefix}{SOCKET}");
    let socket = socket.trim_start_matches('/');
    // In a frame it would hide its controls, since it believes to be part of another product of its makers.
    Some(format!("{prefix}/?path={socket}&autoconnect=true&resize=remote&show_control_bar=true"))
}

fn only_what_kasm_needs(headers: &mut HeaderMap) {
    let names: Vec<HeaderName> = headers.keys().cloned().collect();
    for name in names {
        let known = FOR_KASM.contains(&name) || name.as_str().starts_with("sec-websocket-");
        let short = headers.get_all(&name).iter().all(|value| value.len() <= LONGEST);
        if !known || !short {
            headers.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::domain::{Access, Helper, ProxyMode, Status};

    fn route() -> Route {
        Route {
            instance: 1,
            name: "a".parse().unwrap(),
            slug: "a".parse().unwrap(),
            prefix: "/instance/a".to_owned(),
            helper: Helper::Auto,
            public_port: None,
            hostname: None,
            access: Access::Private,
            mode: ProxyMode::Strip,
            status: Status::Started,
            reason: None,
            exit: None,
            target: None,
            persistent: true,
            desktop: None,
            run: None,
        }
    }

    #[test]
    fn the_app_lies_below() {
        for (path, rest) in [
            ("/app", Some("")),
            ("/app/", Some("/")),
            ("/app/x/y", Some("/x/y")),
            ("/apps", None),
            ("/", None),
            ("/x/app", None),
        ] {
            assert_eq!(below_app(path), rest, "{path}");
        }
    }

    #[test]
    fn kasms_client_is_told_where_its_socket_is() {
        let options = "autoconnect=true&resize=remote&show_control_bar=true";
        for (uri, own, has_prefix, location) in [
            ("/instance/a/", "/", true, Some(format!("/instance/a/?path=instance/a/websockify&{options}"))),
            ("/instance/a", "", true, Some(format!("/instance/a/?path=instance/a/websockify&{options}"))),
            ("/", "/", false, Some(format!("/?path=websockify&{options}"))),
            ("/?path=websockify", "/", false, None),
            ("/instance/a/assets/ui.js", "/assets/ui.js", true, None),
        ] {
            assert_eq!(entrance(&route(), &uri.parse().unwrap(), own, has_prefix), location, "{uri}");
        }
    }

    #[test]
    fn kasm_gets_short_heads() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "box:9000"),
            ("origin", "http://box:9000"),
            ("sec-websocket-protocol", "binary"),
            ("sec-websocket-key", "k"),
            ("upgrade", "websocket"),
            ("cookie", "a=b"),
            ("referer", "http://box/"),
            ("x-own", "y"),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers.insert(USER_AGENT, HeaderValue::try_from("u".repeat(2000)).unwrap());
        only_what_kasm_needs(&mut headers);
        let mut left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["host", "origin", "sec-websocket-key", "sec-websocket-protocol", "upgrade"]);
    }
}
