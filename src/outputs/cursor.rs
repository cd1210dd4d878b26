//! Where a page of a list ends: a place in the order, which stays where it is while new things come.

use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A place in the order newest first; what is of the same moment stands by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Nanoseconds since 1970.
    pub modified: i128,
    /// The path of what stands there, or stood.
    pub path: String,
}

impl Cursor {
    /// Reads what a page has named.
    ///
    /// # Errors
    /// It is none of ours.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read = || {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            let plain = String::from_utf8(bytes).ok()?;
            let (modified, path) = plain.split_once(' ')?;
            Some(Self { modified: modified.parse().ok()?, path: path.to_owned() })
        };
        read().ok_or_else(|| format!("before={text:?} is no place in a list. Leave it out to begin with the newest."))
    }

    /// How this place and a thing stand to each other in the order.
    pub(super) fn cmp(&self, modified: i128, path: &str) -> Ordering {
        modified.cmp(&self.modified).then_with(|| self.path.as_str().cmp(path))
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(format!("{} {}", self.modified, self.path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for path in ["a.png", "with blank/and ümläut 漫画.png", "", " "] {
            let cursor = Cursor { modified: 1_790_000_000_123_456_789, path: path.to_owned() };
            let text = cursor.to_string();
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
            assert_eq!(Cursor::parse(&text), Ok(cursor));
        }
        for bad in ["", "?", "x", "MTIz", "YSBi", "äö"] {
            assert!(Cursor::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn order() {
        let here = Cursor { modified: 5, path: "m".to_owned() };
        assert_eq!(here.cmp(6, "z"), Ordering::Greater, "newer stands before");
        assert_eq!(here.cmp(4, "a"), Ordering::Less);
        assert_eq!(here.cmp(5, "m"), Ordering::Equal);
        assert_eq!(here.cmp(5, "n"), Ordering::Less, "of the same moment by path");
        assert_eq!(here.cmp(5, "a"), Ordering::Greater);
    }
}
