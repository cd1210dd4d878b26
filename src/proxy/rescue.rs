//! Requests that fell outside every prefix: an app at a path asked for `/x` and meant `/instance/<slug>/x`
//! (prefix.md 4–7, 10). Which instance it was is told by `Referer`, else by a cookie; the answer is a redirect that keeps
//! method and body, so that later requests carry the right `Referer` by themselves.

mod trail;

use http::header::{HeaderName, REFERER};
use http::{HeaderMap, Uri};

use super::headers::cookies;
use super::target::InstancePath;
use crate::domain::{BasePath, Slug};

pub(super) use trail::Trail;

const SERVICE_WORKER: HeaderName = HeaderName::from_static("service-worker");

/// The path of the page (or script) that made the request, if it lies on this very origin; without an outer prefix.
pub(super) fn referring_path<'a>(headers: &'a HeaderMap, authority: &str, base: &BasePath) -> Option<&'a str> {
    let referer = headers.get(REFERER)?.to_str().ok()?;
    let rest = referer.strip_prefix("http://").or_else(|| referer.strip_prefix("https://"))?;
    let slash = rest.find('/')?;
    let (from, path) = rest.split_at(slash);
    // A port that is the scheme's default may be written or not.
    let bare = |authority: &str| authority.trim_end_matches(":80").trim_end_matches(":443").to_ascii_lowercase();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    (bare(from) == bare(authority)).then(|| base.cut(path))
}

/// The slug of the page that made the request: its `Referer` lies below an instance's path on this very origin.
pub(super) fn by_referer<'a>(headers: &'a HeaderMap, authority: &str, base: &BasePath) -> Option<&'a str> {
    let path = referring_path(headers, authority, base)?;
    InstancePath::of(path).map(|path| path.slug).filter(|slug| Slug::parse(slug).is_ok())
}

/// The slug of the instance whose page this browser opened last.
pub(super) fn by_cookie(headers: &HeaderMap) -> Option<&str> {
    cookies::value(headers, cookies::LAST_INSTANCE).filter(|slug| Slug::parse(slug).is_ok())
}

/// Whether a request may be rescued at all. Never what is below `/instance/` already, never what is ours on every
/// origin, and never a service worker: served at the root it would control the dashboard and every other app.
pub(super) fn is_eligible(path: &str, headers: &HeaderMap) -> bool {
    let ours = path.starts_with(Slug::ROOT) || path.starts_with("/.aikore/");
    let worker = headers.contains_key(SERVICE_WORKER)
        || headers.get("sec-fetch-dest").is_some_and(|dest| dest == "serviceworker");
    !ours && !worker
}

/// Where it should have gone.
pub(super) fn destination(uri: &Uri, base: &BasePath, prefix: &str) -> String {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{prefix}{}{query}", base.cut(uri.path()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn with(name: &'static str, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn referers() {
        for (referer, slug) in [
            ("http://box:9000/instance/a/", Some("a")),
            ("https://BOX:9000/instance/a/deep/page?x=/instance/b/", Some("a")),
            ("http://box:9000/instance/a", Some("a")),
            ("http://box:9000/", None),
            ("http://box:9000/instance/A!/", None),
            ("http://box:9000/instance//", None),
            ("http://evil:9000/instance/a/", None),
            ("http://box:9001/instance/a/", None),
            ("http://box:9000?/instance/a/", None),
            ("/instance/a/", None),
            ("", None),
        ] {
            assert_eq!(by_referer(&with("referer", referer), "box:9000", &BasePath::default()), slug, "{referer}");
        }
        assert_eq!(by_referer(&with("referer", "http://box/instance/a/"), "box", &BasePath::default()), Some("a"));
        assert_eq!(by_referer(&with("referer", "http://box:80/instance/a/"), "box", &BasePath::default()), Some("a"));
        assert_eq!(by_referer(&with("referer", "http://box:9001/instance/a/"), "box", &BasePath::default()), None);
    }

    #[test]
    fn what_is_never_rescued() {
        let none = HeaderMap::new();
        for (path, eligible) in
            [("/static/x.js", true), ("/", true), ("/api/x", true), ("/instance/b/", false), ("/.aikore/x", false)]
        {
            assert_eq!(is_eligible(path, &none), eligible, "{path}");
        }
        assert!(!is_eligible("/sw.js", &with("service-worker", "script")));
        assert!(!is_eligible("/sw.js", &with("sec-fetch-dest", "serviceworker")));
    }

    #[test]
    fn destinations_keep_every_byte() {
        let none = BasePath::default();
        assert_eq!(destination(&"/a%2Fb?x=%20".parse().unwrap(), &none, "/instance/a"), "/instance/a/a%2Fb?x=%20");
        let base = BasePath::parse("/ai").unwrap();
        assert_eq!(destination(&"/ai/x".parse().unwrap(), &base, "/ai/instance/a"), "/ai/instance/a/x");
        let referer = with("referer", "http://box/ai/instance/a/");
        assert_eq!(by_referer(&referer, "box", &base), Some("a"));
    }
}
