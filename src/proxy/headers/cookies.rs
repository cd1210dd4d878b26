//! Cookies of ours and cookies of the apps: neither sees the other's.

use std::time::Duration;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use crate::domain::InstanceId;

/// The login's cookie.
pub const SESSION: &str = "aikore_session";

/// Names the instance whose page this browser opened last (prefix.md 4).
pub const LAST_INSTANCE: &str = "aikore_instance";

/// How long a browser keeps the login's cookies, at most (RFC 6265bis §5.5): when one ends is decided here.
pub const AGE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// How the cookies begin that open one instance; its id follows.
const PASS: &str = "aikore_pass_";

/// The names that are ours on every origin we serve.
const OURS: [&str; 2] = [SESSION, LAST_INSTANCE];

/// The name of the cookie that opens an instance.
pub fn pass(instance: InstanceId) -> String {
    format!("{PASS}{instance}")
}

/// The value of a cookie.
pub fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    values(headers, name).next()
}

/// The values of all cookies of this name: the same name may have been set for several paths. An app's cookie beside them may
/// hold any bytes: browsers send what was set.
pub fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| {
        let value = pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        std::str::from_utf8(value).ok()
    })
}

/// One of ours, as `Set-Cookie` has it. Without an age it ends with the browser.
pub fn ours(name: &str, value: &str, path: &str, age: Option<Duration>, tls: bool) -> Option<HeaderValue> {
    let age = age.map(|age| format!("; Max-Age={}", age.as_secs())).unwrap_or_default();
    let secure = if tls { "; Secure" } else { "" };
    HeaderValue::try_from(format!("{name}={value}; Path={path}{age}; HttpOnly; SameSite=Lax{secure}")).ok()
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

/// Whether a `name=value` is one of ours. A browser sends a cookie without a name as its bare value: `=name=value` would come
/// back as one of that name.
fn is_ours(pair: &[u8]) -> bool {
    let mut pair = pair.trim_ascii_start();
    while let [b'=', rest @ ..] = pair {
        pair = rest.trim_ascii_start();
    }
    let name = pair.split(|byte| matches!(byte, b'=' | b';')).next().unwrap_or_default().trim_ascii();
    OURS.iter().any(|ours| ours.as_bytes() == name) || name.starts_with(PASS.as_bytes())
}

/// What passes of the cookies an app sets: not those under one of our names, and none for more hosts than the one it was asked
/// at (`Domain`): that would reach the dashboard and every other app below the same domain. Everything else passes unchanged
/// (prefix.md 6).
pub fn from_app(headers: &mut HeaderMap) {
    let touched = |line: &HeaderValue| is_ours(line.as_bytes()) || has_domain(line.as_bytes());
    if !headers.get_all(SET_COOKIE).iter().any(touched) {
        return;
    }
    let kept = headers.get_all(SET_COOKIE).iter().filter(|line| !is_ours(line.as_bytes()));
    let kept: Vec<HeaderValue> = kept.filter_map(without_domain).collect();
    headers.remove(SET_COOKIE);
    for line in kept {
        headers.append(SET_COOKIE, line);
    }
}

fn is_domain(attribute: &[u8]) -> bool {
    let name = attribute.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
    name.eq_ignore_ascii_case(b"domain")
}

fn has_domain(line: &[u8]) -> bool {
    line.split(|byte| *byte == b';').skip(1).any(is_domain)
}

fn without_domain(line: &HeaderValue) -> Option<HeaderValue> {
    if !has_domain(line.as_bytes()) {
        return Some(line.clone());
    }
    let mut parts = line.as_bytes().split(|byte| *byte == b';');
    let pair = parts.next()?;
    let kept: Vec<&[u8]> = std::iter::once(pair).chain(parts.filter(|attribute| !is_domain(attribute))).collect();
    HeaderValue::from_bytes(&kept.join(&b";"[..])).ok()
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
            (&["aikore_pass_12=x; a=1; aikore_pas=2"], Some("a=1; aikore_pas=2")),
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
        for line in [
            "aikore_pass_7=x; Path=/",
            "=aikore_session=x",
            " = = aikore_session=x; Path=/instance/a",
            "aikore_session; Path=/",
            "aikore_session\t=x",
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(SET_COOKIE, HeaderValue::from_static(line));
            from_app(&mut headers);
            assert!(headers.is_empty(), "{line}");
        }
    }

    #[test]
    fn a_cookie_stays_on_its_host() {
        for (set, seen) in [
            ("a=1; Domain=example.com; Path=/x", "a=1; Path=/x"),
            ("a=1;domain =.example.com;Secure", "a=1;Secure"),
            ("a=1; Domain", "a=1"),
            ("domain=1; Path=/", "domain=1; Path=/"),
            ("a=Domain=x; Path=/domain", "a=Domain=x; Path=/domain"),
        ] {
            let mut headers = headers("set-cookie", &[set]);
            from_app(&mut headers);
            assert_eq!(lines(&headers, "set-cookie"), [seen]);
        }
    }

    #[test]
    fn every_value_of_a_name_is_found() {
        let headers = headers("cookie", &["aikore_session=a; b=1", "aikore_session=c; aikore_sessions=d"]);
        assert_eq!(values(&headers, SESSION).collect::<Vec<_>>(), ["a", "c"]);
        let mut headers = HeaderMap::new();
        let line = "name=J\u{fc}rgen; aikore_session=a; x=\u{fffd}".as_bytes();
        headers.insert(COOKIE, HeaderValue::from_bytes(line).unwrap());
        headers.append(COOKIE, HeaderValue::from_bytes(b"aikore_session=\xff; aikore_session=b").unwrap());
        assert_eq!(values(&headers, SESSION).collect::<Vec<_>>(), ["a", "b"], "an app's cookie does not hide ours");
    }

    #[test]
    fn values_are_found() {
        let headers = headers("cookie", &["a=1", "b=2;aikore_instance=x-y; c=3"]);
        assert_eq!(value(&headers, LAST_INSTANCE), Some("x-y"));
        assert_eq!(value(&headers, SESSION), None);
    }
}
