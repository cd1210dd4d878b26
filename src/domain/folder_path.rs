//! A file or folder below a folder that somebody may look into.

use super::text::MAX_FILE_NAME;
use super::{Invalid, text_type};

/// A relative path of plain names, `/` between them; empty: the folder itself. It names what is there, whatever an app has
/// called it, so names may begin with a dot or hold blanks; what it leads to may still be a link, which the room that opens
/// it looks at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FolderPath(String);

/// Longest path in bytes; Linux takes 4096 for the whole of it.
const MAX: usize = 3072;

impl FolderPath {
    /// The folder itself.
    pub fn root() -> Self {
        Self(String::new())
    }

    /// Checks each component. A `/` at the end is left out.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > MAX {
            return Err(Invalid::new(format!("a path is at most {MAX} bytes long")));
        }
        if text.starts_with('/') {
            return Err(Invalid::new("a path must be relative: it begins in the folder it is about"));
        }
        let text = text.strip_suffix('/').unwrap_or(text);
        if text.is_empty() {
            return Ok(Self::root());
        }
        for name in text.split('/') {
            check_name(name)?;
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether it is the folder itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last name; empty for the folder itself.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The folder it is in; `None` for the folder itself.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(Self(self.0.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned()))
    }

    /// Something in this folder.
    pub fn join(&self, name: &str) -> Result<Self, Invalid> {
        check_name(name)?;
        Self::parse(&if self.is_root() { name.to_owned() } else { format!("{self}/{name}") })
    }

    /// Whether it is this folder or something in it.
    pub fn is_within(&self, folder: &Self) -> bool {
        folder.is_root() || self == folder || self.0.strip_prefix(&folder.0).is_some_and(|rest| rest.starts_with('/'))
    }
}

fn check_name(name: &str) -> Result<(), Invalid> {
    match name {
        "" => Err(Invalid::new("a path must not hold empty names (//)")),
        "." | ".." => Err(Invalid::new("a path must not hold . or .. as a name: it stays in its folder")),
        _ if name.contains(['\0', '/']) => Err(Invalid::new("a name must not contain / or NUL")),
        _ if name.len() > MAX_FILE_NAME => {
            Err(Invalid::new(format!("a name is too long: {} bytes, at most {MAX_FILE_NAME}", name.len())))
        }
        _ => Ok(()),
    }
}

text_type!(FolderPath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_in_its_folder() {
        for good in ["", "a", "a/", "a/b.png", ".hidden", "Ünï code/x y", "a\\b", "...", "-rf", "a/..b"] {
            assert!(FolderPath::parse(good).is_ok(), "{good:?}");
        }
        for bad in ["/", "/a", "..", "../a", "a/../b", "a//b", ".", "./a", "a/.", "a\0b", "a//"] {
            assert!(FolderPath::parse(bad).is_err(), "{bad:?}");
        }
        assert!(FolderPath::parse(&"x".repeat(256)).is_err() && FolderPath::parse(&"x/".repeat(2000)).is_err());
    }

    #[test]
    fn parts() {
        let path = FolderPath::parse("a/b/c.png").unwrap();
        assert_eq!(path.name(), "c.png");
        assert_eq!(path.parent(), Some(FolderPath::parse("a/b").unwrap()));
        assert_eq!(FolderPath::parse("a").unwrap().parent(), Some(FolderPath::root()));
        assert_eq!(FolderPath::root().parent(), None);
        assert_eq!(FolderPath::root().join("x").unwrap().as_str(), "x");
        assert_eq!(FolderPath::parse("a").unwrap().join("x").unwrap().as_str(), "a/x");
        assert!(FolderPath::parse("a").unwrap().join("../x").is_err());
        let a = FolderPath::parse("a").unwrap();
        assert!(path.is_within(&a) && a.is_within(&a) && a.is_within(&FolderPath::root()));
        assert!(!FolderPath::parse("ab").unwrap().is_within(&a));
    }
}
