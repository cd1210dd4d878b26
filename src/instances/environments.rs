//! An instance's environment: updated, made anew, put back, told, and its past pruned. What is asked for here is begun by
//! the next start (`trials`); what is running is started again for it.

mod telling;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::Error;
use super::{Inner, Instances, blocking, now};
use crate::domain::{Instance, InstanceId, Status};
use crate::environments::{Kind, Past, SnapshotId, Stage, State, Trial};
use crate::runtime::folder::MARKER;

pub use telling::{EnvironmentState, Pruned};

/// What a person asks for, as the next start finds it.
#[derive(Debug)]
enum Asked {
    /// It stands.
    Stands,
    /// There is nothing yet that it could be done with.
    NothingThere,
}

impl Instances {
    /// Asks for the newest version of the app: its repositories are brought up to date, and its environment is made anew.
    /// What runs is started again. With it comes what is good to know.
    ///
    /// # Errors
    /// Another instance runs on this environment, it is being copied, or something is being tried already; nothing changed
    /// then. Or the restart failed.
    pub async fn update(&self, id: InstanceId) -> Result<(Arc<Instance>, Option<String>), Error> {
        self.try_out(id, Kind::Update, None).await
    }

    /// Asks for a new environment for the same app. What runs is started again.
    ///
    /// # Errors
    /// As for an update.
    pub async fn rebuild(&self, id: InstanceId) -> Result<(Arc<Instance>, Option<String>), Error> {
        self.try_out(id, Kind::Rebuild, None).await
    }

    /// Asks for an earlier state, the latest if none is named. While something is being tried, that is called off instead.
    ///
    /// # Errors
    /// As for an update; or there is no such state.
    pub async fn roll_back(
        &self,
        id: InstanceId,
        to: Option<SnapshotId>,
    ) -> Result<(Arc<Instance>, Option<String>), Error> {
        if let Some(done) = self.call_off(id).await? {
            return Ok(done);
        }
        let past = self.inner.past_of(&*self.inner.family(&self.get(id)?)?);
        let snapshots = blocking(move || past.snapshots()).await?;
        let found = match &to {
            Some(to) => snapshots.iter().find(|snapshot| snapshot.id == *to),
            None => snapshots.first(),
        };
        let Some(found) = found else {
            return Err(Error::NotThere(match to {
                Some(to) => format!("There is no earlier state {} any more.", to.as_str()),
                None => "There is no earlier state to go back to: none was updated or rebuilt yet.".to_owned(),
            }));
        };
        self.try_out(id, Kind::Rollback, Some(found.id.clone())).await
    }

    async fn try_out(
        &self,
        id: InstanceId,
        kind: Kind,
        to: Option<SnapshotId>,
    ) -> Result<(Arc<Instance>, Option<String>), Error> {
        let inner = &self.inner;
        let _turn = inner.turn(id).await;
        let instance = self.get(id)?;
        let family = inner.family(&instance)?;
        inner.refuse_while_made(&instance)?;
        inner.refuse_while_source(&family, "changed")?;
        inner.refuse_used_by_others(&instance, &family)?;
        if instance.status == Status::Stopping {
            return Err(Error::busy(format!("'{}' is still stopping. Try again in a moment.", instance.chosen.name)));
        }
        let home = inner.setup.layout.instance(&family.chosen.name);
        let trial = Trial { kind, state: Stage::Asked, at: now(), snapshot: None, to, by_lock: false };
        if let Asked::NothingThere = blocking({
            let home = home.clone();
            move || ask(&home, trial)
        })
        .await??
        {
            return Ok((instance, Some("Nothing is installed yet: its first start does that.".to_owned())));
        }
        tracing::info!(instance = id, name = %instance.chosen.name, family = family.id, what = kind.noun(), "asked for");
        let note = (family.id != id)
            .then(|| format!("The environment is that of '{}': it changes for all of them.", family.chosen.name));
        if !instance.status.is_active() {
            return Ok((instance, note.or_else(|| Some("It is done at the next start.".to_owned()))));
        }
        if let Err(error) = inner.stop_and_wait(id).await {
            // It runs on as it is.
            blocking(move || forget(&home)).await??;
            return Err(error);
        }
        Ok((inner.start(id).await?, note))
    }

