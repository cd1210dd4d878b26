//! A token in a link: `?aikore_token=…` on an instance's URL. (Plain `token` belongs to the apps: Jupyter has one.)

use http::Uri;

const NAME: &str = "aikore_token";

/// The token, and path and query without it, every other byte as it was.
pub(super) fn cut(uri: &Uri) -> Option<(&str, String)> {
    let query = uri.query()?;
    // Most queries have none, and this is the way of every request.
    memchr::memmem::find(query.as_bytes(), NAME.as_bytes())?;
    let value = |pair: &'_ str| -> Option<usize> { pair.strip_prefix(NAME)?.strip_prefix('=').map(str::len) };
    let found = query.split('&').find_map(|pair| value(pair).and_then(|length| pair.get(pair.len() - length..)))?;
    let rest: Vec<&str> = query.split('&').filter(|pair| value(pair).is_none()).collect();
    let path = uri.path();
    let clean = if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) };
    Some((found, clean))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_cut_out() {
        for (uri, cut_out) in [
            ("/a?aikore_token=x", Some(("x", "/a"))),
            ("/a/?b=1&aikore_token=x&c=%20+", Some(("x", "/a/?b=1&c=%20+"))),
            ("/a?aikore_token=x&aikore_token=y", Some(("x", "/a"))),
            ("/a?aikore_token=", Some(("", "/a"))),
            ("/a?token=x&xaikore_token=y&aikore_tokens=z&aikore_token", None),
            ("/a?b=aikore_token=x", None),
            ("/aikore_token=x", None),
        ] {
            let uri: Uri = uri.parse().unwrap();
            assert_eq!(cut(&uri), cut_out.map(|(token, clean)| (token, clean.to_owned())), "{uri}");
        }
    }
}
