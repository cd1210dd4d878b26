//! What is in an instance's Python environment, and what does not go together: asked of that environment itself, as a job.
//!
//! A satellite's environment is its parent's (earlier-defects.md 38): there is one check, and one result, per family.

mod check;
mod conflicts;
mod report;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::error::Error;
use super::{Inner, Instances, locked};
use crate::domain::{Instance, InstanceId};
use crate::jobs::{Job, JobId, State, Unit};
use crate::monitor::Stats;

pub use report::Checked;

use report::Machine;

use check::Check;

/// What jobs of this kind are called.
const KIND: &str = "version-check";

/// How long a check may take, from its begin to its end.
const LIMIT: Duration = Duration::from_secs(120);

/// What is known, by family. In memory only: it is found out anew in seconds.
#[derive(Debug, Default)]
pub(super) struct Checks(Mutex<HashMap<InstanceId, Last>>);

#[derive(Debug, Clone, Default)]
struct Last {
    job: Option<JobId>,
    checked: Option<Arc<Checked>>,
}

impl Instances {
    /// Begins a check, or gives the one that is under way.
    ///
    /// # Errors
    /// There is no such instance, its folder is still being made, or the server is on its way out.
    pub async fn check_versions(&self, id: InstanceId, stats: &Stats) -> Result<Job, Error> {
        let inner = &self.inner;
        // What an earlier server has left running is ended first.
        inner.adopted.cancelled().await;
        let family = inner.family(&self.get(id)?)?;
        if inner.is_leaving() {
            return Err(Error::Closing);
        }
        inner.refuse_while_made(&family)?;
        let check = inner.check_of(&family, Machine::of(stats)).await?;
        let (work, family) = (Arc::clone(inner), family.id);
        // Held until the job is known, so that its end can't come first.
        let mut known = locked(&inner.checks.0);
        let running = known.get(&family).and_then(|last| inner.jobs.get(last.job.as_ref()?).ok());
        if let Some(running) = running.filter(|job| !job.state.is_final()) {
            return Ok(running);
        }
        let job = inner.jobs.start(KIND, Some(family), Unit::Items, move |ticket| async move {
            let checked = check.run(&ticket).await;
            let message = checked.as_ref().ok().map(Checked::summary);
            let kept = checked.map(|checked| work.keep_checked(family, checked));
            kept.map(|()| message)
        });
        known.entry(family).or_default().job = Some(job.id.clone());
        Ok(job)
    }

    /// What the last check found, and the job of the one that is under way.
    ///
    /// # Errors
    /// There is no such instance.
    pub fn versions(&self, id: InstanceId) -> Result<(Option<Arc<Checked>>, Option<JobId>), Error> {
        let family = self.inner.family(&self.get(id)?)?;
        let last = locked(&self.inner.checks.0).get(&family.id).cloned().unwrap_or_default();
        let running = last.job.filter(|job| self.jobs().get(job).is_ok_and(|job| !job.state.is_final()));
        Ok((last.checked, running))
    }

    /// Waits for the end of a check and gives what it found, or why it found nothing.
    ///
    /// # Errors
    /// There is no such instance any more.
    pub async fn checked(&self, id: InstanceId, job: &JobId) -> Result<Result<Arc<Checked>, String>, Error> {
        let ended = self.jobs().over(job).await;
        let (checked, _) = self.versions(id)?;
        let why = match (ended, checked) {
            (Some(Job { state: State::Done, .. }), Some(checked)) => return Ok(Ok(checked)),
            (Some(Job { state: State::Cancelled, error: None, .. }), _) => "The check was cancelled.".to_owned(),
            (Some(Job { error: Some(why), .. }), _) => why,
            _ => "The check has no result. Check again.".to_owned(),
        };
        Ok(Err(why))
    }
}

impl Inner {
    async fn check_of(&self, family: &Arc<Instance>, machine: Machine) -> Result<Check, Error> {
        let header = self.header(family).await;
        // It is no run, and listens nowhere.
        let environment = self.environment(family, family, &header, None, None);
        let layout = &self.setup.layout;
        Ok(Check {
            name: family.chosen.name.to_string(),
            home: layout.instance(&family.chosen.name),
            named: header.venv_path().to_owned(),
            config: layout.root().to_owned(),
            environment,
            machine,
            limit: LIMIT,
        })
    }

    fn keep_checked(&self, family: InstanceId, checked: Checked) {
        let mut known = locked(&self.checks.0);
        // Ids are never used again: what belongs to no instance any more goes.
        known.retain(|id, _| self.roster.get(*id).is_ok());
        known.entry(family).or_default().checked = Some(Arc::new(checked));
    }
}
