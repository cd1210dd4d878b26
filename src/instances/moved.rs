//! Folders that were renamed, so that it can be taken back until it holds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::Error;
use crate::files::leftovers;

/// What has been moved.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// From where to where, in the order of the moves.
    moves: Vec<(PathBuf, PathBuf)>,
    /// Files and folders that were made for it.
    made: Vec<PathBuf>,
    /// What is to be removed once the deletion holds.
    doomed: Vec<PathBuf>,
}

impl Moved {
    /// Renames; an error undoes everything before it.
    pub(super) fn rename(mut self, from: &Path, to: &Path) -> Result<Self, Error> {
        match fs::rename(from, to) {
            Ok(()) => {
                self.moves.push((from.to_owned(), to.to_owned()));
                Ok(self)
            }
            Err(error) => {
                self.undo();
                Err(Error::Failed(in_words(from, &error)))
            }
        }
    }

    /// Renames to a name that is removed once the deletion holds.
    pub(super) fn doom(self, from: &Path, folder: &Path) -> Result<Self, Error> {
        let doomed = leftovers::doomed_name(folder);
        let mut moved = self.rename(from, &doomed)?;
        moved.doomed.push(doomed);
        Ok(moved)
    }

    /// Makes a folder that goes again when all is taken back.
    pub(super) fn make(mut self, folder: &Path) -> Result<Self, Error> {
        match fs::create_dir(folder) {
            Ok(()) => {
                self.made.push(folder.to_owned());
                Ok(self)
            }
            Err(error) => {
                self.undo();
                Err(Error::Failed(format!("{} could not be made: {error}.", folder.display())))
            }
        }
    }

    /// A file was written that goes again when all is taken back.
    pub(super) fn wrote(&mut self, file: PathBuf) {
        self.made.push(file);
    }

    /// What is to be removed now that it holds.
    pub(super) fn doomed(self) -> Vec<PathBuf> {
        self.doomed
    }

    /// Takes everything back.
    pub(super) fn undo(mut self) {
        // Files before anything is moved away from under them; folders must be empty, so they go last.
        for file in self.made.iter().filter(|path| path.is_file()) {
            let _ = fs::remove_file(file);
        }
        while let Some((from, to)) = self.moves.pop() {
            if let Err(error) = fs::rename(&to, &from) {
                tracing::error!(from = %to.display(), to = %from.display(), %error, "a folder could not be moved back");
            }
        }
        for folder in self.made.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

fn in_words(from: &Path, error: &io::Error) -> String {
    let path = from.display();
    if error.kind() == io::ErrorKind::CrossesDevices {
        return format!(
            "{path} lies on another disk than the trash and can't be moved there. Delete it for good instead."
        );
    }
    format!("{path} could not be moved: {error}.")
}
