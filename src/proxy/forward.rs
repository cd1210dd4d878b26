//! One request, to an app and back.

use std::sync::Arc;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT, SET_COOKIE, TE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Request, Response, Version};
use hyper::body::{Body as _, Incoming};

use super::Peer;
use super::body::Body;
use super::error::ProxyError;
use super::headers::forwarded::{self, Client};
use super::headers::{cookies, hop_by_hop, host, location, reach, upgrade};
use super::page_helper;
use super::pages::Asker;
use super::target::{self, InstancePath};
use super::traffic::{Traffic, UnderWay};
use super::tunnel;
use super::upstream::{AnswerBody, Answered, Upstream};
use crate::domain::{BasePath, Helper, Route};

/// How a request came to this instance.
pub(super) struct Way<'a> {
    /// What an outer proxy serves everything under.
    pub(super) base: &'a BasePath,
    /// Whether the app must not see it.
    pub(super) strip: bool,
    /// Whether it came below that path on the dashboard's origin.
    pub(super) below_path: bool,
    /// Whether the peer's forwarding fields are believed.
    pub(super) trusted: bool,
    pub(super) peer: Peer,
    /// Where the request is counted.
    pub(super) traffic: &'a Arc<Traffic>,
}

pub(super) async fn forward(
    mut request: Request<Incoming>,
    upstream: &Arc<Upstream>,
    way: &Way<'_>,
    route: &Route,
    under_way: UnderWay,
) -> Result<Response<Body>, ProxyError> {
    let opens_page = way.below_path && Asker::of(&request) == Asker::Person;
    let sent_to = host::authority(request.headers()).map(str::to_owned);
    let child = upstream.address().to_string();
    let hosts: Vec<&str> = sent_to.as_deref().into_iter().chain([child.as_str()]).collect();
    let helped = (way.below_path && way.strip && route.helper == Helper::Auto)
        .then(|| page_helper::Expected::of(&request, &route.prefix, browsers_path(&request, way, route), &hosts))
        .flatten();
    let client = upgrade::is_websocket(&request).then(|| hyper::upgrade::on(&mut request));
    let request = prepare(request, way, route, client.is_some(), helped.is_some())?;
    let answer = match (upstream.send(request).await?, client) {
        (Answered::Answer(answer), _) => answer,
        (Answered::Switched(parts, connection), Some(client)) => {
            return tunnel::join(client, parts, connection, upstream, way.traffic.tunnel());
        }
        (Answered::Switched(..), None) => {
            return Err(ProxyError::Upstream("it switched protocols without being asked".to_owned()));
        }
    };
    let mut response = finish(answer, under_way, way, &route.prefix, &hosts);
    if opens_page && is_page(&response) {
        remember(&mut response, way, route);
    }
    Ok(match helped {
        Some(expected) => expected.put_into(response),
        None => response,
    })
}

/// The path as the browser has it: an outer proxy may have cut its prefix off on the way.
fn browsers_path(request: &Request<Incoming>, way: &Way<'_>, route: &Route) -> String {
    let below = InstancePath::below(way.base, &route.slug, request.uri().path()).unwrap_or_default();
    format!("{}{below}", route.prefix)
}

fn is_page(response: &Response<Body>) -> bool {
    let media = response.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    response.status().is_success() && media.to_ascii_lowercase().starts_with(b"text/html")
}

