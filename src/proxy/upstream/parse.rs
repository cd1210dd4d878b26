//! The head of a child's answer: from bytes to `http` types, and what frames its body (RFC 9112 §4, §6.3). Pure.

use std::mem::MaybeUninit;

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Version};

use crate::proxy::headers::fields::{Field, Fields};

/// Fields an app may send: some set dozens of cookies.
const MAX_HEADERS: usize = 500;

/// The longest head of an answer.
const MAX_HEAD: usize = 256 * 1024;

/// An answer that is none: the text says what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(in crate::proxy) struct Malformed(pub(in crate::proxy) &'static str);

/// Where an answer's body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::proxy) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// Where the chunks say so.
    Chunked,
    /// With the connection.
    UntilClose,
}

/// The head of an answer.
#[derive(Debug)]
pub(in crate::proxy) struct Head {
    pub(in crate::proxy) parts: Parts,
    /// Which of the fields that mean something here it has.
    pub(in crate::proxy) fields: Fields,
    /// Whether the child keeps the connection open after this answer.
    pub(in crate::proxy) persistent: bool,
}

/// Takes a whole head from the front of what was read; `None` while there is more to come.
///
/// # Errors
/// It is no answer of HTTP/1.
pub(in crate::proxy) fn head(buffer: &mut BytesMut) -> Result<Option<Head>, Malformed> {
    let Some(end) = end_of_head(buffer) else {
        return if buffer.len() > MAX_HEAD { Err(Malformed("its head is too long")) } else { Ok(None) };
    };
    let bytes = buffer.split_to(end).freeze();
    let mut room = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut []);
    let status = httparse::ParserConfig::default().parse_response_with_uninit_headers(&mut parsed, &bytes, &mut room);
    match status {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(Malformed("its head ends early")),
        Err(httparse::Error::TooManyHeaders) => return Err(Malformed("it has too many header fields")),
        Err(_) => return Err(Malformed("its head is no HTTP")),
    }
    let (mut parts, ()) = Response::new(()).into_parts();
    let code = parsed.code.ok_or(Malformed("it has no status"))?;
    parts.status = StatusCode::from_u16(code).map_err(|_| Malformed("its status is none"))?;
    parts.version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
    parts.headers = HeaderMap::with_capacity(parsed.headers.len());
    let mut fields = Fields::default();
    for field in parsed.headers.iter() {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| Malformed("a field has no name"))?;
        fields.add(&name);
        parts.headers.append(name, value(&bytes, field.value)?);
    }
    let persistent = if fields.has(Field::Connection) {
        is_persistent(parts.version, &parts.headers)
    } else {
        parts.version == Version::HTTP_11
    };
    Ok(Some(Head { parts, fields, persistent }))
}

/// Shares the head's bytes instead of copying them.
fn value(head: &Bytes, value: &[u8]) -> Result<HeaderValue, Malformed> {
    HeaderValue::from_maybe_shared(head.slice_ref(value))
        .map_err(|_| Malformed("a field's value holds control characters"))
}

/// The length of the head, its empty line included. A line ends with LF, before it CR or not (RFC 9112 §2.2).
fn end_of_head(buffer: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr(b'\n', buffer.get(from..)?)?;
        match buffer.get(at + 1..)? {
            [b'\n', ..] => return Some(at + 2),
            [b'\r', b'\n', ..] => return Some(at + 3),
            _ => from = at + 1,
        }
    }
}

fn is_persistent(version: Version, headers: &HeaderMap) -> bool {
    let has = |token: &str| {
        let lines = headers.get_all(CONNECTION).iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(',')).any(|found| found.trim().eq_ignore_ascii_case(token))
    };
    if version == Version::HTTP_11 { !has("close") } else { has("keep-alive") && !has("close") }
}

/// Where the body ends (RFC 9112 §6.3), for an answer to a request with this method.
///
/// # Errors
/// Its framing can be read in more than one way, or not at all.
pub(in crate::proxy) fn framing(to_head: bool, head: &Head) -> Result<Framing, Malformed> {
    let Head { parts, fields, .. } = head;
    let bodiless = to_head
        || parts.status.is_informational()
        || matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let length = if fields.has(Field::ContentLength) { content_length(&parts.headers)? } else { None };
    if bodiless {
        return Ok(Framing::Length(0));
    }
    if !fields.has(Field::TransferEncoding) {
        return Ok(length.map_or(Framing::UntilClose, Framing::Length));
    }
    let mut codings = parts.headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (Some(only), None) if parts.version == Version::HTTP_11 => {
            if only.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") {
                Ok(Framing::Chunked)
            } else {
                Err(Malformed("it has a transfer coding nobody asked for"))
            }
        }
        _ => Err(Malformed("its transfer coding can't be read")),
    }
}

