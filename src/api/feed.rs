//! Everything that changes, numbered, with the latest of it kept: a page that was away for a moment gets what it missed
//! instead of everything anew.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use crate::domain::InstanceId;
use crate::instances::{Event, Instances};
use crate::jobs::{Job, JobId};
use crate::notices::{self, Notices};
use crate::tasks::Tasks;

/// How many changes are kept. What a later one makes meaningless does not count.
const KEPT: usize = 512;

/// How far a stream may fall behind before it begins anew.
const BACKLOG: usize = 1024;

/// What happened.
#[derive(Debug, Clone)]
pub(super) enum Told {
    /// Something about instances.
    Change(Event),
    /// Something about notices.
    Notices(notices::Told),
    /// A job went on.
    Job(Job),
    /// Changes were lost on their way here: only a look at everything helps.
    Gap,
}

/// A change and its number.
#[derive(Debug, Clone)]
pub(super) struct Numbered {
    pub(super) number: u64,
    pub(super) told: Told,
}

/// The changes; cheap to clone.
#[derive(Debug, Clone)]
pub struct Feed {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    kept: Mutex<Kept>,
    sender: broadcast::Sender<Numbered>,
    tasks: Tasks,
}

/// The latest changes, oldest first.
#[derive(Debug, Default)]
struct Kept {
    changes: VecDeque<Numbered>,
    /// The number of the latest.
    last: u64,
    /// Up to this one changes were dropped that may matter to who missed them.
    forgotten: u64,
}

/// One who listens.
pub(super) struct Follower {
    pub(super) changes: broadcast::Receiver<Numbered>,
    /// What was missed; `None` when that can't be said.
    pub(super) missed: Option<Vec<Numbered>>,
    /// The number of the latest change.
    pub(super) last: u64,
}

impl Feed {
    /// Begins to number what happens from now on.
    pub fn start(instances: &Instances, notices: &Notices) -> Self {
        let inner = Inner { kept: Mutex::default(), sender: broadcast::Sender::new(BACKLOG), tasks: Tasks::default() };
        let feed = Self { inner: Arc::new(inner) };
        let (mut events, mut jobs, mut notices) =
            (instances.subscribe(), instances.jobs().subscribe(), notices.subscribe());
        // Weak, so that the task ends with the last handle.
        let to = Arc::downgrade(&feed.inner);
        feed.inner.tasks.spawn("numbering of changes", async move {
            loop {
                let told = tokio::select! {
                    event = events.recv() => event.map(Told::Change),
                    job = jobs.recv() => job.map(Told::Job),
                    told = notices.recv() => told.map(Told::Notices),
                };
                let told = match told {
                    // It comes again as a notice that is kept.
                    Ok(Told::Change(Event::Notice(_))) => continue,
                    Ok(told) => told,
                    Err(broadcast::error::RecvError::Lagged(_)) => Told::Gap,
                    Err(broadcast::error::RecvError::Closed) => break,
                };
                let Some(inner) = to.upgrade() else { break };
                inner.publish(told);
            }
        });
        feed
    }

    /// Listens from now on; `after` is the number of the last change heard before.
    pub(super) fn follow(&self, after: Option<u64>) -> Follower {
        let kept = self.inner.kept();
        Follower {
            changes: self.inner.sender.subscribe(),
            missed: after.and_then(|after| kept.since(after)),
            last: kept.last,
        }
    }
}

impl Inner {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Whoever panicked with the lock in hand left a list that is whole between any two of its steps.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// In one step with the numbering: nobody may subscribe between the two.
    fn publish(&self, told: Told) {
        let mut kept = self.kept();
        let numbered = kept.add(told);
        // Nobody listens: fine.
        let _ = self.sender.send(numbered);
    }
}

/// What a later change of the same thing makes meaningless.
#[derive(PartialEq)]
enum Topic<'a> {
    Instance(InstanceId),
    Log(InstanceId),
    Job(&'a JobId),
    Read,
}

impl Told {
    fn topic(&self) -> Option<Topic<'_>> {
        match self {
            Self::Change(Event::Instance(instance)) => Some(Topic::Instance(instance.id)),
            Self::Change(Event::Log(id, _)) => Some(Topic::Log(*id)),
            Self::Job(job) => Some(Topic::Job(&job.id)),
            Self::Notices(notices::Told::Read(_)) => Some(Topic::Read),
            Self::Change(Event::Removed(_) | Event::Notice(_)) | Self::Notices(_) | Self::Gap => None,
        }
    }
}

impl Kept {
    fn add(&mut self, told: Told) -> Numbered {
        self.last += 1;
        if matches!(told, Told::Gap) {
            self.changes.clear();
            self.forgotten = self.last;
        } else if let Some(topic) = told.topic() {
            self.changes.retain(|former| former.told.topic().as_ref() != Some(&topic));
        }
        let numbered = Numbered { number: self.last, told };
        self.changes.push_back(numbered.clone());
        while self.changes.len() > KEPT {
            self.forgotten = self.changes.pop_front().map_or(self.forgotten, |oldest| oldest.number);
        }
        numbered
    }

    /// What came after this number; `None` when some of it is no longer known, or the number is not of this server.
    fn since(&self, after: u64) -> Option<Vec<Numbered>> {
        let known = (self.forgotten..=self.last).contains(&after);
        known.then(|| self.changes.iter().filter(|change| change.number > after).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(kept: &Kept, after: u64) -> Option<Vec<u64>> {
        kept.since(after).map(|changes| changes.iter().map(|change| change.number).collect())
    }

    #[test]
    fn only_the_latest_of_each_thing_is_kept() {
        let mut kept = Kept::default();
        assert_eq!(numbers(&kept, 0), Some(vec![]));
        for event in [Event::Log(1, 5), Event::Log(2, 5), Event::Log(1, 9), Event::Removed(2)] {
            kept.add(Told::Change(event));
        }
        for (after, missed) in [(0, vec![2, 3, 4]), (2, vec![3, 4]), (4, vec![])] {
            assert_eq!(numbers(&kept, after), Some(missed), "{after}");
        }
        assert_eq!(numbers(&kept, 5), None);
    }

    #[test]
    fn who_was_away_too_long_begins_anew() {
        let mut kept = Kept::default();
        for id in 0..=i64::try_from(KEPT).unwrap() {
            kept.add(Told::Change(Event::Removed(id)));
        }
        assert_eq!(numbers(&kept, 0), None);
        assert_eq!(numbers(&kept, 1).map(|missed| missed.len()), Some(KEPT));
        kept.add(Told::Gap);
        assert_eq!(numbers(&kept, kept.last - 1), None);
        assert_eq!(numbers(&kept, kept.last), Some(vec![]));
    }
}
