//! Whether a call comes from our own pages.

use http::HeaderMap;
use http::header::{ORIGIN, REFERER};

use crate::domain::Slug;

/// False when a browser says that another origin's page made the call. What says nothing is a program.
pub(super) fn is_ours(headers: &HeaderMap, host: Option<&str>) -> bool {
    headers.get_all("sec-fetch-site").iter().all(|site| site == "same-origin") && names(headers, host)
}

/// Whether every `Origin` there is names this host.
pub(super) fn names(headers: &HeaderMap, host: Option<&str>) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    origins.all(|origin| origin.to_str().is_ok_and(|origin| host.is_some_and(|host| is_same(origin, host))))
}

/// Whether the page that made the call lives below an instance's path. Such a page shares our origin and can hide where it
/// is (docs/security.md): this stops the honest and the careless.
pub(super) fn is_below_an_instance(headers: &HeaderMap) -> bool {
    instances_of_pages(headers).next().is_some()
}

/// The same for every instance but this one.
pub(super) fn is_below_another_instance(headers: &HeaderMap, slug: &str) -> bool {
    instances_of_pages(headers).any(|other| other != slug)
}

/// The slugs of the instances below whose paths the pages lie that made the call.
fn instances_of_pages(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let pages = headers.get_all(REFERER).iter().filter_map(|page| page.to_str().ok());
    pages.filter_map(|page| {
        let path = page.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
        let path = path.unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
        let (_, below) = path.split_once(Slug::ROOT)?;
        Some(below.split('/').next().unwrap_or_default())
    })
}

/// Compares the origin's host and port with the authority the call was sent to. The scheme may differ: an outer proxy
/// may speak TLS in front of us.
fn is_same(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let default = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let bare = |authority: &str| authority.strip_suffix(default).unwrap_or(authority).to_ascii_lowercase();
    !authority.is_empty() && bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn pages_of_instances() {
        for (referer, below) in [
            ("http://box:9000/instance/a/", true),
            ("http://box:9000/ai/instance/a/x", true),
            ("http://box:9000/", false),
            ("http://box:9000/?x=/instance/a/", false),
            ("http://box:9000", false),
            ("nonsense", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(REFERER, HeaderValue::from_static(referer));
            assert_eq!(is_below_an_instance(&headers), below, "{referer}");
            assert!(!is_below_another_instance(&headers, "a") && is_below_another_instance(&headers, "b") == below);
        }
    }

    #[test]
    fn origins() {
        let ours = |fields: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.append(*name, HeaderValue::from_static(value));
            }
            is_ours(&headers, Some("box:9000"))
        };
        for fields in [
            &[][..],
            &[("origin", "http://box:9000")],
            &[("origin", "https://BOX:9000"), ("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "same-origin")],
        ] {
            assert!(ours(fields), "{fields:?}");
        }
        for fields in [
            &[("origin", "http://evil.com")][..],
            &[("origin", "http://box:9001")],
            &[("origin", "http://box")],
            &[("origin", "null")],
            &[("origin", "")],
            &[("origin", "file://")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "http://box:9000"), ("sec-fetch-site", "cross-site")],
            &[("origin", "http://box:9000"), ("origin", "http://evil.com")],
        ] {
            assert!(!ours(fields), "{fields:?}");
        }
        assert!(
            is_same("http://box", "box:80") && is_same("https://box:443", "box") && !is_same("https://box", "box:80")
        );
    }
}
