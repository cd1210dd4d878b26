//! Why an archive was not restored: sentences a person can act on. Whenever one of these is told, the folder is as it was,
//! unless it says otherwise.

use std::io;
use std::path::{Path, PathBuf};

use crate::store::OpenError;

/// Each variant makes one sentence.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// It can't be opened.
    #[error("It can't be read: {0}")]
    Unreadable(String),
    /// Something else than a backup.
    #[error("It is no backup of AiKore: {0}. Nothing was touched")]
    Foreign(String),
    /// A later version wrote it.
    #[error(
        "It was written by a newer AiKore ({0}) than this one ({version}), which can't read it. Install that version, or a later \
         one, and restore with it. Nothing was touched",
        version = env!("CARGO_PKG_VERSION")
    )]
    Newer(String),
    /// Its end is missing.
    #[error(
        "It is cut off: its end is missing, perhaps by a full disk or a download that broke off. Fetch it again, or take \
         another backup. Nothing was touched"
    )]
    Truncated,
    /// Not as it was written.
    #[error("It is damaged: {0}. Take another backup. Nothing was touched")]
    Damaged(String),
    /// It holds what no backup holds.
    #[error("It holds {0:?}, and {1}: somebody has made or changed it who is not AiKore. Nothing was touched")]
    Unsafe(String, &'static str),
    /// The store in it can't be used.
    #[error("The store in it can't be used: {0}. Nothing was touched")]
    Store(String),
    /// There is something already.
    #[error(
        "{path} holds an AiKore already ({0}). Choose an empty folder (--config-dir), or say --replace: what is replaced is kept \
         beside it. Nothing was touched", path = .1.display()
    )]
    Occupied(&'static str, PathBuf),
    /// Something stands in the way.
    #[error("{path} can't be written: {1}. Nothing was touched", path = .0.display())]
    InTheWay(PathBuf, String),
    /// The disk is too full.
    #[error("The restore needs {0} MiB of disk space, and {1} MiB are free. Make room first. Nothing was touched")]
    NoSpace(u64, u64),
    /// The machine said no before anything was changed.
    #[error("{path}: {source}. Nothing was touched", path = path.display())]
    Io {
        /// At what.
        path: PathBuf,
        /// Its words.
        source: io::Error,
    },
    /// The machine said no in the middle.
    #[error("{path}: {why}. The restore is not complete; restore again with --replace{kept}", path = path.display())]
    Halfway {
        /// At what.
        path: PathBuf,
        /// Its words.
        why: String,
        /// Where what was there before is kept: a half sentence, or nothing.
        kept: String,
    },
}

impl RestoreError {
    /// What the machine said at a path.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    /// Why the store in an archive can't be used.
    pub(super) fn of_store(error: &OpenError) -> Self {
        match error {
            OpenError::Newer { found, known, .. } => Self::Store(format!(
                "it has schema version {found}, and this aikore knows up to {known}: install a newer one"
            )),
            OpenError::Damaged { why, .. } => Self::Damaged(why.clone()),
            OpenError::Empty { .. } => Self::Damaged("the store in it is empty".to_owned()),
            OpenError::NotOurs { why, .. } => Self::Foreign(format!("in its aikore.db {why}")),
            other => Self::Store(other.to_string()),
        }
    }
}
