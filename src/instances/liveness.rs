//! What becomes of an app's port: lost, taken by somebody else, found again, or another one than it was told.
//!
//! Nothing here asks the app anything.

use std::time::{Duration, Instant};

use super::watch::{SELDOM, Watcher};
use crate::domain::{Port, Status};
use crate::runtime::proc;
use crate::runtime::readiness::{self, Look};

/// How long the port of an app that was ready may be silent: apps restart themselves.
const SILENCE: Duration = Duration::from_secs(10);

/// How long an app may listen elsewhere and not at its port, before that is called a mistake.
const ELSEWHERE: Duration = Duration::from_secs(10);

/// Between two looks for an app that may listen elsewhere: at first, and at most.
const SEARCH: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));

/// Where an app listens that is silent at its own port.
pub(super) struct Elsewhere {
    ports: Vec<Port>,
    since: Option<Instant>,
    next: Instant,
    pause: Duration,
}

impl Elsewhere {
    pub(super) fn new() -> Self {
        Self { ports: Vec::new(), since: None, next: Instant::now() + SEARCH.0, pause: SEARCH.0 }
    }
}

impl Watcher {
    /// The port of an app that was ready does not answer, or not by the app.
    pub(super) async fn lost(&mut self, look: Look) -> Option<Duration> {
        self.place = None;
        if !self.needs_port {
            self.record_target_gone().await;
            return None;
        }
        if let Look::Foreign(why) = look {
            self.stall(format!("{why} Its own processes are still there: restart it."), true).await;
            return Some(SELDOM);
        }
        let silent_for = self.silent_since.get_or_insert_with(Instant::now).elapsed();
        if silent_for < SILENCE {
            return Some(readiness::POLITE);
        }
        let (port, patience) = (self.run.app_port, humantime::format_duration(SILENCE));
        // Its tunnels and its address stay: when it listens again, requests go through at once.
        self.stall(
            format!("Nothing has listened at its port {port} for {patience}, while its processes live on."),
            false,
        )
        .await;
        Some(SELDOM)
    }

    /// Looks after the port without asking the app; returns whether a look is due.
    pub(super) async fn port_is_lost(&mut self) -> bool {
        if self.ready_since.is_none() {
            self.look_elsewhere().await;
            return false;
        }
        let Some(place) = self.place else {
            // An app without a port may open it one day.
            let seldom = self.inner.epoch.elapsed().as_secs().is_multiple_of(SELDOM.as_secs());
            return !self.needs_port && seldom;
        };
        if !place.stands() {
            return true;
        }
        self.follow_leader(place.holder()).await;
        false
    }

    /// The pid that is shown is the leader's as long as that lives, then that of whoever holds the port.
    async fn follow_leader(&self, holder: Option<u32>) {
        let shown = self.inner.roster.get(self.id).ok().and_then(|instance| instance.pid);
        if holder.is_some() && shown != holder && !shown.is_some_and(proc::lives) {
            self.record(|next| next.pid = holder).await;
        }
    }

    /// An app that is not ready may listen at another port than it was told to: that is found and said.
    async fn look_elsewhere(&mut self) {
        if self.status() == Some(Status::Installing) || self.port_has_answered {
            self.elsewhere = Elsewhere::new();
            return;
        }
        if Instant::now() < self.elsewhere.next {
            return;
        }
        let ports = readiness::elsewhere(self.run.app_port, self.run.shim).await;
        let search = &mut self.elsewhere;
        search.pause = if ports.is_empty() { (search.pause * 2).min(SEARCH.1) } else { SEARCH.0 };
        search.next = Instant::now() + search.pause;
        if ports != search.ports {
            search.since = (!ports.is_empty()).then(Instant::now);
            search.ports = ports;
        }
        if search.since.is_some_and(|since| since.elapsed() >= ELSEWHERE) {
            let ports: Vec<String> = search.ports.iter().map(ToString::to_string).collect();
            self.complain(format!(
                "It listens at port {} instead of {}. Its script has to hand $WEBUI_PORT on to the app.",
                ports.join(", "),
                self.run.app_port
            ))
            .await;
            self.call_overdue().await;
        }
    }

    async fn record_target_gone(&self) {
        if self.inner.roster.get(self.id).is_ok_and(|instance| instance.target.is_some()) {
            self.record(|next| next.target = None).await;
        }
    }
}
