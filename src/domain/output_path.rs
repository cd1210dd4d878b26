//! Where an instance writes its results, below the outputs folder.

use super::{Invalid, text, text_type};

/// A relative path of valid components; it can't leave the folder it is put under.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OutputPath(String);

/// Longest path in bytes; Linux takes 4096 for the whole of it.
const MAX: usize = 1024;

impl OutputPath {
    /// Checks each component by the rules of a file name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.starts_with('/') {
            return Err(Invalid::new("an output path must be relative: it is a folder below outputs/"));
        }
        if text.len() > MAX {
            return Err(Invalid::new(format!("an output path is at most {MAX} bytes long")));
        }
        for part in text.trim_end_matches('/').split('/') {
            text::check_file_name("each folder of an output path", part)?;
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

text_type!(OutputPath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_below_its_root() {
        for good in ["a", "a/b", "Ünï code/x", "a/"] {
            assert!(OutputPath::parse(good).is_ok(), "{good:?}");
        }
        for bad in ["", "/", "/a", "..", "../a", "a/../b", "a//b", ".", "./a", "a/.b", "a\\b", "a\n"] {
            assert!(OutputPath::parse(bad).is_err(), "{bad:?}");
        }
    }
}
