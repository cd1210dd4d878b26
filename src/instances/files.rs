//! What a person does with the files of a folder: look, open, make a folder, rename. Deleting is `discard`, and what they
//! bring is `uploads`.

use std::fs::{File, Metadata};

use super::error::Error;
use super::places::{OURS, Place};
use super::{Instances, blocking};
use crate::domain::FolderPath;
use crate::folders::{Entry, Folder, FolderError};

/// Things in one answer. More can be had by nobody's eyes.
const MOST: usize = 10_000;

/// What there is in a folder.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Listing {
    /// Which folder.
    pub path: FolderPath,
    /// Folders first, by name.
    pub entries: Vec<Entry>,
    /// Whether there is more than is said here.
    pub truncated: bool,
}

impl Instances {
    /// What there is in a folder. An instance's is empty before its first start.
    ///
    /// # Errors
    /// It is not there, or leads out of its place.
    pub async fn list_files(&self, place: Place, path: FolderPath) -> Result<Listing, Error> {
        let found = self.find_place(place)?;
        blocking(move || {
            let folder = match Folder::open(&found.path) {
                Err(FolderError::Missing(_)) if path.is_root() => {
                    return Ok(Listing { path, entries: Vec::new(), truncated: false });
                }
                opened => opened?,
            };
            let mut entries = folder.list(&path)?;
            entries.retain(|entry| !entry.name.starts_with(OURS));
            let truncated = entries.len() > MOST;
            entries.truncate(MOST);
            Ok(Listing { path, entries, truncated })
        })
        .await?
    }

    /// Opens a plain file to be read.
    ///
    /// # Errors
    /// It is not there, is no plain file, or leads out of its place.
    pub async fn open_file(&self, place: Place, path: FolderPath) -> Result<(File, Metadata), Error> {
        let found = self.find_place(place)?;
        blocking(move || Ok(Folder::open(&found.path)?.open_file(&path)?)).await?
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// Something has its name, or the folder it is to be in is not there.
    pub async fn make_folder(&self, place: Place, path: FolderPath) -> Result<(), Error> {
        let found = self.find_place(place)?;
        blocking(move || {
            let folder = found.open_or_make()?;
            found.refuse_ours(&folder, &path)?;
            Ok(folder.make_folder(&path)?)
        })
        .await?
    }

    /// Gives something another name or place within its folder.
    ///
    /// # Errors
    /// It is not there or AiKore's own, or something has the new name already.
    pub async fn rename_file(&self, place: Place, from: FolderPath, to: FolderPath) -> Result<(), Error> {
        let found = self.find_place(place)?;
        blocking(move || {
            let folder = Folder::open(&found.path)?;
            found.refuse_ours(&folder, &from)?;
            found.refuse_ours(&folder, &to)?;
            Ok(folder.rename(&from, &to)?)
        })
        .await?
    }
}
