//! Folders that a person may look into, and never out of: an instance's own, its outputs, the shared models.
//!
//! Every path is opened from the folder's own handle, name by name (cap-std; `openat2` where the kernel has it), so that
//! no link, and no rename in the middle, leads anywhere else. Everything here waits for the disk: call it off the async
//! threads.

mod change;
mod error;
pub mod history;
pub mod keeping;
mod listing;
mod parts;
mod save;
pub mod text;

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use crate::domain::FolderPath;

pub use error::FolderError;
pub use listing::{Entry, Kind};

/// A folder that is open, and all that is below it.
#[derive(Debug)]
pub struct Folder {
    dir: Dir,
    place: PathBuf,
}

impl Folder {
    /// Opens the folder at this place. What leads there may be links: the place is the server's own choice.
    ///
    /// # Errors
    /// It is not there, or can't be read.
    pub fn open(place: &Path) -> Result<Self, FolderError> {
        let dir = Dir::open_ambient_dir(place, ambient_authority())
            .map_err(|error| FolderError::of(&FolderPath::root(), &error))?;
        Ok(Self { dir, place: place.to_owned() })
    }

    /// The same; made first where it is missing.
    ///
    /// # Errors
    /// It can't be made or read.
    pub fn open_or_make(place: &Path) -> Result<Self, FolderError> {
        std::fs::create_dir_all(place).map_err(|error| FolderError::of(&FolderPath::root(), &error))?;
        Self::open(place)
    }

    /// A folder below it, by itself: nothing leads out of that one either.
    ///
    /// # Errors
    /// It is not there, is no folder, leads out of this one, or can't be read.
    pub fn below(&self, path: &FolderPath) -> Result<Self, FolderError> {
        let dir = self.dir.open_dir(native(path)).map_err(|error| FolderError::of(path, &error))?;
        Ok(Self { dir, place: self.place.join(native(path)) })
    }

    /// Where it lies. Only to be shown, and for programs that are told a folder: never to open what is below it.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// The handle everything is opened from.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// Opens a plain file to be read.
    ///
    /// # Errors
    /// It is not there, is no plain file, leads out of the folder, or can't be read.
    pub fn open_file(&self, path: &FolderPath) -> Result<(File, Metadata), FolderError> {
        // A FIFO that nobody writes to would be waited for.
        use cap_std::fs::{OpenOptions, OpenOptionsExt};
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(nix::libc::O_NONBLOCK);
        let failed = |error: io::Error| FolderError::of(path, &error);
        let file = self.dir.open_with(native(path), &options).map_err(failed)?.into_std();
        let facts = file.metadata().map_err(failed)?;
        match facts.is_file() {
            true => Ok((file, facts)),
            false => Err(FolderError::NoFile(path.clone())),
        }
    }

    /// What there is in a folder below it, folders first, by name.
    ///
    /// # Errors
    /// It is not there, is no folder, leads out of this one, or can't be read.
    pub fn list(&self, path: &FolderPath) -> Result<Vec<Entry>, FolderError> {
        listing::list(&self.dir, path)
    }

    /// What is known of one thing in it, without following a link at its end.
    ///
    /// # Errors
    /// It is not there, or can't be looked at.
    pub fn entry(&self, path: &FolderPath) -> Result<Entry, FolderError> {
        listing::entry(&self.dir, path)
    }
}

/// A path as the system takes it: the folder itself is `.`.
pub fn native(path: &FolderPath) -> &Path {
    Path::new(if path.is_root() { "." } else { path.as_str() })
}

#[cfg(test)]
mod tests;
