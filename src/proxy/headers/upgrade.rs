//! When a request asks to become a websocket (proxy.md B6 40).

use http::header::{CONNECTION, UPGRADE};
use http::{HeaderMap, HeaderValue, Method, Request, Version};

use super::fields::{Field, Fields};
use super::hop_by_hop::connection_has;

/// Whether a request is a websocket handshake: GET over HTTP/1.1, `upgrade` among the `Connection` tokens, and
/// `websocket` as the protocol. Any other protocol is dropped: a child must not switch to h2c behind our back.
pub fn is_websocket<B>(request: &Request<B>, fields: Fields) -> bool {
    fields.has(Field::Upgrade)
        && request.version() == Version::HTTP_11
        && request.method() == Method::GET
        && asks_for_websocket(request.headers())
}

/// Whether these fields switch to websocket, as a request asks and a 101 answers.
pub fn asks_for_websocket(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|protocol| protocol.as_bytes().trim_ascii().eq_ignore_ascii_case(b"websocket"))
        && connection_has(headers, "upgrade")
}

/// Puts the handshake's own hop-by-hop fields back after the others were removed.
pub fn restore(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handshakes() {
        let is_websocket = |method: &str, version, connection: &str, upgrade: &str| {
            let request = Request::builder().method(method).version(version).header(CONNECTION, connection);
            let request = request.header(UPGRADE, upgrade).body(()).unwrap();
            is_websocket(&request, Fields::of(request.headers()))
        };
        for (connection, upgrade, is) in [
            ("Upgrade", "websocket", true),
            ("keep-alive, Upgrade", "WebSocket", true),
            ("keep-alive", "websocket", false),
            ("Upgrade, HTTP2-Settings", "h2c", false),
            ("Upgrade", "websocket, h2c", false),
        ] {
            assert_eq!(is_websocket("GET", Version::HTTP_11, connection, upgrade), is, "{connection} {upgrade}");
        }
        assert!(!is_websocket("POST", Version::HTTP_11, "Upgrade", "websocket"));
        assert!(!is_websocket("GET", Version::HTTP_10, "Upgrade", "websocket"));
    }
}
