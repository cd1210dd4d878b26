//! The file name of a blueprint.

use super::{Invalid, text, text_type};

/// A file name of the shape a catalogue can hold (`ComfyUI.sh`). That the file exists is the catalogue's to say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlueprintName(String);

impl BlueprintName {
    /// Checks the shape: one path component, no leading dot, no control characters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        text::check_file_name("a blueprint's name", text)?;
        Ok(Self(text.to_owned()))
    }

    /// The blueprint of an instance that came with none: the script in its folder is all there is.
    pub fn none() -> Self {
        Self("empty.sh".to_owned())
    }

    /// What `BLUEPRINT_ID` holds: the file name without its extension.
    pub fn id(&self) -> &str {
        self.0.strip_suffix(".sh").unwrap_or(&self.0)
    }
}

text_type!(BlueprintName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_gets_through() {
        // earlier-defects.md 4: ../../../etc/passwd could be read back
        for bad in ["../../../etc/passwd", "/etc/passwd", "a/b.sh", "..", "", "x\0.sh"] {
            assert!(BlueprintName::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(BlueprintName::parse("ComfyUI.sh").unwrap().id(), "ComfyUI");
    }
}
