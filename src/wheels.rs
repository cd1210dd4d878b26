//! The shelf: Python packages, built once and kept for every instance (`<config>/instances/.wheels`).
//!
//! What lies on it is opened from the shelf's own handle; a link that leads out of it is not there. The shelf is made with
//! the first wheel. Everything here but an upload waits for the disk: call it off the async threads.

mod error;
mod manifest;
mod upload;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::domain::{FolderPath, Timestamp, WheelName};
use crate::files::leftovers;
use crate::folders::{Folder, FolderError, Kind};

pub use error::ShelfError;
pub use manifest::Origin;
pub use upload::Upload;

/// The shelf; cheap to clone.
#[derive(Debug, Clone)]
pub struct Shelf {
    place: PathBuf,
    /// One change of what has a name at a time.
    naming: Arc<Mutex<()>>,
    /// In the names of this server's own uploads: what has another mark was left by an earlier one.
    mark: u32,
}

/// A wheel on the shelf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wheel {
    /// Its file name, which says what it is.
    pub name: WheelName,
    /// Bytes.
    pub size: u64,
    /// When it was put there.
    pub modified: Timestamp,
    /// What is known of how it was built.
    pub origin: Origin,
}

impl Shelf {
    /// The shelf at this place, whether it is there yet or not.
    pub fn at(place: impl Into<PathBuf>) -> Self {
        Self { place: place.into(), naming: Arc::default(), mark: fastrand::u32(..) }
    }

    /// What earlier servers that were killed left of uploads.
    pub fn interrupted(&self) -> Vec<PathBuf> {
        let own = self.place.join(self.uploading());
        let mut found = leftovers::find(&self.place, upload::UPLOADING);
        found.retain(|path| !path.as_os_str().as_encoded_bytes().starts_with(own.as_os_str().as_encoded_bytes()));
        found
    }

    /// How the names of this server's uploads begin.
    fn uploading(&self) -> String {
        format!("{}{:08x}-", upload::UPLOADING, self.mark)
    }

    /// Where it lies.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// The folder; `None` before there is one.
    fn folder(&self) -> Result<Option<Folder>, FolderError> {
        match Folder::open(&self.place) {
            Ok(folder) => Ok(Some(folder)),
            Err(FolderError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every wheel, the newest first.
    ///
    /// # Errors
    /// The shelf can't be read.
    pub fn list(&self) -> Result<Vec<Wheel>, ShelfError> {
        let Some(folder) = self.folder()? else { return Ok(Vec::new()) };
        let known = manifest::read(&folder);
        let files = folder.list(&FolderPath::root())?.into_iter().filter(|entry| entry.kind == Kind::File);
        let mut all: Vec<Wheel> = files
            .filter_map(|file| {
                let name = WheelName::parse(&file.name).ok()?;
                let modified = file.modified.unwrap_or(Timestamp::from_millis(0));
                Some(Wheel { origin: origin(&known, &name), name, size: file.size, modified })
            })
            .collect();
        all.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| a.name.cmp(&b.name)));
        Ok(all)
    }

    /// One wheel.
    ///
    /// # Errors
    /// It is not there, or can't be read.
    pub fn find(&self, name: &WheelName) -> Result<Wheel, ShelfError> {
        let Some(folder) = self.folder()? else { return Err(ShelfError::missing(name)) };
        let entry = folder.entry(&path(name)?).map_err(|error| ShelfError::of(name, error))?;
        if entry.kind != Kind::File {
            return Err(ShelfError::missing(name));
        }
        let modified = entry.modified.unwrap_or(Timestamp::from_millis(0));
        Ok(Wheel { name: name.clone(), size: entry.size, modified, origin: origin(&manifest::read(&folder), name) })
    }

    /// Opens one to be read, with its length and when it was changed.
    ///
    /// # Errors
    /// It is not there, leads out of the shelf, or can't be read.
    pub fn open(&self, name: &WheelName) -> Result<(File, std::fs::Metadata), ShelfError> {
        let Some(folder) = self.folder()? else { return Err(ShelfError::missing(name)) };
        folder.open_file(&path(name)?).map_err(|error| ShelfError::of(name, error))
    }

    /// Takes one away. What instances have of it stays theirs.
    ///
    /// # Errors
    /// It is not there, or can't be removed.
    pub fn remove(&self, name: &WheelName) -> Result<(), ShelfError> {
        let Some(folder) = self.folder()? else { return Err(ShelfError::missing(name)) };
        let _naming = self.naming.lock().unwrap_or_else(PoisonError::into_inner);
        // Of a link only the link goes.
        let inside = path(name)?;
        let failed = |error: io::Error| ShelfError::of(name, FolderError::of(&inside, &error));
        folder.dir().remove_file(name.as_str()).map_err(failed)
    }
}

fn path(name: &WheelName) -> Result<FolderPath, FolderError> {
    Ok(FolderPath::parse(name.as_str())?)
}

/// What the builder wrote down of it, else what its name tells.
fn origin(known: &BTreeMap<String, Origin>, name: &WheelName) -> Origin {
    let mut origin = known.get(name.as_str()).cloned().unwrap_or_default();
    origin.cuda_arch = origin.cuda_arch.or_else(|| name.arch().map(str::to_owned));
    origin
}

#[cfg(test)]
mod tests;
