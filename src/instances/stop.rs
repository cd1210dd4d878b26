//! Stopping and restarting instances.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::error::Error;
use super::{Inner, Instances, Live, locked, now};
use crate::domain::{Desired, Instance, InstanceId, Status};

/// How long an end may take beyond its grace: killed processes that wait for a disk or a driver go last.
const PATIENCE: Duration = Duration::from_secs(30);

impl Instances {
    /// Stops an instance and returns at once; with `wait` when it has ended. A stopped one is left alone.
    ///
    /// # Errors
    /// There is no such instance, or the wish could not be stored.
    pub async fn stop(&self, id: InstanceId, wait: bool) -> Result<Arc<Instance>, Error> {
        let live = {
            let _turn = self.inner.turn(id).await;
            self.inner.refuse_while_made(&*self.get(id)?)?;
            self.inner.taken_over(id);
            self.inner.ask_to_stop(id, Some(Desired::Stopped), false).await?
        };
        wait_for(live, wait).await;
        self.get(id)
    }

    /// Stops an instance and starts it again; one that does not run is started. Returns when the stop has been asked
    /// for, with `wait` when the new run has begun.
    ///
    /// # Errors
    /// There is no such instance, or it could not be started.
    pub async fn restart(&self, id: InstanceId, wait: bool) -> Result<Arc<Instance>, Error> {
        let live = {
            let _turn = self.inner.turn(id).await;
            self.inner.refuse_while_made(&*self.get(id)?)?;
            self.inner.taken_over(id);
            match self.inner.ask_to_stop(id, Some(Desired::Running), true).await? {
                Some(live) => live,
                None => return self.inner.start_asked(id).await,
            }
        };
        wait_for(Some(live), wait).await;
        self.get(id)
    }

    /// Stops everything for the end of the server; what was wanted stays wanted. New starts are refused from now on.
    pub async fn close(&self) {
        self.inner.leaving.cancel();
        self.inner.stopping_all.store(true, Ordering::Release);
        tokio::join!(self.inner.terminals.close(), self.close_runs());
    }

    async fn close_runs(&self) {
        let inner = &self.inner;
        if tokio::time::timeout(PATIENCE, inner.jobs.close()).await.is_err() {
            tracing::error!("a job does not end; leaving without it");
        }
        // What an earlier server left must be ours before it can be stopped.
        inner.adopted.cancelled().await;
        inner.last_start().await;
        let running: Vec<Live> = locked(&inner.live).values().cloned().collect();
        let longest = running.iter().map(|live| live.stop_grace).max().unwrap_or_default();
        for live in &running {
            live.handle.stop(live.stop_signal, live.stop_grace).await;
        }
        if tokio::time::timeout(longest + PATIENCE, inner.tasks.wait()).await.is_err() {
            tracing::error!(tasks = inner.tasks.len(), "something does not end; leaving without it");
        }
        inner.roster.save_late().await;
    }

    /// Lets go of everything for a hand-over: the runs go on, and the next server adopts them.
    pub async fn release(&self) {
        self.inner.leaving.cancel();
        self.inner.jobs.cut();
        // They hang on this process: there is nobody to hand them over to.
        self.inner.terminals.close().await;
        self.inner.last_start().await;
        self.inner.roster.save_late().await;
    }
}

async fn wait_for(live: Option<Live>, wait: bool) {
    if let Some(mut live) = live.filter(|_| wait) {
        // The sender goes when the run is over.
        while live.over.changed().await.is_ok() {}
    }
}

impl Inner {
    /// Waits until no start is under way; after `leaving` there will be no other.
    async fn last_start(&self) {
        if tokio::time::timeout(PATIENCE, self.starts.write()).await.is_err() {
            tracing::error!("a start does not come to its end; leaving without it");
        }
    }

    /// Marks an instance that runs as stopping and tells its run, which is returned. Call it in its turn.
    ///
    /// It is observed, not decided: a store that can't be written (a full disk, another program's lock) must not keep a
    /// process alive that a person wants gone. Whether it runs is the roster's word at that moment, since the run may end
    /// by itself meanwhile.
    pub(super) async fn ask_to_stop(
        &self,
        id: InstanceId,
        desired: Option<Desired>,
        restart: bool,
    ) -> Result<Option<Live>, Error> {
        let mark = self.roster.observe(id, |next| {
            if next.run.is_some() {
                next.set_status(Status::Stopping, None, now());
                next.desired = desired.unwrap_or(next.desired);
            } else if desired == Some(Desired::Stopped) {
                next.set_status(Status::Stopped, None, now());
                next.desired = Desired::Stopped;
                next.restart = None;
            }
            true
        });
        let live = self.live(id);
        let tell = async {
            if let Some(live) = &live {
                live.handle.stop(live.stop_signal, live.stop_grace).await;
            }
        };
        if let Some(present) = locked(&self.live).get_mut(&id) {
            present.restart = restart;
        }
        // The mark stands in line first, so that the end is recorded after it; the store may keep it waiting for long.
        let (marked, ()) = tokio::join!(mark, tell);
        let marked = marked.ok_or(Error::NotFound(id))?;
        Ok(live.filter(|live| marked.run.as_ref() == Some(&live.run)))
    }

    /// Stops and waits for the end; for changes that need the instance down. Call it in its turn.
    pub(super) async fn stop_and_wait(&self, id: InstanceId) -> Result<(), Error> {
        let live = self.ask_to_stop(id, None, false).await?;
        let Some(live) = live else { return Ok(()) };
        let patience = live.stop_grace + PATIENCE;
        tokio::time::timeout(patience, wait_for(Some(live), true))
            .await
            .map_err(|_| Error::Failed("It does not end, so nothing was changed.".to_owned()))
    }
}
