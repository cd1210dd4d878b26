//! A job as it is shown.

use serde::{Deserialize, Serialize};

use crate::domain::{InstanceId, word_enum};

/// Names a job. Never a number that counts from one: after a restart of the server, an old id leads to nothing instead
/// of to another job.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct JobId(pub String);

impl std::fmt::Display for JobId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

word_enum! {
    /// How far a job is.
    State {
        /// Others of its kind go first.
        Queued = "queued",
        /// It works.
        Running = "running",
        /// It has done what was asked.
        Done = "done",
        /// It could not.
        Failed = "failed",
        /// Somebody, or the end of the server, ended it.
        Cancelled = "cancelled",
    }
}

impl State {
    /// Whether nothing will happen any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

word_enum! {
    /// What `done` and `total` count.
    Unit {
        /// Bytes of files.
        Bytes = "bytes",
        /// Things.
        Items = "items",
    }
}

/// A job as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Job {
    /// Its name.
    pub id: JobId,
    /// What kind of work it is.
    pub kind: &'static str,
    /// Whose, when it is about one instance.
    pub instance_id: Option<InstanceId>,
    /// How far it is.
    pub state: State,
    /// How much of it is done.
    pub done: u64,
    /// Of how much, once it is known.
    pub total: Option<u64>,
    /// What both count.
    pub unit: Unit,
    /// What it is doing, and in the end what came of it: a sentence.
    pub message: Option<String>,
    /// Why it failed: a sentence.
    pub error: Option<String>,
}

impl Job {
    /// A job that has not begun.
    pub(super) fn queued(kind: &'static str, instance_id: Option<InstanceId>, unit: Unit) -> Self {
        Self {
            id: JobId(format!("{:012x}", fastrand::u64(..1 << 48))),
            kind,
            instance_id,
            state: State::Queued,
            done: 0,
            total: None,
            unit,
            message: None,
            error: None,
        }
    }
}
