//! Backups: what can't be made again, in one archive. The store, scripts and blueprints with their past, small configuration,
//! certificates, and what each app is made of; not environments, models and outputs.
//!
//! `gather` finds it by the rules of `content`, `write` packs it, `read` trusts nothing, `restore` places it. `schedule` says
//! when one is due: by what lies in the folder, so that it is all the same who asks.

mod content;
mod error;
mod gather;
mod keeping;
mod manifest;
mod name;
mod read;
mod restore;
mod restore_error;
mod schedule;
mod write;

use std::fs::{self, DirBuilder, File, Metadata};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::domain::{Layout, Timestamp};
use crate::files::leftovers;
use crate::jobs::{Halt, Job, JobId, Jobs, Ticket, Unit};
use crate::store::{Outline, Store};

pub use error::BackupError;
pub use manifest::{LeftOut, Listed, Manifest};
pub use name::{BackupName, Reason};
pub use restore::{Outcome, check, restore};
pub use restore_error::RestoreError;

use gather::gather;
use write::{MAKING, Packing, Work};

/// What jobs of this kind are called.
const KIND: &str = "backup";

/// An archive that is there.
#[derive(Debug, Clone)]
pub struct Backup {
    /// Its name, which says when it was made and why.
    pub name: BackupName,
    /// Bytes.
    pub size: u64,
}

/// When backups are made by themselves, and how many stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regularly {
    /// How long after the last one; `None`: never.
    pub every: Option<Duration>,
    /// So many automatic ones are kept.
    pub keep: usize,
}

/// The backups of a server that runs; cheap to clone.
#[derive(Debug, Clone)]
pub struct Backups {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    layout: Layout,
    store: Store,
    jobs: Jobs,
    regularly: Regularly,
    /// The one that is being made.
    current: Mutex<Option<JobId>>,
}

impl Backups {
    /// Those of this folder. What a killed server left of one is removed.
    pub fn open(layout: Layout, store: Store, jobs: Jobs, regularly: Regularly) -> Self {
        for left in leftovers::find(&layout.backups(), MAKING) {
            leftovers::clear(&left);
        }
        Self { inner: Arc::new(Inner { layout, store, jobs, regularly, current: Mutex::default() }) }
    }

    /// Begins a backup. While one is being made, that is the one.
    pub fn start(&self, reason: Reason) -> Job {
        let inner = &self.inner;
        let mut current = inner.current.lock().unwrap_or_else(PoisonError::into_inner);
        let running = current.as_ref().and_then(|id| inner.jobs.get(id).ok());
        if let Some(job) = running.filter(|job| !job.state.is_final()) {
            return job;
        }
        let making = Arc::clone(inner);
        let job = inner.jobs.start(KIND, None, Unit::Bytes, move |ticket| making.make(reason, ticket));
        *current = Some(job.id.clone());
        job
    }

    /// What there is, the newest first.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn list(&self) -> Result<Vec<Backup>, BackupError> {
        list(&self.inner.layout)
    }

    /// Opens one, to be sent.
    ///
    /// # Errors
    /// It is not there, or can't be read.
    pub fn open_file(&self, name: &BackupName) -> Result<(File, Metadata), BackupError> {
        let path = self.inner.layout.backups().join(name.as_str());
        let opened = File::open(&path).and_then(|file| file.metadata().map(|facts| (file, facts)));
        opened.map_err(|error| missing(name, &path, error))
    }

    /// Removes one.
    ///
    /// # Errors
    /// It is not there, or can't be removed.
    pub fn remove(&self, name: &BackupName) -> Result<(), BackupError> {
        let path = self.inner.layout.backups().join(name.as_str());
        fs::remove_file(&path).map_err(|error| missing(name, &path, error))
    }
}

fn missing(name: &BackupName, path: &Path, error: std::io::Error) -> BackupError {
    match error.kind() {
        std::io::ErrorKind::NotFound => BackupError::Missing(name.as_str().to_owned()),
        _ => BackupError::at(path)(error),
    }
}

impl Inner {
    async fn make(self: Arc<Self>, reason: Reason, ticket: Arc<Ticket>) -> Result<Option<String>, Halt> {
        ticket.proceed()?;
        ticket.say("Copying the store.");
        let folder = make_folder(&self.layout)?;
        let work = Work::begin(&folder)?;
        self.store.copy_to(work.database()).await.map_err(|error| BackupError::Store(error.to_string()))?;
        let outline = {
            let (database, scratch) = (work.database(), work.folder().to_owned());
            off_the_async_threads(move || outline(&database, &scratch)).await??
        };
        ticket.say("Looking for what is to be saved.");
        let (asked, at) = (Arc::clone(&ticket), now());
        let go_on = move || asked.proceed().is_ok();
        let gathered = tokio::select! {
            gathered = gather(&self.layout, &outline, &go_on) => gathered.map_err(|error| halt(&ticket, error))?,
            halt = ticket.stopped() => return Err(halt),
        };
        ticket.say("Writing the archive.");
        let (asked, keep) = (Arc::clone(&ticket), self.regularly.keep);
        let backup = off_the_async_threads(move || {
            let go_on = |bytes| {
                asked.advance(bytes);
                asked.proceed().is_ok()
            };
            let packing = Packing { work: &work, outline, gathered, reason, at, go_on: &go_on };
            asked.expect(packing.size()?);
            packing.write()?;
            if !go_on(0) {
                return Err(BackupError::Stopped);
            }
            let name = place(&work, &folder, at, reason)?;
            tidy(&folder, keep, &name);
            Ok(name)
        })
        .await?
        .map_err(|error| halt(&ticket, error))?;
        tracing::info!(name = backup.as_str(), "backed up");
        Ok(Some(format!("Saved as {}.", backup.as_str())))
    }
}

