//! The job of a copy: the files, then its one moment, then what becomes of the row.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use nix::unistd::syncfs;

use super::folder::{Outcome, Plan};
use super::progress;
use crate::domain::{Instance, InstanceId, RunId, Status};
use crate::files::leftovers;
use crate::files::measure::Measured;
use crate::instances::events::{Level, Notice};
use crate::instances::{Inner, blocking, locked, now};
use crate::jobs::{Halt, Ticket};
use crate::runtime::errand;

/// What a row says whose copy was cut off by the end of the server.
const INTERRUPTED: &str = "The copy was interrupted, and nothing of it is left. Delete it and copy again.";

/// Everything the job needs.
pub(super) struct Copying {
    pub(super) inner: Arc<Inner>,
    pub(super) source: Arc<Instance>,
    pub(super) target: Arc<Instance>,
    /// What the row gets when it is whole: until then it must not be started by a boot.
    pub(super) autostart: bool,
    pub(super) plan: Plan,
    pub(super) weight: Option<Measured>,
}

impl Copying {
    pub(super) async fn run(self, ticket: Arc<Ticket>) -> Result<Option<String>, Halt> {
        let result = self.files(&ticket).await;
        let id = self.target.id;
        // Whoever waits for the instance finds it as it will be.
        let _turn = self.inner.turn(id).await;
        let result = match result {
            Ok(words) => self.place().await.map(|()| words),
            Err(halt) => Err(halt),
        };
        let result = match result {
            Ok(words) => {
                self.record(Status::Stopped, None).await;
                self.tell(Level::Info, &words);
                Ok(Some(words))
            }
            // As after a crash: the next server clears it.
            Err(Halt::Closing) => Err(Halt::Closing),
            Err(Halt::Cancelled) => {
                self.clear().await;
                if let Err(error) = self.inner.roster.remove(id).await {
                    self.record(Status::Error, Some(format!("The copy was cancelled. {error}"))).await;
                }
                Err(Halt::Cancelled)
            }
            Err(Halt::Failed(why)) => {
                self.clear().await;
                let reason = format!("{why} Nothing of the copy is left. Delete it and copy again.");
                self.record(Status::Error, Some(reason)).await;
                self.tell(Level::Error, &why);
                Err(Halt::Failed(why))
            }
        };
        locked(&self.inner.making).remove(&id);
        result
    }

    async fn files(&self, ticket: &Arc<Ticket>) -> Result<String, Halt> {
        ticket.proceed()?;
        ticket.say(format!("Copying '{}' to '{}'.", self.source.chosen.name, self.target.chosen.name));
        let weight = self.weight(ticket).await?;
        ticket.expect(weight.bytes);
        let before = self.now();
        let (plan, inner, id, asked) = (self.plan.clone(), Arc::clone(&self.inner), self.target.id, Arc::clone(ticket));
        let copy = move || {
            let go_on = |bytes| {
                if let Some(percent) = asked.advance(bytes) {
                    inner.roster.show(id, |next| next.progress = Some(progress(percent)));
                }
                asked.proceed().is_ok()
            };
            // Which of the two it was, the ticket knows.
            plan.run(&go_on).map_err(|halt| asked.proceed().err().unwrap_or(halt))
        };
        let outcome = off_the_async_threads(copy).await??;
        let unsettled = !before.is_settled() || self.now() != before;
        let (plan, source) = (self.plan.clone(), self.plan.source.clone());
        let settled = move || settle(&plan, outcome, unsettled).map(|outcome| outcome.in_words(&source));
        let words = off_the_async_threads(settled).await??;
        ticket.say("Waiting for the disk.");
        let temporary = self.plan.temporary.clone();
        // It waits for what everybody has written lately, and can't be cut off; but nobody has to wait for it.
        tokio::select! {
            synced = off_the_async_threads(move || sync(&temporary)) => synced??,
            halt = ticket.stopped() => return Err(halt),
        }
        Ok(words)
    }

    async fn weight(&self, ticket: &Arc<Ticket>) -> Result<Measured, Halt> {
        if let Some(weight) = self.weight {
            return Ok(weight);
        }
        let (plan, asked) = (self.plan.clone(), Arc::clone(ticket));
        let weight = off_the_async_threads(move || plan.measure(&|| asked.proceed().is_ok())).await?;
        let Some(weight) = weight else { return Err(ticket.proceed().err().unwrap_or(Halt::Cancelled)) };
        self.inner.refuse_too_big(weight).await.map_err(|error| Halt::Failed(error.to_string()))?;
        Ok(weight)
    }

