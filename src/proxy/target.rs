//! Which instance a path is for, and what of the path its app gets to see. Byte for byte: nothing is decoded, resolved
//! or joined (proxy.md B2 9–12).

use bytes::Bytes;
use http::Uri;
use http::uri::PathAndQuery;

use crate::domain::Slug;

/// A path below [`Slug::ROOT`], cut in two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstancePath<'a> {
    /// The first segment: it names the instance if it equals a slug, and nothing otherwise.
    pub slug: &'a str,
    /// What follows, its slash included; empty when there is none.
    pub rest: &'a str,
}

impl<'a> InstancePath<'a> {
    /// Cuts a raw path; `None` when it does not lie below [`Slug::ROOT`].
    pub fn of(path: &'a str) -> Option<Self> {
        let below = path.strip_prefix(Slug::ROOT)?;
        let end = below.find('/').unwrap_or(below.len());
        let (slug, rest) = below.split_at(end);
        Some(Self { slug, rest })
    }

    /// `/instance/<slug>`, without a slash at the end.
    pub fn prefix(&self) -> String {
        format!("{}{}", Slug::ROOT, self.slug)
    }
}

/// The URI an app gets: path and query as they came, less the prefix when it is stripped. No scheme and no authority:
/// where to connect is the route's business, never the URL's.
pub fn upstream_uri(uri: &Uri, prefix: &str, strip: bool) -> Option<Uri> {
    let whole = uri.path_and_query()?;
    let cut = match (strip, whole.as_str().strip_prefix(prefix)) {
        (false, _) => return Some(whole.clone().into()),
        (true, Some(rest)) if rest.starts_with('/') => Bytes::copy_from_slice(rest.as_bytes()),
        (true, Some(rest)) => Bytes::from(format!("/{rest}")),
        (true, None) => return None,
    };
    PathAndQuery::from_maybe_shared(cut).ok().map(Uri::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_raw() {
        for (path, slug, rest) in [
            ("/instance/a", "a", ""),
            ("/instance/a/", "a", "/"),
            ("/instance/a/b/c", "a", "/b/c"),
            ("/instance/a//b", "a", "//b"),
            ("/instance//b", "", "/b"),
            ("/instance/", "", ""),
            ("/instance/%61/", "%61", "/"),
            ("/instance/a/../b", "a", "/../b"),
            ("/instance/a%2Fb", "a%2Fb", ""),
        ] {
            assert_eq!(InstancePath::of(path), Some(InstancePath { slug, rest }), "{path}");
        }
        for path in ["/", "/instance", "/instances/a", "/Instance/a", "/x/instance/a"] {
            assert_eq!(InstancePath::of(path), None, "{path}");
        }
    }

    #[test]
    fn the_rest_passes_byte_for_byte() {
        for (uri, stripped) in [
            ("/instance/a/", "/"),
            ("/instance/a/b?x=%20+%2B", "/b?x=%20+%2B"),
            ("/instance/a//a%2Fb/..%2f/%zz/../c", "//a%2Fb/..%2f/%zz/../c"),
            ("/instance/a/;p=1?", "/;p=1?"),
            ("/instance/a?q", "/?q"),
            ("/instance/a", "/"),
            ("/instance/a/|\\^{}[]", "/|\\^{}[]"),
        ] {
            let uri: Uri = uri.parse().unwrap();
            assert_eq!(upstream_uri(&uri, "/instance/a", true).unwrap().to_string(), stripped);
            assert_eq!(upstream_uri(&uri, "/instance/a", false).unwrap(), uri);
        }
    }

    #[test]
    fn scheme_and_authority_never_reach_the_connector() {
        let uri: Uri = "http://evil/instance/a/x?y".parse().unwrap();
        let upstream = upstream_uri(&uri, "/instance/a", true).unwrap();
        assert_eq!((upstream.authority(), upstream.to_string().as_str()), (None, "/x?y"));
    }
}
