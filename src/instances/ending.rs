//! The end of a run: proved, judged, recorded, and followed by whatever was wanted next.

use std::pin::Pin;
use std::sync::Arc;

use super::restarts::with_promise;
use super::watch::Watcher;
use super::{Inner, locked, now, trials};
use crate::domain::{Desired, Exit, Instance, InstanceId, Status};
use crate::runtime::{Leftover, log};

/// How many of the last log lines the reason of a failure quotes.
const QUOTED_LINES: usize = 3;

impl Watcher {
    /// Records the end of the run, and has it started again if that is wanted.
    pub(super) async fn over(self, exit: Option<Exit>) {
        let stopping_all = self.inner.is_stopping_all();
        let log_path =
            self.inner.roster.get(self.id).map(|instance| self.inner.setup.layout.log(&instance.chosen.name));
        let ready_for = self.ready_since.map(|since| since.elapsed());
        let (last_lines, leftover, trial) = tokio::join!(
            async {
                let Ok(path) = log_path else { return Vec::new() };
                tokio::task::spawn_blocking(move || log::last_lines(&path, QUOTED_LINES)).await.unwrap_or_default()
            },
            self.run.leftover(),
            self.inner.trial_under_way(self.id)
        );
        let needs_port = self.needs_port;
        let (mut fallen, mut holds, mut why) = (None, false, String::new());
        let recorded = self
            .record(|next| {
                let asked_for = next.status == Status::Stopping || stopping_all;
                let phase = next.progress.take().filter(|_| ready_for.is_none()).map(|progress| progress.phase);
                let (status, mut reason) = verdict(next.status, exit, ready_for.is_some(), stopping_all);
                if let (Status::Error, Some(reason)) = (status, &mut reason) {
                    if let Some(phase) = phase {
                        reason.push_str(&format!(" It was at: {phase}."));
                    }
                    reason.push_str(&quoted(&last_lines));
                }
                if let Some(words) = in_words(&leftover) {
                    reason = Some(reason.map_or_else(|| words.clone(), |reason| format!("{words} {reason}")));
                }
                // One that is ready by its mere process proves nothing by being it.
                let works = ready_for.is_some() && needs_port;
                fallen = trial.filter(|_| status == Status::Error && !asked_for && !works);
                if let (Some(kind), Some(said)) = (fallen, &mut reason) {
                    *said = with_promise(said, &trials::promise(kind));
                }
                why = reason.clone().unwrap_or_default();
                holds = trial.is_some() && status != Status::Error && ready_for.is_some() && !needs_port;
                next.exit = exit;
                next.clear_run();
                next.set_status(status, reason, now());
                if !asked_for && fallen.is_none() {
                    self.inner.plan_restart(next, ready_for);
                }
            })
            .await;
        if let Some(instance) = &recorded {
            self.inner.clear_desktop(instance, &self.run.id).await;
        }
        let restart = self.forget();
        self.run.handle().collected().await;
        if let Some(instance) = &recorded {
            note(instance);
            self.inner.await_restart(instance);
        }
        if holds {
            self.inner.environment_works(self.id);
        }
        if fallen.is_some() && recorded.is_some() {
            let undo = trials::undo_and_start(Arc::clone(&self.inner), self.id, why);
            self.inner.tasks.spawn("undo of what was tried", undo);
        } else if restart && !self.inner.is_leaving() {
            self.inner.tasks.spawn("restart", start_again(Arc::clone(&self.inner), self.id));
        }
    }

    /// Takes this run off the table, unless a new one is there already; returns whether a person wants it to start again.
    /// After the end is recorded: a restart asked for until then is still seen here, a later one finds nothing running.
    fn forget(&self) -> bool {
        let mut live = locked(&self.inner.live);
        let ours = live.get(&self.id).is_some_and(|present| present.run == self.run.id);
        ours && live.remove(&self.id).is_some_and(|live| live.restart)
    }
}

/// Starts an instance whose run has ended, as a person asked. Boxed, since a start makes a watcher and a watcher may come
/// here: the compiler can't follow that circle.
fn start_again(inner: Arc<Inner>, id: InstanceId) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let _turn = inner.turn(id).await;
        // A person's Stop that came meanwhile wins.
        if inner.roster.get(id).is_ok_and(|instance| instance.desired == Desired::Running) {
            inner.start_unasked(id).await;
        }
    })
}

/// What the end of a run makes of its instance.
pub(super) fn verdict(
    status: Status,
    exit: Option<Exit>,
    was_ready: bool,
    stopping_all: bool,
) -> (Status, Option<String>) {
    if status == Status::Stopping {
        return (Status::Stopped, None);
    }
    if stopping_all {
        return (Status::Stopped, Some("Stopped together with the server; it starts again with it.".to_owned()));
    }
    let Some(exit) = exit else {
        return (Status::Error, Some("Its supervisor was lost; what it had left running was ended.".to_owned()));
    };
    let (status, reason) = exit.verdict(was_ready);
    (status, Some(reason))
}

/// The end of the log, for a reason.
pub(super) fn quoted(last_lines: &[String]) -> String {
    if last_lines.is_empty() { String::new() } else { format!(" Last output:\n{}", last_lines.join("\n")) }
}

/// What a person should know of an end that was not clean.
fn in_words(leftover: &Leftover) -> Option<String> {
    let Leftover { ended, living, listener } = leftover;
    if !living.is_empty() {
        let pids: Vec<String> = living.iter().map(ToString::to_string).collect();
        return Some(format!("Not everything of it ended: process {} is left and can't be killed.", pids.join(", ")));
    }
    if let Some(port) = listener {
        return Some(format!("Another program listens at port {port}, which was this app's."));
    }
    (*ended > 0).then(|| format!("{ended} of its processes had left its tree; they were killed."))
}

/// What happened, for the log; people hear of it by `notices`.
fn note(instance: &Instance) {
    let name = &instance.chosen.name;
    match instance.status {
        Status::Error => {
            let first = instance.reason.as_deref().unwrap_or_default().lines().next().unwrap_or_default();
            tracing::warn!(instance = instance.id, %name, "{first}");
        }
        status => tracing::info!(instance = instance.id, %name, %status, "its run is over"),
    }
}
