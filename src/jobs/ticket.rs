//! What the work of a job holds: it asks whether to go on, and tells how far it is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::{Inner, JobId};

/// At most this often a progress is told: a stream to a phone shall not be filled by it.
const PACE: Duration = Duration::from_millis(250);

/// Why work ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// Somebody asked for it.
    Cancelled,
    /// The server goes. What is half done is left as after a crash, and cleared by the next server.
    Closing,
    /// It could not be done: a sentence.
    Failed(String),
}

impl Halt {
    pub(super) fn panicked() -> Self {
        Self::Failed("It was cut off by a fault of AiKore; the server's log says more.".to_owned())
    }
}

/// The work's side of a job.
#[derive(Debug)]
pub struct Ticket {
    inner: Arc<Inner>,
    id: JobId,
    cancel: CancellationToken,
    counter: Mutex<Counter>,
}

#[derive(Debug)]
struct Counter {
    done: u64,
    total: Option<u64>,
    /// `None`: nothing has been told yet.
    told: Option<Instant>,
}

impl Ticket {
    pub(super) fn new(inner: Arc<Inner>, id: JobId, cancel: CancellationToken) -> Self {
        Self { inner, id, cancel, counter: Mutex::new(Counter { done: 0, total: None, told: None }) }
    }

    /// Which job it is.
    pub fn id(&self) -> &JobId {
        &self.id
    }

    /// Whether to go on.
    ///
    /// # Errors
    /// It was cancelled, or the server goes.
    pub fn proceed(&self) -> Result<(), Halt> {
        if self.inner.closing.is_cancelled() {
            return Err(Halt::Closing);
        }
        if self.cancel.is_cancelled() { Err(Halt::Cancelled) } else { Ok(()) }
    }

    /// Waits until it is not to go on; for steps that can't ask by themselves.
    pub async fn stopped(&self) -> Halt {
        tokio::select! {
            biased;
            () = self.inner.closing.cancelled() => Halt::Closing,
            () = self.cancel.cancelled() => Halt::Cancelled,
        }
    }

    /// How much there is to do.
    pub fn expect(&self, total: u64) {
        self.counter().total = Some(total);
        self.inner.change(&self.id, |job| job.total = Some(total));
    }

    /// What it is doing now.
    pub fn say(&self, message: impl Into<String>) {
        let message = message.into();
        self.inner.change(&self.id, |job| job.message = Some(message));
    }

    /// So much more is done. Where it stands in percent, when that was told: now and then only.
    pub fn advance(&self, by: u64) -> Option<u8> {
        let mut counter = self.counter();
        counter.done = counter.done.saturating_add(by);
        if counter.told.is_some_and(|told| told.elapsed() < PACE) {
            return None;
        }
        counter.told = Some(Instant::now());
        let (done, total) = (counter.done, counter.total);
        drop(counter);
        // A file that grows while it is read must not show more than everything.
        let done = total.map_or(done, |total| done.min(total));
        self.inner.change(&self.id, |job| job.done = done);
        let percent = done.saturating_mul(100).checked_div(total?).unwrap_or(0);
        u8::try_from(percent).ok()
    }

    fn counter(&self) -> std::sync::MutexGuard<'_, Counter> {
        self.counter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