/// Which instance's page this browser opened last: what its scripts ask for outside the prefix is looked for there.
fn remember(response: &mut Response<Body>, way: &Way<'_>, route: &Route) {
    let secure = if way.peer.tls { "; Secure" } else { "" };
    let (name, slug, path) = (cookies::LAST_INSTANCE, &route.slug, way.base.root());
    let cookie = format!("{name}={slug}; Path={path}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// The request as the app gets it.
fn prepare(
    request: Request<Incoming>,
    way: &Way<'_>,
    route: &Route,
    is_websocket: bool,
    is_helped: bool,
) -> Result<Request<Incoming>, ProxyError> {
    let below = InstancePath::below(way.base, &route.slug, request.uri().path());
    let prefix = if way.strip { "" } else { route.prefix.as_str() };
    let uri = target::upstream_uri(request.uri(), below, prefix).ok_or(ProxyError::Malformed("the path"))?;
    let (mut parts, body) = request.into_parts();
    let chunked = check_framing(&parts.headers)?;
    check_expectation(&mut parts.headers)?;
    let trailers = wants_trailers(&parts.headers);
    hop_by_hop::remove(&mut parts.headers);
    cookies::for_app(&mut parts.headers);
    if is_websocket {
        upgrade::restore(&mut parts.headers);
    } else if trailers {
        parts.headers.insert(http::header::CONNECTION, HeaderValue::from_static("te"));
        parts.headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    // hyper sends a GET body only when its framing is spelled out (proxy.md B3 16).
    if chunked && !body.is_end_stream() {
        parts.headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        parts.headers.remove(CONTENT_LENGTH);
    }
    if is_helped {
        page_helper::Expected::prepare(&mut parts.headers);
    }
    let ip = way.peer.address.ip();
    let prefix = way.strip.then_some(route.prefix.as_str());
    forwarded::apply(
        &mut parts.headers,
        &Client { ip, trusted: way.trusted, tls: way.peer.tls, port: way.peer.local_port, prefix },
    );
    parts.uri = uri;
    parts.version = Version::HTTP_11;
    // What hyper and we put there belongs to the client's connection.
    parts.extensions = http::Extensions::new();
    Ok(Request::from_parts(parts, body))
}

/// Whether the body is chunked. Any other coding would be lost on the way, and with it the meaning of the body.
fn check_framing(headers: &HeaderMap) -> Result<bool, ProxyError> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(false),
        (Some(only), None) if only.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") => Ok(true),
        _ => Err(ProxyError::TransferCoding),
    }
}

/// `100-continue` is answered by hyper when the body is first read; no other expectation exists.
fn check_expectation(headers: &mut HeaderMap) -> Result<(), ProxyError> {
    match headers.remove(EXPECT) {
        Some(expect) if !expect.as_bytes().eq_ignore_ascii_case(b"100-continue") => Err(ProxyError::Expectation),
        _ => Ok(()),
    }
}

/// `TE` counts only where `Connection` names it too (RFC 9110 §10.1.4).
fn wants_trailers(headers: &HeaderMap) -> bool {
    if !hop_by_hop::connection_has(headers, "te") {
        return false;
    }
    let lines = headers.get_all(TE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|token| token.trim().eq_ignore_ascii_case("trailers"))
}

/// The answer as the client gets it.
fn finish(
    answer: Response<AnswerBody>,
    under_way: UnderWay,
    way: &Way<'_>,
    prefix: &str,
    hosts: &[&str],
) -> Response<Body> {
    let (mut parts, body) = answer.into_parts();
    if parts.headers.contains_key(TRANSFER_ENCODING) {
        // The coding decides the length, whatever else was said (RFC 9112 §6.3).
        parts.headers.remove(CONTENT_LENGTH);
    }
    hop_by_hop::remove(&mut parts.headers);
    cookies::from_app(&mut parts.headers);
    if way.below_path {
        reach::limit_to_prefix(&mut parts.headers, prefix);
    }
    if way.strip {
        location::restore_prefix(&mut parts.headers, prefix, hosts);
    }
    parts.extensions = http::Extensions::new();
    // A body that breaks off must break off for the client too: the error goes through (proxy.md B5 35).
    Response::from_parts(parts, Body::answer(body, under_way))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn framing_rules() {
        assert!(!check_framing(&headers(&[])).unwrap());
        assert!(check_framing(&headers(&[("transfer-encoding", "Chunked ")])).unwrap());
        for odd in ["gzip, chunked", "identity", "chunked, chunked", "xchunked"] {
            assert!(check_framing(&headers(&[("transfer-encoding", odd)])).is_err(), "{odd}");
        }
        assert!(
            check_framing(&headers(&[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")])).is_err()
        );
    }

    #[test]
    fn trailers_are_asked_for_by_two_fields() {
        for (fields, wanted) in [
            (&[("te", "trailers"), ("connection", "TE")][..], true),
            (&[("te", "gzip;q=0.5, Trailers"), ("connection", "close, te")], true),
            (&[("te", "trailers")], false),
            (&[("te", "gzip"), ("connection", "te")], false),
        ] {
            assert_eq!(wants_trailers(&headers(fields)), wanted, "{fields:?}");
        }
    }

    #[test]
    fn expectations() {
        assert!(check_expectation(&mut headers(&[("expect", "100-Continue")])).is_ok());
        assert!(check_expectation(&mut headers(&[("expect", "a-pony")])).is_err());
    }
}
