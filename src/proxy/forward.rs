//! One request, to an app and back: what is decided before anything is sent, the exchange, and what becomes of the answer.

use std::sync::Arc;

use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, SET_COOKIE, TE, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Request, Response};
use hyper::body::{Body as _, Incoming};
use hyper::upgrade::OnUpgrade;
use tokio_util::sync::CancellationToken;

use super::body::{self, Body};
use super::drain::{self, Upload};
use super::error::ProxyError;
use super::headers::fields::{ABOUT_THE_ORIGIN, Field, Fields, OF_THE_CONNECTION, SPOOFABLE};
use super::headers::forwarded::{self, Client, field};
use super::headers::{cookies, hop_by_hop, location, reach};
use super::page_helper::Expected;
use super::pages::Asker;
use super::request_id::{self, RequestId};
use super::table::Entry;
use super::target;
use super::traffic::UnderWay;
use super::tunnel;
use super::upstream::encode::{self, Sending};
use super::upstream::parse::Head;
use super::upstream::{Answered, Message, Upstream};
use super::{Arrival, Proxy};
use crate::domain::{Helper, Route};

/// What is never passed on as it came: of the connection, not to be believed, or written anew.
const DROPPED: Fields =
    OF_THE_CONNECTION.and(SPOOFABLE).and(Fields::these(&[Field::Expect, Field::Host, Field::RequestId]));

/// How a request came to this instance.
pub(super) struct Way {
    /// How much of the path follows the prefix, where it has that.
    pub(super) below: Option<usize>,
    /// Whether the app must not see the prefix.
    pub(super) strip: bool,
    /// Whether it came below the prefix on the dashboard's origin.
    pub(super) below_path: bool,
    pub(super) asker: Asker,
}

/// A request that has passed every rule, ready to be sent. Dropping what [`Forwarding::run`] gives closes the connection to
/// the child: that is how it learns that its client has gone.
pub struct Forwarding<'a> {
    proxy: &'a Proxy,
    entry: Arc<Entry>,
    upstream: Arc<Upstream>,
    message: Message,
    /// The client's half of a tunnel, if the child agrees to one.
    client: Option<OnUpgrade>,
    /// Ends that tunnel.
    until: Option<CancellationToken>,
    back: Back,
    under_way: UnderWay,
    asker: Asker,
}

/// What must be known of the request once its answer comes.
struct Back {
    strip: bool,
    below_path: bool,
    tls: bool,
    opens_page: bool,
    /// The `Host` it was sent to.
    host: Option<HeaderValue>,
    helped: Option<Box<Expected>>,
    id: RequestId,
}

/// A request as the app gets it, or why it doesn't.
pub(super) fn begin<'a>(
    proxy: &'a Proxy,
    entry: &Arc<Entry>,
    request: Request<Incoming>,
    arrival: &Arrival,
    way: &Way,
) -> Result<Box<Forwarding<'a>>, ProxyError> {
    let Arrival { peer, fields, id, .. } = arrival;
    let under_way = entry.traffic.request();
    let route = &entry.route;
    let Some(upstream) = &entry.upstream else {
        drain::discard(request);
        return Err(ProxyError::NotReady(Box::new(route.clone())));
    };
    let (mut parts, body) = request.into_parts();
    let body = Upload::new(body, fields.has(Field::Expect), peer.patience).counted_by(&entry.traffic);
    let path = parts.uri.path();
    let below = way.below.and_then(|length| path.get(path.len().checked_sub(length)?..));
    let target = target::upstream_target(&parts.uri, below, if way.strip { "" } else { &route.prefix })
        .ok_or(ProxyError::Malformed("the path"))?;
    let opens_page = way.below_path && way.asker == Asker::Person;
    let host = parts.headers.get(HOST).cloned();
    let helped = if opens_page && way.strip && route.helper == Helper::Auto {
        let page = format!("{}{}", route.prefix, below.unwrap_or_default());
        // Its scripts will see, and send on, an address without the prefix.
        let client = proxy.client_ip(&parts.headers, *peer);
        proxy.trail().mark(client, &parts.headers, below.unwrap_or_default(), route.instance);
        let hosts = hosts(host.as_ref(), upstream);
        Expected::of(&parts, &route.prefix, page, &hosts).map(Box::new)
    } else {
        None
    };
    let client = if way.asker == Asker::Websocket { parts.extensions.remove::<OnUpgrade>() } else { None };
    let chunked = fields.has(Field::TransferEncoding) && check_framing(&parts.headers)?;
    if fields.has(Field::Expect) {
        check_expectation(&parts.headers)?;
    }
    let sending = match (body.is_end_stream(), chunked || !fields.has(Field::ContentLength)) {
        (true, _) => Sending::Nothing,
        (false, true) => Sending::Chunked,
        (false, false) => Sending::Sized,
    };
    let trailers = fields.has(Field::Te) && wants_trailers(&parts.headers);
    if fields.has(Field::Connection) {
        hop_by_hop::remove_named(&mut parts.headers);
    }
    if fields.has(Field::Cookie) {
        cookies::for_app(&mut parts.headers);
    }
    let about = Client {
        ip: peer.ip,
        trusted: proxy.trusts(peer.address.ip()),
        tls: peer.tls,
        port: peer.local_port,
        host: host.as_ref(),
        prefix: way.strip.then_some(route.prefix.as_str()),
    };
    // The page will be read: over loopback nothing is gained by compressing it first.
    let mut dropped = if helped.is_some() { DROPPED.and(Fields::these(&[Field::AcceptEncoding])) } else { DROPPED };
    if arrival.ours_in_authorization {
        dropped = dropped.and(Fields::these(&[Field::Authorization]));
    }
    let head = encode::head(&parts.method, &target, &parts.headers, sending, dropped, |out| {
        field(out, &request_id::FIELD, id.as_bytes());
        forwarded::write(&parts.headers, &about, out);
        if client.is_some() {
            field(out, &CONNECTION, b"Upgrade");
            field(out, &UPGRADE, b"websocket");
        } else if trailers {
            field(out, &CONNECTION, b"te");
            field(out, &TE, b"trailers");
        }
        if helped.is_some() {
            field(out, &ACCEPT_ENCODING, b"identity");
        }
    });
    let back =
        Back { strip: way.strip, below_path: way.below_path, tls: peer.tls, opens_page, host, helped, id: id.clone() };
    // Boxed: it is handed on a few times before it runs.
    Ok(Box::new(Forwarding {
        proxy,
        entry: Arc::clone(entry),
        upstream: Arc::clone(upstream),
        message: Message::new(head, &parts.method, client.is_some(), body, sending),
        until: client.as_ref().and_then(|_| arrival.until.clone()),
        client,
        back,
        under_way,
        asker: way.asker,
    }))
}

