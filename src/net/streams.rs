//! The streams of one connection: how many are open, and since when none is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The streams of a connection; cheap to clone.
#[derive(Debug, Clone)]
pub struct Streams(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    begun: Instant,
    open: AtomicUsize,
    /// When the last one ended, in ms after the connection began.
    ended: AtomicU64,
}

/// A stream that is open until this is dropped.
#[derive(Debug)]
pub struct Open(Streams);

impl Streams {
    /// Of a connection that begins now, with none.
    pub fn new() -> Self {
        Self(Arc::new(Inner { begun: Instant::now(), open: AtomicUsize::new(0), ended: AtomicU64::new(0) }))
    }

    /// One more.
    pub fn open(&self) -> Open {
        self.0.open.fetch_add(1, Ordering::Relaxed);
        Open(self.clone())
    }

    /// Whether none is open.
    pub fn none(&self) -> bool {
        self.0.open.load(Ordering::Relaxed) == 0
    }

    /// Waits until there has been none for so long.
    pub async fn none_for(&self, long: Duration) {
        loop {
            let since = self.0.begun + Duration::from_millis(self.0.ended.load(Ordering::Relaxed));
            let late = if self.none() { since + long } else { Instant::now() + long };
            if late <= Instant::now() {
                return;
            }
            sleep_until(late).await;
        }
    }
}

impl Default for Streams {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let inner = &self.0.0;
        let now = u64::try_from(inner.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        inner.ended.store(now, Ordering::Relaxed);
        inner.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_clock_runs_while_none_is_open() {
        let (begun, streams) = (Instant::now(), Streams::new());
        streams.none_for(Duration::from_secs(10)).await;
        assert_eq!(begun.elapsed().as_secs(), 10, "from the beginning on");
        let open = streams.open();
        let closing = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(995)).await;
            drop(open);
        });
        streams.none_for(Duration::from_secs(10)).await;
        closing.await.unwrap();
        assert_eq!(begun.elapsed().as_secs(), 1015, "from the end of the last one on");
        assert!(streams.none());
    }
}
