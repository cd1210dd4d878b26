//! Sending people to the login and back. A cookie stays with the host name it was made for, so a login made at the
//! dashboard's name is carried to an instance's own by a one-time code.

use std::borrow::Cow;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use form_urlencoded::byte_serialize;
use http::header::{CACHE_CONTROL, REFERRER_POLICY, SET_COOKIE};
use http::{HeaderValue, Response, StatusCode};

use crate::auth::Login;
use crate::domain::BasePath;
use crate::proxy::body::Body;
use crate::proxy::headers::{cookies, host};
use crate::proxy::pages::MARK;
use crate::proxy::{Entry, redirect};

/// Where people reach the dashboard.
#[derive(Debug)]
pub(super) struct PanelPlace {
    /// What was configured, as `scheme://host:port`.
    public_url: Option<String>,
    /// Its port on this machine.
    port: u16,
    base_path: BasePath,
    /// Where somebody who is logged in was seen last, as `scheme://host:port`.
    seen: ArcSwapOption<String>,
}

impl PanelPlace {
    pub(super) fn new(public_url: Option<String>, port: u16, base_path: BasePath) -> Self {
        Self { public_url, port, base_path, seen: ArcSwapOption::empty() }
    }

    /// Somebody who is logged in uses the dashboard here.
    pub(super) fn note(&self, scheme: &str, authority: &str) {
        let is_it = |seen: &str| seen.split_once("://") == Some((scheme, authority));
        if !self.seen.load().as_ref().is_some_and(|seen| is_it(seen)) {
            self.seen.store(Some(Arc::new(format!("{scheme}://{authority}"))));
        }
    }

    /// The login on the dashboard's own origin, which then leads back to `path_and_query`.
    pub(super) fn login_here(&self, path_and_query: &str) -> Response<Body> {
        to_login(&self.base_path.root(), path_and_query)
    }

    /// The setup page on the dashboard's own origin.
    pub(super) fn setup_here(&self) -> Response<Body> {
        unreferred(redirect(StatusCode::SEE_OTHER, &format!("{}setup", self.base_path.root())))
    }

    /// The login of the dashboard for somebody at an instance's own origin, which then leads back there. `None` when it can't
    /// be told where people reach the dashboard.
    pub(super) fn login_elsewhere(
        &self,
        scheme: &str,
        authority: &str,
        by_port: bool,
        path_and_query: &str,
    ) -> Option<Response<Body>> {
        let panel = self.origin_for(scheme, authority, by_port)?;
        let back = format!("{scheme}://{authority}{path_and_query}");
        Some(to_login(&format!("{panel}{}", self.base_path.root()), &back))
    }

    fn origin_for(&self, scheme: &str, authority: &str, by_port: bool) -> Option<String> {
        let name = host::without_port(authority);
        let seen = self.seen.load();
        let mut said = self.public_url.iter().chain(seen.as_deref());
        let is_at = |origin: &String, name: &str| {
            origin.split_once("://").is_some_and(|(_, at)| host::without_port(at).eq_ignore_ascii_case(name))
        };
        if by_port {
            // A code is only given to a port of the name the dashboard itself has.
            let same_name = said.find(|origin| is_at(origin, name)).cloned();
            return Some(same_name.unwrap_or_else(|| format!("{scheme}://{name}:{}", self.port)));
        }
        let own_port = authority.strip_prefix(name).unwrap_or_default();
        if name.trim_end_matches('.').to_ascii_lowercase().ends_with(".localhost") {
            return Some(format!("{scheme}://localhost{own_port}"));
        }
        said.next().cloned()
    }
}

