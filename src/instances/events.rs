//! What the rooms above are told of.

use std::sync::Arc;

use serde::Serialize;

use crate::domain::{Instance, InstanceId, Timestamp, word_enum};

/// Something changed.
#[derive(Debug, Clone)]
pub enum Event {
    /// An instance is new or other than before.
    Instance(Arc<Instance>),
    /// An instance is gone.
    Removed(InstanceId),
    /// An instance's log has this many bytes.
    Log(InstanceId, u64),
    /// Something a person should hear of.
    Notice(Notice),
}

word_enum! {
    /// How much a notice matters.
    Level {
        /// Good to know.
        Info = "info",
        /// Something is not as wished.
        Warn = "warn",
        /// Something failed.
        Error = "error",
    }
}

/// A sentence for whoever looks at the dashboard.
#[derive(Debug, Clone, Serialize)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// The sentence.
    pub text: String,
    /// Which instance it is about.
    pub instance_id: Option<InstanceId>,
    /// When.
    pub at: Timestamp,
}
