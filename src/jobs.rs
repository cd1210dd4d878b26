//! Long work with an owner: it has a state and a progress that everybody can ask for, and it can be cancelled.
//!
//! A job lives in memory only. What its work leaves on the disk must be right at every moment: a server that is killed
//! finds the remains by their names and clears them.

mod job;
mod ticket;

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;

use crate::domain::InstanceId;
use crate::tasks::Tasks;

pub use job::{Job, JobId, State, Unit};
pub use ticket::{Halt, Ticket};

/// How many jobs of one kind run at once; the others are queued. Each keeps a disk busy.
const AT_ONCE: usize = 2;

/// How many ended jobs can still be asked for.
const KEPT: usize = 100;

/// How far a slow listener may fall behind.
const BACKLOG: usize = 256;

/// Every job of this server; cheap to clone.
#[derive(Debug, Clone)]
pub struct Jobs {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// In the order they were asked for.
    entries: Mutex<VecDeque<Entry>>,
    queues: Mutex<HashMap<&'static str, Arc<Semaphore>>>,
    changes: broadcast::Sender<Job>,
    /// The server goes: work is cut off, not undone.
    closing: CancellationToken,
    tasks: Tasks,
}

#[derive(Debug)]
struct Entry {
    job: Job,
    cancel: CancellationToken,
    over: CancellationToken,
}

/// Why there is nothing to cancel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// Unknown, or ended so long ago that it is forgotten.
    #[error("There is no job {0}.")]
    NotFound(JobId),
    /// It has ended.
    #[error("The job {0} is {1} already.")]
    Over(JobId, State),
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            inner: Arc::new(Inner {
                entries: Mutex::default(),
                queues: Mutex::default(),
                changes: broadcast::Sender::new(BACKLOG),
                closing: CancellationToken::new(),
                tasks: Tasks::default(),
            }),
        }
    }
}

impl Jobs {
    /// Begins a job. `work` is called when its turn has come, also if it was cancelled before: it undoes what was
    /// prepared for it. What it returns is the job's last message.
    pub fn start<W, F>(&self, kind: &'static str, instance: Option<InstanceId>, unit: Unit, work: W) -> Job
    where
        W: FnOnce(Arc<Ticket>) -> F + Send + 'static,
        F: Future<Output = Result<Option<String>, Halt>> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        let job = Job::queued(kind, instance, unit);
        let (cancel, over) = (CancellationToken::new(), CancellationToken::new());
        inner.add(Entry { job: job.clone(), cancel: cancel.clone(), over: over.clone() });
        let ticket = Arc::new(Ticket::new(Arc::clone(&inner), job.id.clone(), cancel.clone()));
        self.inner.tasks.spawn("job", async move {
            let queue = inner.queue(kind);
            let place = tokio::select! {
                place = queue.acquire_owned() => place.ok(),
                () = cancel.cancelled() => None,
                () = inner.closing.cancelled() => None,
            };
            let id = ticket.id().clone();
            if place.is_some() {
                inner.change(&id, |job| job.state = State::Running);
            }
            // The call itself is inside: what panics before its first wait is caught too.
            let end = AssertUnwindSafe(async { work(ticket).await }).catch_unwind().await;
            drop(place);
            inner.end(&id, end.unwrap_or_else(|_| Err(Halt::panicked())));
            over.cancel();
        });
        job
    }

    /// Every job that is not forgotten, in the order they were asked for.
    pub fn list(&self) -> Vec<Job> {
        self.inner.entries().iter().map(|entry| entry.job.clone()).collect()
    }

    /// One job.
    ///
    /// # Errors
    /// There is none of this id.
    pub fn get(&self, id: &JobId) -> Result<Job, JobError> {
        self.inner.find(id, |entry| entry.job.clone())
    }

    /// Asks a job to end; it does so at its next step, and undoes what it did.
    ///
    /// # Errors
    /// There is none of this id, or it has ended.
    pub fn cancel(&self, id: &JobId) -> Result<Job, JobError> {
        let (job, cancel) = self.inner.find(id, |entry| (entry.job.clone(), entry.cancel.clone()))?;
        if job.state.is_final() {
            return Err(JobError::Over(job.id, job.state));
        }
        cancel.cancel();
        Ok(job)
    }

    /// Waits for a job's end and returns it as it is then; `None` when it is forgotten.
    pub async fn over(&self, id: &JobId) -> Option<Job> {
        let over = self.inner.find(id, |entry| entry.over.clone()).ok()?;
        over.cancelled().await;
        self.get(id).ok()
    }

    /// Follows every change from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Job> {
        self.inner.changes.subscribe()
    }

    /// Cuts everything off, for the end of the server.
    pub fn cut(&self) {
        self.inner.closing.cancel();
    }

    /// Cuts everything off and waits for it.
    pub async fn close(&self) {
        self.cut();
        self.inner.tasks.wait().await;
    }
}

