//! What people are told of: the words for it, and those who hear of it outside the dashboard.

use super::{InstanceId, Timestamp, word_enum};

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

word_enum! {
    /// What a notice is about.
    NoticeKind {
        /// An instance can be used.
        Ready = "ready",
        /// An instance ended by itself with a failure, or could not start.
        Crashed = "crashed",
        /// An instance was started again too often, and is not any more.
        GaveUp = "gave_up",
        /// An instance is alive and does not answer.
        Stalled = "stalled",
        /// A disk is nearly full.
        Disk = "disk",
        /// A GPU that was there is not any more.
        GpuLost = "gpu_lost",
        /// A GPU has nothing to do any more, after it had worked.
        JobDone = "job_done",
        /// Somebody tries a target out.
        Test = "test",
        /// Everything else.
        General = "general",
    }
}

word_enum! {
    /// How a target is spoken to.
    TargetKind {
        /// JSON to any address.
        Webhook = "webhook",
        /// A topic of ntfy.
        Ntfy = "ntfy",
        /// A webhook of a Discord channel.
        Discord = "discord",
    }
}

/// Something a person should hear of, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Notice {
    /// Its number; `None` where it could not be kept.
    pub id: Option<i64>,
    /// What it is about.
    pub kind: NoticeKind,
    /// How much it matters.
    pub level: Level,
    /// The sentence.
    pub text: String,
    /// Which instance it is about.
    pub instance_id: Option<InstanceId>,
    /// When.
    pub at: Timestamp,
}
