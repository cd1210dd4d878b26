//! The watcher of a run: it sees the run become ready, fall silent, stall and end, and records it.
//!
//! Before it is ready the app is asked (`readiness`). From then on nobody asks it anything: once a second the kernel is
//! asked whether the app's process still holds its listener, and only if not is a connection tried.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::{Interval, MissedTickBehavior, interval_at};

use super::elsewhere::Elsewhere;
use super::events::Event;
use super::{Inner, log_trouble, now};
use crate::blueprints::Ready;
use crate::domain::{Desktop, Instance, InstanceId, Progress, Status};
use crate::runtime::readiness::{self, Look, Place, Readiness};
use crate::runtime::{Run, RunEvent, proc};

/// How often the listener of an app that is ready is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Between two looks at a port that has been lost for long, or that another program has.
pub(super) const SELDOM: Duration = Duration::from_secs(2);

pub(super) struct Watcher {
    pub(super) inner: Arc<Inner>,
    pub(super) id: InstanceId,
    pub(super) run: Run,
    allowance: Duration,
    tick: Interval,
    /// `None` while a look is under way.
    readiness: Option<Readiness>,
    /// An app that is ready by its mere process may close its port again.
    pub(super) needs_port: bool,
    /// Since when it has been ready in this run.
    pub(super) ready_since: Option<Instant>,
    /// When it last showed that it gets on.
    last_sign: Instant,
    /// Whether that has been too long ago, and was said.
    overdue: bool,
    /// Whether somebody answered at its port when it was last asked.
    pub(super) port_has_answered: bool,
    /// What the last look found wrong.
    complaint: Option<String>,
    /// Its log can't be written.
    log_trouble: bool,
    /// Where it was found listening.
    pub(super) place: Option<Place>,
    /// Since when nothing answers at a port that did.
    pub(super) silent_since: Option<Instant>,
    pub(super) elsewhere: Elsewhere,
}

type Looking = Pin<Box<dyn Future<Output = (Readiness, Look)> + Send>>;

