//! The use cases: creating, changing, starting, stopping, restarting and deleting instances.
//!
//! Every change of an instance goes through `roster`, the one reducer: it writes the store, keeps the present
//! state in memory, and tells the routes and the event stream what changed. Commands are serialised per instance; what
//! merely happens (an exit, readiness) is observed by the run's watcher.

mod boot;
mod cards;
mod change;
mod copy;
mod create;
mod delete;
mod desktops;
mod discard;
mod elsewhere;
mod ending;
mod environments;
mod error;
mod events;
mod families;
mod files;
mod liveness;
mod log_follow;
mod log_trouble;
mod logs;
mod moved;
mod offered;
mod order;
mod outputs;
mod overwriting;
mod own_blueprints;
mod places;
mod ports;
mod queue;
mod rehome;
mod removal;
mod requests;
mod restarts;
mod roster;
mod sizes;
mod start;
mod stop;
mod terminals;
mod texts;
mod trash;
mod trials;
mod uploads;
mod versions;
mod watch;
mod wheels;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{OwnedMutexGuard, broadcast, watch as watch_channel};
use tokio_util::sync::CancellationToken;

use crate::blueprints::{Blueprint, Catalogue};
use crate::domain::{
    Backoff, BasePath, BlueprintName, DesktopEngine, Instance, InstanceId, Layout, Port, PortRange, RunId, Timestamp,
};
use crate::jobs::Jobs;
use crate::monitor::Cards;
use crate::outputs::Gallery;
use crate::runtime::{RunHandle, Runtime};
use crate::tasks::Tasks;
use crate::terminal::Terminals;
use crate::wheels::Shelf;

pub use change::Planned;
pub use delete::{Delete, DeleteMode};
pub use desktops::Means;
pub use discard::Discard;
pub use environments::{EnvironmentState, Pruned};
pub use error::{Error, Overwritten};
pub use events::{Event, Level, Notice};
pub use files::Listing;
pub use log_follow::{LogFollower, NoMore};
pub use logs::LogQuestion;
pub use order::Arrange;
pub use overwriting::in_words;
pub use own_blueprints::{NewBlueprint, OwnBlueprint, Removed, ShownBlueprint};
pub use places::Place;
pub use requests::{Applied, Change, Create, Instantiate};
pub use roster::RouteSink;
pub use sizes::Sizes;
pub use terminals::OpenTerminal;
pub use texts::{Editable, EditableFile, Opened, SaveText, kind_of, path_of};
pub use trash::{TrashKind, Trashed};
pub use uploads::{NewUpload, UploadState};
pub use versions::Checked;
pub use wheels::{Offered, WheelsError};

use roster::Roster;

/// What the use cases work with.
#[derive(Debug)]
pub struct Setup {
    /// Where things lie.
    pub layout: Layout,
    /// The unpacked shell library.
    pub library: PathBuf,
    /// The prefix an outer proxy serves everything under.
    pub base_path: BasePath,
    /// What draws desktops; `None`: whatever is there.
    pub desktop: Option<DesktopEngine>,
    /// More folders with models.
    pub model_roots: Vec<PathBuf>,
    /// Where torch comes from.
    pub pytorch_index: String,
    /// The pool of public ports.
    pub pool: PortRange,
    /// Ports no instance may get: the dashboard's own.
    pub reserved: Vec<Port>,
    /// How long an instance may be alive without being ready, unless its blueprint says otherwise.
    pub stalled_after: Duration,
    /// How long a stop may take, unless its blueprint says otherwise.
    pub stop_grace: Duration,
    /// How often in a row an instance that ends by itself is started again.
    pub restart_attempts: u32,
    /// How long a terminal lives that nobody looks at; `None`: for ever.
    pub terminal_idle: Option<Duration>,
}

