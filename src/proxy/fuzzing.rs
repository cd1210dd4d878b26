//! What must hold of the pure rules whatever comes from outside. `fuzz/` feeds these without end, the tests below a little.
//!
//! Each takes anything and panics when a rule is broken.

use bytes::BytesMut;
use http::header::{COOKIE, HOST, LINK, LOCATION, REFRESH, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version};

use super::headers::{cookies, host, location};
use super::page_helper;
use super::target::{self, InstancePath, Step, WayIn};
use super::upstream::chunked::{Chunked, Piece};
use super::upstream::parse::{self, Malformed};
use crate::domain::{BasePath, ProxyMode, Slug};

const PREFIX: &str = "/instance/a";

/// What a chunked text held: its data, and its trailers and length where it came to its end.
type Decoded = (Vec<u8>, Option<(HeaderMap, usize)>);

/// The head of a child's answer: read at once or byte by byte, the outcome is the same, and nothing in it can end a line.
pub fn response_head(bytes: &[u8]) {
    let read = |head: parse::Head| {
        let fields: Vec<_> = head.parts.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        assert!(fields.iter().all(|(_, value)| !value.as_bytes().iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))));
        let framing = (parse::framing(false, &head), parse::framing(true, &head));
        (head.parts.status, head.persistent, fields, framing)
    };
    let mut whole = BytesMut::from(bytes);
    let at_once = parse::head(&mut whole).transpose().map(|head| head.map(read));
    let mut buffer = BytesMut::new();
    let in_pieces = bytes.iter().find_map(|byte| {
        buffer.extend_from_slice(&[*byte]);
        parse::head(&mut buffer).transpose().map(|head| head.map(read))
    });
    if bytes.len() < 1000 {
        assert_eq!(at_once, in_pieces);
    }
}

/// The chunked coding: the pieces it comes in make no difference.
pub fn chunked(bytes: &[u8]) {
    let decode = |step: usize| -> Result<Decoded, Malformed> {
        let (mut state, mut buffer, mut data, mut taken) = (Chunked::default(), BytesMut::new(), Vec::new(), 0);
        let mut pieces = bytes.chunks(step);
        loop {
            match state.next(&mut buffer)? {
                Piece::Data(part) => data.extend_from_slice(&part),
                Piece::Trailers(fields) => return Ok((data, Some((fields, taken - buffer.len())))),
                Piece::End => return Ok((data, Some((HeaderMap::new(), taken - buffer.len())))),
                Piece::Nothing => match pieces.next() {
                    Some(piece) => {
                        buffer.extend_from_slice(piece);
                        taken += piece.len();
                    }
                    None => return Ok((data, None)),
                },
            }
        }
    };
    if !bytes.is_empty() && bytes.len() < 1000 {
        assert_eq!(decode(1), decode(bytes.len()));
    }
}

/// URLs in fields and in markup: what has been rewritten is not rewritten again, and never leads to another host.
pub fn urls(text: &str) {
    let leads_home = |url: &str| {
        let path = url.strip_prefix("http://box:1").unwrap_or(url);
        assert!(path.starts_with(PREFIX) && !path.starts_with("//"), "{text:?} became {url:?}");
    };
    if let Some(url) = location::rewrite(text, PREFIX, &["box:1"]) {
        leads_home(&url);
        assert_eq!(location::rewrite(&url, PREFIX, &["box:1"]), None, "{text:?} became {url:?}");
    }
    let Ok(value) = HeaderValue::try_from(text) else { return };
    let mut once: HeaderMap = [LOCATION, REFRESH, LINK].into_iter().map(|name| (name, value.clone())).collect();
    location::restore_prefix(&mut once, PREFIX, &["box:1"]);
    let mut twice = once.clone();
    location::restore_prefix(&mut twice, PREFIX, &["box:1"]);
    assert_eq!(once, twice, "{text:?}");
    for anchored in [false, true] {
        let [url, srcset, refresh] = page_helper::fuzzed(text, PREFIX, anchored);
        if let Some(url) = url {
            assert!(!url.starts_with("//") && !url.starts_with("/\\"), "{text:?} became {url:?}");
        }
        if !anchored && let Some(set) = srcset {
            assert_eq!(page_helper::fuzzed(&set, PREFIX, anchored)[1], None, "{text:?} became {set:?}");
        }
        if let Some(refresh) = refresh {
            assert!(refresh.contains(PREFIX), "{text:?} became {refresh:?}");
        }
    }
}

