//! The store: one SQLite file, asked from one thread of its own so that no query ever holds up an async task.

mod audit;
mod backup;
mod columns;
mod copies;
mod error;
mod import;
mod inspect;
mod instances;
mod login;
mod notices;
mod open;
mod schema;

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::domain::{Layout, PortRange};

pub use audit::AuditEntry;
pub use copies::{Outline, OutlineRow};
pub use error::OpenError;
pub use login::{Digest, LastUses, StoredLogin, StoredSession, StoredToken};
pub use notices::{KeptNotice, Reading, StoredTarget};

/// How long a query waits for another program that holds the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle to the store; cheap to clone. When the last one goes, the thread ends and the file is closed: its log is
/// folded into it.
#[derive(Debug, Clone)]
pub struct Store {
    worker: Arc<Worker>,
}

#[derive(Debug)]
struct Worker {
    /// `None` only while dropping.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != std::thread::current().id()) {
            // A panic in it has been told by the query that did not answer.
            let _ = thread.join();
        }
    }
}

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another row holds a value that only one may hold.
    #[error("another one has this {0} already")]
    Taken(Unique),
    /// The row is gone.
    #[error("there is no such instance")]
    Missing,
    /// SQLite's own words.
    #[error("the store failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The thread ended, which only a panic in a query can do.
    #[error("the store's thread has ended")]
    Gone,
}

/// What may stand in one row only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    /// The instance's name.
    Name,
    /// Its slug.
    Slug,
    /// Its public port.
    PublicPort,
    /// A token's name.
    TokenName,
    /// The name of a target of notices.
    TargetName,
}

impl std::fmt::Display for Unique {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Name => "name",
            Self::Slug => "address",
            Self::PublicPort => "public port",
            Self::TokenName | Self::TargetName => "name",
        })
    }
}

impl Store {
    /// Opens the store of a config folder: checked read-only first, then backed up, migrated or imported as needed.
    /// Blocks; call it before the server runs.
    ///
    /// # Errors
    /// The file is damaged, newer than this program, not ours, or the folder does not let us write. It is then as it
    /// was.
    pub fn open(layout: &Layout, pool: PortRange) -> Result<Self, OpenError> {
        let connection = open::open(layout, pool)?;
        Self::run(connection).map_err(|source| OpenError::Io { path: layout.database(), source })
    }

    /// Takes the password and every session away: for a folder that no server uses. Says whether there was a password.
    ///
    /// # Errors
    /// As [`Store::open`], or the file could not be written.
    pub fn forget_password(layout: &Layout, pool: PortRange) -> Result<bool, OpenError> {
        let mut connection = open::open(layout, pool)?;
        login::forget_password(&mut connection).map_err(|error| OpenError::failed(&layout.database(), &error))
    }

    fn run(mut connection: Connection) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new().name("store".to_owned()).spawn(move || {
            while let Ok(job) = queue.recv() {
                job(&mut connection);
            }
        })?;
        Ok(Self { worker: Arc::new(Worker { jobs: Some(jobs), thread: Some(thread) }) })
    }

    /// Runs a query on the store's thread and waits for its answer.
    async fn call<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // The asker may have gone away; the query is done all the same.
            let _ = answer.send(query(connection));
        });
        self.worker.jobs.as_ref().ok_or(StoreError::Gone)?.send(job).map_err(|_| StoreError::Gone)?;
        answered.await.map_err(|_| StoreError::Gone)?
    }
}

/// The settings of every connection that writes.
fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL, not NORMAL: a start is recorded before its process exists, a power cut included.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

/// `aikore.db` + `-wal`, `-journal` …
fn sibling(database: &Path, suffix: &str) -> std::path::PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}