    /// What the source's family is doing: its satellites install into the same folder.
    fn now(&self) -> Doing {
        let id = self.source.id;
        let all = self.inner.roster.list();
        let family = all.iter().filter(|other| other.id == id || other.chosen.parent_instance_id == Some(id));
        let mut doing = Doing::default();
        for member in family {
            doing.runs.push((member.id, member.last_run.clone()));
            doing.settling |= is_settling(member.status);
        }
        doing
    }

    /// The one moment: before it there is no folder, after it there is the whole one.
    async fn place(&self) -> Result<(), Halt> {
        let (temporary, home) = (self.plan.temporary.clone(), self.plan.home.clone());
        off_the_async_threads(move || {
            if fs::symlink_metadata(&home).is_ok() {
                return Err(Halt::Failed(format!("The folder {} has appeared meanwhile.", home.display())));
            }
            fs::rename(&temporary, &home)
                .map_err(|error| Halt::Failed(format!("{} could not be made: {error}.", home.display())))
        })
        .await?
    }

    async fn clear(&self) {
        let temporary = self.plan.temporary.clone();
        let removed = blocking(move || leftovers::remove(&temporary).map_err(|error| (temporary, error))).await;
        if let Ok(Err((path, error))) = removed {
            tracing::warn!(path = %path.display(), %error, "what a copy left can't be removed; the next start tries again");
        }
    }

    /// It has happened, whether the store can be written or not.
    async fn record(&self, status: Status, reason: Option<String>) {
        let autostart = self.autostart && status == Status::Stopped;
        self.inner
            .roster
            .observe(self.target.id, |next| {
                next.chosen.autostart = autostart;
                next.progress = None;
                next.set_status(status, reason, now());
                true
            })
            .await;
    }

    fn tell(&self, level: Level, words: &str) {
        let text = format!("{}: {words}", self.target.chosen.name);
        self.inner.roster.notify(Notice { level, text, instance_id: Some(self.target.id), at: now() });
    }
}

/// Whether an environment was left in peace is told by the runs on it and by what they were doing.
#[derive(Default, PartialEq, Eq)]
struct Doing {
    runs: Vec<(InstanceId, Option<RunId>)>,
    settling: bool,
}

impl Doing {
    fn is_settled(&self) -> bool {
        !self.settling
    }
}

/// Before it is ready, a script may be installing.
fn is_settling(status: Status) -> bool {
    matches!(status, Status::Starting | Status::Installing | Status::Stalled)
}

/// What is done to the files once all of them are there.
fn settle(plan: &Plan, mut outcome: Outcome, unsettled: bool) -> Result<Outcome, Halt> {
    if unsettled {
        plan.drop_environments(&mut outcome, "the source was started meanwhile")?;
    }
    Ok(outcome)
}

/// Everything is on the disk, not in a cache only: a power cut after the rename must not leave empty files.
fn sync(temporary: &Path) -> Result<(), Halt> {
    let synced = fs::File::open(temporary).and_then(|folder| Ok(syncfs(&folder)?));
    synced.map_err(|error| Halt::Failed(format!("The disk does not take the copy: {error}.")))
}

async fn off_the_async_threads<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Halt> {
    blocking(work).await.map_err(|error| Halt::Failed(error.to_string()))
}

impl Inner {
    /// What an earlier server left of copies and removals. The rows are told at once, the files go in the background.
    pub(in crate::instances) async fn settle_interrupted(&self) {
        let layout = self.setup.layout.clone();
        // Before anybody can begin one.
        let config = layout.root().to_owned();
        let _ = blocking(move || errand::end_leftovers(&config)).await;
        let halves = self.roster.list().into_iter().filter(|row| row.status == Status::Installing && row.run.is_none());
        for row in halves {
            // The rename may have been the last that was done.
            let is_whole = fs::symlink_metadata(layout.instance(&row.chosen.name)).is_ok();
            let (status, reason) =
                if is_whole { (Status::Stopped, None) } else { (Status::Error, Some(INTERRUPTED.to_owned())) };
            self.settle_row(row.id, status, reason).await;
        }
        let mut leftover: Vec<_> = [
            (layout.instances(), crate::domain::Layout::COPYING),
            (layout.instances(), leftovers::DOOMED),
            (layout.outputs(), leftovers::DOOMED),
        ]
        .into_iter()
        .chain(layout.trashcans().into_iter().map(|trashcan| (trashcan, leftovers::DOOMED)))
        .map(|(folder, prefix)| leftovers::find(&folder, prefix))
        .collect();
        leftover.push(self.shelf.interrupted());
        self.tasks.spawn("clearing what interrupted jobs left", async move {
            let _ = blocking(move || leftover.iter().flatten().for_each(|path| leftovers::clear(path))).await;
        });
    }

    async fn settle_row(&self, id: InstanceId, status: Status, reason: Option<String>) {
        self.roster
            .observe(id, |next| {
                next.progress = None;
                next.set_status(status, reason, now());
                true
            })
            .await;
    }
}