/// `/.aikore/session?code=…` on an instance's own origin: the pass for a code, and on to where the person wanted to go.
pub(super) fn take_code(
    login: &Login,
    query: Option<&str>,
    authority: &str,
    entry: &Entry,
    tls: bool,
) -> Option<Response<Body>> {
    let parameters = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let code = parameters.into_iter().find(|(name, _)| name == "code").map(|(_, code)| code)?;
    let instance = entry.route().instance;
    let (pass, path) = login.redeem(&code, authority, instance)?;
    let cookie = cookies::ours(&cookies::pass(instance), &pass, "/", Some(cookies::AGE), tls)?;
    Some(with_cookie(redirect(StatusCode::SEE_OTHER, &on_this_origin(&path)), cookie))
}

/// A path as a redirect may have it: browsers take `//x` and `/\x` for another host, and `/.//x` for the path that is meant.
fn on_this_origin(path: &str) -> Cow<'_, str> {
    if path.starts_with("//") || path.starts_with("/\\") { format!("/.{path}").into() } else { path.into() }
}

/// The same place without the token that came in its query, and the cookie it was exchanged for.
pub(super) fn clean_link(clean: &str, cookie: Option<HeaderValue>) -> Response<Body> {
    let response = no_store(redirect(StatusCode::SEE_OTHER, &on_this_origin(clean)));
    match cookie {
        Some(cookie) => with_cookie(response, cookie),
        None => response,
    }
}

fn with_cookie(mut response: Response<Body>, cookie: HeaderValue) -> Response<Body> {
    response.headers_mut().append(SET_COOKIE, cookie);
    no_store(response)
}

fn to_login(root: &str, back: &str) -> Response<Body> {
    let back: String = byte_serialize(back.as_bytes()).collect();
    unreferred(redirect(StatusCode::SEE_OTHER, &format!("{root}login?next={back}")))
}

/// Followed without a `Referer`: one below an instance's path would have our own page taken for that app's.
fn unreferred(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    no_store(response)
}

fn no_store(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(MARK, HeaderValue::from_static("login"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_dashboard_is() {
        let place = PanelPlace::new(None, 9000, BasePath::default());
        let at = |authority, by_port| place.origin_for("http", authority, by_port);
        assert_eq!(at("box:19001", true).as_deref(), Some("http://box:9000"));
        assert_eq!(at("[::1]:19001", true).as_deref(), Some("http://[::1]:9000"));
        assert_eq!(at("a.localhost:9000", false).as_deref(), Some("http://localhost:9000"));
        assert_eq!(at("comfy.example.com", false), None);
        place.note("https", "box");
        assert_eq!(at("box:19001", true).as_deref(), Some("https://box"), "as it was seen there");
        assert_eq!(at("other:19001", true).as_deref(), Some("http://other:9000"), "never another name");
        assert_eq!(at("comfy.example.com", false).as_deref(), Some("https://box"));
        let place = PanelPlace::new(Some("https://ai.example.com".to_owned()), 9000, BasePath::default());
        place.note("http", "box:9000");
        assert_eq!(place.origin_for("https", "x.example.com", false).as_deref(), Some("https://ai.example.com"));
        assert_eq!(place.origin_for("http", "box:19001", true).as_deref(), Some("http://box:9000"));
    }

    #[test]
    fn a_redirect_stays_here() {
        for (path, safe) in
            [("/x?y=//z", "/x?y=//z"), ("//evil.com/", "/.//evil.com/"), ("/\\evil.com", "/./\\evil.com"), ("/", "/")]
        {
            assert_eq!(on_this_origin(path), safe);
        }
        let link = clean_link("//evil.com/x", None);
        assert_eq!(link.headers()["location"], "/.//evil.com/x");
    }

    #[test]
    fn the_way_back_is_one_parameter() {
        let place = PanelPlace::new(None, 9000, BasePath::parse("/ai").unwrap());
        let location = |response: Response<Body>| response.headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(location(place.login_here("/ai/x?a=1&b=2")), "/ai/login?next=%2Fai%2Fx%3Fa%3D1%26b%3D2");
        let away = place.login_elsewhere("http", "a.localhost:9000", false, "/x").unwrap();
        assert_eq!(location(away), "http://localhost:9000/ai/login?next=http%3A%2F%2Fa.localhost%3A9000%2Fx");
    }
}
