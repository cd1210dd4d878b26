//! Answers that several calls give.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::FolderPath;
use crate::instances::Overwritten;

/// An error: a sentence a person can act on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "detail": "There is no instance 12." }))]
pub(super) struct Detail {
    /// The sentence.
    pub(super) detail: String,
    /// The member of the request to blame, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<String>,
    /// What somebody else changed since `base` was seen (409 of a change).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) conflicts: Vec<Overwritten>,
}

/// It is done, and a sentence about it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Done {
    ok: bool,
    /// What was done.
    detail: &'static str,
}

impl Done {
    pub(super) fn new(detail: &'static str) -> Self {
        Self { ok: true, detail }
    }
}

/// It is done.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Gone {
    ok: bool,
}

impl Gone {
    pub(super) fn new() -> Self {
        Self { ok: true }
    }
}

/// How many things were put back.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Count {
    /// How many.
    pub(super) count: usize,
}

/// Where something is now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Placed {
    /// From the folder on.
    pub(super) path: FolderPath,
}

/// An instance, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Named {
    /// Its id.
    pub(super) id: i64,
    /// Its name.
    pub(super) name: String,
}