impl Watcher {
    pub(super) fn new(inner: Arc<Inner>, instance: &Instance, run: Run, ready: Ready, allowance: Duration) -> Self {
        let log = inner.setup.layout.log(&instance.chosen.name);
        let needs_port = ready != Ready::Process;
        let mut readiness = Readiness::new(ready, run.app_port, run.shim, &log);
        if instance.chosen.persistent_mode {
            readiness = readiness.with_desktop(inner.setup.layout.desktops(), run.id.clone());
        }
        // An adopted run has been through its start already: it may be busy, and its pages are wanted back at once.
        let was_ready = matches!(instance.status, Status::Started);
        if was_ready {
            readiness.only_the_port();
        }
        // All watchers look in the same moment: waking up costs more than the look itself.
        let rounds = inner.epoch.elapsed().as_secs() / EVERY.as_secs() + 1;
        let first = inner.epoch + EVERY.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX));
        let mut tick = interval_at(first.into(), EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Self {
            tick,
            inner,
            id: instance.id,
            run,
            allowance,
            readiness: Some(readiness),
            needs_port,
            ready_since: was_ready.then(Instant::now),
            last_sign: Instant::now(),
            overdue: false,
            port_has_answered: false,
            complaint: None,
            log_trouble: false,
            place: None,
            silent_since: None,
            elsewhere: Elsewhere::new(Instant::now()),
        }
    }

    /// Watches until the run is over and its end is recorded.
    pub(super) async fn watch(mut self) {
        let mut looking = self.look(Duration::ZERO);
        let exit = loop {
            let look = async {
                match &mut looking {
                    Some(looking) => looking.await,
                    None => std::future::pending().await,
                }
            };
            let due = (self.ready_since.is_none() && !self.overdue).then(|| self.last_sign + self.allowance);
            let overdue = async move {
                match due {
                    Some(due) => tokio::time::sleep_until(due.into()).await,
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
                (readiness, look) = look => {
                    let desktop = readiness.desktop().cloned();
                    self.readiness = Some(readiness);
                    self.found_desktop(desktop).await;
                    looking = match self.looked(look).await {
                        Some(pause) => self.look(pause),
                        None => None,
                    };
                }
                _ = self.tick.tick() => if self.port_is_lost().await {
                    looking = self.look(Duration::ZERO).or(looking);
                },
                () = overdue => self.call_overdue().await,
            }
        };
        self.over(exit).await;
    }

    /// A look after a pause; nothing when one is under way.
    fn look(&mut self, pause: Duration) -> Option<Looking> {
        let mut readiness = self.readiness.take()?;
        Some(Box::pin(async move {
            tokio::time::sleep(pause).await;
            let look = readiness.look().await;
            (readiness, look)
        }))
    }

    /// Takes in what a look found; returns how long to wait before the next one, or nothing while all is well.
    async fn looked(&mut self, look: Look) -> Option<Duration> {
        match look {
            Look::Ready(place) => {
                self.ready(place).await;
                // Ready by its mere process; should it open its port one day, it is forwarded to.
                place.is_none().then_some(readiness::POLITE)
            }
            look if self.ready_since.is_some() => self.lost(look).await,
            Look::Silent => {
                self.port_has_answered = false;
                Some(if self.overdue { readiness::POLITE } else { readiness::POLL })
            }
            Look::NotYet(why) | Look::Foreign(why) => {
                self.port_has_answered = true;
                self.complain(why).await;
                Some(readiness::POLITE)
            }
        }
    }

    /// Its screen can be seen from now on, whether the app is ready or not.
    async fn found_desktop(&self, desktop: Option<Desktop>) {
        let is_news = |present: &Arc<Instance>| present.desktop != desktop;
        if desktop.is_some() && self.inner.roster.get(self.id).is_ok_and(|present| is_news(&present)) {
            self.record(|next| {
                next.chosen.persistent_display = desktop.as_ref().map(|desktop| desktop.display);
                next.desktop = desktop;
            })
            .await;
        }
    }

    async fn ready(&mut self, place: Option<Place>) {
        if place.is_some() {
            self.inner.environment_works(self.id);
        }
        self.ready_since.get_or_insert_with(Instant::now);
        self.silent_since = None;
        if let Some(readiness) = &mut self.readiness {
            readiness.only_the_port();
        }
        let leader = Some(self.run.leader).filter(|leader| proc::lives(*leader));
        let pid = leader.or(place.and_then(|place| place.holder()));
        let address = place.map(|place| place.address);
        self.place = place;
        self.record(|next| {
            next.target = address;
            next.pid = pid.or(next.pid);
            next.progress = None;
            if next.status != Status::Stopping {
                next.set_status(Status::Started, None, now());
            }
        })
        .await;
    }

    /// Remembers what is wrong; an instance that is overdue says so at once.
    pub(super) async fn complain(&mut self, why: String) {
        let news = self.complaint.as_ref() != Some(&why);
        self.complaint = Some(why);
        if news && self.overdue {
            self.overdue = false;
            self.call_overdue().await;
        }
    }

    /// Not ready for too long.
    pub(super) async fn call_overdue(&mut self) {
        if std::mem::replace(&mut self.overdue, true) {
            return;
        }
        let why = self.complaint.clone().unwrap_or_else(|| "Nothing answers at its port.".to_owned());
        let after = humantime::format_duration(Duration::from_secs(self.last_sign.elapsed().as_secs()));
        self.stall(format!("Not ready after {after}. {why}"), false).await;
    }

    pub(super) async fn stall(&self, reason: String, lose_target: bool) {
        // Said already, or nobody's business any more: an app that is stopping closes its port.
        let is_news = self.inner.roster.get(self.id).is_ok_and(|instance| {
            let said = instance.status == Status::Stalled && instance.reason.as_ref() == Some(&reason);
            !said && instance.status != Status::Stopping
        });
        if !is_news {
            return;
        }
        self.record(|next| {
            if lose_target {
                next.target = None;
            }
            if !matches!(next.status, Status::Stopping) {
                next.set_status(Status::Stalled, Some(reason), now());
            }
        })
        .await;
    }

    async fn progressed(&mut self, progress: Option<Progress>) {
        self.sign_of_life();
        let was_ready = self.ready_since.is_some();
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
        // An installation that prints is not stuck; one that is silent for its whole allowance is.
        if self.ready_since.is_none() && self.status() == Some(Status::Installing) {
            self.sign_of_life();
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

    fn sign_of_life(&mut self) {
        self.last_sign = Instant::now();
        self.overdue = false;
    }

    pub(super) fn status(&self) -> Option<Status> {
        self.inner.roster.get(self.id).ok().map(|instance| instance.status)
    }

    /// Records a change of this very run.
    pub(super) async fn record(&self, change: impl FnOnce(&mut Instance)) -> Option<Arc<Instance>> {
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
}
