//! The end of a run: proved, judged, recorded, and followed by whatever was wanted next.

use std::pin::Pin;
use std::sync::Arc;

use super::events::{Level, Notice};
use super::watch::Watcher;
use super::{Inner, locked, now};
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
        let (last_lines, leftover, way_back) = tokio::join!(
            async {
                let Ok(path) = log_path else { return Vec::new() };
                tokio::task::spawn_blocking(move || log::last_lines(&path, QUOTED_LINES)).await.unwrap_or_default()
            },
            self.run.leftover(),
            self.inner.way_back(self.id)
        );
        let recorded = self
            .record(|next| {
                let asked_for = next.status == Status::Stopping || stopping_all;
                let (status, mut reason) = verdict(next.status, exit, ready_for.is_some(), stopping_all, &last_lines);
                if let Some(words) = in_words(&leftover) {
                    reason = Some(reason.map_or_else(|| words.clone(), |reason| format!("{words} {reason}")));
                }
                if let (Status::Error, Some(reason), Some(way_back)) = (status, &mut reason, way_back) {
                    reason.push('\n');
                    reason.push_str(&way_back);
                }
                next.exit = exit;
                next.clear_run();
                next.set_status(status, reason, now());
                if !asked_for {
                    self.inner.plan_restart(next, ready_for);
                }
            })
            .await;
        let restart = self.forget();
        self.run.handle().collected().await;
        if let Some(instance) = &recorded {
            tell(&self.inner, instance);
            self.inner.await_restart(instance);
        }
        if restart && !self.inner.is_leaving() {
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
    last_lines: &[String],
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
    let (status, mut reason) = exit.verdict(was_ready);
    if status == Status::Error && !last_lines.is_empty() {
        reason.push_str(" Last output:\n");
        reason.push_str(&last_lines.join("\n"));
    }
    (status, Some(reason))
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

/// A failure nobody asked for is said aloud: the first of a row, and the last.
fn tell(inner: &Inner, instance: &Instance) {
    let name = &instance.chosen.name;
    match instance.status {
        Status::Error => {
            let reason = instance.reason.as_deref().unwrap_or_default();
            let first = reason.lines().next().unwrap_or_default();
            tracing::warn!(instance = instance.id, %name, "{first}");
            if instance.restart.as_ref().is_some_and(|restart| restart.attempt > 1) {
                return;
            }
            let text = format!("{name}: {}", first.trim_end_matches(" Last output:"));
            inner.roster.notify(Notice { level: Level::Error, text, instance_id: Some(instance.id), at: now() });
        }
        status => tracing::info!(instance = instance.id, %name, %status, "its run is over"),
    }
}
