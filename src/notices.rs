//! What people are told: who is ready, who crashed, which disk is nearly full, whose job is done. It is found out here, kept,
//! shown in the dashboard, and sent to whoever asked for it elsewhere.
//!
//! The rules are pure (`lives`, `disks`, `cards`, `work`): they take in how things are and give what there is to say, once per
//! occurrence. `watching` feeds them with the events of the instances and the samples of the monitor, which it does not ask
//! for more often.

mod cards;
mod disks;
mod letter;
mod lives;
#[cfg(test)]
mod samples;
mod targets;
mod watching;
mod words;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use tokio::sync::broadcast;

use crate::domain::{InstanceId, Level, Notice, NoticeKind, Timestamp};
use crate::instances::Instances;
use crate::store::{KeptNotice, Reading, Store, StoreError};

pub use letter::Place;
pub use targets::{NewTarget, TargetChange, TargetView, Tested};

use letter::Letter;
use targets::Targets;

/// How far a listener may fall behind.
const BACKLOG: usize = 256;

/// What a rule has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Draft {
    kind: NoticeKind,
    level: Level,
    text: String,
    instance_id: Option<InstanceId>,
}

/// What whoever listens is told.
#[derive(Debug, Clone)]
pub enum Told {
    /// A notice, and how many are unread with it.
    Notice(Notice, u32),
    /// Somebody has read some: how many are unread now.
    Read(u32),
}

/// Why something about notices was not done: a sentence.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such target.
    #[error("There is no such target of notices.")]
    NoTarget,
    /// A member of the request to blame, and why.
    #[error("{1}")]
    Invalid(&'static str, String),
    /// Another one is called so.
    #[error("Another target has this name already.")]
    Taken,
    /// Enough is enough.
    #[error("There are {0} targets already. Remove one first.")]
    Full(usize),
    /// The server goes.
    #[error("The server is stopping.")]
    Leaving,
    /// Something of ours.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    fn invalid(field: &'static str, why: String) -> Self {
        Self::Invalid(field, why)
    }

    /// The member of the request to blame.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Invalid(field, _) => Some(field),
            Self::Taken => Some("name"),
            _ => None,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(_) => Self::Taken,
            error => Self::Failed(format!("Notices can't be read or kept: {error}.")),
        }
    }
}

/// The notices; cheap to clone.
#[derive(Debug, Clone)]
pub struct Notices {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    instances: Instances,
    place: Place,
    unread: AtomicU32,
    told: broadcast::Sender<Told>,
    targets: Targets,
}

impl Notices {
    /// Opens what is kept. `place`: where people reach the dashboard. Nothing is noticed before [`Notices::watch`].
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn open(store: Store, instances: Instances, place: Place) -> Result<Self, Error> {
        let unread = store.unread_notices().await?;
        let targets = Targets::open(store.clone()).await?;
        let told = broadcast::Sender::new(BACKLOG);
        Ok(Self { inner: Arc::new(Inner { store, instances, place, unread: AtomicU32::new(unread), told, targets }) })
    }

    /// Hears of every notice from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Told> {
        self.inner.told.subscribe()
    }

    /// How many nobody has read.
    pub fn unread(&self) -> u32 {
        self.inner.unread.load(Ordering::Relaxed)
    }

    /// The newest notices, newest first; with `before`, those older than that one.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn list(&self, before: Option<i64>, limit: u32) -> Result<Vec<KeptNotice>, Error> {
        Ok(self.inner.store.notices(before, limit).await?)
    }

    /// Notes that notices were read; gives how many are unread now.
    ///
    /// # Errors
    /// The store can't be written.
    pub async fn read(&self, which: Reading) -> Result<u32, Error> {
        let unread = self.inner.store.read_notices(which).await?;
        self.inner.unread.store(unread, Ordering::Relaxed);
        // Nobody listens: fine.
        let _ = self.inner.told.send(Told::Read(unread));
        Ok(unread)
    }

    /// Who hears of notices elsewhere.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn targets(&self) -> Result<Vec<TargetView>, Error> {
        Ok(self.inner.targets.list().await?.into_iter().map(TargetView::from).collect())
    }

    /// Adds a target.
    ///
    /// # Errors
    /// Something of it makes no sense, or the store can't be written.
    pub async fn add_target(&self, new: NewTarget) -> Result<TargetView, Error> {
        self.inner.targets.add(new).await.map(TargetView::from)
    }

    /// Changes a target.
    ///
    /// # Errors
    /// There is none such, something of it makes no sense, or the store can't be written.
    pub async fn change_target(&self, id: i64, change: TargetChange) -> Result<TargetView, Error> {
        self.inner.targets.change(id, change).await.map(TargetView::from)
    }

    /// Removes a target; what waits for it is forgotten.
    ///
    /// # Errors
    /// There is none such, or the store can't be written.
    pub async fn remove_target(&self, id: i64) -> Result<TargetView, Error> {
        self.inner.targets.remove(id).await.map(TargetView::from)
    }

    /// Sends a notice that says nothing to one target, and waits for what it says.
    ///
    /// # Errors
    /// There is no such target. What the other side refuses is no error.
    pub async fn test_target(&self, id: i64) -> Result<(TargetView, Tested), Error> {
        let notice = Notice {
            id: None,
            kind: NoticeKind::Test,
            level: Level::Info,
            text: "This is a test: notices of AiKore arrive here.".to_owned(),
            instance_id: None,
            at: now(),
        };
        let letter = Letter::new(notice, None, &self.inner.place);
        let (target, tested) = self.inner.targets.test(id, &letter).await?;
        Ok((target.into(), tested))
    }
}

impl Inner {
    /// Keeps a notice and tells everybody.
    async fn tell(&self, Draft { kind, level, text, instance_id }: Draft, at: Timestamp) {
        let mut notice = Notice { id: None, kind, level, text, instance_id, at };
        let mut unread = self.unread.load(Ordering::Relaxed);
        match self.store.insert_notice(notice.clone()).await {
            Ok((id, now)) => (notice.id, unread) = (Some(id), now),
            Err(error) => tracing::error!(%error, "a notice could not be kept: {}", notice.text),
        }
        self.unread.store(unread, Ordering::Relaxed);
        // Nobody listens: fine.
        let _ = self.told.send(Told::Notice(notice.clone(), unread));
        let instance = instance_id.and_then(|id| self.instances.get(id).ok());
        self.targets.tell(Letter::new(notice, instance.as_deref(), &self.place));
    }
}

fn now() -> Timestamp {
    Timestamp::of(SystemTime::now())
}
