//! The prefix an outer proxy serves the whole panel under.

use super::{Invalid, Slug, text_type};

/// Empty, or `/ai`, `/tools/ai`: never with a slash at its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// Takes `/ai`, `ai/`, `/ai/`; segments of unreserved characters (RFC 3986 §2.3).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let inner = text.trim().trim_matches('/');
        if inner.is_empty() {
            return Ok(Self::default());
        }
        let unreserved = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
        let is_segment =
            |segment: &str| !segment.is_empty() && !matches!(segment, "." | "..") && segment.chars().all(unreserved);
        if !inner.split('/').all(is_segment) {
            return Err(Invalid::new(format!("{text:?} is not a path such as /ai")));
        }
        // The panel's own paths would be cut off as if they were the prefix.
        if matches!(inner.split('/').next(), Some("api" | "instance" | ".aikore")) {
            return Err(Invalid::new(format!("{text:?} begins as one of the panel's own paths does; choose another")));
        }
        Ok(Self(format!("/{inner}")))
    }

    /// The part of a raw path after the prefix; a path without it as it is: an outer proxy may cut it off or not.
    pub fn cut<'a>(&self, path: &'a str) -> &'a str {
        match path.strip_prefix(self.0.as_str()) {
            Some("") => "/",
            Some(rest) if rest.starts_with('/') => rest,
            _ => path,
        }
    }

    /// Where a browser finds the instance: the prefix and `/instance/<slug>`, without a slash at the end.
    pub fn of_instance(&self, slug: &Slug) -> String {
        format!("{}{}", self.0, slug.prefix())
    }

    /// Where a browser finds the panel, with a slash at the end.
    pub fn root(&self) -> String {
        format!("{}/", self.0)
    }
}

text_type!(BasePath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_base_path() {
        for (text, path) in [("", ""), ("/", ""), ("/ai", "/ai"), ("ai/", "/ai"), (" /tools/a.i~/ ", "/tools/a.i~")] {
            assert_eq!(BasePath::parse(text).unwrap().as_str(), path, "{text:?}");
        }
        for text in ["/a b", "/a//b", "/a/../b", "/ä", "/a?b", "/a%20b", "http://x/ai", "/api", "/instance/x"] {
            assert!(BasePath::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn it_is_cut_off_where_it_is() {
        let base = BasePath::parse("/ai").unwrap();
        for (path, rest) in
            [("/ai", "/"), ("/ai/", "/"), ("/ai/x%2F", "/x%2F"), ("/x", "/x"), ("/aix", "/aix"), ("/ai//x", "//x")]
        {
            assert_eq!(base.cut(path), rest, "{path}");
        }
        assert_eq!(BasePath::default().cut("/x"), "/x");
        assert_eq!(base.of_instance(&Slug::parse("a").unwrap()), "/ai/instance/a");
        assert_eq!((base.root().as_str(), BasePath::default().root().as_str()), ("/ai/", "/"));
    }
}
