//! Who hears of notices outside the dashboard: each has a queue of its own and a task that tells it, one notice after the
//! other, again and again while that may help. Whoever is slow or gone holds up nobody.

mod patience;
mod rules;
mod send;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Client;
use tokio::sync::{OnceCell, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::letter::Letter;
use super::{Error, now};
use crate::domain::{NoticeKind, TargetKind, Timestamp};
use crate::store::{Store, StoredTarget};
use crate::tasks::Tasks;

/// How many notices may wait for one target.
const WAITING: usize = 64;

/// More targets than anybody has.
const MOST: usize = 50;

/// How long what is under way may take when the server goes.
const FAREWELL: Duration = Duration::from_secs(3);

/// A target as it is shown: never with its secret.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
#[schema(as = Target)]
pub struct TargetView {
    /// Its number.
    pub id: i64,
    /// What a person calls it.
    pub name: String,
    /// How it is spoken to.
    pub kind: TargetKind,
    /// Where it is, without what of that is a secret.
    pub url: String,
    /// Whether it has a secret.
    pub has_secret: bool,
    /// What it hears of.
    pub wants: Vec<NoticeKind>,
    /// Whether anything is sent to it.
    pub enabled: bool,
    /// When something was last delivered.
    pub last_sent_at: Option<Timestamp>,
    /// Why the last delivery failed; `None` when it did not.
    pub last_error: Option<String>,
    /// When that was.
    pub last_error_at: Option<Timestamp>,
}

impl From<StoredTarget> for TargetView {
    fn from(target: StoredTarget) -> Self {
        let url = rules::shown_url(&target);
        let (last_error, last_error_at) = target.last_error.unzip();
        Self {
            id: target.id,
            name: target.name,
            kind: target.kind,
            url,
            has_secret: target.secret.is_some(),
            wants: target.wants,
            enabled: target.enabled,
            last_sent_at: target.last_sent_at,
            last_error,
            last_error_at,
        }
    }
}

/// A target somebody wants.
#[derive(Debug, Clone)]
pub struct NewTarget {
    /// What a person calls it.
    pub name: String,
    /// How it is spoken to.
    pub kind: TargetKind,
    /// Where it is.
    pub url: String,
    /// Its secret, if it has one.
    pub secret: Option<String>,
    /// What it shall hear of; `None`: everything.
    pub wants: Option<Vec<NoticeKind>>,
    /// Whether anything is sent to it.
    pub enabled: bool,
}

/// What of a target somebody wants otherwise; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct TargetChange {
    /// Another name.
    pub name: Option<String>,
    /// Another way of speaking to it.
    pub kind: Option<TargetKind>,
    /// Another address.
    pub url: Option<String>,
    /// Another secret, or none.
    pub secret: Option<Option<String>>,
    /// Other kinds of notices.
    pub wants: Option<Vec<NoticeKind>>,
    /// On or off.
    pub enabled: Option<bool>,
}

/// What came of a test.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Tested {
    /// Whether it was taken.
    pub ok: bool,
    /// What the other side said: a sentence.
    pub detail: String,
}

/// Every target and its task.
#[derive(Debug)]
pub(super) struct Targets {
    store: Store,
    held: Mutex<BTreeMap<i64, Held>>,
    client: Arc<OnceCell<Client>>,
    /// One change at a time: store and tasks must agree.
    changing: tokio::sync::Mutex<()>,
    /// Nothing is tried again from now on …
    leaving: CancellationToken,
    /// … and what is under way is cut off.
    cut: CancellationToken,
    tasks: Tasks,
}

#[derive(Debug)]
struct Held {
    target: watch::Sender<Arc<StoredTarget>>,
    queue: mpsc::Sender<Arc<Letter>>,
    gone: CancellationToken,
}

impl Targets {
    pub(super) async fn open(store: Store) -> Result<Self, Error> {
        let all = store.notice_targets().await?;
        let targets = Self {
            store,
            held: Mutex::default(),
            client: Arc::default(),
            changing: tokio::sync::Mutex::default(),
            leaving: CancellationToken::new(),
            cut: CancellationToken::new(),
            tasks: Tasks::default(),
        };
        for target in all {
            targets.hold(target);
        }
        Ok(targets)
    }

    pub(super) async fn list(&self) -> Result<Vec<StoredTarget>, Error> {
        Ok(self.store.notice_targets().await?)
    }

    pub(super) async fn add(&self, new: NewTarget) -> Result<StoredTarget, Error> {
        let _changing = self.changing.lock().await;
        if self.held().len() >= MOST {
            return Err(Error::Full(MOST));
        }
        let every = || NoticeKind::ALL.iter().copied().filter(|kind| *kind != NoticeKind::Test).collect();
        let mut target = rules::check(StoredTarget {
            id: 0,
            name: new.name,
            kind: new.kind,
            url: new.url,
            secret: new.secret,
            wants: new.wants.unwrap_or_else(every),
            enabled: new.enabled,
            last_sent_at: None,
            last_error: None,
        })?;
        target.id = self.store.insert_notice_target(target.clone()).await?;
        self.hold(target.clone());
        Ok(target)
    }

    pub(super) async fn change(&self, id: i64, change: TargetChange) -> Result<StoredTarget, Error> {
        let _changing = self.changing.lock().await;
        let present = self.get(id).await?;
        let mut next = present.clone();
        let with_secret = change.secret.is_some();
        next.name = change.name.unwrap_or(next.name);
        next.kind = change.kind.unwrap_or(next.kind);
        // What was shown, and comes back as it was shown, is no other address.
        next.url = change.url.filter(|url| *url != rules::shown_url(&present)).unwrap_or(next.url);
        next.secret = change.secret.unwrap_or(next.secret);
        next.wants = change.wants.unwrap_or(next.wants);
        next.enabled = change.enabled.unwrap_or(next.enabled);
        // A secret must not go to whom it was not given for.
        let moved = present.kind != next.kind || rules::host(&present) != rules::host(&next);
        if moved && present.secret.is_some() && !with_secret {
            return Err(Error::invalid("secret", "Give the secret anew: it was for another address.".to_owned()));
        }
        let next = rules::check(next)?;
        self.store.update_notice_target(next.clone()).await?;
        if let Some(held) = self.held().get(&id) {
            held.target.send_replace(Arc::new(next.clone()));
        }
        Ok(next)
    }

