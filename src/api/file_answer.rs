//! A file as an answer: streamed, in parts if asked for (which is how a film is wound forward), and never as a page of
//! ours, whatever an app has written into it.

use std::fs::{File, Metadata};
use std::io::SeekFrom;
use std::time::{Duration, UNIX_EPOCH};

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, LAST_MODIFIED,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::error::ApiError;
use super::ranges::{Wanted, wanted};
use crate::outputs::Version;

/// What is read at once.
const PIECE: usize = 256 << 10;

/// An app made it: opened by itself, it is a document without scripts, of an origin of its own.
const POLICY: &str =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'; frame-ancestors 'self'";

/// As what a file is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// To be shown, as this media type.
    Shown(&'static str),
    /// To be kept.
    Kept,
}

/// Sends a file, or the part of it that is asked for.
pub(super) async fn send(
    file: File,
    facts: &Metadata,
    name: &str,
    form: Form,
    asked: &HeaderMap,
) -> Result<Response, ApiError> {
    let length = facts.len();
    let mut headers = HeaderMap::new();
    harmless(&mut headers);
    let (media_type, disposition) = match form {
        Form::Shown(media_type) => (media_type, named("inline", name)),
        Form::Kept => ("application/octet-stream", attachment(name)),
    };
    for (field, value) in [
        (CONTENT_TYPE, media_type),
        (CONTENT_DISPOSITION, &disposition),
        (ACCEPT_RANGES, "bytes"),
        (CACHE_CONTROL, "private, no-cache"),
        (ETAG, &format!("\"{}\"", Version::of(facts))),
    ] {
        set(&mut headers, field, value);
    }
    if let Some(changed) = last_modified(facts) {
        set(&mut headers, LAST_MODIFIED, &changed);
    }
    let (from, count) = match wanted(asked, &headers, length) {
        Wanted::Known => return Ok((StatusCode::NOT_MODIFIED, headers).into_response()),
        Wanted::Nothing => {
            let detail = format!("The file is {length} bytes long: the part that was asked for is behind its end.");
            let mut refused = ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, detail).into_response();
            set(refused.headers_mut(), CONTENT_RANGE, &format!("bytes */{length}"));
            return Ok(refused);
        }
        Wanted::Whole => (0, length),
        Wanted::Part { from, length: count } => {
            set(&mut headers, CONTENT_RANGE, &format!("bytes {from}-{}/{length}", from + count - 1));
            (from, count)
        }
    };
    set(&mut headers, CONTENT_LENGTH, &count.to_string());
    let status = if headers.contains_key(CONTENT_RANGE) { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut file = tokio::fs::File::from_std(file);
    if from > 0 {
        file.seek(SeekFrom::Start(from)).await.map_err(|error| {
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, format!("'{name}' can't be read: {error}."))
        })?;
    }
    // One that gets shorter meanwhile ends before its length: the client sees that it is not whole.
    let body = Body::from_stream(ReaderStream::with_capacity(file.take(count), PIECE));
    Ok((status, headers, body).into_response())
}

/// What an answer carries that holds an app's bytes: nothing in it runs, and no page of another origin draws it in.
pub(super) fn harmless(headers: &mut HeaderMap) {
    set(headers, CONTENT_SECURITY_POLICY, POLICY);
    set(headers, HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
}

/// What can't be a header's value is left out.
fn set(headers: &mut HeaderMap, field: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(field, value);
    }
}

/// As HTTP has it: `Sat, 28 Nov 2026 17:00:00 GMT`.
fn last_modified(facts: &Metadata) -> Option<String> {
    let seconds = facts.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds)))
}

/// `Content-Disposition` of what is to be kept under this name (RFC 6266).
pub(super) fn attachment(name: &str) -> String {
    named("attachment", name)
}

/// For old clients in ASCII, for all others as it is (RFC 8187).
fn named(disposition: &str, name: &str) -> String {
    let plain = |c: char| (c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%' | ';')) || c == ' ';
    let ascii: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    if ascii == name {
        return format!("{disposition}; filename=\"{name}\"");
    }
    let mut encoded = String::with_capacity(name.len() * 3);
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{disposition}; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_downloads() {
        for (name, field) in [
            ("a b.png", "attachment; filename=\"a b.png\""),
            ("ä😀.txt", "attachment; filename=\"__.txt\"; filename*=UTF-8''%C3%A4%F0%9F%98%80.txt"),
            ("a\"b\\c%;.x", "attachment; filename=\"a_b_c__.x\"; filename*=UTF-8''a%22b%5Cc%25%3B.x"),
            ("a\r\nX: y", "attachment; filename=\"a__X: y\"; filename*=UTF-8''a%0D%0AX%3A%20y"),
        ] {
            assert_eq!(attachment(name), field);
            assert!(HeaderValue::from_str(&attachment(name)).is_ok());
        }
    }

    #[test]
    fn nothing_runs() {
        let mut headers = HeaderMap::new();
        harmless(&mut headers);
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("sandbox; default-src 'none'") && !policy.contains("allow-"));
    }
}
