//! What happens when the server comes up: what runs is adopted, what should run is started.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::ending::{quoted, verdict};
use super::events::{Level, Notice};
use super::roster::{Roster, RouteSink};
use super::{Error, Inner, Instances, Setup, now};
use crate::blueprints::Catalogue;
use crate::domain::{Instance, InstanceId, RunId, Status};
use crate::files::space;
use crate::jobs::Jobs;
use crate::outputs::Gallery;
use crate::runtime::{Found, Run, RunEvent, Runtime, log};
use crate::store::Store;
use crate::tasks::Tasks;
use crate::terminal::Terminals;
use crate::wheels::Shelf;

impl Instances {
    /// Loads every instance. Routes are there when this returns; nothing is adopted or started yet.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn open(
        setup: Setup,
        store: Store,
        runtime: Runtime,
        catalogue: Catalogue,
        routes: Arc<dyn RouteSink>,
    ) -> Result<Self, Error> {
        let shelf = Shelf::at(setup.layout.wheels());
        let roster = Roster::load(store, routes, setup.base_path.clone()).await?;
        let (folder, idle) = (setup.layout.terminals(), setup.terminal_idle);
        let terminals = super::blocking(move || Terminals::new(folder, idle)).await?;
        Ok(Self {
            inner: Arc::new(Inner {
                gallery: Gallery::new(setup.layout.thumbnails()),
                setup,
                roster,
                runtime,
                epoch: Instant::now(),
                catalogue,
                live: Mutex::default(),
                commands: Mutex::default(),
                allocating: tokio::sync::Mutex::default(),
                backoffs: Mutex::default(),
                queued: Mutex::default(),
                starts: tokio::sync::RwLock::default(),
                leaving: CancellationToken::new(),
                stopping_all: AtomicBool::new(false),
                adopted: CancellationToken::new(),
                tasks: Tasks::default(),
                jobs: Jobs::default(),
                making: Mutex::default(),
                offered: super::offered::Known::default(),
                trying: tokio::sync::Mutex::default(),
                trash: tokio::sync::Mutex::default(),
                known: super::sizes::Known::default(),
                terminals,
                cards: OnceLock::new(),
                restarts: Mutex::default(),
                checks: super::versions::Checks::default(),
                shelf,
                uploads: super::uploads::Turns::default(),
            }),
        })
    }

    /// Adopts what an earlier server left running, and records what ended meanwhile. Commands wait until it is done.
    pub async fn adopt(&self) {
        let begun = Instant::now();
        let inner = Arc::clone(&self.inner);
        self.inner.tasks.spawn("late writes to the store", async move {
            tokio::select! {
                () = inner.roster.keep_saving() => {}
                () = inner.leaving.cancelled() => {}
            }
        });
        self.inner.settle_interrupted().await;
        self.inner.tasks.spawn("a look at the disks", look_at_disks(Arc::clone(&self.inner)));
        self.inner.tasks.spawn("removing old uploads", Arc::clone(&self.inner).keep_uploads_tidy());
        let rows = self.list();
        let by_run: HashMap<RunId, InstanceId> =
            rows.iter().filter_map(|row| Some((row.run.clone()?, row.id))).collect();
        let (mut adopted, mut living) = (0, Vec::new());
        for found in self.inner.runtime.adopt(by_run.keys().cloned()).await {
            if let Found::Running(run) = &found {
                living.push(run.id.clone());
            }
            match found {
                Found::Running(run) => match by_run.get(&run.id).and_then(|id| self.get(*id).ok()) {
                    Some(instance) => {
                        adopted += 1;
                        self.adopt_run(&instance, run).await;
                    }
                    None => self.end_stray(run).await,
                },
                Found::Ended(run, exit, line) => {
                    if let Some(id) = by_run.get(&run) {
                        self.record_end(*id, Some(exit)).await;
                    }
                    match line {
                        Some(line) => line.handle().collected().await,
                        None => self.inner.runtime.forget(&run),
                    }
                }
                Found::Lost(run) => {
                    if let Some(id) = by_run.get(&run) {
                        self.record_end(*id, None).await;
                    }
                    self.inner.runtime.forget(&run);
                }
            }
        }
        // A row that says it is active without a run was cut off between its two writes.
        for row in rows.iter().filter(|row| row.status.is_active() && row.run.is_none()) {
            self.record_end(row.id, None).await;
        }
        self.inner.clear_other_desktops(living).await;
        self.inner.adopted.cancel();
        tracing::info!(running = adopted, took = ?begun.elapsed(), "what an earlier server left is known");
    }

    async fn adopt_run(&self, instance: &Arc<Instance>, run: Run) {
        tracing::debug!(instance = instance.id, name = %instance.chosen.name, pid = run.leader, "adopted");
        let header = self.inner.header(instance).await;
        let stopping = instance.status == Status::Stopping;
        self.inner.supervise(instance, run, &header).await;
        if stopping && let Some(live) = self.inner.live(instance.id) {
            live.handle.stop(live.stop_signal, live.stop_grace).await;
        }
    }

    /// A run whose instance is gone: nobody could ever stop it.
    async fn end_stray(&self, mut run: Run) {
        tracing::warn!(run = %run.id, "a run belongs to no instance; it is ended");
        run.handle().stop(nix::sys::signal::Signal::SIGTERM as i32, self.inner.setup.stop_grace).await;
        self.inner.tasks.spawn("end of a stray run", async move {
            while let Some(event) = run.events.recv().await {
                if matches!(event, RunEvent::Ended(_)) {
                    run.handle().collected().await;
                }
            }
        });
    }

    async fn record_end(&self, id: InstanceId, exit: Option<crate::domain::Exit>) {
        let last_lines = match self.log_path(id) {
            Ok(path) => tokio::task::spawn_blocking(move || log::last_lines(&path, 3)).await.unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        self.inner
            .roster
            .observe(id, |next| {
                let was_ready = matches!(next.status, Status::Started);
                let (status, mut reason) = verdict(next.status, exit, was_ready, false);
                if let (Status::Error, Some(reason)) = (status, &mut reason) {
                    reason.push_str(&quoted(&last_lines));
                }
                next.exit = exit.or(next.exit);
                next.clear_run();
                next.set_status(status, reason, now());
                true
            })
            .await;
    }
}

/// uv gives what it has in its cache a second name in an environment: on another disk each environment costs its full size.
async fn look_at_disks(inner: Arc<Inner>) {
    let layout = inner.setup.layout.clone();
    let shared = super::blocking(move || space::links(&layout.cache(), &layout.instances())).await.unwrap_or(true);
    if !shared {
        let text =
            "The cache and the instances lie on file systems that can't share files (hard links): every environment \
                    takes its full size. Keep <config>/cache and <config>/instances on one."
                .to_owned();
        tracing::warn!("{text}");
        inner.roster.notify(Notice { level: Level::Warn, text, instance_id: None, at: now() });
    }
}
