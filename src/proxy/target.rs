//! Which instance a path is for, and what of the path its app gets to see. Byte for byte: nothing is decoded, resolved
//! or joined (proxy.md B2 9–12).

use std::borrow::Cow;

use http::{Method, Uri};

use crate::domain::{BasePath, ProxyMode, Slug};

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
        let end = memchr::memchr(b'/', below.as_bytes()).unwrap_or(below.len());
        let (slug, rest) = below.split_at(end);
        Some(Self { slug, rest })
    }

    /// What follows an instance's own path in a raw path, with or without the prefix of an outer proxy.
    pub fn below(base: &BasePath, slug: &Slug, path: &'a str) -> Option<&'a str> {
        Self::of(base.cut(path)).filter(|found| found.slug == slug.as_str()).map(|found| found.rest)
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
/// so that an app that was told its prefix works everywhere. `below`: what follows the prefix, where the path has it.
pub fn decide(mode: ProxyMode, way: WayIn, method: &Method, path: &str, below: Option<&str>) -> Step {
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

/// The target an app gets: path and query as they came, with `prefix` before `below` instead of what was there. Where the path
/// has no prefix it passes whole. No scheme and no authority: where to connect is the route's business, never the URL's.
pub fn upstream_target<'a>(uri: &'a Uri, below: Option<&str>, prefix: &str) -> Option<Cow<'a, str>> {
    let whole = uri.path_and_query()?.as_str();
    let Some(below) = below else { return Some(Cow::Borrowed(whole)) };
    let rest = whole.get(uri.path().len().checked_sub(below.len())?..)?;
    Some(match (prefix, rest.starts_with('/')) {
        ("", true) => Cow::Borrowed(rest),
        ("", false) => Cow::Owned(format!("/{rest}")),
        _ if whole.strip_suffix(rest) == Some(prefix) => Cow::Borrowed(whole),
        _ => Cow::Owned(format!("{prefix}{rest}")),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn below(path: &str) -> Option<&str> {
        InstancePath::below(&BasePath::default(), &Slug::parse("a").unwrap(), path)
    }

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
            assert_eq!(decide(mode, way, &Method::GET, path, below(path)), step, "{mode} {way:?} {path}");
        }
        assert_eq!(decide(Strip, WayIn::Path, &Method::POST, "/instance/a", Some("")), forward(true));
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
            assert_eq!(upstream_target(&uri, below(uri.path()), "").unwrap(), stripped);
            assert_eq!(upstream_target(&uri, below(uri.path()), "/instance/a").unwrap(), uri.to_string());
            let outer = upstream_target(&uri, below(uri.path()), "/ai/instance/a").unwrap();
            assert_eq!(outer, format!("/ai{uri}"));
        }
        let uri: Uri = "/x?y".parse().unwrap();
        assert_eq!(upstream_target(&uri, None, "").unwrap(), "/x?y", "on its own origin");
    }

    #[test]
    fn an_outer_prefix_may_be_there_or_not() {
        let (base, slug) = (BasePath::parse("/ai").unwrap(), Slug::parse("a").unwrap());
        for (path, rest) in [
            ("/ai/instance/a/x", Some("/x")),
            ("/instance/a/x", Some("/x")),
            ("/ai/instance/a", Some("")),
            ("/ai/instance/ab/x", None),
            ("/ai/ai/instance/a/x", None),
            ("/x", None),
        ] {
            assert_eq!(InstancePath::below(&base, &slug, path), rest, "{path}");
        }
    }

    proptest! {
        /// Whatever a client writes after the prefix, the app gets these very bytes.
        #[test]
        fn no_byte_is_changed(rest in "(/[!-~&&[^?#]]{0,20}){1,3}(\\?[!-~&&[^#]]{0,20})?") {
            let Ok(uri) = format!("/instance/a{rest}").parse::<Uri>() else { return Ok(()) };
            let seen = upstream_target(&uri, below(uri.path()), "").unwrap();
            prop_assert_eq!(seen, rest);
        }
    }

    #[test]
    fn scheme_and_authority_never_reach_the_app() {
        let uri: Uri = "http://evil/instance/a/x?y".parse().unwrap();
        assert_eq!(upstream_target(&uri, below(uri.path()), "").unwrap(), "/x?y");
    }
}