    /// Takes back what is asked for or being tried; `None` when nothing is.
    async fn call_off(&self, id: InstanceId) -> Result<Option<(Arc<Instance>, Option<String>)>, Error> {
        let inner = &self.inner;
        let _turn = inner.turn(id).await;
        let instance = self.get(id)?;
        let family = inner.family(&instance)?;
        let home = inner.setup.layout.instance(&family.chosen.name);
        let pending = {
            let home = home.clone();
            blocking(move || pending(&home)).await?
        };
        let Some(trial) = pending else { return Ok(None) };
        inner.refuse_used_by_others(&instance, &family)?;
        if trial.state == Stage::Asked {
            blocking(move || forget(&home)).await??;
            return Ok(Some((
                instance,
                Some(format!("The {} is called off: nothing was changed.", trial.kind.noun())),
            )));
        }
        let was_active = instance.status.is_active();
        inner.stop_and_wait(id).await?;
        let undone = inner.undo_trial(&family, "It was called off.").await?;
        let instance = if was_active { inner.start(id).await? } else { self.get(id)? };
        Ok(Some((instance, Some(undone))))
    }
}

impl Inner {
    pub(super) fn past_of(&self, family: &Instance) -> Past {
        Past::new(self.setup.layout.instance(&family.chosen.name))
    }

    /// An environment is not taken away from under what runs on it.
    fn refuse_used_by_others(&self, instance: &Instance, family: &Instance) -> Result<(), Error> {
        let of_family =
            |other: &&Arc<Instance>| other.id == family.id || other.chosen.parent_instance_id == Some(family.id);
        let all = self.roster.list();
        let mut others = all.iter().filter(of_family).filter(|other| other.id != instance.id);
        match others.find(|other| other.status.is_active()) {
            Some(other) => Err(Error::busy(format!(
                "'{}' runs with the same environment. Stop it first, then try again.",
                other.chosen.name
            ))),
            None => Ok(()),
        }
    }
}

/// What is asked for or being tried, whoever asked: a marker that somebody has made by hand asks for a rebuild.
pub(super) fn pending(home: &Path) -> Option<Trial> {
    Past::new(home).state().trial.or_else(|| {
        let made = fs::metadata(home.join(MARKER)).ok()?;
        let at = made.modified().map_or_else(|_| now(), crate::domain::Timestamp::of);
        Some(Trial { kind: Kind::Rebuild, state: Stage::Asked, at, snapshot: None, to: None, by_lock: false })
    })
}

/// Writes down what is asked for, in a folder that is there.
fn ask(home: &Path, trial: Trial) -> Result<Asked, Error> {
    if !home.is_dir() {
        return Ok(Asked::NothingThere);
    }
    let past = Past::new(home);
    let state = past.state();
    if let Some(present) = state.trial.as_ref().filter(|present| present.state == Stage::UnderWay) {
        let noun = present.kind.noun();
        return Err(Error::busy(format!(
            "A {noun} is under way. Start it and wait until it is ready, or call the {noun} off first."
        )));
    }
    if trial.kind == Kind::Rebuild {
        // As the earlier system asked for it; scripts may look for it.
        past.set_state(&State { trial: None, ..state })?;
        let marker = home.join(MARKER);
        fs::write(&marker, "")
            .map_err(|error| Error::Failed(format!("{} could not be written: {error}.", marker.display())))?;
    } else {
        past.set_state(&State { trial: Some(trial), ..state })?;
        unmark(home)?;
    }
    Ok(Asked::Stands)
}

/// Takes back what was asked for.
fn forget(home: &PathBuf) -> Result<(), Error> {
    let past = Past::new(home);
    let state = past.state();
    if state.trial.is_some() {
        past.set_state(&State { trial: None, ..state })?;
    }
    unmark(home)
}

/// Nobody asks for a rebuild any more.
pub(super) fn unmark(home: &Path) -> Result<(), Error> {
    let marker = home.join(MARKER);
    match fs::remove_file(&marker) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::Failed(format!("{} could not be removed: {error}.", marker.display())))
        }
        _ => Ok(()),
    }
}
