//! How an instance is, and what is wanted of it.

use super::word_enum;

word_enum! {
    /// What an instance is doing now.
    Status {
        /// No process; nothing wrong.
        Stopped = "stopped",
        /// The process runs and is not ready yet.
        Starting = "starting",
        /// The blueprint is preparing the environment.
        Installing = "installing",
        /// The app answers.
        Started = "started",
        /// Alive, and not ready for longer than its allowance.
        Stalled = "stalled",
        /// Being ended by somebody's Stop.
        Stopping = "stopping",
        /// Ended by itself with a failure, or could not start.
        Error = "error",
    }
}

impl Status {
    /// Whether a process tree belongs to this status.
    pub fn is_active(self) -> bool {
        !matches!(self, Self::Stopped | Self::Error)
    }
}

word_enum! {
    /// What somebody asked for last; neither a crash nor a server stop changes it.
    Desired {
        /// Start was asked for.
        Running = "running",
        /// Stop was asked for, or nothing yet.
        Stopped = "stopped",
    }
}

word_enum! {
    /// Who may open an instance.
    Access {
        /// Whoever may open the dashboard.
        Private = "private",
        /// Also whoever holds a token for it.
        Token = "token",
        /// Anybody.
        Public = "public",
    }
}

word_enum! {
    /// What happens when an instance ends by itself.
    RestartPolicy {
        /// It stays ended.
        Never = "never",
        /// It starts again after a failure.
        OnFailure = "on-failure",
        /// It starts again whatever the reason.
        Always = "always",
    }
}

word_enum! {
    /// Whether the page helper may be put into the app's HTML.
    Helper {
        /// Where it is needed.
        Auto = "auto",
        /// Never.
        Off = "off",
    }
}
