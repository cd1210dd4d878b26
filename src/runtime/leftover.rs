//! The proof of an end: no process of the run, no listener at its port.

use std::ffi::OsStr;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Run, proc};
use crate::domain::{Port, RunId};

/// What the end of a tree left over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leftover {
    /// How many processes had got out of the tree and had to be killed.
    pub ended: usize,
    /// Those that can't be killed.
    pub living: Vec<u32>,
    /// The app port, if somebody listens there now. Nobody of the run does.
    pub listener: Option<Port>,
}

impl Run {
    /// Looks for what the end of the tree left over. The tree is empty by the kernel's word; what a daemon elsewhere was
    /// asked to start still carries the run's mark.
    pub async fn leftover(&self) -> Leftover {
        let (run, shim, port) = (self.id.clone(), self.shim, self.app_port);
        let looked = tokio::task::spawn_blocking(move || {
            let (ended, living) = sweep(&run, Some(shim));
            Leftover { ended, living, listener: proc::somebody_listens(port).then_some(port) }
        });
        // A panic was logged.
        looked.await.unwrap_or_default()
    }
}

/// Kills everything that carries the run's mark but its shim, until nothing does; returns how many that were, and those
/// that stay.
pub(super) fn sweep(run: &RunId, shim: Option<u32>) -> (usize, Vec<u32>) {
    end_marked("AIKORE_RUN_ID", &run.0, shim)
}

/// Kills everything in whose environment `name=value` stands, but one, until nothing is left; returns how many that were, and
/// those that stay. It waits for them.
pub fn end_marked(name: &str, value: impl AsRef<OsStr>, but: Option<u32>) -> (usize, Vec<u32>) {
    let value = value.as_ref();
    let mut killed = std::collections::BTreeSet::new();
    for _ in 0..50 {
        let mut left = proc::marked(name, value);
        left.retain(|pid| Some(*pid) != but);
        if left.is_empty() {
            return (killed.len(), left);
        }
        for pid in &left {
            let _ = kill(Pid::from_raw(i32::try_from(*pid).unwrap_or(i32::MAX)), Signal::SIGKILL);
        }
        killed.extend(left);
        std::thread::sleep(Duration::from_millis(20));
    }
    let living: Vec<u32> = killed.iter().copied().filter(|pid| proc::lives(*pid)).collect();
    if !living.is_empty() {
        tracing::error!(mark = name, ?value, ?living, "processes do not end");
    }
    (killed.len() - living.len(), living)
}