    pub(super) async fn remove(&self, id: i64) -> Result<StoredTarget, Error> {
        let _changing = self.changing.lock().await;
        let target = self.get(id).await?;
        self.store.delete_notice_target(id).await?;
        if let Some(held) = self.held().remove(&id) {
            held.gone.cancel();
        }
        Ok(target)
    }

    /// Tells one target right now, whether it wants anything or not, and once.
    pub(super) async fn test(&self, id: i64, letter: &Letter) -> Result<(StoredTarget, Tested), Error> {
        let target = self.get(id).await?;
        let client = client(&self.client).await?;
        let outcome = tokio::select! {
            outcome = send::send(&client, &target, letter) => outcome,
            () = self.leaving.cancelled() => return Err(Error::Leaving),
        };
        let error = (!outcome.is_taken).then(|| outcome.words.clone());
        self.store.note_notice_sent(id, now(), error).await?;
        Ok((target, Tested { ok: outcome.is_taken, detail: outcome.words }))
    }

    /// Gives a notice to whoever wants such. Waits for nothing.
    pub(super) fn tell(&self, letter: Letter) {
        let letter = Arc::new(letter);
        let held = self.held();
        let wanting = held.iter().filter(|(_, held)| {
            let target = held.target.borrow();
            target.enabled && target.wants.contains(&letter.notice.kind)
        });
        for (id, held) in wanting {
            if held.queue.try_send(Arc::clone(&letter)).is_err() {
                tracing::warn!(target = id, "a target of notices is too slow: one was dropped");
            }
        }
    }

    /// Lets what is under way come to its end, within a moment.
    pub(super) async fn close(&self) {
        self.leaving.cancel();
        // Each task ends with its queue.
        self.held().clear();
        if tokio::time::timeout(FAREWELL, self.tasks.wait()).await.is_err() {
            tracing::warn!("some notices could not be delivered before the server went");
            self.cut.cancel();
            self.tasks.wait().await;
        }
    }

    async fn get(&self, id: i64) -> Result<StoredTarget, Error> {
        let all = self.list().await?;
        all.into_iter().find(|target| target.id == id).ok_or(Error::NoTarget)
    }

    fn hold(&self, target: StoredTarget) {
        let id = target.id;
        let (sender, target) = watch::channel(Arc::new(target));
        let (queue, waiting) = mpsc::channel(WAITING);
        let held = Held { target: sender, queue, gone: CancellationToken::new() };
        let teller = Teller {
            id,
            target,
            waiting,
            store: self.store.clone(),
            client: Arc::clone(&self.client),
            leaving: self.leaving.clone(),
        };
        let (gone, cut) = (held.gone.clone(), self.cut.clone());
        self.tasks.spawn("a target of notices", async move {
            tokio::select! {
                () = teller.run() => {}
                () = gone.cancelled() => {}
                () = cut.cancelled() => {}
            }
        });
        self.held().insert(id, held);
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<i64, Held>> {
        // A poisoned lock only means that a panic was logged elsewhere: the map is whole between any two of its steps.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is made when somebody is first told: reading whom the machine trusts takes a moment.
async fn client(client: &OnceCell<Client>) -> Result<Client, Error> {
    let made = client.get_or_try_init(|| async {
        let made = tokio::task::spawn_blocking(send::client).await;
        let made = made.map_err(|error| Error::Failed(format!("Nothing can be sent: {error}.")))?;
        made.map_err(|error| Error::Failed(format!("Nothing can be sent: {error}.")))
    });
    made.await.cloned()
}

/// Tells one target.
struct Teller {
    id: i64,
    target: watch::Receiver<Arc<StoredTarget>>,
    waiting: mpsc::Receiver<Arc<Letter>>,
    store: Store,
    client: Arc<OnceCell<Client>>,
    leaving: CancellationToken,
}

impl Teller {
    async fn run(mut self) {
        while let Some(letter) = self.waiting.recv().await {
            let Some(error) = self.deliver(&letter).await else { continue };
            if let Some(error) = &error {
                let name = self.target.borrow().name.clone();
                tracing::warn!(target = self.id, %name, "a notice could not be delivered: {error}");
            }
            if let Err(failed) = self.store.note_notice_sent(self.id, now(), error).await {
                tracing::warn!(target = self.id, error = %failed, "how a delivery went could not be noted");
            }
        }
    }

    /// Tries until it is taken or no more use; gives what failed. `None`: it is not wanted any more.
    async fn deliver(&self, letter: &Letter) -> Option<Option<String>> {
        let client = match client(&self.client).await {
            Ok(client) => client,
            Err(error) => return Some(Some(error.to_string())),
        };
        for tries in 1.. {
            let target = Arc::clone(&self.target.borrow());
            if !target.enabled {
                return None;
            }
            let outcome = send::send(&client, &target, letter).await;
            if outcome.is_taken {
                break;
            }
            let Some(wait) = patience::wait(tries, &outcome) else { return Some(Some(outcome.words)) };
            tracing::debug!(target = self.id, tries, ?wait, "a notice was not taken: {}", outcome.words);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.leaving.cancelled() => return Some(Some(outcome.words)),
            }
        }
        Some(None)
    }
}
