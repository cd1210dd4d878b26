//! Why something in a folder can't be had: sentences for a person.

use std::io;

use nix::errno::Errno;

use crate::domain::{FolderPath, Invalid};

/// Each variant makes one sentence a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// It is not there, or no longer.
    #[error("{} is not there. It may have been moved or deleted meanwhile.", named(.0))]
    Missing(FolderPath),
    /// A link, or a path through one, that leads out of the folder.
    #[error("{} leads out of this folder: it is, or passes through, a link to somewhere else. Only what lies inside can be opened here.", named(.0))]
    Outside(FolderPath),
    /// It is there and no plain file.
    #[error("{} is no file that can be opened.", named(.0))]
    NoFile(FolderPath),
    /// It is there and no folder.
    #[error("{} is no folder.", named(.0))]
    NoFolder(FolderPath),
    /// Something of that name is there already.
    #[error("{} exists already. Choose another name, or move that one away first.", named(.0))]
    Exists(FolderPath),
    /// A folder that was to be empty is not.
    #[error("{} is not empty.", named(.0))]
    NotEmpty(FolderPath),
    /// It would have to be copied there.
    #[error("{} lies on another disk than the place it is to go to, and can't be moved there.", named(.0))]
    OtherDisk(FolderPath),
    /// A folder that was to go into itself.
    #[error("{} can't be moved into itself.", named(.0))]
    IntoItself(FolderPath),
    /// It is how AiKore keeps track of this folder.
    #[error("{} belongs to AiKore, which needs it as it is. Leave it where it is.", named(.0))]
    Ours(FolderPath),
    /// The server's user may not.
    #[error("{} may not be opened: AiKore's user has no right to it.", named(.0))]
    Denied(FolderPath),
    /// Nothing can be written there.
    #[error("{} can't be changed: the disk is mounted read-only.", named(.0))]
    ReadOnly(FolderPath),
    /// The disk is full, or the user's share of it.
    #[error("The disk is full: {} could not be written. Make room, then try again.", named(.0))]
    Full(FolderPath),
    /// It is larger than what can be edited: so many bytes.
    #[error("{} is too large for the editor: it has {} KiB, and the editor takes {} KiB. Download it, and upload it again when it is changed.", named(.0), .1 >> 10, super::text::MOST >> 10)]
    TooLarge(FolderPath, u64),
    /// It holds something else than a text in UTF-8.
    #[error("{} is not a text (UTF-8), so the editor leaves it alone. Download it to look at it.", named(.0))]
    NoText(FolderPath),
    /// A value breaks a rule.
    #[error("{0}.")]
    Invalid(String),
    /// The machine said no.
    #[error("{}: {}.", named(.0), .1)]
    Failed(FolderPath, String),
}

fn named(path: &FolderPath) -> String {
    if path.is_root() { "The folder".to_owned() } else { format!("'{path}'") }
}

impl From<Invalid> for FolderError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid.0)
    }
}

impl FolderError {
    /// What the system's words mean for this path.
    pub fn of(path: &FolderPath, error: &io::Error) -> Self {
        let path = path.clone();
        match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::ENOENT) => Self::Missing(path),
            Some(Errno::EXDEV | Errno::ELOOP) => Self::Outside(path),
            Some(Errno::ENOTDIR) => Self::NoFolder(path),
            Some(Errno::EISDIR | Errno::ENXIO) => Self::NoFile(path),
            Some(Errno::EEXIST) => Self::Exists(path),
            Some(Errno::ENOTEMPTY) => Self::NotEmpty(path),
            Some(Errno::EROFS) => Self::ReadOnly(path),
            Some(Errno::EACCES | Errno::EPERM) => Self::Denied(path),
            // The last: a limit of the user's for files of this size.
            Some(Errno::ENOSPC | Errno::EDQUOT | Errno::EFBIG) => Self::Full(path),
            Some(_) => Self::Failed(path, error.to_string()),
            // cap-std's own word for a path that leads out, where it says one without the system's.
            None if error.kind() == io::ErrorKind::PermissionDenied => Self::Outside(path),
            None => Self::Failed(path, error.to_string()),
        }
    }
}
