//! Backups that are made by themselves.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::name::Reason;
use super::{Backups, names, now, schedule};

/// At least this often the clock is asked again: it may have been turned.
const ATTENTION: Duration = Duration::from_secs(3600);

impl Backups {
    /// Makes them when they are due, until the server goes.
    pub async fn keep(self, closing: CancellationToken) {
        let Some(every) = self.inner.regularly.every else { return };
        // Not the first thing a server does: ten minutes of the usual week.
        let mut pause = every / 1000;
        while closing.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
            pause = self.look(every).await.clamp(Duration::from_secs(1), ATTENTION);
        }
    }

    /// Makes one if it is due. How long to wait until the next look.
    async fn look(&self, every: Duration) -> Duration {
        let folder = self.inner.layout.backups();
        let known = match tokio::task::spawn_blocking(move || names(&folder)).await {
            Ok(Ok(known)) => known,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the backups can't be read: none is made");
                return ATTENTION;
            }
            Err(_) => return ATTENTION,
        };
        let due = schedule::due_in(every, &known, now());
        if due > Duration::ZERO {
            return due;
        }
        if !self.has_something().await {
            // A server that has just been set up. Nobody has waited for this.
            return every / 1000;
        }
        let job = self.start(Reason::Scheduled);
        match self.inner.jobs.over(&job.id).await {
            // The next look tells when.
            Some(job) if job.state == crate::jobs::State::Done => Duration::ZERO,
            // It has said why. A full disk is not made fuller by asking all the time.
            _ => ATTENTION,
        }
    }

    /// Whether anything would be missed.
    async fn has_something(&self) -> bool {
        let own = self.inner.layout.custom_blueprints();
        let blueprints =
            tokio::task::spawn_blocking(move || std::fs::read_dir(own).is_ok_and(|mut all| all.next().is_some()));
        matches!(self.inner.store.instances().await, Ok(all) if !all.is_empty()) || blueprints.await.unwrap_or(false)
    }
}
