//! A version chosen for an instance's environment (Python, CUDA, Torch).

use super::{Invalid, text_type};

/// A version such as `3.12`, `12.8` or `2.9.1+cu128`: nothing in it means anything to a shell (earlier-defects.md 5).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(String);

impl Version {
    /// Checks the shape: it begins with a letter or digit and holds only those and `.`, `-`, `_`, `+`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let good = text.len() <= 32
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_+".contains(&b));
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new(format!("{text:?} is not a version such as 3.12")))
        }
    }

    /// What of an index of PyTorch is for this CUDA version: 12.8 → `<index>/cu128`.
    pub fn pytorch_index_url(&self, index: &str) -> String {
        let digits: String = self.0.trim_start_matches("cu").chars().filter(char::is_ascii_digit).collect();
        format!("{index}/cu{digits}")
    }
}

text_type!(Version);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        for good in ["3.12", "2.9.1", "cu128", "2.9.1+cu128", "2.10.0-rc1"] {
            assert!(Version::parse(good).is_ok(), "{good:?}");
        }
        for bad in ["", "3.12;rm -rf /", "$(x)", "`x`", "\"", "'", " 3", "-3", "3\n", &"1".repeat(33)] {
            assert!(Version::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn index_url_follows_cuda() {
        for cuda in ["12.8", "cu128"] {
            assert!(
                Version::parse(cuda).unwrap().pytorch_index_url("https://example.org/whl")
                    == "https://example.org/whl/cu128"
            );
        }
    }
}