impl Forwarding<'_> {
    /// Sends it, and gives the answer as the client gets it.
    pub async fn run(self: Box<Self>) -> Response<Body> {
        let Self { proxy, entry, upstream, message, client, until, back, under_way, asker } = *self;
        let error = match upstream.send(message).await {
            Ok(Answered::Whole(head, bytes)) => {
                entry.traffic.answered(head.parts.status);
                under_way.sent(bytes.len());
                return finish(head, body::full(bytes), proxy, &entry.route, &upstream, back);
            }
            Ok(Answered::Answer(head, body)) => {
                entry.traffic.answered(head.parts.status);
                return finish(head, Body::answer(body, under_way), proxy, &entry.route, &upstream, back);
            }
            Ok(Answered::Switched(mut parts, connection)) => match client {
                Some(client) => {
                    // Browsers take what a handshake's answer says of cookies and of the origin, as any other's.
                    cookies::from_app(&mut parts.headers);
                    reach::limit_to_origin(&mut parts.headers);
                    reach::limit_to_prefix(&mut parts.headers, &entry.route.prefix);
                    match tunnel::join(client, parts, connection, &upstream, (entry.traffic.tunnel(), until)) {
                        Ok(response) => {
                            entry.traffic.answered(response.status());
                            return response;
                        }
                        Err(error) => error,
                    }
                }
                None => ProxyError::Upstream("it switched protocols without being asked".to_owned()),
            },
            Err(error) => error,
        };
        tracing::debug!(instance = entry.route.instance, %error, "a request came to nothing");
        proxy.failed(&entry, &error, asker, &back.id)
    }
}

/// Authorities that mean this very origin: the client's, and the child's own.
fn hosts<'a>(host: Option<&'a HeaderValue>, upstream: &'a Upstream) -> Vec<&'a str> {
    host.and_then(|host| host.to_str().ok()).into_iter().chain([upstream.authority()]).collect()
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
fn check_expectation(headers: &HeaderMap) -> Result<(), ProxyError> {
    match headers.get(EXPECT) {
        Some(expect) if !expect.as_bytes().eq_ignore_ascii_case(b"100-continue") => Err(ProxyError::Expectation),
        _ => Ok(()),
    }
}

/// `TE` counts only where `Connection` names it too (RFC 9110 §10.1.4).
fn wants_trailers(headers: &HeaderMap) -> bool {
    if !headers.contains_key(TE) || !hop_by_hop::connection_has(headers, "te") {
        return false;
    }
    let lines = headers.get_all(TE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|token| token.trim().eq_ignore_ascii_case("trailers"))
}

/// The answer as the client gets it.
fn finish(head: Head, body: Body, proxy: &Proxy, route: &Route, upstream: &Upstream, back: Back) -> Response<Body> {
    let Head { mut parts, fields, .. } = head;
    if fields.has_any(OF_THE_CONNECTION) {
        if fields.has(Field::TransferEncoding) {
            // The coding decides the length, whatever else was said (RFC 9112 §6.3).
            parts.headers.remove(CONTENT_LENGTH);
        }
        hop_by_hop::remove(&mut parts.headers);
    }
    if fields.has_any(ABOUT_THE_ORIGIN) {
        cookies::from_app(&mut parts.headers);
        reach::limit_to_origin(&mut parts.headers);
        if back.below_path {
            reach::limit_to_prefix(&mut parts.headers, &route.prefix);
        }
        if back.strip {
            location::restore_prefix(&mut parts.headers, &route.prefix, &hosts(back.host.as_ref(), upstream));
        }
    }
    // A body that breaks off must break off for the client too: the error goes through (proxy.md B5 35).
    let mut response = Response::from_parts(parts, body);
    if back.opens_page && is_page(&response) {
        remember(&mut response, proxy, route, back.tls);
    }
    match back.helped {
        Some(expected) => expected.put_into(response),
        None => response,
    }
}

fn is_page(response: &Response<Body>) -> bool {
    let media = response.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    response.status().is_success() && media.to_ascii_lowercase().starts_with(b"text/html")
}

/// Which instance's page this browser opened last: what its scripts ask for outside the prefix is looked for there.
fn remember(response: &mut Response<Body>, proxy: &Proxy, route: &Route, tls: bool) {
    let cookie = cookies::ours(cookies::LAST_INSTANCE, route.slug.as_str(), &proxy.base_path().root(), None, tls);
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
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
        assert!(check_expectation(&headers(&[("expect", "100-Continue")])).is_ok());
        assert!(check_expectation(&headers(&[("expect", "a-pony")])).is_err());
    }
}
