//! What instances have made, for people to look at: lists of it, newest first; small pictures; what is written in the
//! files besides; archives.
//!
//! Everything is opened from its folder's own handle (`folders`): nothing outside is shown, whatever links there are.

mod archive;
mod cursor;
mod exif;
mod gallery;
mod index;
mod keep;
mod metadata;
mod page;
mod png_text;
mod thumbnail;
mod written;

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use serde::Serialize;

use crate::domain::{Media, MediaKind, Timestamp};
use crate::folders::FolderError;

pub use archive::{Archive, Piece};
pub use cursor::Cursor;
pub use gallery::Gallery;
pub use metadata::About;
pub use page::{Page, Question};
pub use thumbnail::{Side, Thumbnail};

/// Why something can't be shown: sentences for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// It can't be had.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// It is no picture, or a broken one.
    #[error("No small picture of '{name}' can be made: {why}.")]
    NoPicture {
        /// The file.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// It would take too much memory to look at.
    #[error("'{name}' is too large for a small picture ({width} × {height}). Download it to see it.")]
    TooLarge {
        /// The file.
        name: String,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// So many archives are being sent already.
    #[error("Several archives are being downloaded already. Wait until one of them is done, then try again.")]
    Busy,
    /// What was picked for an archive is no longer known.
    #[error("This download has expired. Choose the files again and start it anew.")]
    NoTicket,
    /// A value breaks a rule.
    #[error("{0}")]
    Invalid(String),
    /// The machine said no.
    #[error("{0}")]
    Failed(String),
}

/// A file as it is now: another content has another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version {
    /// Nanoseconds since 1970.
    pub modified: i128,
    /// Bytes.
    pub size: u64,
}

impl Version {
    /// What the system knows of the file.
    pub fn of(facts: &Metadata) -> Self {
        let modified = i128::from(facts.mtime()) * 1_000_000_000 + i128::from(facts.mtime_nsec());
        Self { modified, size: facts.len() }
    }

    /// For people and programs.
    pub fn moment(self) -> Timestamp {
        Timestamp::from_millis(u64::try_from(self.modified / 1_000_000).unwrap_or(0))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}-{:x}", self.modified, self.size)
    }
}

/// One thing that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = OutputItem)]
pub struct Item {
    /// From the folder on.
    pub path: String,
    /// Its last part.
    pub name: String,
    /// What a person does with it.
    pub kind: MediaKind,
    /// Bytes.
    pub size: u64,
    /// When it was written last.
    pub modified: Timestamp,
    /// Changes with the content: part of the address of what is kept for good.
    pub version: String,
    /// Whether a browser can show it.
    pub shown: bool,
    /// Whether there is a small picture of it.
    pub thumbnail: bool,
}

impl Item {
    fn new(path: String, version: Version) -> Self {
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let media = Media::of(&name);
        Self {
            kind: media.kind,
            size: version.size,
            modified: version.moment(),
            version: version.to_string(),
            shown: media.shown_as.is_some(),
            thumbnail: media.thumbnail,
            name,
            path,
        }
    }
}
