//! The name of an upload.

use super::{Invalid, text_type};

/// 32 hexadecimal digits in lower case: part of a URL, and of the names of files.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UploadId(String);

impl UploadId {
    /// A name of these bits.
    pub fn of(bits: u128) -> Self {
        Self(format!("{bits:032x}"))
    }

    /// Takes exactly what is written.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        match text.len() == 32 && text.bytes().all(is_hex) {
            true => Ok(Self(text.to_owned())),
            false => Err(Invalid::new("an upload's name is 32 hexadecimal digits")),
        }
    }
}

text_type!(UploadId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_form() {
        let id = UploadId::of(0xab);
        assert_eq!(UploadId::parse(id.as_str()).unwrap(), id);
        for bad in ["", "ab", "../../../../../../../../../../etc", &"A".repeat(32), &"0".repeat(33)] {
            assert!(UploadId::parse(bad).is_err(), "{bad}");
        }
    }
}
