//! The name of an instance, which is also the name of its folder.

use super::{Invalid, text, text_type};

/// A valid instance name: one visible path component of at most 255 bytes, without a leading dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceName(String);

impl InstanceName {
    /// Checks the text; the error says which rule it breaks.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        text::check_file_name("an instance's name", text)?;
        Ok(Self(text.to_owned()))
    }

    /// The nearest valid name, for rows of older systems that took anything; `id` names what has nothing left.
    pub fn repair(text: &str, id: i64) -> Self {
        let replaced: String = text
            .chars()
            .map(|c| if text::refuse_invisible("", &c.to_string()).is_err() || "/\\".contains(c) { '-' } else { c })
            .collect();
        let mut name = replaced.trim().trim_start_matches('.').trim().to_owned();
        while name.len() > text::MAX_FILE_NAME {
            name.pop();
        }
        Self::parse(name.trim_end()).unwrap_or_else(|_| Self(format!("instance-{id}")))
    }
}

text_type!(InstanceName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_emptied_a_disk_are_refused() {
        // earlier-defects.md 2, 3, 4
        for bad in ["", "   ", ".", "..", "a/b", "../escape", "/abs", "a\nb", ".wheels"] {
            assert!(InstanceName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn repaired_names_are_valid() {
        for (old, new) in [
            ("é-studio/ünïcode", "é-studio-ünïcode"),
            ("..", "instance-7"),
            ("   ", "instance-7"),
            ("../escape", "-escape"),
            ("a\nb", "a-b"),
            (" lead", "lead"),
            ("fine", "fine"),
        ] {
            let repaired = InstanceName::repair(old, 7);
            assert_eq!(repaired.as_str(), new, "{old:?}");
            assert!(InstanceName::parse(repaired.as_str()).is_ok());
        }
        let long = InstanceName::repair(&"ü".repeat(300), 7);
        assert_eq!(long.as_str().len(), 254);
    }
}
