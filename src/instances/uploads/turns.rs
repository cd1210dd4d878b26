//! One at a time writes to an upload. Who comes later has the word: a client whose network broke off is back long before
//! its first connection is known to be dead.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::domain::UploadId;
use crate::instances::{Error, locked};

/// Pieces on their way at once; each holds a connection, a buffer and an open file.
const ROOM: usize = 64;

/// How long the one before may take to let go: it writes what it has.
const PATIENCE: Duration = Duration::from_secs(20);

/// The uploads somebody is at.
#[derive(Debug, Clone)]
pub(in crate::instances) struct Turns {
    lanes: Arc<Mutex<HashMap<UploadId, Arc<Lane>>>>,
    room: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Lane {
    writing: Arc<tokio::sync::Mutex<()>>,
    /// Of whoever has the turn.
    called_off: Mutex<CancellationToken>,
}

/// The right to touch an upload. Not for ever: see `called_off`.
#[derive(Debug)]
pub(super) struct Turn {
    id: UploadId,
    turns: Turns,
    lane: Option<Arc<Lane>>,
    /// Cancelled once somebody else wants it.
    pub(super) called_off: CancellationToken,
    writing: Option<OwnedMutexGuard<()>>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { lanes: Arc::default(), room: Arc::new(Semaphore::new(ROOM)) }
    }
}

impl Turns {
    /// Room for one piece on its way.
    pub(super) fn room(&self) -> Result<OwnedSemaphorePermit, Error> {
        Arc::clone(&self.room)
            .try_acquire_owned()
            .map_err(|_| Error::Crowded(format!("{ROOM} uploads are on their way. Try again in a moment.")))
    }

    /// Calls off whoever has the turn, and waits for it.
    pub(super) async fn take(&self, id: &UploadId) -> Result<Turn, Error> {
        let lane = Arc::clone(locked(&self.lanes).entry(id.clone()).or_default());
        let mut turn = Turn {
            id: id.clone(),
            turns: self.clone(),
            called_off: CancellationToken::new(),
            writing: None,
            lane: Some(Arc::clone(&lane)),
        };
        let before = std::mem::replace(&mut *locked(&lane.called_off), turn.called_off.clone());
        before.cancel();
        let writing = tokio::time::timeout(PATIENCE, Arc::clone(&lane.writing).lock_owned()).await;
        turn.writing = Some(writing.map_err(|_| {
            Error::busy("What came of this upload before is still being written. Try again in a moment.")
        })?);
        Ok(turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.writing = None;
        let mut lanes = locked(&self.turns.lanes);
        self.lane = None;
        // Nobody else has it, or waits for it.
        if lanes.get(&self.id).is_some_and(|lane| Arc::strong_count(lane) == 1) {
            lanes.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_latest_has_the_word() {
        let (turns, id) = (Turns::default(), UploadId::of(1));
        let first = turns.take(&id).await.unwrap();
        let other = turns.take(&UploadId::of(2)).await.unwrap();
        assert!(!first.called_off.is_cancelled());
        let (waiting, token) = (turns.clone(), first.called_off.clone());
        let second = tokio::spawn(async move { waiting.take(&UploadId::of(1)).await.unwrap() });
        token.cancelled().await;
        drop(first);
        let second = second.await.unwrap();
        assert!(!second.called_off.is_cancelled() && !other.called_off.is_cancelled());
        assert_eq!(locked(&turns.lanes).len(), 2);
        drop((second, other));
        assert!(locked(&turns.lanes).is_empty(), "nothing is kept of what is over");
    }
}
