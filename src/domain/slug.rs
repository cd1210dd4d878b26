//! The URL form of an instance's name.

use unicode_normalization::UnicodeNormalization;

use super::{Invalid, text_type};

/// Lower-case ASCII letters, digits and inner hyphens, at most 63: a DNS label, so it also serves as a host name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

/// A DNS label holds at most 63 octets (RFC 1035 §2.3.4).
const MAX: usize = 63;

impl Slug {
    /// Below which path every instance lives.
    pub const ROOT: &str = "/instance/";

    /// The instance's path without a slash at the end: `/instance/<slug>`.
    pub fn prefix(&self) -> String {
        format!("{}{}", Self::ROOT, self.0)
    }

    /// Accepts exactly `[a-z0-9]([a-z0-9-]*[a-z0-9])?` of at most 63 characters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let inner = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if inner && edge(text.chars().next()) && edge(text.chars().next_back()) && text.len() <= MAX {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new(format!(
                "{text:?} is not a slug: lower-case letters, digits and inner hyphens, at most {MAX}"
            )))
        }
    }

    /// The slug of a name: NFKD, ASCII, lower case, every other run of characters one hyphen, trimmed, at most 63.
    /// `None` when nothing is left (the caller then uses [`Slug::of_id`]).
    pub fn of_name(name: &str) -> Option<Self> {
        let mut slug = String::new();
        // Combining marks fall away instead of becoming hyphens: é is e + U+0301.
        for c in name.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)) {
            if c.is_ascii_alphanumeric() {
                slug.push(c.to_ascii_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(MAX);
        let slug = slug.trim_end_matches('-');
        (!slug.is_empty()).then(|| Self(slug.to_owned()))
    }

    /// The slug of an instance whose name has no ASCII form.
    pub fn of_id(id: i64) -> Self {
        Self(format!("instance-{id}"))
    }

    /// The first of `slug`, `slug-2`, `slug-3` … that `taken` does not hold; shortened so that the number fits.
    pub fn first_free(self, taken: impl Fn(&Self) -> bool) -> Self {
        let mut candidate = self.clone();
        let mut n: u64 = 2;
        while taken(&candidate) {
            let number = format!("-{n}");
            let stem: String = self.0.chars().take(MAX - number.len()).collect();
            candidate = Self(format!("{}{number}", stem.trim_end_matches('-')));
            n += 1;
        }
        candidate
    }
}

text_type!(Slug);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_names() {
        for (name, slug) in [
            ("ComfyUI", Some("comfyui")),
            ("My App", Some("my-app")),
            ("my_app", Some("my-app")),
            ("é-studio-ünïcode", Some("e-studio-unicode")),
            ("  --a  b--  ", Some("a-b")),
            ("ﬁne ①", Some("fine-1")),
            ("x;$(touch y)", Some("x-touch-y")),
            ("漫画", None),
            ("…", None),
            ("👩‍🚀", None),
        ] {
            assert_eq!(Slug::of_name(name).as_ref().map(Slug::as_str), slug, "{name:?}");
        }
        let long = Slug::of_name(&format!("{}-b", "a".repeat(62))).unwrap();
        assert_eq!(long.as_str(), "a".repeat(62), "cut before a trailing hyphen");
    }

    #[test]
    fn only_the_exact_form_parses() {
        for good in ["a", "a-b", "0", "a--b", &"a".repeat(63)] {
            assert!(Slug::parse(good).is_ok(), "{good:?}");
        }
        for bad in ["", "-a", "a-", "A", "a_b", "a.b", "a/b", "é", &"a".repeat(64)] {
            assert!(Slug::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn collisions_get_a_number_within_the_limit() {
        let taken = [Slug::parse("a").unwrap(), Slug::parse("a-2").unwrap()];
        assert_eq!(Slug::parse("a").unwrap().first_free(|s| taken.contains(s)).as_str(), "a-3");
        let long = Slug::parse(&"a".repeat(63)).unwrap();
        let next = long.clone().first_free(|s| *s == long);
        assert_eq!(next.as_str(), format!("{}-2", "a".repeat(61)));
    }
}