/// Several lines may say the same; nothing else may.
fn content_length(headers: &HeaderMap) -> Result<Option<u64>, Malformed> {
    let mut length = None;
    for line in headers.get_all(CONTENT_LENGTH) {
        let digits = line.as_bytes();
        let number = digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| std::str::from_utf8(digits).ok()?.parse::<u64>().ok())
            .flatten()
            .ok_or(Malformed("its Content-Length is no number"))?;
        if length.is_some_and(|other| other != number) {
            return Err(Malformed("it has two lengths"));
        }
        length = Some(number);
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Option<Head>, Malformed> {
        head(&mut BytesMut::from(text))
    }

    fn framed(text: &str) -> Result<Framing, Malformed> {
        let head = read(text)?.unwrap();
        framing(false, &head)
    }

    #[test]
    fn a_head_is_taken_and_what_follows_stays() {
        let mut buffer = BytesMut::from("HTTP/1.1 200 OK\r\nA: 1\r\na:  2 \r\n\r\nbody");
        let head = head(&mut buffer).unwrap().unwrap();
        assert_eq!((head.parts.status.as_u16(), head.persistent, &buffer[..]), (200, true, &b"body"[..]));
        assert_eq!(head.parts.headers.get_all("a").iter().collect::<Vec<_>>(), ["1", "2"]);
        for part in ["", "HTTP/1.1 200 OK\r\nA: 1\r\n", "HTTP/1.1 200 OK\r\nA: 1\r\n\r", "H"] {
            assert!(read(part).unwrap().is_none(), "{part:?}");
        }
        assert!(read("HTTP/1.1 200\nA: 1\n\n").unwrap().is_some(), "bare line feeds");
        assert!(read(&format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(300_000))).is_err());
    }

    #[test]
    fn what_is_no_answer() {
        for text in [
            "\r\n\r\n",
            "hello\r\n\r\n",
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA : 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: 1\r\n folded\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nA: b\rc\r\n\r\n",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
        assert!(read(&format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: 1\r\n".repeat(501))).is_err());
        assert!(read(&format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: 1\r\n".repeat(500))).unwrap().is_some());
    }

    #[test]
    fn where_a_body_ends() {
        for (fields, framing) in [
            ("", Ok(Framing::UntilClose)),
            ("Content-Length: 5\r\n", Ok(Framing::Length(5))),
            ("Content-Length: 5\r\nContent-Length: 5\r\n", Ok(Framing::Length(5))),
            ("Transfer-Encoding: Chunked\r\n", Ok(Framing::Chunked)),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", Ok(Framing::Chunked)),
            ("Content-Length: 5\r\nContent-Length: 6\r\n", Err(Malformed("it has two lengths"))),
            ("Content-Length: +5\r\n", Err(Malformed("its Content-Length is no number"))),
            ("Content-Length: 5, 5\r\n", Err(Malformed("its Content-Length is no number"))),
            ("Content-Length: \r\n", Err(Malformed("its Content-Length is no number"))),
            ("Content-Length: 99999999999999999999\r\n", Err(Malformed("its Content-Length is no number"))),
            ("Transfer-Encoding: gzip\r\n", Err(Malformed("it has a transfer coding nobody asked for"))),
            ("Transfer-Encoding: gzip, chunked\r\n", Err(Malformed("it has a transfer coding nobody asked for"))),
            (
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                Err(Malformed("its transfer coding can't be read")),
            ),
        ] {
            assert_eq!(framed(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n")), framing, "{fields}");
        }
        for status in ["204 No Content", "304 Not Modified", "100 Continue"] {
            assert_eq!(framed(&format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\n")), Ok(Framing::Length(0)));
        }
        let head = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").unwrap().unwrap();
        assert_eq!(framing(true, &head), Ok(Framing::Length(0)), "the answer to a HEAD");
        assert!(framed("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn who_keeps_the_connection() {
        for (text, persistent) in [
            ("HTTP/1.1 200 OK\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\nConnection: x, Close\r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n\r\n", true),
            ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", false),
        ] {
            assert_eq!(read(text).unwrap().unwrap().persistent, persistent, "{text}");
        }
    }

    proptest! {
        /// Whatever a child sends: no panic, and the same answer in one piece or byte by byte.
        #[test]
        fn pieces_make_no_difference(bytes in prop::collection::vec(any::<u8>(), 0..200), tail in "[ -~\\r\\n]{0,80}") {
            let mut whole = b"HTTP/1.1 200 OK\r\n".to_vec();
            whole.extend(&bytes);
            whole.extend(tail.as_bytes());
            whole.extend(b"\r\n\r\n");
            let at_once = head(&mut BytesMut::from(&whole[..]));
            let mut buffer = BytesMut::new();
            let in_pieces = whole.iter().find_map(|byte| {
                buffer.extend_from_slice(&[*byte]);
                head(&mut buffer).transpose()
            });
            let fields = |head: Head| format!("{:?}", head.parts.headers);
            prop_assert_eq!(at_once.transpose().map(|head| head.map(fields)), in_pieces.map(|head| head.map(fields)));
        }
    }
}
