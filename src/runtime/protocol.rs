//! What server and shim say to each other: one JSON object a line over a Unix socket.
//!
//! A newer server meets shims of older binaries, so fields are only ever added, with a default. The first line of a
//! connection is the shim's whole state, so a server that comes back needs no history.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::domain::{Exit, InstanceId, Port, Progress, RunId, Timestamp};

/// Raised when an old reader could no longer make sense of a new writer.
pub(super) const VERSION: u32 = 1;

/// What a shim is started with, on its standard input. The child's environment is the shim's own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Spec {
    pub(super) run: RunId,
    pub(super) instance: InstanceId,
    /// The folder of socket and record.
    pub(super) shims: PathBuf,
    pub(super) log: PathBuf,
    pub(super) command: Vec<String>,
    pub(super) app_port: Port,
}

/// From the shim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Report {
    /// The first line.
    Hello(Hello),
    Progress {
        progress: Option<Progress>,
    },
    Log {
        size: u64,
    },
    Ended {
        exit: Exit,
    },
}

/// A shim's state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Hello {
    pub(super) version: u32,
    pub(super) run: RunId,
    pub(super) instance: InstanceId,
    pub(super) shim: u32,
    pub(super) leader: u32,
    pub(super) app_port: Port,
    pub(super) started_at: Timestamp,
    pub(super) log_size: u64,
    #[serde(default)]
    pub(super) progress: Option<Progress>,
    /// The end, for whoever comes after it.
    #[serde(default)]
    pub(super) exit: Option<Exit>,
}

/// From the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Request {
    /// End the tree.
    Stop { signal: i32, grace_ms: u64 },
    /// The end is known and stored: the shim may go.
    Collected,
}

/// The exit record, kept on disk until a server has collected it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) run: RunId,
    pub(super) instance: InstanceId,
    pub(super) exit: Exit,
}

/// The name of a run's socket in the shims folder.
pub(super) fn socket_name(run: &RunId) -> String {
    format!("{run}.sock")
}

/// The name of a run's exit record in the shims folder.
pub(super) fn record_name(run: &RunId) -> String {
    format!("{run}.exit")
}

/// A message as its line.
pub(super) fn line(message: &impl Serialize) -> Vec<u8> {
    // These types hold nothing that JSON can't say.
    let mut line = serde_json::to_vec(message).unwrap_or_default();
    line.push(b'\n');
    line
}
