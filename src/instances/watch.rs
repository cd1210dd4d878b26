//! The watcher of a run: it sees the run become ready, stall and end, and records it.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::events::{Event, Level, Notice};
use super::{Inner, locked, log_trouble, now};
use crate::blueprints::Ready;
use crate::domain::{Desired, Exit, Instance, InstanceId, Progress, Status};
use crate::runtime::readiness::{self, Look};
use crate::runtime::{Run, RunEvent, log};

/// How many of the last log lines the reason of a failure quotes.
const QUOTED_LINES: usize = 3;

pub(super) struct Watcher {
    inner: Arc<Inner>,
    id: InstanceId,
    run: Run,
    ready: Ready,
    allowance: Duration,
    log: PathBuf,
    /// Whether it has been ready in this run.
    was_ready: bool,
    /// When it last showed that it gets on.
    last_sign: Instant,
    /// What the last look found wrong.
    complaint: Option<String>,
    /// Its log can't be written.
    log_trouble: bool,
}

type Looking = Pin<Box<dyn Future<Output = Look> + Send>>;

impl Watcher {
    pub(super) fn new(inner: Arc<Inner>, instance: &Instance, run: Run, ready: Ready, allowance: Duration) -> Self {
        let log = inner.setup.layout.log(&instance.chosen.name);
        // An adopted run has been through its start already.
        let was_ready = matches!(instance.status, Status::Started);
        Self {
            inner,
            id: instance.id,
            run,
            ready,
            allowance,
            log,
            was_ready,
            last_sign: Instant::now(),
            complaint: None,
            log_trouble: false,
        }
    }

