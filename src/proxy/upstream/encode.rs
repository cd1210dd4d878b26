//! A request's head as bytes (RFC 9112 §3, §5). Fields were checked when they were read: `http`'s types hold nothing that
//! could end a line.

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, Method};

use crate::proxy::headers::fields::{Field, Fields};
use crate::proxy::headers::forwarded::field;

/// How a request's body is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::proxy) enum Sending {
    /// There is none.
    Nothing,
    /// As long as `Content-Length` says.
    Sized,
    /// In chunks.
    Chunked,
}

/// The head: `Host`, all fields but the `dropped`, the lines that `more` adds, and the body's framing.
pub(in crate::proxy) fn head(
    method: &Method,
    target: &str,
    headers: &HeaderMap,
    sending: Sending,
    dropped: Fields,
    more: impl FnOnce(&mut BytesMut),
) -> Bytes {
    let mut bytes = BytesMut::with_capacity(room(headers) + target.len());
    for part in [method.as_str(), " ", target, " HTTP/1.1\r\n"] {
        bytes.put_slice(part.as_bytes());
    }
    // RFC 9110 §7.2: first.
    if let Some(host) = headers.get(HOST) {
        field(&mut bytes, &HOST, host.as_bytes());
    }
    let mut sized = false;
    for (name, value) in headers {
        match Field::of(name.as_str()) {
            Some(Field::Host) => continue, // it came first
            Some(Field::ContentLength) if sending == Sending::Chunked => continue,
            Some(Field::ContentLength) => sized = true,
            Some(known) if dropped.has(known) => continue,
            _ => {}
        }
        field(&mut bytes, name, value.as_bytes());
    }
    if sending == Sending::Chunked {
        field(&mut bytes, &TRANSFER_ENCODING, b"chunked");
    } else if !sized && matches!(*method, Method::POST | Method::PUT | Method::PATCH) {
        // A method that means something by its content says that there is none (RFC 9110 §8.6).
        field(&mut bytes, &CONTENT_LENGTH, b"0");
    }
    more(&mut bytes);
    bytes.put_slice(b"\r\n");
    bytes.freeze()
}

fn room(headers: &HeaderMap) -> usize {
    512 + headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, Request};

    use super::*;

    fn text(request: http::request::Builder, sending: Sending) -> String {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let target = parts.uri.path_and_query().unwrap().as_str();
        let more = |out: &mut BytesMut| field(out, &HeaderName::from_static("x-more"), b"1");
        let bytes = head(&parts.method, target, &parts.headers, sending, Fields::these(&[Field::Proxy]), more);
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn heads() {
        use Sending::{Chunked, Nothing, Sized};
        for (request, sending, expected) in [
            (
                Request::get("/x?y=%20").header("accept", "*/*").header("proxy", "1").header("host", "a:1"),
                Nothing,
                "GET /x?y=%20 HTTP/1.1|host: a:1|accept: */*|x-more: 1||",
            ),
            (Request::options("*"), Nothing, "OPTIONS * HTTP/1.1|x-more: 1||"),
            (Request::delete("/"), Nothing, "DELETE / HTTP/1.1|x-more: 1||"),
            (Request::post("/"), Nothing, "POST / HTTP/1.1|content-length: 0|x-more: 1||"),
            (Request::get("/"), Chunked, "GET / HTTP/1.1|transfer-encoding: chunked|x-more: 1||"),
            (Request::put("/").header("content-length", "1"), Sized, "PUT / HTTP/1.1|content-length: 1|x-more: 1||"),
            (
                Request::put("/").header("content-length", "1"),
                Chunked,
                "PUT / HTTP/1.1|transfer-encoding: chunked|x-more: 1||",
            ),
            (Request::get("/").header("a", "1").header("a", "2"), Nothing, "GET / HTTP/1.1|a: 1|a: 2|x-more: 1||"),
        ] {
            assert_eq!(text(request, sending).replace("\r\n", "|"), expected);
        }
    }
}
