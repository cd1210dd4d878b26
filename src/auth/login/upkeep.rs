//! What is done beside the calls: last uses are written down, and what has ended unused is removed.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Login, now};

/// How often last uses are written down.
const SAVED_EVERY: Duration = Duration::from_secs(60);

impl Login {
    /// Writes last uses down and ends what is over, until the server goes.
    pub async fn keep_house(self, closing: CancellationToken) {
        while closing.run_until_cancelled(tokio::time::sleep(SAVED_EVERY)).await.is_some() {
            self.tidy().await;
        }
        self.tidy().await;
    }

    async fn tidy(&self) {
        let uses = self.inner.known.load().unsaved();
        if (!uses.sessions.is_empty() || !uses.tokens.is_empty())
            && let Err(error) = self.inner.store.touch_logins(uses).await
        {
            tracing::warn!(%error, "when sessions were last used could not be written down");
        }
        let expired = self.inner.known.load().expired(now());
        if expired.is_empty() {
            return;
        }
        let _changing = self.inner.changing.lock().await;
        match self.inner.store.delete_sessions(expired.clone()).await {
            Ok(()) => self.change(|known| known.keep_sessions(|session| !expired.contains(&session.id))),
            Err(error) => tracing::warn!(%error, "sessions that have ended could not be removed"),
        }
    }
}
