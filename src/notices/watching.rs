//! Watches what happens, and says what is worth saying.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::cards::Cards;
use super::disks::Disks;
use super::lives::Lives;
use super::work::Work;
use super::{Draft, Inner, Notices, now};
use crate::domain::{NoticeKind, Timestamp};
use crate::instances::{self, Event};
use crate::monitor::Stats;
use crate::store::KeptNotice;

/// In milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// What the rules know.
#[derive(Default)]
struct Rules {
    lives: Lives,
    disks: Disks,
    cards: Cards,
    work: Work,
}

impl Notices {
    /// Watches instances and machine from the moment of this call on, until the server goes; then tells what is still to be
    /// told, within a moment.
    pub fn watch(
        &self,
        samples: watch::Receiver<Arc<Stats>>,
        closing: CancellationToken,
    ) -> impl Future<Output = ()> + Send + 'static {
        let inner = Arc::clone(&self.inner);
        let events = inner.instances.subscribe();
        async move {
            inner.watch(events, samples, closing).await;
            inner.targets.close().await;
        }
    }
}

impl Inner {
    async fn watch(
        &self,
        mut events: Receiver<Event>,
        mut samples: watch::Receiver<Arc<Stats>>,
        closing: CancellationToken,
    ) {
        let mut rules = Rules::default();
        tokio::select! {
            () = self.learn(&mut rules, &mut events) => {}
            () = closing.cancelled() => return,
        }
        let mut measured = true;
        loop {
            tokio::select! {
                () = closing.cancelled() => return,
                event = events.recv() => match event {
                    Ok(event) => self.happened(&mut rules, event).await,
                    Err(RecvError::Lagged(_)) => {
                        let drafts = rules.lives.caught_up(&self.instances.list());
                        self.tell_all(drafts).await;
                    }
                    Err(RecvError::Closed) => return,
                },
                changed = samples.changed(), if measured => {
                    // Without a sampler the rest goes on.
                    measured = changed.is_ok();
                    let sample = Arc::clone(&samples.borrow_and_update());
                    self.tell_all(rules.measured(&sample, &self.instances.list())).await;
                }
            }
        }
    }

    /// What an earlier server left, and what ended while there was none, is no news: it stands in the list.
    async fn learn(&self, rules: &mut Rules, events: &mut Receiver<Event>) {
        match self.store.notices(None, u32::MAX).await {
            Ok(kept) => kept.into_iter().filter(is_disk_of_today).for_each(|one| rules.disks.was_said(one.notice.text)),
            // What was said before is said once more, and nothing is lost.
            Err(error) => tracing::warn!(%error, "what was noticed before can't be read"),
        }
        for instance in self.instances.list() {
            rules.lives.learn(&instance);
        }
        loop {
            tokio::select! {
                // In this order: whatever the adoption changed has been heard when it is over.
                biased;
                event = events.recv() => match event {
                    Ok(Event::Instance(instance)) => rules.lives.learn(&instance),
                    Ok(Event::Notice(said)) => self.said(said).await,
                    Ok(Event::Removed(id)) => rules.lives.removed(id),
                    Ok(Event::Log(..)) => {}
                    Err(RecvError::Lagged(_)) => self.instances.list().iter().for_each(|one| rules.lives.learn(one)),
                    Err(RecvError::Closed) => return,
                },
                () = self.instances.adopted() => return,
            }
        }
    }

    async fn happened(&self, rules: &mut Rules, event: Event) {
        match event {
            Event::Instance(instance) => self.tell_all(rules.lives.changed(&instance)).await,
            Event::Notice(said) => self.said(said).await,
            Event::Removed(id) => rules.lives.removed(id),
            Event::Log(..) => {}
        }
    }

    /// A sentence that was made where it happened.
    async fn said(&self, instances::Notice { level, text, instance_id, at }: instances::Notice) {
        self.tell(Draft { kind: NoticeKind::General, level, text, instance_id }, at).await;
    }

    async fn tell_all(&self, drafts: impl IntoIterator<Item = Draft>) {
        let at: Timestamp = now();
        for draft in drafts {
            self.tell(draft, at).await;
        }
    }
}

/// Whether a disk was said to be nearly full less than a day ago.
fn is_disk_of_today(KeptNotice { notice, .. }: &KeptNotice) -> bool {
    notice.kind == NoticeKind::Disk && notice.at.millis().saturating_add(DAY) > now().millis()
}

impl Rules {
    fn measured(&mut self, sample: &Stats, all: &[Arc<crate::domain::Instance>]) -> Vec<Draft> {
        let now = Instant::now();
        let mut drafts = self.disks.look(&sample.disks);
        drafts.extend(self.cards.look(sample, now));
        drafts.extend(self.work.look(sample, all, now));
        drafts
    }
}
