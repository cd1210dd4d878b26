//! What no request may be, whomever it is for, and the one question that anybody may ask.

use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;

use crate::auth::Refusal;
use crate::proxy::body::{self, Body};
use crate::proxy::headers::host;

/// The longest method anybody registered is UPDATEREDIRECTREF (IANA, 17 letters).
const MAX_METHOD: usize = 32;

/// Refuses what is malformed (proxy.md B2 7–8).
pub(super) fn check(request: &mut Request<Incoming>, max_headers: usize) -> Result<(), Refusal> {
    // HTTP/2 itself counts bytes only.
    if request.headers().len() > max_headers {
        let detail = format!("The request has more than {max_headers} header fields.");
        return Err(Refusal::plain(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, detail));
    }
    let bad = |why: &str| Refusal::plain(StatusCode::BAD_REQUEST, format!("Bad request: {why}."));
    if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
        let detail = format!("{} is not served here.", request.method());
        return Err(Refusal::plain(StatusCode::METHOD_NOT_ALLOWED, detail));
    }
    if request.method().as_str().len() > MAX_METHOD {
        return Err(Refusal::plain(StatusCode::NOT_IMPLEMENTED, "There is no such method.".to_owned()));
    }
    if request.uri().scheme_str().is_some_and(|scheme| !matches!(scheme, "http" | "https")) {
        return Err(bad("the target's scheme"));
    }
    // `*` and authority-form have no path; only OPTIONS may ask about the server as a whole.
    if !request.uri().path().starts_with('/') && *request.method() != Method::OPTIONS {
        return Err(bad("the target is no path"));
    }
    let version = request.version();
    // Almost no target has one; it would replace Host.
    let authority = request.uri().authority().cloned();
    host::check(version, authority.as_ref(), request.headers_mut()).map_err(bad)
}

/// The server is well, as long as it can say so.
pub(super) fn healthz(method: &Method) -> Response<Body> {
    let mut response = Response::new(body::full(if *method == Method::HEAD { "" } else { "{\"status\":\"ok\"}" }));
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
