//! What the rooms above are told of.

use std::sync::Arc;

pub use crate::domain::Level;
use crate::domain::{Instance, InstanceId, Timestamp};

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

/// A sentence about something that no instance's state says.
#[derive(Debug, Clone)]
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
