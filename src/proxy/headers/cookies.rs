//! Cookies of ours and cookies of the apps: neither sees the other's.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

/// The login's cookie.
pub const SESSION: &str = "aikore_session";

/// Names the instance whose page this browser opened last (prefix.md 4).
pub const LAST_INSTANCE: &str = "aikore_instance";

/// The names that are ours on every origin we serve.
const OURS: [&str; 2] = [SESSION, LAST_INSTANCE];

/// The value of a cookie.
pub fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// What an app gets: several lines become one (old frameworks read only the first; RFC 9113 §8.2.3 asks for it of
/// HTTP/2's crumbs), and ours are cut out of it. Every other byte stays as it was.
pub fn for_app(headers: &mut HeaderMap) {
    let mut lines = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    // One line, as browsers send it over HTTP/1.1, and nothing of ours in it.
    if let (first, None) = (lines.next(), lines.next())
        && first.is_none_or(|only| !has_ours(only))
    {
        return;
    }
    let lines: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    let joined = lines.join(&b"; "[..]);
    let kept: Vec<&[u8]> = joined.split(|byte| *byte == b';').filter(|pair| !is_ours(pair)).collect();
    let rest = kept.join(&b";"[..]);
    match HeaderValue::from_bytes(rest.trim_ascii_start()) {
        Ok(rest) if !rest.is_empty() => drop(headers.insert(COOKIE, rest)),
        _ => drop(headers.remove(COOKIE)),
    }
}

fn has_ours(line: &[u8]) -> bool {
    line.split(|byte| *byte == b';').any(is_ours)
}

/// Whether a `name=value` is one of ours.
fn is_ours(pair: &[u8]) -> bool {
    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
    OURS.iter().any(|ours| ours.as_bytes() == name)
}

/// Drops what an app would set under one of our names; everything else passes unchanged (prefix.md 6).
pub fn from_app(headers: &mut HeaderMap) {
    if !headers.get_all(SET_COOKIE).iter().any(|line| is_ours(line.as_bytes())) {
        return;
    }
    let kept: Vec<HeaderValue> =
        headers.get_all(SET_COOKIE).iter().filter(|line| !is_ours(line.as_bytes())).cloned().collect();
    headers.remove(SET_COOKIE);
    for line in kept {
        headers.append(SET_COOKIE, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, HeaderValue::from_static(line));
        }
        headers
    }

    fn lines(headers: &HeaderMap, name: &str) -> Vec<String> {
        headers.get_all(name).iter().map(|line| line.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn ours_are_cut_out_byte_for_byte() {
        for (sent, seen) in [
            (&["a=1"][..], Some("a=1")),
            (&["a=1; b=\"x; y\";c=3 "], Some("a=1; b=\"x; y\";c=3 ")),
            (&["a=1; aikore_session=s3cret; b=2"], Some("a=1; b=2")),
            (&["aikore_session=s3cret; b=2"], Some("b=2")),
            (&["a=1;aikore_instance=x"], Some("a=1")),
            (&["aikore_session=s3cret"], None),
            (&["a=1", "b=2; aikore_session=x", "c=3"], Some("a=1; b=2; c=3")),
            (&["xaikore_session=1; aikore_sessionx=2; aikore_session"], Some("xaikore_session=1; aikore_sessionx=2")),
            (&["a=aikore_session=1"], Some("a=aikore_session=1")),
        ] {
            let mut headers = headers("cookie", sent);
            for_app(&mut headers);
            assert_eq!(lines(&headers, "cookie").first().map(String::as_str), seen, "{sent:?}");
        }
    }

    #[test]
    fn apps_cannot_set_ours() {
        let mut headers =
            headers("set-cookie", &["a=1; Path=/", "aikore_session=evil; Path=/", " aikore_instance =x", "b=2"]);
        from_app(&mut headers);
        assert_eq!(lines(&headers, "set-cookie"), ["a=1; Path=/", "b=2"]);
    }

    #[test]
    fn values_are_found() {
        let headers = headers("cookie", &["a=1", "b=2;aikore_instance=x-y; c=3"]);
        assert_eq!(value(&headers, LAST_INSTANCE), Some("x-y"));
        assert_eq!(value(&headers, SESSION), None);
    }
}
