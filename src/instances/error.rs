//! Why a use case did not do what was asked: a sentence for a person, and a kind for the API.

use std::borrow::Cow;

use crate::blueprints::{BadParam, CatalogueError};
use crate::domain::{InstanceId, Invalid};
use crate::folders;
use crate::outputs::OutputError;
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
    /// No such terminal.
    #[error("There is no such terminal any more. Open a new one.")]
    NoTerminal,
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
    /// A value for an input of the blueprint does not do.
    #[error("{why}")]
    Param {
        /// The input.
        name: String,
        /// What would.
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
    /// Somebody else changed meanwhile what the person saw.
    #[error("{}", overwritten(.0))]
    Overwriting(Vec<Overwritten>),
    /// Every port of the pool is taken.
    #[error(
        "No available ports: every public port of the pool is taken. Delete an instance, or widen AIKORE_INSTANCE_PORT_RANGE."
    )]
    PoolEmpty,
    /// Something in a folder can't be had, or changed.
    #[error(transparent)]
    Folder(#[from] folders::FolderError),
    /// No such upload, or no longer.
    #[error("This upload is not known, or no longer: begin it anew.")]
    NoUpload,
    /// The next piece of an upload begins elsewhere.
    #[error(
        "{there} bytes of this upload are here, and a piece came that begins at {offset}. Ask how far it is, then go on from there."
    )]
    WrongOffset {
        /// What has come.
        there: u64,
        /// Where the piece begins.
        offset: u64,
    },
    /// More came than was to come.
    #[error("{0}")]
    TooMuch(String),
    /// Too many do the same.
    #[error("{0}")]
    Crowded(String),
    /// What an instance has made can't be shown.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The disk is too full for it.
    #[error("{0}")]
    NoSpace(String),
    /// This version can't do that yet.
    #[error("{0}")]
    Unsupported(String),
    /// Something that belongs to an instance or a blueprint is not there.
    #[error("{0}")]
    NotThere(String),
    /// It may not be done here, by nobody.
    #[error("{0}")]
    Forbidden(String),
    /// The server is on its way out.
    #[error("The server is stopping.")]
    Closing,
    /// The machine said no.
    #[error("{0}")]
    Failed(String),
}

/// A member that was changed by somebody else since a person saw it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct Overwritten {
    /// The member of the request.
    pub field: &'static str,
    /// What the person saw.
    pub base: serde_json::Value,
    /// What they want.
    pub yours: serde_json::Value,
    /// What it is now.
    pub theirs: serde_json::Value,
}

fn overwritten(members: &[Overwritten]) -> String {
    let mut said: Vec<_> = members.iter().map(|one| format!("{} is {} now", one.field, one.theirs)).collect();
    let last = said.pop().unwrap_or_default();
    let all = if said.is_empty() { last } else { format!("{} and {last}", said.join(", ")) };
    format!("It was changed meanwhile: {all}. Look at it again, then save what you still want.")
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
    pub fn field(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Param { name, .. } => Some(Cow::Owned(format!("params.{name}"))),
            Self::Invalid { field, .. } | Self::Refused { field, .. } => Some(Cow::Borrowed(field)),
            Self::Conflict { field, .. } => field.map(Cow::Borrowed),
            Self::Blueprint(CatalogueError::Unknown { .. }) => Some(Cow::Borrowed("base_blueprint")),
            Self::Overwriting(members) => members.first().map(|one| Cow::Borrowed(one.field)),
            Self::PoolEmpty => Some(Cow::Borrowed("port")),
            _ => None,
        }
    }
}

impl From<BadParam> for Error {
    fn from(BadParam { name, why }: BadParam) -> Self {
        Self::Param { name, why }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(unique) => {
                let field = match unique {
                    Unique::Name | Unique::Slug | Unique::TokenName | Unique::TargetName => "name",
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
