//! Why a use case did not do what was asked: a sentence for a person, and a kind for the API.

use crate::blueprints::CatalogueError;
use crate::domain::{InstanceId, Invalid};
use crate::runtime::LaunchError;
use crate::runtime::folder::FolderError;
use crate::store::{StoreError, Unique};

/// Each variant holds or makes one sentence a person can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such instance.
    #[error("There is no instance {0}.")]
    NotFound(InstanceId),
    /// No log of such a run is kept.
    #[error("No log of a run '{0}' is kept.")]
    NoRun(String),
    /// No such thing in the trash.
    #[error("There is no '{0}' in the trash.")]
    NotInTrash(String),
    /// The blueprint is in no catalogue, or the catalogue can't be read.
    #[error(transparent)]
    Blueprint(#[from] CatalogueError),
    /// A value breaks a rule.
    #[error("{why}")]
    Invalid {
        /// The member of the request.
        field: &'static str,
        /// The rule.
        why: String,
    },
    /// A value is fine by itself and not allowed here.
    #[error("{why}")]
    Refused {
        /// The member of the request.
        field: &'static str,
        /// What is allowed.
        why: String,
    },
    /// It clashes with another instance, or with what this one is doing.
    #[error("{why}")]
    Conflict {
        /// The member of the request, when it is about one.
        field: Option<&'static str>,
        /// With what.
        why: String,
    },
    /// Every port of the pool is taken.
    #[error(
        "No available ports: every public port of the pool is taken. Delete an instance, or widen AIKORE_INSTANCE_PORT_RANGE."
    )]
    PoolEmpty,
    /// The disk is too full for it.
    #[error("{0}")]
    NoSpace(String),
    /// This version can't do that yet.
    #[error("{0}")]
    Unsupported(String),
    /// The server is on its way out.
    #[error("The server is stopping.")]
    Closing,
    /// The machine said no.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// A value of this member breaks a rule; the rule's words become a sentence.
    pub(super) fn invalid(field: &'static str) -> impl Fn(Invalid) -> Self {
        move |why| {
            let mut sentence = why.0;
            if let Some(first) = sentence.get(..1).map(str::to_uppercase) {
                sentence.replace_range(..1, &first);
            }
            Self::Invalid { field, why: sentence + "." }
        }
    }

    /// This member clashes.
    pub(super) fn taken(field: &'static str, why: impl Into<String>) -> Self {
        Self::Conflict { field: Some(field), why: why.into() }
    }

    /// What the instance is doing does not allow it.
    pub(super) fn busy(why: impl Into<String>) -> Self {
        Self::Conflict { field: None, why: why.into() }
    }

    /// The member of the request that is to blame, when it is one.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Invalid { field, .. } | Self::Refused { field, .. } => Some(field),
            Self::Conflict { field, .. } => *field,
            Self::Blueprint(CatalogueError::Unknown { .. }) => Some("base_blueprint"),
            Self::PoolEmpty => Some("port"),
            _ => None,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(unique) => {
                let field = match unique {
                    Unique::Name | Unique::Slug => "name",
                    Unique::PublicPort => "port",
                };
                Self::taken(field, format!("It clashes: {error}."))
            }
            other => Self::Failed(format!("It could not be stored: {other}.")),
        }
    }
}

impl From<LaunchError> for Error {
    fn from(error: LaunchError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<FolderError> for Error {
    fn from(error: FolderError) -> Self {
        Self::Failed(format!("A file could not be written: {error}."))
    }
}