/// The use cases; cheap to clone.
#[derive(Debug, Clone)]
pub struct Instances {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    setup: Setup,
    roster: Roster,
    runtime: Runtime,
    /// The beat of whatever is done regularly.
    epoch: Instant,
    catalogue: Catalogue,
    /// The runs of this moment.
    live: Mutex<HashMap<InstanceId, Live>>,
    /// One command at a time per instance.
    commands: Mutex<HashMap<InstanceId, Arc<tokio::sync::Mutex<()>>>>,
    /// One allocation of names and public ports at a time.
    allocating: tokio::sync::Mutex<()>,
    /// How often in a row instances have failed.
    backoffs: Mutex<HashMap<InstanceId, Backoff>>,
    /// What waits for its turn to start at boot; a person's word about one takes it out.
    queued: Mutex<BTreeSet<InstanceId>>,
    /// Held by every start from its first look until its process is known.
    starts: tokio::sync::RwLock<()>,
    /// Cancelled when the server is on its way out: nothing starts any more.
    leaving: CancellationToken,
    /// … and takes its instances along.
    stopping_all: AtomicBool,
    /// Cancelled once what an earlier server left has been adopted: commands wait for that.
    adopted: CancellationToken,
    tasks: Tasks,
    jobs: Jobs,
    /// One at a time begins or undoes a trial of an environment.
    trying: tokio::sync::Mutex<()>,
    offered: offered::Known,
    /// The instances whose folder is being copied from another one's.
    making: Mutex<HashMap<InstanceId, copy::Making>>,
    /// One change of the trash at a time.
    trash: tokio::sync::Mutex<()>,
    known: sizes::Known,
    terminals: Terminals,
    checks: versions::Checks,
    shelf: Shelf,
    uploads: uploads::Turns,
    gallery: Gallery,
    /// The machine's GPUs, once somebody looks at them.
    cards: OnceLock<Cards>,
    /// How often each instance was started again by its restart policy since the server started.
    restarts: Mutex<HashMap<InstanceId, u64>>,
}

/// A run as the commands see it.
#[derive(Debug, Clone)]
struct Live {
    run: RunId,
    /// The root of its process tree.
    shim: u32,
    handle: RunHandle,
    stop_signal: i32,
    stop_grace: Duration,
    /// Start again when it has ended; a person's Stop takes it back.
    restart: bool,
    /// Closed when the run is over and its end is stored.
    over: watch_channel::Receiver<()>,
}

impl Instances {
    /// Every instance, in the order of the list.
    pub fn list(&self) -> Vec<Arc<Instance>> {
        self.inner.roster.list()
    }

    /// One instance.
    ///
    /// # Errors
    /// There is none of this id.
    pub fn get(&self, id: InstanceId) -> Result<Arc<Instance>, Error> {
        self.inner.roster.get(id)
    }

    /// Follows every change from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.inner.roster.subscribe()
    }

    /// Waits until it is known what an earlier server left running.
    pub async fn adopted(&self) {
        self.inner.adopted.cancelled().await;
    }

    /// The long work that is going on, and what has ended lately.
    pub fn jobs(&self) -> &Jobs {
        &self.inner.jobs
    }

    /// The root of every process tree that runs, by its instance.
    pub fn process_trees(&self) -> Vec<(InstanceId, u32)> {
        let mut trees: Vec<_> = locked(&self.inner.live).iter().map(|(id, live)| (*id, live.shim)).collect();
        trees.sort_unstable();
        trees
    }

    /// How often each instance was started again by its restart policy since this server started.
    pub fn restarts(&self) -> HashMap<InstanceId, u64> {
        locked(&self.inner.restarts).clone()
    }

    /// The blueprints there are now.
    ///
    /// # Errors
    /// They can't be read.
    pub async fn blueprints(&self) -> Result<Vec<Blueprint>, Error> {
        let catalogue = self.inner.catalogue.clone();
        blocking(move || catalogue.list()).await?.map_err(Error::from)
    }
}

impl Inner {
    async fn blueprint(&self, name: &BlueprintName) -> Result<Blueprint, Error> {
        let (catalogue, name) = (self.catalogue.clone(), name.clone());
        blocking(move || catalogue.find(&name)).await?.map_err(Error::from)
    }

    /// Waits for the turn of a command on an instance: after adoption, and after the command before it.
    async fn turn(&self, id: InstanceId) -> OwnedMutexGuard<()> {
        self.adopted.cancelled().await;
        let lock = Arc::clone(locked(&self.commands).entry(id).or_default());
        lock.lock_owned().await
    }

    fn live(&self, id: InstanceId) -> Option<Live> {
        locked(&self.live).get(&id).cloned()
    }

    fn is_leaving(&self) -> bool {
        self.leaving.is_cancelled()
    }

    fn is_stopping_all(&self) -> bool {
        self.stopping_all.load(Ordering::Acquire)
    }
}

/// A poisoned lock only means that a panic was logged elsewhere: the data are whole, since nothing panics half-way
/// through a change of them.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> Timestamp {
    Timestamp::of(SystemTime::now())
}

/// Runs what waits for the disk off the async threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::Failed(format!("Work on the disk was cut off: {error}.")))
}
