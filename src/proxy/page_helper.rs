//! Apps that don't know their prefix (prefix.md 8, design.md §5.2): a script file of ours comes first into every page that
//! a browser opens below a prefix that is cut off, and the URLs the page's markup names get the prefix. The script
//! (`assets/page-helper`) does the same for what scripts ask for, and takes the prefix off the address while they look at it.

mod csp;
mod markup;
mod page;
mod urls;

use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, RANGE, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};

use super::body::{self, Body};
use crate::assets;
use markup::Edit;
use page::{Coding, Page};
use urls::Place;

/// Digests of a body that is no longer what it was (RFC 9530, RFC 3230, RFC 1864).
const DIGESTS: [HeaderName; 4] = [
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-md5"),
];

/// A page that may be on its way: what must be known of the request once its answer has come.
#[derive(Debug)]
pub(super) struct Expected {
    place: Place,
    method: Method,
}

impl Expected {
    /// A person's browser opens the page at `path` (prefix included), as far as the request tells.
    pub(super) fn of(request: &Parts, prefix: &str, path: String, hosts: &[&str]) -> Option<Self> {
        if request.headers.contains_key(RANGE) {
            return None;
        }
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        let place = Place { prefix: prefix.to_owned(), path, hosts, anchored: true };
        Some(Self { place, method: request.method.clone() })
    }

    /// The answer with the helper in it, if it is a page that can take it.
    pub(super) fn put_into(self, response: Response<Body>) -> Response<Body> {
        let headers = response.headers();
        let has_page = markup::is_html(headers)
            && !matches!(response.status(), StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT)
            && !headers.contains_key(CONTENT_RANGE)
            && !forbids_change(headers);
        let coding = Coding::parse(headers.get(CONTENT_ENCODING).map_or(&b""[..], HeaderValue::as_bytes));
        let (true, Some(coding), Some(encoding), Some(allowed)) =
            (has_page, coding, markup::encoding(headers), csp::read(headers))
        else {
            return response;
        };
        let (mut parts, body) = response.into_parts();
        for name in [CONTENT_LENGTH, CONTENT_ENCODING, ETAG, ACCEPT_RANGES].iter().chain(&DIGESTS) {
            parts.headers.remove(name);
        }
        if self.method == Method::HEAD {
            return Response::from_parts(parts, body);
        }
        let edit = Edit { place: self.place, allowed };
        Response::from_parts(parts, Body::stream(Page::new(body, coding, edit, encoding)))
    }
}

/// `no-transform` is for intermediaries like us (RFC 9111 §5.2.2.6).
fn forbids_change(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(CACHE_CONTROL).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|directive| directive.trim().eq_ignore_ascii_case("no-transform"))
}

/// The script, if this is its path below a prefix.
pub(super) fn script<B>(request: &Request<B>, rest: &str) -> Option<Response<Body>> {
    let asset = (rest == markup::SCRIPT && matches!(*request.method(), Method::GET | Method::HEAD))
        .then(|| assets::get_for("page-helper.js", request.headers().get_all(ACCEPT_ENCODING).iter()))??;
    let known = request.headers().get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
    let mut response = Response::new(body::empty());
    if asset.is_known(known) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else if *request.method() == Method::GET {
        *response.body_mut() = body::full(asset.bytes);
    }
    if let Some(coding) = asset.coding.name().filter(|_| !response.status().is_redirection()) {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    // A page that asks for isolation (COEP) takes only what says that it may be embedded.
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    if let Ok(etag) = HeaderValue::try_from(asset.etag) {
        headers.insert(ETAG, etag);
    }
    Some(response)
}

/// A URL, a `srcset` and a `refresh` of a page's markup, each as it becomes.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn fuzzed(raw: &str, prefix: &str, anchored: bool) -> [Option<String>; 3] {
    let (prefix, hosts) = (prefix.to_owned(), vec!["box:1".to_owned()]);
    let place = Place { path: format!("{prefix}/deep/page"), prefix, hosts, anchored };
    [place.url(raw), place.srcset(raw), place.refresh(raw)]
}
