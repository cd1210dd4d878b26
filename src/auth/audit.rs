//! The audit: who changed what, when and from where. Kept for 90 days.

use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::domain::Timestamp;
use crate::store::{AuditEntry, Store, StoreError};

/// How long entries are kept.
const KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// How often older ones are removed.
const PRUNED_EVERY: Duration = Duration::from_secs(6 * 60 * 60);

/// Entries that may wait for the store: a disk that hangs holds nobody up, and more than these are lost, which is said.
const WAITING: usize = 4096;

/// Entries written by one transaction.
const AT_ONCE: usize = 256;

/// Where changes are written down; cheap to clone.
#[derive(Debug, Clone)]
pub struct Audit {
    store: Store,
    notes: mpsc::Sender<Note>,
}

/// What the writer is told, in its order.
#[derive(Debug)]
enum Note {
    Entry(AuditEntry),
    /// Somebody reads: they are told when everything before this is in the store.
    Reader(oneshot::Sender<()>),
}

/// What writes them; run it until the server goes.
#[derive(Debug)]
pub struct AuditWriter {
    store: Store,
    notes: mpsc::Receiver<Note>,
}

impl Audit {
    /// An audit in this store.
    pub fn new(store: Store) -> (Self, AuditWriter) {
        let (sender, notes) = mpsc::channel(WAITING);
        (Self { store: store.clone(), notes: sender }, AuditWriter { store, notes })
    }

    /// Writes an entry down, soon.
    pub fn write(&self, entry: AuditEntry) {
        if let Err(error) = self.notes.try_send(Note::Entry(entry)) {
            tracing::error!(%error, "an entry of the audit is lost");
        }
    }

    /// The newest entries, newest first: whatever was answered before is among them.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn read(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let (reader, written) = oneshot::channel();
        // A writer that is behind, or gone, holds up nobody who reads.
        if self.notes.try_send(Note::Reader(reader)).is_ok() {
            let _ = written.await;
        }
        self.store.audit(before, limit).await
    }
}

impl AuditWriter {
    /// Writes until the server goes, and then what is left.
    pub async fn run(mut self, closing: CancellationToken) {
        let mut prune = tokio::time::interval(PRUNED_EVERY);
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                count = self.notes.recv_many(&mut batch, AT_ONCE) => {
                    if count == 0 {
                        return;
                    }
                    self.save(std::mem::take(&mut batch)).await;
                }
                _ = prune.tick() => self.prune().await,
                () = closing.cancelled() => {
                    self.notes.close();
                    while self.notes.recv_many(&mut batch, AT_ONCE).await > 0 {
                        self.save(std::mem::take(&mut batch)).await;
                    }
                    return;
                }
            }
        }
    }

    async fn save(&self, notes: Vec<Note>) {
        let (mut entries, mut readers) = (Vec::new(), Vec::new());
        for note in notes {
            match note {
                Note::Entry(entry) => entries.push(entry),
                Note::Reader(reader) => readers.push(reader),
            }
        }
        let count = entries.len();
        if count > 0
            && let Err(error) = self.store.insert_audit(entries).await
        {
            tracing::error!(%error, count, "entries of the audit are lost");
        }
        for reader in readers {
            // Whoever no longer waits needs no word.
            let _ = reader.send(());
        }
    }

    async fn prune(&self) {
        let oldest = Timestamp::of(SystemTime::now().checked_sub(KEPT).unwrap_or(SystemTime::UNIX_EPOCH));
        match self.store.prune_audit(oldest).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "removed entries of the audit older than 90 days"),
            Err(error) => tracing::warn!(%error, "old entries of the audit could not be removed"),
        }
    }
}
