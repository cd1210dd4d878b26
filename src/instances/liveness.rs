//! What becomes of an app's port: lost, taken by somebody else, found again, or another one than it was told.
//!
//! Nothing here asks the app anything.

use std::time::{Duration, Instant};

use super::elsewhere::Elsewhere;
use super::watch::{SELDOM, Watcher};
use crate::domain::Status;
use crate::runtime::proc;
use crate::runtime::readiness::{self, Look};

/// How long the port of an app that was ready may be silent: apps restart themselves.
const SILENCE: Duration = Duration::from_secs(10);

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
            self.elsewhere = Elsewhere::new(Instant::now());
            return;
        }
        if !self.elsewhere.is_due(Instant::now()) {
            return;
        }
        let ports = readiness::elsewhere(self.run.app_port, self.run.shim).await;
        let Some(ports) = self.elsewhere.found(ports, Instant::now()) else { return };
        let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
        self.complain(format!(
            "It listens at port {} instead of {}. Its script has to hand $WEBUI_PORT on to the app.",
            ports.join(", "),
            self.run.app_port
        ))
        .await;
        self.call_overdue().await;
    }

    async fn record_target_gone(&self) {
        if self.inner.roster.get(self.id).is_ok_and(|instance| instance.target.is_some()) {
            self.record(|next| next.target = None).await;
        }
    }
}
