//! How a tree is brought to its end.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::LEFTOVER_GRACE;
use crate::domain::Port;
use crate::runtime::proc;

/// How long the app port must have been silent after the leader's end before the rest counts as left over: an app that
/// restarts itself is followed.
const QUIET: Duration = Duration::from_secs(2);

/// Which way the run is going.
pub(super) struct Ending {
    leader: u32,
    app_port: Port,
    stage: Stage,
}

enum Stage {
    /// Nothing asks for an end.
    Running,
    /// The leader is gone, others live; the port was last heard at this moment.
    Leaderless { heard: Instant, checked: Instant },
    /// Asked to end, until this moment; whether the tree beyond the leader's group has been asked too.
    Asked { deadline: Instant, tree_asked: bool },
}

impl Ending {
    pub(super) fn new(leader: u32, app_port: Port) -> Self {
        Self { leader, app_port, stage: Stage::Running }
    }

    /// Whether time does not matter now.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.stage, Stage::Running)
    }

    /// Asks the tree to end within the grace. Asked again, the earlier deadline wins.
    pub(super) fn stop(&mut self, signal: Signal, grace: Duration, now: Instant) {
        let deadline = now.checked_add(grace).unwrap_or(now);
        let deadline = match self.stage {
            Stage::Asked { deadline: earlier, .. } => deadline.min(earlier),
            Stage::Running | Stage::Leaderless { .. } => deadline,
        };
        // ESRCH: the group is gone already; the tick asks whoever is left.
        let _ = killpg(pid(self.leader), signal);
        self.stage = Stage::Asked { deadline, tree_asked: false };
    }

    /// Goes on with an end that is due. Called often; the tree's emptiness is seen elsewhere.
    pub(super) fn tick(&mut self, leader_gone: bool, now: Instant) {
        match &mut self.stage {
            Stage::Running if leader_gone => self.stage = Stage::Leaderless { heard: now, checked: now },
            Stage::Running => {}
            Stage::Leaderless { heard, checked } => {
                if now.duration_since(*checked) < Duration::from_millis(200) {
                    return;
                }
                *checked = now;
                if proc::listening_addresses(&tree(), self.app_port).is_empty() {
                    if now.duration_since(*heard) >= QUIET {
                        self.stage = Stage::Asked { deadline: now + LEFTOVER_GRACE, tree_asked: false };
                    }
                } else {
                    *heard = now;
                }
            }
            Stage::Asked { deadline, tree_asked } => {
                if now >= *deadline {
                    signal_all(Signal::SIGKILL);
                } else if leader_gone && !*tree_asked {
                    // What left the leader's group (setsid, double fork) has not heard of the stop yet, and background jobs
                    // of a shell ignore SIGINT: the rest gets the signal everybody understands.
                    *tree_asked = true;
                    signal_all(Signal::SIGTERM);
                }
            }
        }
    }
}

fn tree() -> Vec<u32> {
    proc::descendants(std::process::id())
}

fn signal_all(signal: Signal) {
    for process in tree() {
        let _ = kill(pid(process), signal);
    }
}

fn pid(number: u32) -> Pid {
    // Linux pids are at most 2^22 (proc(5), pid_max).
    Pid::from_raw(i32::try_from(number).unwrap_or(i32::MAX))
}
