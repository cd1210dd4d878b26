//! Saving a text so that nothing is lost: not what somebody else wrote meanwhile, nor what was there before.

use super::history::{History, Origin, Save};
use super::text::{MOST, Text};
use super::{Folder, FolderError};
use crate::domain::{FolderPath, Timestamp};

/// What a person saw of a file before they changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// They don't say.
    Unsaid,
    /// There was none.
    Absent,
    /// The text of this version.
    Version(String),
}

/// A text to be saved.
#[derive(Debug)]
pub struct NewText {
    /// All of it.
    pub content: String,
    /// What it was made from.
    pub base: Base,
    /// Who saves it.
    pub by: String,
    /// Why.
    pub origin: Origin,
    /// When.
    pub at: Timestamp,
    /// The mode of a file that was not there.
    pub mode: u32,
}

/// What became of it.
#[derive(Debug)]
pub enum Saving {
    /// It is on the disk.
    Done {
        /// The text, with what is known of its file now.
        text: Text,
        /// What is good to know: a sentence.
        note: Option<String>,
        /// Whether that changed anything.
        changed: bool,
    },
    /// Nothing was written: the file is another one than the person saw.
    Stale(Option<Text>),
}

impl Base {
    /// Whether a file that is like this now is what the person saw.
    fn is(&self, present: Option<&Text>) -> bool {
        match self {
            Self::Unsaid => true,
            Self::Absent => present.is_none(),
            Self::Version(version) => present.is_some_and(|text| text.version == *version),
        }
    }
}

/// What lies there, if anything does.
///
/// # Errors
/// There is something, and it can't be edited.
pub fn present(folder: &Folder, path: &FolderPath) -> Result<Option<Text>, FolderError> {
    match folder.read_text(path) {
        Ok(text) => Ok(Some(text)),
        Err(FolderError::Missing(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Saves a text. What lay there goes into the history first, if it isn't in there; then what was saved does.
///
/// # Errors
/// It can't be written; the file is as it was then.
pub fn save(folder: &Folder, root: &str, path: &FolderPath, new: &NewText) -> Result<Saving, FolderError> {
    let size = u64::try_from(new.content.len()).unwrap_or(u64::MAX);
    if size > MOST {
        return Err(FolderError::TooLarge(path.clone(), size));
    }
    if new.content.contains('\0') {
        return Err(FolderError::NoText(path.clone()));
    }
    let old = present(folder, path)?;
    if let Some(old) = old.as_ref().filter(|old| old.content == new.content) {
        // Whatever they saw, it is what they want.
        return Ok(Saving::Done { text: old.clone(), note: None, changed: false });
    }
    if !new.base.is(old.as_ref()) {
        return Ok(Saving::Stale(old));
    }
    let history = History::of(folder, root, path)?;
    let mut trouble = old.and_then(|old| keep_found(&history, &old, new).err());
    let facts = folder.save(path, new.content.as_bytes(), new.mode)?;
    if let Err(error) = history.add(&new.content, &new.by, new.origin, new.at) {
        trouble = Some(error);
    }
    let note = trouble.map(|error| {
        tracing::warn!(path = %path, %error, "the history of a file could not be kept");
        format!("It is saved, but its history could not be written: {error}")
    });
    Ok(Saving::Done { text: Text::new(new.content.clone(), &facts), note, changed: true })
}

/// What AiKore did not write itself would be lost otherwise.
fn keep_found(history: &History<'_>, old: &Text, new: &NewText) -> Result<Option<Save>, FolderError> {
    if history.list()?.first().is_some_and(|last| last.version == old.version && last.origin != Origin::Deleted) {
        return Ok(None);
    }
    let at = old.modified.unwrap_or(new.at);
    history.add(&old.content, "", Origin::Found, at).map(Some)
}
