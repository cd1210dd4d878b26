//! Why a wheel can't be had or kept: sentences for a person.

use crate::domain::WheelName;
use crate::folders::FolderError;

/// Each variant makes one sentence a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShelfError {
    /// The shelf has none of this name.
    #[error("File not found: there is no wheel '{0}' on the shelf. It may have been deleted meanwhile.")]
    Missing(String),
    /// It has one of this name.
    #[error("There is a wheel '{0}' on the shelf already. Replace it, or keep that one.")]
    Exists(WheelName),
    /// What came is no wheel.
    #[error("{0}")]
    NoWheel(String),
    /// The upload broke off.
    #[error("The upload broke off before its end; nothing of it was kept. Send it again.")]
    Cut,
    /// The client fell silent.
    #[error("The rest of the upload did not come; nothing of it was kept. Send it again.")]
    Late,
    /// The disk is too full for it.
    #[error("{0}")]
    NoSpace(String),
    /// The disk said no.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

impl ShelfError {
    pub(super) fn missing(name: &WheelName) -> Self {
        Self::Missing(name.to_string())
    }

    /// A wheel that is not there is told in the words of the earlier system.
    pub(super) fn of(name: &WheelName, error: FolderError) -> Self {
        match error {
            FolderError::Missing(_) => Self::missing(name),
            FolderError::Full(_) => Self::full(),
            other => Self::Folder(other),
        }
    }

    pub(super) fn full() -> Self {
        Self::NoSpace(
            "The disk is full: the wheel could not be kept, and nothing of it was left behind. Make room, then send it again."
                .to_owned(),
        )
    }
}
