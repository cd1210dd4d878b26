//! Which instance a path is for, and what of the path its app gets to see. Byte for byte: nothing is decoded, resolved
//! or joined (proxy.md B2 9–12).

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{Method, Uri};

use crate::domain::{ProxyMode, Slug};

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

/// By which kind of address a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayIn {
    /// Below `/instance/<slug>` on the dashboard's origin.
    Path,
    /// On the instance's own origin: its public port or a host name.
    Origin,
}

/// What is done with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It goes to the app, with or without the prefix.
    Forward {
        /// Whether the prefix is cut off.
        strip: bool,
    },
    /// Redirected to the same path with a slash: relative links would miss otherwise.
    AddSlash,
    /// Redirected below the prefix, where the app lives.
    ToPrefix,
    /// Redirected to the instance's own origin.
    ToOrigin,
}

/// How an app's mode and the way in decide (design.md §4.6). On its own origin the prefix means the same as at the path,
/// so that an app that was told its prefix works everywhere.
pub fn decide(mode: ProxyMode, way: WayIn, method: &Method, path: &str, prefix: &str) -> Step {
    let below = path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    // Only stripped apps lose their relative links without the slash; the others decide for themselves (prefix.md 9: an
    // app that redirects the other way would loop).
    let lacks_slash = below == Some("") && matches!(*method, Method::GET | Method::HEAD);
    match (mode, way) {
        (ProxyMode::RootOnly, WayIn::Path) => Step::ToOrigin,
        (ProxyMode::Preserve, WayIn::Origin) if path == "/" => Step::ToPrefix,
        (ProxyMode::Preserve, _) => Step::Forward { strip: false },
        (ProxyMode::Strip | ProxyMode::RootOnly, _) if lacks_slash => Step::AddSlash,
        (ProxyMode::Strip | ProxyMode::RootOnly, _) => Step::Forward { strip: below.is_some() },
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
    fn mode_and_way_in_decide() {
        use ProxyMode::{Preserve, RootOnly, Strip};
        let forward = |strip| Step::Forward { strip };
        for (mode, way, path, step) in [
            (Strip, WayIn::Path, "/instance/a", Step::AddSlash),
            (Strip, WayIn::Path, "/instance/a/x", forward(true)),
            (Strip, WayIn::Origin, "/x", forward(false)),
            (Strip, WayIn::Origin, "/instance/a/x", forward(true)),
            (Strip, WayIn::Origin, "/instance/ab/x", forward(false)),
            (Preserve, WayIn::Path, "/instance/a", forward(false)),
            (Preserve, WayIn::Path, "/instance/a/x", forward(false)),
            (Preserve, WayIn::Origin, "/", Step::ToPrefix),
            (Preserve, WayIn::Origin, "/x", forward(false)),
            (Preserve, WayIn::Origin, "/instance/a/x", forward(false)),
            (RootOnly, WayIn::Path, "/instance/a/x", Step::ToOrigin),
            (RootOnly, WayIn::Origin, "/x", forward(false)),
            (RootOnly, WayIn::Origin, "/instance/a/x", forward(true)),
        ] {
            assert_eq!(decide(mode, way, &Method::GET, path, "/instance/a"), step, "{mode} {way:?} {path}");
        }
        assert_eq!(decide(Strip, WayIn::Path, &Method::POST, "/instance/a", "/instance/a"), forward(true));
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
