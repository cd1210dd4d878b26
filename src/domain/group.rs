//! The label of a group: a heading in the list of instances.

use super::{Invalid, text, text_type};

/// A short text of a person's own. Groups are not things of their own: one is there while an instance names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupLabel(String);

/// The longest label, in characters: it is a heading.
const MAX: usize = 60;

impl GroupLabel {
    /// Checks the text. Blanks around it are taken off: two labels that look alike are the same.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let label = text.trim();
        if label.is_empty() {
            return Err(Invalid::new("a group's label must not be empty"));
        }
        if label.chars().count() > MAX {
            return Err(Invalid::new(format!("a group's label is at most {MAX} characters long")));
        }
        text::refuse_invisible("a group's label", label)?;
        Ok(Self(label.to_owned()))
    }
}

text_type!(GroupLabel);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        for (text, label) in [("Video", "Video"), ("  Text to speech ", "Text to speech"), ("Größe/α", "Größe/α")]
        {
            assert_eq!(GroupLabel::parse(text).unwrap().as_str(), label, "{text:?}");
        }
        for bad in ["", "   ", "a\nb", "gnp\u{202e}x", &"x".repeat(61)] {
            assert!(GroupLabel::parse(bad).is_err(), "{bad:?}");
        }
        assert!(GroupLabel::parse(&"ü".repeat(60)).is_ok());
    }
}
