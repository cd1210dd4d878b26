//! Which cards there are, for whoever needs no more than that.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::attention::Attention;
use super::stats::Stats;
use super::{FRESH, Watching};

/// How long somebody waits who has to know: opening a sick driver takes seconds, and then it is said to be silent.
const PATIENCE: Duration = Duration::from_secs(8);

/// Tells which cards there are; cheap to clone. It does not keep the sampler going.
#[derive(Debug, Clone)]
pub struct Cards {
    latest: watch::Receiver<Arc<Stats>>,
    attention: Arc<Attention>,
}

impl Cards {
    pub(super) fn new(latest: watch::Receiver<Arc<Stats>>, attention: Arc<Attention>) -> Self {
        Self { latest, attention }
    }

    /// The machine as it was last seen; without any waiting.
    pub fn last_seen(&self) -> Arc<Stats> {
        Arc::clone(&self.latest.borrow())
    }

    /// The machine as it is, with the cards' drivers asked: they have answered, or it is said why not.
    pub async fn now(&self) -> Arc<Stats> {
        let watching = Watching::new(self.latest.clone(), &self.attention);
        let mut latest = self.latest.clone();
        let known = latest.wait_for(|stats| stats.is_whole_and_younger_than(FRESH) && stats.knows_its_gpus());
        // Too late, or the sampler ended: what was seen last still stands.
        let _ = tokio::time::timeout(PATIENCE, known).await.map(drop);
        drop(watching);
        self.last_seen()
    }
}
