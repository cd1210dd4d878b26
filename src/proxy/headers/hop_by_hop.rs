//! Fields that belong to one connection (RFC 9110 §7.6.1).

use http::HeaderMap;
use http::header::{CONNECTION, HeaderName, TRAILER, TRANSFER_ENCODING};

use super::fields::OF_THE_CONNECTION;

/// Fields `Connection` may name without effect: they decide framing, routing and access, and were read already.
const KEPT: [&str; 5] = ["host", "content-length", "cookie", "authorization", "set-cookie"];

/// Tokens that name no field, and fields that go anyway: most lines hold nothing else.
const USUAL: [&str; 4] = ["keep-alive", "close", "upgrade", "te"];

/// Removes every field that belongs to the connection: those that any token of any `Connection` line names, and the
/// fixed ones. `Trailer` stays; it describes the message.
pub fn remove(headers: &mut HeaderMap) {
    remove_named(headers);
    let own: Vec<HeaderName> = headers.keys().filter(|name| OF_THE_CONNECTION.has_name(name)).cloned().collect();
    for name in own {
        headers.remove(name);
    }
}

/// Removes the fields that `Connection` names; the fixed ones stay.
pub fn remove_named(headers: &mut HeaderMap) {
    if !headers.contains_key(CONNECTION) {
        return;
    }
    for name in named(headers) {
        headers.remove(name);
    }
}

/// The names in every `Connection` line, collected before any line is removed.
fn named(headers: &HeaderMap) -> Vec<HeaderName> {
    connection_tokens(headers)
        .filter(|token| !KEPT.iter().any(|kept| token.eq_ignore_ascii_case(kept)))
        .filter(|token| !USUAL.iter().any(|usual| token.eq_ignore_ascii_case(usual)))
        .filter_map(|token| token.parse().ok())
        .filter(|name| *name != TRAILER && *name != CONNECTION && *name != TRANSFER_ENCODING)
        .collect()
}

/// Whether `Connection` holds this token.
pub fn connection_has(headers: &HeaderMap, token: &str) -> bool {
    connection_tokens(headers).any(|found| found.eq_ignore_ascii_case(token))
}

fn connection_tokens(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    // A line that is no text names no field we could know.
    headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(fields: &[(&'static str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn every_line_and_every_token_counts() {
        let mut headers = headers(&[
            ("connection", b"keep-alive, X-One"),
            ("connection", b"x-TWO,, close"),
            ("connection", b"caf\xe9"),
            ("x-one", b"1"),
            ("x-two", b"2"),
            ("x-three", b"3"),
            ("keep-alive", b"timeout=5"),
            ("te", b"trailers"),
            ("transfer-encoding", b"chunked"),
            ("upgrade", b"h2c"),
            ("proxy-authorization", b"x"),
            ("proxy-connection", b"x"),
            ("trailer", b"x-sum"),
        ]);
        remove(&mut headers);
        let left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["x-three", "trailer"]);
    }

    #[test]
    fn connection_cannot_take_away_what_decides() {
        let mut headers = headers(&[
            ("connection", b"host, content-length, cookie, authorization"),
            ("host", b"a"),
            ("content-length", b"1"),
            ("cookie", b"c"),
            ("authorization", b"x"),
        ]);
        remove(&mut headers);
        assert_eq!(headers.len(), 4);
    }

    #[test]
    fn tokens_are_found_whatever_their_case() {
        let headers = headers(&[("connection", b"keep-alive"), ("connection", b"Upgrade")]);
        assert!(connection_has(&headers, "upgrade") && !connection_has(&headers, "close"));
    }
}
