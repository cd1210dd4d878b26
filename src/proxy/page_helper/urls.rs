//! URLs as a page writes them, and the same ones below the page's prefix. Pure.

use crate::proxy::headers::location;

/// Where a page lives.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Of its instance, without a slash at the end.
    pub(super) prefix: String,
    /// The page's own path, prefix included, as the browser asked for it.
    pub(super) path: String,
    /// Authorities that mean this very origin.
    pub(super) hosts: Vec<String>,
    /// Whether relative URLs are made absolute: the page is about to change its address, which they depend on.
    pub(super) anchored: bool,
}

impl Place {
    /// What a URL becomes; `None` when it stays as it is.
    pub(super) fn url(&self, raw: &str) -> Option<String> {
        let written = raw.trim_matches(|c: char| c.is_ascii_whitespace());
        let url = unescaped_slashes(written);
        let url = url.as_str();
        if url.starts_with(['/', '\\']) || has_scheme(url) {
            // Browsers take a backslash for a slash: `/\host` leads elsewhere.
            if url.starts_with('\\') || url.starts_with("/\\") {
                return None;
            }
            let hosts: Vec<&str> = self.hosts.iter().map(String::as_str).collect();
            return location::rewrite(url, &self.prefix, &hosts);
        }
        if !self.anchored || url.is_empty() || url.starts_with(['#', '&']) {
            return None;
        }
        if url.starts_with('?') {
            return Some(format!("{}{url}", self.path));
        }
        Some(self.anchor(url))
    }

    /// A relative URL from the page's folder on. Its way up ends at the prefix, as it does at the root of an origin.
    fn anchor(&self, mut url: &str) -> String {
        let below = self.path.strip_prefix(self.prefix.as_str()).unwrap_or(&self.path);
        let mut folders: Vec<&str> = below.split('/').skip(1).collect();
        folders.pop(); // the page itself
        loop {
            if let Some(rest) = url.strip_prefix("./") {
                url = rest;
            } else if let Some(rest) = url.strip_prefix("../") {
                folders.pop();
                url = rest;
            } else {
                break;
            }
        }
        let mut anchored = self.prefix.clone();
        for part in folders.into_iter().chain([url]) {
            anchored.push('/');
            anchored.push_str(part);
        }
        anchored
    }

    /// The value of `srcset`: candidates of a URL and a descriptor each (HTML §4.8.4.2.1).
    pub(super) fn srcset(&self, raw: &str) -> Option<String> {
        let mut changed = false;
        let mut rest = raw;
        let mut out = String::new();
        while !rest.is_empty() {
            let start = rest.find(|c: char| !c.is_ascii_whitespace() && c != ',').unwrap_or(rest.len());
            let (gap, from_url) = rest.split_at(start);
            out.push_str(gap);
            let end = from_url.find(|c: char| c.is_ascii_whitespace()).unwrap_or(from_url.len());
            let (token, after) = from_url.split_at(end);
            // Commas at its end separate; those inside belong to it.
            let url = token.trim_end_matches(',');
            match self.url(url) {
                Some(new) => {
                    changed = true;
                    out.push_str(&new);
                }
                None => out.push_str(url),
            }
            out.push_str(token.get(url.len()..).unwrap_or_default());
            let descriptor = if token.len() > url.len() { 0 } else { after.find(',').unwrap_or(after.len()) };
            let (descriptor, next) = after.split_at(descriptor);
            out.push_str(descriptor);
            rest = next;
        }
        changed.then_some(out)
    }

    /// `5; url=/x`, as `Refresh` and its meta element have it.
    pub(super) fn refresh(&self, raw: &str) -> Option<String> {
        location::rewrite_refresh(raw, |url| self.url(url))
    }
}

/// Some templating engines write every slash of an attribute as a character reference.
fn unescaped_slashes(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&#x2F;", "/").replace("&#x2f;", "/").replace("&#47;", "/")
}