impl From<BackupError> for Halt {
    fn from(error: BackupError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Why it ended: when it was stopped, the ticket knows by whom.
fn halt(ticket: &Ticket, error: BackupError) -> Halt {
    match (error, ticket.proceed()) {
        (BackupError::Stopped, Err(halt)) => halt,
        (error, _) => error.into(),
    }
}

/// Backs up a folder that no server uses, into its own backups or to a file, as long as `go_on` says so. Call it with the
/// folder's lock.
///
/// # Errors
/// There is nothing to back up, it could not be written, or it was not to go on. Nothing is left of it then.
pub async fn back_up_unused(
    layout: &Layout,
    reason: Reason,
    keep: usize,
    to: Option<&Path>,
    go_on: &(dyn Fn() -> bool + Sync),
) -> Result<PathBuf, BackupError> {
    let folder = match to {
        Some(file) => {
            let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
            parent.unwrap_or(Path::new(".")).to_owned()
        }
        None => make_folder(layout)?,
    };
    let work = Work::begin(&folder)?;
    let copied = Store::copy_unused(layout, &work.database()).map_err(|error| BackupError::Store(error.to_string()))?;
    if !copied {
        return Err(BackupError::Nothing(layout.root().to_owned()));
    }
    let outline = outline(&work.database(), work.folder())?;
    let gathered = gather(layout, &outline, go_on).await?;
    let at = now();
    Packing { work: &work, outline, gathered, reason, at, go_on: &|_| go_on() }.write()?;
    if !go_on() {
        return Err(BackupError::Stopped);
    }
    match to {
        Some(file) => {
            fs::rename(work.archive(), file).map_err(BackupError::at(file))?;
            Ok(file.to_owned())
        }
        None => {
            let name = place(&work, &folder, at, reason)?;
            if reason.is_automatic() {
                tidy(&folder, keep, &name);
            }
            Ok(folder.join(name.as_str()))
        }
    }
}

fn outline(database: &Path, scratch: &Path) -> Result<Outline, BackupError> {
    Store::outline(database, scratch).map_err(|error| BackupError::Store(error.to_string()))
}

fn make_folder(layout: &Layout) -> Result<PathBuf, BackupError> {
    let folder = layout.backups();
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(BackupError::at(&folder))?;
    Ok(folder)
}

/// Gives an archive its name, once it is whole.
fn place(work: &Work, folder: &Path, at: Timestamp, reason: Reason) -> Result<BackupName, BackupError> {
    let mut names = (1..).map(|n| BackupName::new(at, reason, n));
    let name = names.find(|name| !folder.join(name.as_str()).exists());
    let name = name.unwrap_or_else(|| BackupName::new(at, reason, 1));
    let path = folder.join(name.as_str());
    fs::rename(work.archive(), &path).map_err(BackupError::at(&path))?;
    // The new name is on the disk too. Where folders can't be synced it gets there a little later.
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%error, "a folder could not be synced");
    }
    Ok(name)
}

/// Removes the oldest automatic ones.
fn tidy(folder: &Path, keep: usize, fresh: &BackupName) {
    let known: Vec<BackupName> = names(folder).unwrap_or_default();
    for old in schedule::outdated(keep, &known, fresh) {
        match fs::remove_file(folder.join(old.as_str())) {
            Ok(()) => tracing::info!(name = old.as_str(), "an old automatic backup was removed"),
            Err(error) => tracing::warn!(name = old.as_str(), %error, "an old automatic backup can't be removed"),
        }
    }
}

/// The archives in a folder, the newest first. Other files are none.
fn names(folder: &Path) -> std::io::Result<Vec<BackupName>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let name = |entry: fs::DirEntry| BackupName::parse(entry.file_name().to_str()?).ok();
    let mut all: Vec<BackupName> = entries.flatten().filter_map(name).collect();
    all.sort_by_key(|name| std::cmp::Reverse((name.at, name.as_str().to_owned())));
    Ok(all)
}

fn list(layout: &Layout) -> Result<Vec<Backup>, BackupError> {
    let folder = layout.backups();
    let names = names(&folder).map_err(BackupError::at(&folder))?;
    let backup = |name: BackupName| {
        let facts = fs::metadata(folder.join(name.as_str())).ok().filter(Metadata::is_file)?;
        Some(Backup { name, size: facts.len() })
    };
    Ok(names.into_iter().filter_map(backup).collect())
}

fn now() -> Timestamp {
    Timestamp::of(SystemTime::now())
}

async fn off_the_async_threads<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Halt> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Halt::Failed(format!("Work on the disk was cut off: {error}.")))
}
