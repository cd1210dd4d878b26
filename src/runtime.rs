//! Processes: how an instance's run is started, watched and ended.
//!
//! Each run lives under a small process of its own, the *shim* (`aikore shim`): it owns the process tree, the terminal
//! and the log, and outlives this server. The rooms above see a [`Run`]: events come out, a stop goes in. When the
//! server is gone the run goes on; [`Runtime::adopt`] finds it again.

mod adopt;
pub mod app_port;
mod connection;
pub mod desktop;
pub mod environment;
pub mod errand;
pub mod folder;
mod launch;
mod leftover;
pub mod log;
mod log_pattern;
pub mod model_roots;
pub mod open_files;
pub mod proc;
mod protocol;
pub mod python;
pub mod readiness;
pub mod shim;
pub mod socket_path;

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::domain::{Exit, InstanceId, Port, Progress, RunId};

pub use adopt::Found;
pub use launch::{LaunchError, LaunchSpec};
pub use leftover::{Leftover, end_marked};

/// Starts and finds runs.
#[derive(Debug, Clone)]
pub struct Runtime {
    /// One socket and one exit record per run.
    shims: PathBuf,
    /// How long a file of a log may become.
    log_file_size: u64,
    /// How many files a child may have open, where this server has raised its own limit.
    open_files: Option<u64>,
}

/// A run of an instance: one process tree, from its start to its end. Dropping it leaves the processes alone.
#[derive(Debug)]
pub struct Run {
    /// Its name.
    pub id: RunId,
    /// Whose run.
    pub instance: InstanceId,
    /// The shim's pid: the root of the tree.
    pub shim: u32,
    /// The pid of `bash launch.sh`.
    pub leader: u32,
    /// Where the child was told to listen.
    pub app_port: Port,
    /// Bytes of the log when the connection was made.
    pub log_size: u64,
    /// The phase the installation was in when the connection was made.
    pub progress: Option<Progress>,
    /// Its end, when it came before the connection was made: no event tells it then.
    pub exit: Option<Exit>,
    /// What happens to it; closed after [`RunEvent::Ended`] or [`RunEvent::Lost`].
    pub events: mpsc::Receiver<RunEvent>,
    handle: RunHandle,
}

/// What can happen to a run.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEvent {
    /// The installation's phase changed; `None`: there is none any more.
    Progress(Option<Progress>),
    /// The log has this many bytes.
    Log(u64),
    /// The log can't be written, for this reason; without one: it can be again. So many bytes were lost so far.
    LogState {
        /// The system's words.
        error: Option<String>,
        /// Bytes.
        lost: u64,
    },
    /// The whole tree is gone.
    Ended(Exit),
    /// The shim is gone without a word; what it left behind has been ended.
    Lost,
}

/// Tells a run what to do; cheap to clone.
#[derive(Debug, Clone)]
pub struct RunHandle {
    requests: mpsc::Sender<protocol::Request>,
}

impl Runtime {
    /// A runtime that keeps its sockets and records in this folder, which must exist. The log of a run fills files of
    /// about this size. Children may have so many files open, if that is not what this server may.
    pub fn new(shims: PathBuf, log_file_size: u64, open_files: Option<u64>) -> Self {
        Self { shims, log_file_size, open_files }
    }
}

impl Run {
    /// A handle that outlives moves of the run.
    pub fn handle(&self) -> RunHandle {
        self.handle.clone()
    }
}

impl RunHandle {
    /// Asks the tree to end: the signal to the leader's process group, the rest after it, and SIGKILL to whatever is
    /// left when the grace is over. Its end comes as [`RunEvent::Ended`]. Asking again only shortens the grace.
    pub async fn stop(&self, signal: i32, grace: Duration) {
        let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        // An error means that the run has ended already.
        let _ = self.requests.send(protocol::Request::Stop { signal, grace_ms }).await;
    }

    /// Says that the end is stored: its record may go. Returns when it has gone.
    pub async fn collected(&self) {
        // An error means that the line is closed; adoption clears up then.
        let _ = self.requests.send(protocol::Request::Collected).await;
        self.requests.closed().await;
    }
}

/// The number of a signal by its name, with or without `SIG`; SIGTERM for names nobody knows.
pub fn signal_number(name: Option<&str>) -> i32 {
    use nix::sys::signal::Signal;
    let parsed = name.and_then(|name| {
        let name = name.to_ascii_uppercase();
        let name = if name.starts_with("SIG") { name } else { format!("SIG{name}") };
        name.parse::<Signal>().ok()
    });
    parsed.unwrap_or(Signal::SIGTERM) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_by_name() {
        for (name, number) in [(Some("INT"), 2), (Some("SIGINT"), 2), (Some("sigquit"), 3), (Some("?"), 15), (None, 15)]
        {
            assert_eq!(signal_number(name), number, "{name:?}");
        }
    }
}