/// RFC 3986 §3.1.
fn has_scheme(url: &str) -> bool {
    let Some((scheme, _)) = url.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(anchored: bool) -> Place {
        Place {
            prefix: "/instance/a".to_owned(),
            path: "/instance/a/docs/page".to_owned(),
            hosts: vec!["box:9000".to_owned()],
            anchored,
        }
    }

    #[test]
    fn urls() {
        for (url, absolute) in [
            ("/x", Some("/instance/a/x")),
            (" /x\n", Some("/instance/a/x")),
            ("/", Some("/instance/a/")),
            ("/x?a=1&amp;b=2#c", Some("/instance/a/x?a=1&amp;b=2#c")),
            ("&#x2F;x&#x2F;y", Some("/instance/a/x/y")),
            ("&#x2F;&#47;evil/y", None),
            ("/instance/a/x", None),
            ("//cdn.example/x", None),
            ("/\\evil", None),
            ("\\evil", None),
            ("https://cdn.example/x", None),
            ("http://box:9000/x", Some("/instance/a/x")),
            ("HTTP://cdn.example/x", None),
            ("data:text/plain,x", None),
            ("mailto:a@b", None),
            ("javascript:void(0)", None),
            ("blob:http://box:9000/x", None),
            ("#part", None),
            ("", None),
        ] {
            assert_eq!(place(true).url(url).as_deref(), absolute, "{url}");
            assert_eq!(place(false).url(url).as_deref(), absolute, "{url}");
        }
        for (url, anchored) in [
            ("x.js", Some("/instance/a/docs/x.js")),
            ("./x.js", Some("/instance/a/docs/x.js")),
            ("../x", Some("/instance/a/x")),
            (".././../../x", Some("/instance/a/x")),
            ("a/../x", Some("/instance/a/docs/a/../x")),
            ("?q", Some("/instance/a/docs/page?q")),
            ("a:b", None),
            ("x/a:b", Some("/instance/a/docs/x/a:b")),
            ("&amp;x", None),
        ] {
            assert_eq!(place(true).url(url).as_deref(), anchored, "{url}");
            assert_eq!(place(false).url(url), None, "{url}");
        }
    }

    #[test]
    fn sets_of_sources() {
        for (set, new) in [
            ("/a.png 1x, /b.png 2x", Some("/instance/a/a.png 1x, /instance/a/b.png 2x")),
            ("/a.png, /b.png 2x", Some("/instance/a/a.png, /instance/a/b.png 2x")),
            ("data:image/png;base64,AA== 1x, /b.png 2x", Some("data:image/png;base64,AA== 1x, /instance/a/b.png 2x")),
            ("https://cdn/a.png 1x", None),
            ("/a,b.png", Some("/instance/a/a,b.png")),
            ("", None),
            (" , ,", None),
        ] {
            assert_eq!(place(false).srcset(set).as_deref(), new, "{set}");
        }
    }

    #[test]
    fn refreshes() {
        for (value, new) in [
            ("5; url=/x", Some("5; url=/instance/a/x")),
            ("0;URL='/x?y'", Some("0;URL='/instance/a/x?y'")),
            ("5", None),
            ("5; url=https://elsewhere/", None),
            ("0; url=//elsewhere", None),
        ] {
            assert_eq!(place(false).refresh(value).as_deref(), new, "{value}");
        }
    }

    proptest! {
        /// What was rewritten lies below the prefix, and is not rewritten again.
        #[test]
        fn rewriting_is_idempotent_and_stays_below(url in "\\PC{0,40}", anchored: bool) {
            let place = place(anchored);
            if let Some(new) = place.url(&url) {
                prop_assert!(new.starts_with("/instance/a/"), "{new}");
                prop_assert_eq!(place.url(&new), None);
            }
        }

        /// Nothing is lost or doubled in a set, whatever it looks like.
        #[test]
        fn sets_keep_everything_else(set in "[ a-c,/:.0-9x]{0,60}") {
            if let Some(new) = place(false).srcset(&set) {
                prop_assert_eq!(new.replace("/instance/a/", "/"), set);
            }
        }
    }
}
