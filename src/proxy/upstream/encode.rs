//! A request's head as bytes (RFC 9112 §3, §5). Fields were checked when they were read: `http`'s types hold nothing that
//! could end a line.

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Method};
use hyper::body::Body;

/// The head, with the framing its body needs: what has no length and is not empty goes out in chunks.
pub(super) fn head(parts: &Parts, body: &impl Body) -> Bytes {
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut bytes = BytesMut::with_capacity(room(&parts.headers) + target.len());
    for part in [parts.method.as_str(), " ", target, " HTTP/1.1\r\n"] {
        bytes.put_slice(part.as_bytes());
    }
    // RFC 9110 §7.2: first.
    if let Some(host) = parts.headers.get(HOST) {
        field(&mut bytes, HOST.as_str(), host.as_bytes());
    }
    for (name, value) in parts.headers.iter().filter(|(name, _)| *name != HOST) {
        field(&mut bytes, name.as_str(), value.as_bytes());
    }
    let framed = parts.headers.contains_key(CONTENT_LENGTH) || parts.headers.contains_key(TRANSFER_ENCODING);
    if !body.is_end_stream() && !framed {
        field(&mut bytes, TRANSFER_ENCODING.as_str(), b"chunked");
    } else if !framed && matches!(parts.method, Method::POST | Method::PUT | Method::PATCH) {
        // A method that means something by its content says that there is none (RFC 9110 §8.6).
        field(&mut bytes, CONTENT_LENGTH.as_str(), b"0");
    }
    bytes.put_slice(b"\r\n");
    bytes.freeze()
}

/// Whether a body that is there goes out in chunks.
pub(super) fn is_chunked(parts: &Parts) -> bool {
    !parts.headers.contains_key(CONTENT_LENGTH)
}

fn field(bytes: &mut BytesMut, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        bytes.put_slice(part);
    }
}

fn room(headers: &HeaderMap) -> usize {
    96 + headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http_body_util::{Empty, Full};

    use super::*;

    fn text(request: http::request::Builder, body: Option<&'static str>) -> String {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let bytes = match body {
            Some(body) => head(&parts, &Full::new(Bytes::from(body))),
            None => head(&parts, &Empty::<Bytes>::new()),
        };
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn heads() {
        let get = Request::get("/x?y=%20").header("accept", "*/*").header("host", "a:1");
        assert_eq!(text(get, None), "GET /x?y=%20 HTTP/1.1\r\nhost: a:1\r\naccept: */*\r\n\r\n");
        assert_eq!(text(Request::options("*"), None), "OPTIONS * HTTP/1.1\r\n\r\n");
        assert_eq!(text(Request::delete("/"), None), "DELETE / HTTP/1.1\r\n\r\n");
        assert_eq!(text(Request::post("/"), None), "POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(text(Request::get("/"), Some("x")), "GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n");
        let sized = Request::put("/").header("content-length", "1");
        assert_eq!(text(sized, Some("x")), "PUT / HTTP/1.1\r\ncontent-length: 1\r\n\r\n");
        let lines = Request::get("/").header("a", "1").header("a", "2");
        assert_eq!(text(lines, None), "GET / HTTP/1.1\r\na: 1\r\na: 2\r\n\r\n");
    }
}