    /// Watches until the run is over and its end is recorded.
    pub(super) async fn watch(mut self) {
        let mut looking: Option<Looking> = Some(self.look(Duration::ZERO));
        let exit = loop {
            let look = async {
                match &mut looking {
                    Some(looking) => looking.await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                event = self.run.events.recv() => match event {
                    Some(RunEvent::Progress(progress)) => self.progressed(progress).await,
                    Some(RunEvent::Log(size)) => self.log_grew(size),
                    Some(RunEvent::LogState { error, lost }) => self.log_state(error.as_deref(), lost).await,
                    Some(RunEvent::Ended(exit)) => break Some(exit),
                    Some(RunEvent::Lost) | None => break None,
                },
                look = look => looking = self.looked(look).await.map(|pause| self.look(pause)),
            }
        };
        self.over(exit).await;
    }

    fn look(&self, pause: Duration) -> Looking {
        let (ready, port, tree, log) = (self.ready.clone(), self.run.app_port, self.run.shim, self.log.clone());
        Box::pin(async move {
            tokio::time::sleep(pause).await;
            readiness::look(&ready, port, tree, &log).await
        })
    }

    /// Takes in what a look found; returns how long to wait before the next one, or nothing once it is ready.
    async fn looked(&mut self, look: Look) -> Option<Duration> {
        let pause = match look {
            Look::Ready(address) => {
                self.was_ready = true;
                self.record(|next| {
                    next.target = address;
                    next.progress = None;
                    if next.status != Status::Stopping {
                        next.set_status(Status::Started, None, now());
                    }
                })
                .await;
                if address.is_none() {
                    // Ready by its log or its mere process; should it open its port one day, it is forwarded to.
                    self.ready = Ready::Tcp;
                    return Some(readiness::POLITE);
                }
                return None;
            }
            Look::Silent if self.was_ready => readiness::POLITE,
            Look::Silent => readiness::POLL,
            Look::NotYet(why) | Look::Foreign(why) => {
                self.complaint = Some(why);
                readiness::POLITE
            }
        };
        if self.was_ready || self.last_sign.elapsed() < self.allowance {
            return Some(pause);
        }
        let why = self.complaint.clone().unwrap_or_else(|| "Nothing answers at its port.".to_owned());
        let reason = format!("Not ready after {}. {why}", humantime::format_duration(self.allowance));
        self.record(|next| {
            if matches!(next.status, Status::Starting | Status::Installing) {
                next.set_status(Status::Stalled, Some(reason), now());
            }
        })
        .await;
        Some(readiness::POLITE)
    }

    async fn progressed(&mut self, progress: Option<Progress>) {
        self.last_sign = Instant::now();
        let was_ready = self.was_ready;
        self.record(|next| {
            match (next.status, &progress) {
                (Status::Starting | Status::Stalled, Some(_)) if !was_ready => {
                    next.set_status(Status::Installing, None, now());
                }
                (Status::Installing, None) => next.set_status(Status::Starting, None, now()),
                _ => {}
            }
            next.progress = if was_ready { None } else { progress };
        })
        .await;
    }

    fn log_grew(&mut self, size: u64) {
        if !self.was_ready {
            // An installation that prints is not stuck; one that is silent for its whole allowance is.
            let installing = self.inner.roster.get(self.id).is_ok_and(|instance| instance.status == Status::Installing);
            if installing {
                self.last_sign = Instant::now();
            }
        }
        self.inner.roster.touch(self.id, Event::Log(self.id, size), |next| next.log_size = size);
    }

    /// Its log can't be written, or can be again.
    async fn log_state(&mut self, error: Option<&str>, lost: u64) {
        let changed = self.record(|next| log_trouble::remark(next, error)).await;
        if let Some(instance) = changed
            && self.log_trouble != error.is_some()
        {
            self.log_trouble = error.is_some();
            self.inner.roster.notify(log_trouble::notice(&instance, error, lost));
        }
    }

    /// Records a change of this very run.
    async fn record(&self, change: impl FnOnce(&mut Instance)) -> Option<Arc<Instance>> {
        let run = &self.run.id;
        self.inner
            .roster
            .observe(self.id, |next| {
                let ours = next.run.as_ref() == Some(run);
                if ours {
                    change(next);
                }
                ours
            })
            .await
    }

    /// Takes this run off the table, unless a new one is there already; returns whether it is to start again. After
    /// the end is recorded: a restart asked for until then is still seen here, a later one finds nothing running.
    fn forget(&self) -> bool {
        let mut live = locked(&self.inner.live);
        let ours = live.get(&self.id).is_some_and(|present| present.run == self.run.id);
        ours && live.remove(&self.id).is_some_and(|live| live.restart)
    }

    async fn over(self, exit: Option<Exit>) {
        let stopping_all = self.inner.is_stopping_all();
        let log_path = self.log.clone();
        let last_lines =
            tokio::task::spawn_blocking(move || log::last_lines(&log_path, QUOTED_LINES)).await.unwrap_or_default();
        let was_ready = self.was_ready;
        let recorded = self
            .record(|next| {
                let (status, reason) = verdict(next.status, exit, was_ready, stopping_all, &last_lines);
                next.exit = exit;
                next.clear_run();
                next.set_status(status, reason, now());
            })
            .await;
        let restart = self.forget();
        self.run.handle().collected().await;
        if let Some(instance) = &recorded {
            tell(&self.inner, instance);
        }
        if restart && !self.inner.is_leaving() {
            self.inner.tasks.spawn("restart", start_again(Arc::clone(&self.inner), self.id));
        }
    }
}

/// Starts an instance whose run has ended. Boxed, since a start makes a watcher and a watcher may come here: the
/// compiler can't follow that circle.
fn start_again(inner: Arc<Inner>, id: InstanceId) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let _turn = inner.turn(id).await;
        // A person's Stop that came meanwhile wins.
        if inner.roster.get(id).is_ok_and(|instance| instance.desired == Desired::Stopped) {
            return;
        }
        if let Err(error) = inner.start(id).await {
            tracing::warn!(instance = id, %error, "a restart did not start");
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

/// A failure nobody asked for is said aloud.
fn tell(inner: &Inner, instance: &Instance) {
    let name = &instance.chosen.name;
    match instance.status {
        Status::Error => {
            let reason = instance.reason.as_deref().unwrap_or_default();
            let first = reason.lines().next().unwrap_or_default();
            tracing::warn!(instance = instance.id, %name, "{first}");
            let text = format!("{name}: {}", first.trim_end_matches(" Last output:"));
            inner.roster.notify(Notice { level: Level::Error, text, instance_id: Some(instance.id), at: now() });
        }
        status => tracing::info!(instance = instance.id, %name, %status, "its run is over"),
    }
}
