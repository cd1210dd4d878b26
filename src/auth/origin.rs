//! Whether a call comes from our own pages.

use http::HeaderMap;
use http::header::ORIGIN;

/// False when a browser says that another origin's page made the call. What says nothing is a program.
pub(super) fn is_ours(headers: &HeaderMap, host: Option<&str>) -> bool {
    let sites = headers.get_all("sec-fetch-site").iter();
    let origins = headers.get_all(ORIGIN).iter();
    sites.into_iter().all(|site| site == "same-origin")
        && origins
            .into_iter()
            .all(|origin| origin.to_str().is_ok_and(|origin| host.is_some_and(|host| is_same(origin, host))))
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