/// What an app sees of a target: its bytes, less the prefix; always a path.
pub fn request_target(text: &str) {
    let Ok(uri) = text.parse::<Uri>() else { return };
    let Ok(slug) = Slug::parse("a") else { return };
    let below = InstancePath::below(&BasePath::default(), &slug, uri.path());
    for mode in [ProxyMode::Strip, ProxyMode::Preserve, ProxyMode::RootOnly] {
        for way in [WayIn::Path, WayIn::Origin] {
            let Step::Forward { strip } = target::decide(mode, way, &Method::GET, uri.path(), below) else { continue };
            let prefix = if strip { "" } else { PREFIX };
            let Some(seen) = target::upstream_target(&uri, below, prefix) else { continue };
            let whole = uri.path_and_query().map_or("", |whole| whole.as_str());
            assert!(seen.starts_with('/') || seen == "*" || !whole.starts_with('/'), "{text:?} became {seen:?}");
            let kept = if strip { whole.strip_prefix(PREFIX).unwrap_or(whole) } else { whole };
            assert!(seen == kept || seen.strip_prefix('/') == Some(kept), "{text:?} became {seen:?}");
        }
    }
}

/// What passes as a `Host` is an authority without user and blanks.
pub fn host_check(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let mut headers = HeaderMap::new();
    headers.insert(HOST, value);
    if host::check(Version::HTTP_11, None, &mut headers).is_ok() {
        let authority = host::authority(&headers).unwrap_or_default();
        let odd = |c: char| c == '@' || c == '/' || c.is_whitespace() || c.is_control();
        assert!(!authority.contains(odd), "{authority:?}");
        assert!(!host::without_port(authority).is_empty() || authority.is_empty() || authority.starts_with(':'));
    }
    if let Ok(uri) = std::str::from_utf8(bytes).unwrap_or_default().parse::<Uri>() {
        let mut headers = HeaderMap::new();
        if host::check(Version::HTTP_11, uri.authority(), &mut headers).is_ok() {
            assert_eq!(host::authority(&headers), uri.authority().map(http::uri::Authority::as_str));
        }
    }
}

/// Our cookies reach no app, an app's are not lost, and an app sets none of ours.
pub fn cookies(bytes: &[u8]) {
    let mut lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok());
    let mut headers: HeaderMap = lines.clone().map(|line| (COOKIE, line)).collect();
    let name = |pair: &[u8]| pair.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii().to_vec();
    let ours =
        |pair: &[u8]| [cookies::SESSION.as_bytes(), cookies::LAST_INSTANCE.as_bytes()].contains(&&name(pair)[..]);
    let pairs = |headers: &HeaderMap, of: &HeaderName| -> Vec<Vec<u8>> {
        let lines = headers.get_all(of).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        lines.map(|pair| pair.trim_ascii().to_vec()).filter(|pair| !pair.is_empty()).collect()
    };
    let before: Vec<_> = pairs(&headers, &COOKIE).into_iter().filter(|pair| !ours(pair)).collect();
    cookies::for_app(&mut headers);
    assert_eq!(pairs(&headers, &COOKIE), before);
    let mut answer: HeaderMap = lines.by_ref().map(|line| (SET_COOKIE, line)).collect();
    let kept: Vec<_> = answer.get_all(SET_COOKIE).iter().filter(|line| !ours(line.as_bytes())).cloned().collect();
    cookies::from_app(&mut answer);
    assert_eq!(answer.get_all(SET_COOKIE).iter().cloned().collect::<Vec<_>>(), kept);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            super::response_head(&bytes);
            super::chunked(&bytes);
            super::host_check(&bytes);
            super::cookies(&bytes);
        }

        #[test]
        fn texts(text in "[ -~]{0,60}", url in "(/|//|http://|https://box:1|\\\\)?[/a-c:;,=\"'<>?# .]{0,30}") {
            for text in [text, url.clone(), format!("0;url={url}"), format!("/instance/a{url}")] {
                super::urls(&text);
                super::request_target(&text);
                super::host_check(text.as_bytes());
                super::cookies(text.as_bytes());
            }
        }
    }
}
