//! Load: connections on a few threads, each with a runtime of its own, that count what they get done.
//!
//! A closed loop warms up with something short, waits for the start, works until the stop, and then keeps its connections
//! open while the CPU time is read: so neither opening nor closing is measured unless it is the subject.

mod changes;
mod closed;
mod http2;
mod streams;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use crate::failure::{Context, Failure, Result};

pub(crate) use changes::{Watched, watched_gets, watched_websockets};
pub(crate) use closed::{Fetch, echoes, fetches, uploads};
pub(crate) use http2::fetches as http2_fetches;
pub(crate) use streams::{bulk, events, idle_websockets};

/// How long a load may take to be under way, and to come to rest.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one connection does. It is made and run on a thread of the load.
pub(crate) type Task = Pin<Box<dyn Future<Output = Result<()>>>>;

/// Makes the task of a connection, by its number.
pub(crate) type Make = Arc<dyn Fn(Arc<Shared>, usize) -> Task + Send + Sync>;

/// What a load consists of.
#[derive(Clone)]
pub(crate) struct Plan {
    /// How many tasks.
    pub(crate) tasks: usize,
    /// How many of them, or of their parts, say that they are ready.
    pub(crate) loops: usize,
    /// Whether they stop between rounds; otherwise they are streams that go on.
    pub(crate) closed: bool,
    /// What they do.
    pub(crate) make: Make,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Warm,
    Go,
    End,
}

/// What the connections of a load have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    done: AtomicU64,
    ready: AtomicUsize,
    parked: AtomicUsize,
    stop: AtomicBool,
    phase: watch::Sender<Phase>,
    error: Mutex<Option<Failure>>,
}

impl Shared {
    /// Something was done.
    pub(crate) fn count(&self, units: u64) {
        self.done.fetch_add(units, Ordering::Relaxed);
    }

    /// A stream is under way.
    pub(crate) fn is_ready(&self) {
        self.ready.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether it is time to stop.
    pub(crate) fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Does rounds from the start to the stop; each returns what it got done. Warm up before.
    pub(crate) async fn closed_loop(&self, mut round: impl AsyncFnMut() -> Result<u64>) -> Result<()> {
        self.is_ready();
        self.wait_for(Phase::Go).await;
        while !self.stopping() {
            let units = round().await?;
            self.count(units);
        }
        self.park().await;
        Ok(())
    }

    /// Comes to rest, and keeps the connection until the load is being taken down.
    pub(crate) async fn park(&self) {
        self.parked.fetch_add(1, Ordering::Relaxed);
        self.end().await;
    }

    /// Waits until the load is being taken down.
    pub(crate) async fn end(&self) {
        self.wait_for(Phase::End).await;
    }

    async fn wait_for(&self, phase: Phase) {
        // The sender is part of `self`: it can't be gone.
        let _ = self.phase.subscribe().wait_for(|present| *present >= phase).await;
    }

    fn fail(&self, error: Failure) {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.stop.store(true, Ordering::Relaxed);
    }

    fn check(&self) -> Result<()> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).clone().map_or(Ok(()), Err)
    }
}

/// A load at work; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    loops: usize,
    closed: bool,
}

impl Load {
    /// Connects and warms up; returns when every connection is ready.
    pub(crate) async fn start(plan: &Plan, threads: usize) -> Result<Self> {
        let shared = Arc::new(Shared {
            done: AtomicU64::new(0),
            ready: AtomicUsize::new(0),
            parked: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            phase: watch::Sender::new(Phase::Warm),
            error: Mutex::new(None),
        });
        let mut load = Self { shared, threads: Vec::new(), loops: plan.loops, closed: plan.closed };
        let threads = threads.clamp(1, plan.tasks.max(1));
        for thread in 0..threads {
            let (plan, shared) = (plan.clone(), Arc::clone(&load.shared));
            let numbers = (thread..plan.tasks).step_by(threads).collect();
            let body = move || {
                if let Err(error) = run(&plan, &shared, numbers) {
                    shared.fail(error);
                }
            };
            load.threads.push(std::thread::Builder::new().name(format!("load-{thread}")).spawn(body)?);
        }
        load.wait(|shared| &shared.ready, "under way").await?;
        Ok(load)
    }

    /// Lets closed loops begin.
    pub(crate) fn go(&self) {
        self.shared.phase.send_replace(Phase::Go);
    }

    /// What has been done since the start.
    pub(crate) fn done(&self) -> u64 {
        self.shared.done.load(Ordering::Relaxed)
    }

    /// The error that ended it, if one did.
    pub(crate) fn check(&self) -> Result<()> {
        self.shared.check()
    }

    /// Lets every closed loop finish its round; streams just go on.
    pub(crate) async fn rest(&self) -> Result<()> {
        if self.closed {
            self.shared.stop.store(true, Ordering::Relaxed);
            self.wait(|shared| &shared.parked, "at rest").await?;
        }
        self.check()
    }

    async fn wait(&self, count: impl Fn(&Shared) -> &AtomicUsize, what: &str) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            let present = count(&self.shared).load(Ordering::Relaxed);
            // The error first: a loop that failed will never be counted.
            self.check()?;
            if present >= self.loops {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(Failure::new(format!("only {present} of {} connections came to be {what}", self.loops)));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.phase.send_replace(Phase::End);
        for thread in self.threads.drain(..) {
            // A panic on it has been printed, and its connections are missing from the count.
            let _ = thread.join();
        }
    }
}

fn run(plan: &Plan, shared: &Arc<Shared>, numbers: Vec<usize>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("a runtime")?;
    LocalSet::new().block_on(&runtime, async {
        let mut tasks = JoinSet::new();
        for number in numbers {
            tasks.spawn_local((plan.make)(Arc::clone(shared), number));
        }
        let work = async {
            while let Some(ended) = tasks.join_next().await {
                ended.context("a connection's task")??;
            }
            Ok(())
        };
        tokio::select! {
            // What is cut by the end of the load is no error of its own.
            () = shared.end() => Ok(()),
            result = work => result,
        }
    })
}
