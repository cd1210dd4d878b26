//! The end of a session's processes, whatever they did to get away: a group or a session of their own, another parent.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::MARK;
use crate::runtime::{end_marked, proc};

/// So long they have to save what they want to save.
const GRACE: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(10);

/// Ends everything of a session: its shell, all below it, and all that carries its mark. It waits for them.
pub(super) fn sweep(id: &str, shell: u32) {
    // The shell itself may be gone and collected: its number may be another's. Its mark tells.
    let mut all: BTreeSet<u32> = proc::marked(MARK, id).into_iter().collect();
    if all.contains(&shell) {
        // Whoever was started without our environment.
        all.extend(proc::descendants(shell));
    }
    for signal in [Signal::SIGHUP, Signal::SIGCONT] {
        all.iter().for_each(|pid| send(*pid, signal));
    }
    let end = Instant::now() + GRACE;
    while all.iter().any(|pid| proc::lives(*pid)) && Instant::now() < end {
        std::thread::sleep(LOOK);
    }
    all.iter().filter(|pid| proc::lives(**pid)).for_each(|pid| send(*pid, Signal::SIGKILL));
    let (_, living) = end_marked(MARK, id, None);
    if !living.is_empty() {
        tracing::error!(session = id, ?living, "processes of a terminal do not end");
    }
}

fn send(pid: u32, signal: Signal) {
    // An error means that it is gone.
    let _ = kill(Pid::from_raw(i32::try_from(pid).unwrap_or(i32::MAX)), signal);
}
