//! Why a backup was not made, found or removed: sentences a person can act on.

use std::io;
use std::path::{Path, PathBuf};

/// Each variant makes one sentence.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is none of this name.
    #[error("There is no backup {0:?} any more. The list may be an old one.")]
    Missing(String),
    /// The disk is too full.
    #[error("{0}")]
    NoSpace(String),
    /// It was stopped.
    #[error("It was stopped.")]
    Stopped,
    /// There is nothing that could be saved.
    #[error("{path} holds no AiKore: there is nothing to back up.", path = .0.display())]
    Nothing(PathBuf),
    /// The store said no.
    #[error("The store could not be copied: {0}.")]
    Store(String),
    /// The machine said no.
    #[error("{path}: {source}.", path = path.display())]
    Io {
        /// At what.
        path: PathBuf,
        /// Its words.
        source: io::Error,
    },
}

impl BackupError {
    /// What the machine said at a path. A full disk is told as one.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Self::NoSpace(
                format!("The disk is full: {} could not be written. Make room, then back up again.", path.display()),
            ),
            _ => Self::Io { path, source },
        }
    }
}
