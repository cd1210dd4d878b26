//! Files that are texts, as an editor takes them: whole, and with a version that tells two of them apart.

use std::fs::Metadata;
use std::io::Read;
use std::os::unix::fs::MetadataExt;

use ring::digest::{SHA256, digest};

use super::{Folder, FolderError};
use crate::domain::{FolderPath, Timestamp};

/// Bytes of the largest text that is edited.
pub const MOST: u64 = 2 << 20;

/// Hex digits of a version: half a SHA-256, which nobody meets twice by accident.
const DIGITS: usize = 32;

/// A file's text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Text {
    /// All of it, line ends as they are.
    pub content: String,
    /// What tells it from any other text.
    pub version: String,
    /// The permission bits, as `0755`.
    pub mode: String,
    /// Bytes.
    pub size: u64,
    /// When it was changed last.
    pub modified: Option<Timestamp>,
}

/// What tells one text from another: of the content alone.
pub fn version_of(content: &[u8]) -> String {
    let mut hex: String = digest(&SHA256, content).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    hex.truncate(DIGITS);
    hex
}

impl Text {
    /// A content together with what is known of its file.
    pub(super) fn new(content: String, facts: &Metadata) -> Self {
        Self {
            version: version_of(content.as_bytes()),
            mode: format!("{:04o}", facts.mode() & 0o7777),
            size: facts.len(),
            modified: facts.modified().ok().map(Timestamp::of),
            content,
        }
    }
}

impl Folder {
    /// Reads a text.
    ///
    /// # Errors
    /// It is not there, no plain file, no text, too large, leads out of the folder, or can't be read.
    pub fn read_text(&self, path: &FolderPath) -> Result<Text, FolderError> {
        let (file, facts) = self.open_file(path)?;
        if facts.len() > MOST {
            return Err(FolderError::TooLarge(path.clone(), facts.len()));
        }
        let mut bytes = Vec::new();
        // It may grow while it is read.
        file.take(MOST + 1).read_to_end(&mut bytes).map_err(|error| FolderError::of(path, &error))?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > MOST {
            return Err(FolderError::TooLarge(path.clone(), size));
        }
        if bytes.contains(&0) {
            return Err(FolderError::NoText(path.clone()));
        }
        let content = String::from_utf8(bytes).map_err(|_| FolderError::NoText(path.clone()))?;
        Ok(Text { size, ..Text::new(content, &facts) })
    }
}