impl Inner {
    /// A poisoned lock only means that a panic was logged elsewhere: entries are changed in one step.
    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self, kind: &'static str) -> Arc<Semaphore> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(queues.entry(kind).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))))
    }

    fn find<T>(&self, id: &JobId, take: impl FnOnce(&Entry) -> T) -> Result<T, JobError> {
        let entries = self.entries();
        entries.iter().find(|entry| entry.job.id == *id).map(take).ok_or_else(|| JobError::NotFound(id.clone()))
    }

    fn add(&self, entry: Entry) {
        let job = entry.job.clone();
        let mut entries = self.entries();
        entries.push_back(entry);
        let mut ended = entries.iter().filter(|entry| entry.job.state.is_final()).count();
        entries.retain(|entry| {
            let forget = ended > KEPT && entry.job.state.is_final();
            ended -= usize::from(forget);
            !forget
        });
        drop(entries);
        let _ = self.changes.send(job);
    }

    fn change(&self, id: &JobId, change: impl FnOnce(&mut Job)) {
        let mut entries = self.entries();
        if let Some(entry) = entries.iter_mut().find(|entry| entry.job.id == *id) {
            change(&mut entry.job);
            // An error means that nobody listens.
            let _ = self.changes.send(entry.job.clone());
        }
    }

    fn end(&self, id: &JobId, end: Result<Option<String>, Halt>) {
        self.change(id, |job| match end {
            Ok(message) => {
                job.state = State::Done;
                job.message = message.or(job.message.take());
                // Files that shrank or vanished meanwhile leave it short of what was expected.
                job.done = job.total.unwrap_or(job.done);
            }
            Err(Halt::Failed(why)) => {
                tracing::warn!(job = %job.id, kind = job.kind, "a job failed: {why}");
                job.state = State::Failed;
                job.error = Some(why);
            }
            Err(Halt::Cancelled) => job.state = State::Cancelled,
            Err(Halt::Closing) => {
                job.state = State::Cancelled;
                job.error = Some("The server was stopped.".to_owned());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin<F>(jobs: &Jobs, work: impl FnOnce(Arc<Ticket>) -> F + Send + 'static) -> JobId
    where
        F: Future<Output = Result<Option<String>, Halt>> + Send + 'static,
    {
        jobs.start("test", None, Unit::Items, work).id
    }

    #[tokio::test]
    async fn a_job_is_followed_to_its_end() {
        let jobs = Jobs::default();
        let mut changes = jobs.subscribe();
        let id = begin(&jobs, |ticket| async move {
            ticket.expect(3);
            ticket.advance(2);
            Ok(Some("All right.".to_owned()))
        });
        let job = jobs.over(&id).await.unwrap();
        assert_eq!((job.state, job.done, job.total), (State::Done, 3, Some(3)));
        assert_eq!(job.message.as_deref(), Some("All right."));
        let states: Vec<State> = std::iter::from_fn(|| changes.try_recv().ok()).map(|job| job.state).collect();
        assert_eq!((states.first(), states.last()), (Some(&State::Queued), Some(&State::Done)));
        assert_eq!(jobs.cancel(&id), Err(JobError::Over(id, State::Done)));
    }

    #[tokio::test]
    async fn a_panic_is_a_failure_and_ends_nothing_else() {
        let jobs = Jobs::default();
        let id = begin(&jobs, |_| async { panic!("broken") });
        let job = jobs.over(&id).await.unwrap();
        assert_eq!(job.state, State::Failed);
        assert!(job.error.unwrap().contains("fault"));
        let id = begin(&jobs, |_| async { Ok(None) });
        assert_eq!(jobs.over(&id).await.unwrap().state, State::Done);
    }

    /// Work that goes on until it is told to end.
    async fn endless(ticket: Arc<Ticket>) -> Result<Option<String>, Halt> {
        loop {
            ticket.proceed()?;
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn the_third_waits_and_can_be_cancelled_while_it_does() {
        let jobs = Jobs::default();
        let running = [begin(&jobs, endless), begin(&jobs, endless)];
        let mut changes = jobs.subscribe();
        let waiting = begin(&jobs, |ticket| async move {
            let word = ticket.proceed();
            assert_eq!(word, Err(Halt::Cancelled), "it is told, so that it can clean up");
            word.map(|()| None)
        });
        // Both places are taken once both run.
        while running.iter().any(|id| jobs.get(id).unwrap().state != State::Running) {
            tokio::task::yield_now().await;
        }
        assert_eq!(jobs.get(&waiting).unwrap().state, State::Queued);
        jobs.cancel(&waiting).unwrap();
        assert_eq!(jobs.over(&waiting).await.unwrap().state, State::Cancelled);
        while let Ok(job) = changes.try_recv() {
            assert!(job.id != waiting || job.state != State::Running, "it never ran");
        }
        jobs.close().await;
        for id in &running {
            let job = jobs.get(id).unwrap();
            assert_eq!((job.state, job.error.as_deref()), (State::Cancelled, Some("The server was stopped.")));
        }
    }

    #[tokio::test]
    async fn a_hundred_ended_ones_are_kept_and_every_running_one() {
        let jobs = Jobs::default();
        let first = begin(&jobs, endless);
        for _ in 0..KEPT + 20 {
            let id = begin(&jobs, |_| async { Ok(None) });
            jobs.over(&id).await.unwrap();
        }
        let list = jobs.list();
        assert!((KEPT..=KEPT + 2).contains(&list.len()), "{}", list.len());
        assert_eq!(list[0].id, first);
        jobs.close().await;
    }
}
