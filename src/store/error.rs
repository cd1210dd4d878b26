//! Why a database can't be used.

use std::path::{Path, PathBuf};

/// Why the database can't be used. Each says what to do; the file is untouched.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Unreadable, or SQLite's integrity check failed.
    #[error(
        "{path} is damaged ({why}). It was not touched. Put a copy back (aikore.db.bak-… beside it), or move it away to \
         begin with an empty one; the instances' folders stay as they are", path = path.display()
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// SQLite's words.
        why: String,
    },
    /// No bytes at all.
    #[error(
        "{path} is empty (0 bytes): it was cut off, perhaps by a full disk. Put a copy back (aikore.db.bak-… beside it), \
         or delete it to begin with an empty one", path = path.display()
    )]
    Empty {
        /// The database.
        path: PathBuf,
    },
    /// Written by a newer version of this program.
    #[error(
        "{path} has schema version {found}, and this aikore knows up to {known}: it was written by a newer version. It was \
         not touched. Run the newer aikore, or put back the copy that was made before its update (aikore.db.bak-{known})",
        path = path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i32,
        /// Ours.
        known: i32,
    },
    /// A database of something else.
    #[error("{path} is not a database of AiKore: {why}. It was not touched. Choose another config folder, or move it away", path = path.display())]
    NotOurs {
        /// The database.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// The copy before a migration could not be made.
    #[error("the copy {path} that must be made before a migration failed: {why}. Nothing was changed", path = path.display())]
    Backup {
        /// The copy.
        path: PathBuf,
        /// SQLite's words.
        why: String,
    },
    /// A migration or an import failed; the original is in place.
    #[error("{path} could not be brought to this version: {why}. The copy made before is beside it (aikore.db.bak-…)", path = path.display())]
    Migration {
        /// The database.
        path: PathBuf,
        /// What failed.
        why: String,
    },
    /// The file system said no.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Its words.
        source: std::io::Error,
    },
}

impl OpenError {
    /// A migration or an import that failed.
    pub(super) fn failed(database: &Path, why: &dyn std::fmt::Display) -> Self {
        Self::Migration { path: database.to_owned(), why: why.to_string() }
    }

    /// SQLite's words, on one line.
    pub(super) fn damaged(database: &Path, why: &dyn std::fmt::Display) -> Self {
        Self::Damaged { path: database.to_owned(), why: why.to_string().replace('\n', " ") }
    }
}
