//! What the machine is doing: CPU, memory, disks, NVIDIA GPUs, and what each process tree we run takes of them.
//!
//! One thread samples for everyone, often while somebody looks and seldom otherwise; no request ever reads a figure
//! itself. What may hang (the NVIDIA driver, a disk on the network) is asked on threads of its own (`aside`).

mod amount;
mod aside;
mod attention;
mod cards;
mod cgroup;
mod disks;
mod gpus;
mod history;
mod host;
mod own;
mod processes;
mod sampler;
mod stats;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use attention::Attention;
use history::History;

pub use amount::Amount;
pub use cards::Cards;
pub use gpus::{Driver, Gpu, GpuProcess, Kind, Slice};
pub use history::Past;
pub use own::Own;
pub use stats::{Disk, Stats, Use};

/// How old the figures in an answer may be.
const FRESH: Duration = Duration::from_secs(2);

/// How long an answer waits for figures that are fresh, before it gives those there are.
const PATIENCE: Duration = Duration::from_secs(3);

/// The root of a process tree whose use is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tree {
    /// Whose tree: a number that means something to whoever asks.
    pub id: i64,
    /// The process below which everything counts; it itself does not.
    pub root: u32,
}

/// Where the figures come from that only the rooms above know of.
pub struct Sources {
    /// The folders whose disks are measured, each with a word for what lies there.
    pub folders: Vec<(&'static str, PathBuf)>,
    /// The process trees of this moment.
    pub trees: Box<dyn Fn() -> Vec<Tree> + Send>,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").field("folders", &self.folders).finish_non_exhaustive()
    }
}

/// The one sampler; cheap to clone. Its threads end when the last handle is gone.
#[derive(Debug, Clone)]
pub struct Monitor {
    latest: watch::Receiver<Arc<Stats>>,
    history: Arc<Mutex<History>>,
    handle: Arc<Handle>,
}

/// Tells the sampler when nobody is left.
#[derive(Debug)]
struct Handle(Arc<Attention>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Somebody who follows the samples: as long as this lives they are taken often.
#[derive(Debug)]
pub struct Watching {
    stats: watch::Receiver<Arc<Stats>>,
    attention: Arc<Attention>,
}

impl Watching {
    fn new(stats: watch::Receiver<Arc<Stats>>, attention: &Arc<Attention>) -> Self {
        attention.turn_to();
        Self { stats, attention: Arc::clone(attention) }
    }

    /// The next sample; `None` when the sampler is gone.
    pub async fn next(&mut self) -> Option<Arc<Stats>> {
        self.stats.changed().await.ok()?;
        Some(Arc::clone(&self.stats.borrow_and_update()))
    }

    /// The sample there is now; an empty one at the very beginning.
    pub fn present(&self) -> Arc<Stats> {
        Arc::clone(&self.stats.borrow())
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.attention.turn_away();
    }
}

impl Monitor {
    /// Starts sampling.
    ///
    /// # Errors
    /// A thread could not be started.
    pub fn start(sources: Sources) -> std::io::Result<Self> {
        let (publish, latest) = watch::channel(Arc::default());
        let history = Arc::new(Mutex::new(History::default()));
        let attention = Arc::new(Attention::default());
        let sampler = sampler::Sampler::new(sources, Arc::clone(&history), publish)?;
        let watched = Arc::clone(&attention);
        std::thread::Builder::new().name("monitor".to_owned()).spawn(move || sampler.run(&watched))?;
        Ok(Self { latest, history, handle: Arc::new(Handle(attention)) })
    }

    /// Figures that are a moment old at most; a machine that hangs gives what it has.
    pub async fn latest(&self) -> Arc<Stats> {
        self.handle.0.ask();
        let mut latest = self.latest.clone();
        let fresh = latest.wait_for(|stats| stats.is_whole_and_younger_than(FRESH));
        // Too late, or the sampler ended: what it published last still stands.
        let _ = tokio::time::timeout(PATIENCE, fresh).await.map(drop);
        Arc::clone(&self.latest.borrow())
    }

    /// Follows the samples.
    pub fn watch(&self) -> Watching {
        Watching::new(self.latest.clone(), &self.handle.0)
    }

    /// The samples as they come, for who does not need them often: nobody is taken to look.
    pub fn follow(&self) -> watch::Receiver<Arc<Stats>> {
        self.latest.clone()
    }

    /// Which cards there are.
    pub fn cards(&self) -> Cards {
        Cards::new(self.latest.clone(), Arc::clone(&self.handle.0))
    }

    /// What was measured since this moment (seconds since 1970).
    pub fn past(&self, since: u64) -> Past {
        locked(&self.history).since(since, stats::now())
    }
}

/// A poisoned lock only means that a panic was logged elsewhere: the figures are whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
