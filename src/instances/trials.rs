//! Trials: a start with a changed environment. What was before is kept in a snapshot first; the change holds once the app is
//! ready with it, and is undone when the run fails before that.
//!
//! What is to be done next is written down before it is done (`environments::Past`), so a trial outlives the server: the next
//! start goes on with it.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::MutexGuard;

use super::environments::{pending, unmark};
use super::error::Error;
use super::events::{Level, Notice};
use super::{Inner, blocking, locked, now};
use crate::blueprints::Header;
use crate::domain::{Instance, InstanceId, Status};
use crate::environments::{self, Kind, Last, Outcome, Past, Snapshot, Stage, State, Trial};

/// A trial that has begun. Others of the family wait for the guard until the run is known.
pub(super) struct Begun<'a> {
    /// What the script is told of it.
    pub(super) variables: Vec<(&'static str, String)>,
    _guard: MutexGuard<'a, ()>,
}

impl Inner {
    /// Begins, or goes on with, what is to be tried at this start. Call it before the launch.
    pub(super) async fn begin_trial(
        &self,
        instance: &Instance,
        family: &Arc<Instance>,
        header: &Header,
    ) -> Result<Option<Begun<'_>>, Error> {
        let home = self.setup.layout.instance(&family.chosen.name);
        let look = || {
            let home = home.clone();
            blocking(move || pending(&home))
        };
        if look().await?.is_none() {
            return Ok(None);
        }
        let guard = self.trying.lock().await;
        // It may be over by now.
        let Some(mut trial) = look().await? else { return Ok(None) };
        if let Some(other) = self.other_run(instance, family) {
            return Err(Error::busy(format!(
                "'{}' runs in the same folder, and a {} is to be tried there. Wait until that is done, or stop it first.",
                other.chosen.name,
                trial.kind.noun()
            )));
        }
        let past = Past::new(&home);
        let named = header.venv_path().to_owned();
        if trial.state == Stage::Asked {
            let repositories = environments::repositories(&home, true).await;
            let past = past.clone();
            trial = blocking(move || begin(&past, trial, &named, repositories)).await??;
        }
        let variables = self.carry_out(&past, &trial).await?;
        Ok(Some(Begun { variables, _guard: guard }))
    }

    /// Moves the environment into its snapshot, and for a way back that one's into its place. Done twice it changes nothing.
    async fn carry_out(&self, past: &Past, trial: &Trial) -> Result<Vec<(&'static str, String)>, Error> {
        let before = find(past, trial.snapshot.as_ref()).await?;
        {
            let (past, before) = (past.clone(), before.clone());
            blocking(move || past.keep(&before)).await??;
        }
        match trial.kind {
            Kind::Update => Ok(vec![("AIKORE_UPDATE", "true".to_owned())]),
            Kind::Rebuild => Ok(Vec::new()),
            Kind::Rollback => {
                let Some(to) = look_for(past, trial.to.as_ref()).await? else {
                    // It has been there already: the server was killed before it had written that down.
                    return Ok(Vec::new());
                };
                let words = environments::restore(past.home(), &to.repositories).await;
                if !words.is_empty() {
                    return Err(Error::Failed(format!("It could not be put back: {}.", words.join("; "))));
                }
                let home = past.home().to_owned();
                blocking(move || environments::place_waiting(&home)).await??;
                if trial.by_lock {
                    let lock = past.lock_of(&to.id).to_string_lossy().into_owned();
                    let python = to.python.as_deref().and_then(minor).map(|version| ("PYTHON_VERSION", version));
                    return Ok([("AIKORE_LOCK", lock)].into_iter().chain(python).collect());
                }
                let past = past.clone();
                blocking(move || past.put_back(&to, None)).await??;
                Ok(Vec::new())
            }
        }
    }

    fn other_run(&self, instance: &Instance, family: &Instance) -> Option<Arc<Instance>> {
        let live: Vec<InstanceId> = locked(&self.live).keys().copied().collect();
        let of_family =
            |other: &Arc<Instance>| other.id == family.id || other.chosen.parent_instance_id == Some(family.id);
        self.roster.list().into_iter().find(|it| it.id != instance.id && of_family(it) && live.contains(&it.id))
    }

    /// The app has answered: what was tried holds, and what it runs with is written down.
    pub(super) fn environment_works(self: &Arc<Self>, id: InstanceId) {
        let inner = Arc::clone(self);
        self.tasks.spawn("record of a good start", async move {
            if let Err(error) = inner.accept_trial(id).await {
                tracing::warn!(instance = id, %error, "what a good start ran with could not be written down");
            }
        });
    }

    async fn accept_trial(&self, id: InstanceId) -> Result<(), Error> {
        let instance = self.roster.get(id)?;
        let family = self.family(&instance)?;
        let named = self.header(&family).await.venv_path().to_owned();
        let past = self.past_of(&family);
        // Nothing is pruned or begun meanwhile.
        let _guard = self.trying.lock().await;
        let accepted = blocking(move || accept(&past, &named)).await??;
        if let Some(kind) = accepted {
            let text = format!("{}: the {} went well.", family.chosen.name, kind.noun());
            tracing::info!(instance = id, "{text}");
            self.roster.notify(Notice { level: Level::Info, text, instance_id: Some(id), at: now() });
        }
        Ok(())
    }

    /// What is being tried with an instance's environment right now.
    pub(super) async fn trial_under_way(&self, id: InstanceId) -> Option<Kind> {
        let family = self.roster.get(id).and_then(|instance| self.family(&instance)).ok()?;
        let past = self.past_of(&family);
        let state = blocking(move || past.state()).await.ok()?;
        state.trial.filter(|trial| trial.state == Stage::UnderWay).map(|trial| trial.kind)
    }

    /// Puts code and environment back to what they were. Nothing of the family may run. Returns a sentence.
    pub(super) async fn undo_trial(&self, family: &Arc<Instance>, why: &str) -> Result<String, Error> {
        let _guard = self.trying.lock().await;
        let past = self.past_of(family);
        let state = {
            let past = past.clone();
            blocking(move || past.state()).await?
        };
        let Some(trial) = state.trial.filter(|trial| trial.state == Stage::UnderWay) else {
            return Ok("Nothing is being tried.".to_owned());
        };
        let before = find(&past, trial.snapshot.as_ref()).await?;
        let mut words = environments::restore(past.home(), &before.repositories).await;
        let kind = trial.kind;
        let reason = why.to_owned();
        let (is_back, outcome) = blocking(move || -> Result<_, Error> {
            // Where a way back had its environment from, there it goes again.
            let aside = trial.to.as_ref().filter(|to| !trial.by_lock && past.folder(to).exists());
            let aside = aside.map(|to| past.kept(to));
            let is_back = past.put_back(&before, aside.as_deref())?;
            unmark(past.home())?;
            let outcome = if is_back && words.is_empty() { Outcome::Undone } else { Outcome::Failed };
            if !is_back {
                words.push("the environment before is not there any more".to_owned());
            }
            let reason = [reason].into_iter().chain(words).collect::<Vec<_>>().join(" ");
            let last = Last { kind, outcome, at: now(), reason: Some(reason) };
            past.set_state(&State { trial: None, last: Some(last) })?;
            if is_back {
                past.prune(&before.id, true)?;
            }
            Ok((is_back, outcome))
        })
        .await??;
        let noun = kind.noun();
        Ok(match outcome {
            Outcome::Undone => format!("The {noun} was undone: it is as it was before."),
            _ if is_back => format!("The {noun} was undone, but not all of it; see its environment."),
            _ => format!("The {noun} could not be undone: the next start makes the environment anew."),
        })
    }
}

/// What a person is told when a run has failed in which something was tried.
pub(super) fn promise(kind: Kind) -> String {
    format!("The {} is undone, and it starts again as it was before.", kind.noun())
}

/// After a run that failed: back, and up again. Boxed, since what it starts may fail and come here: the compiler can't
/// follow that circle.
pub(super) fn undo_and_start(
    inner: Arc<Inner>,
    id: InstanceId,
    reason: String,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let _turn = inner.turn(id).await;
        let Ok(instance) = inner.roster.get(id) else { return };
        let Ok(family) = inner.family(&instance) else { return };
        if instance.status.is_active() {
            // Somebody was quicker and tries once more.
            return;
        }
        let undone = inner.undo_trial(&family, &reason).await;
        let (level, words) = match undone {
            Ok(words) => (Level::Warn, words),
            Err(error) => (Level::Error, format!("What was tried could not be undone: {error}")),
        };
        let text = format!("{}: {words}", family.chosen.name);
        tracing::warn!(instance = id, "{text}");
        inner.roster.notify(Notice { level, text, instance_id: Some(id), at: now() });
        // A person's Stop that came meanwhile wins.
        if instance.status == Status::Error && !inner.is_leaving() {
            inner.start_unasked(id).await;
        }
    })
}

async fn look_for(past: &Past, id: Option<&environments::SnapshotId>) -> Result<Option<Snapshot>, Error> {
    let (past, id) = (past.clone(), id.cloned());
    blocking(move || past.snapshot(&id?)).await
}

async fn find(past: &Past, id: Option<&environments::SnapshotId>) -> Result<Snapshot, Error> {
    look_for(past, id).await?.ok_or_else(|| {
        Error::Failed("What it was before is not there any more. Call it off, then rebuild it.".to_owned())
    })
}

/// Takes the snapshot, and writes down that it is there.
fn begin(past: &Past, trial: Trial, named: &str, repositories: Vec<environments::Repository>) -> Result<Trial, Error> {
    let taken = past.take(trial.kind, named, repositories, now())?;
    let to = trial.to.as_ref().and_then(|to| past.snapshot(to));
    let by_lock = to.is_some_and(|to| to.environment.is_some() && !past.kept(&to.id).exists());
    let trial = Trial { state: Stage::UnderWay, at: now(), snapshot: Some(taken.id), by_lock, ..trial };
    past.set_state(&State { trial: Some(trial.clone()), ..past.state() })?;
    Ok(trial)
}

/// Ends a trial that went well, and writes down what is installed.
fn accept(past: &Past, named: &str) -> Result<Option<Kind>, Error> {
    let state = past.state();
    let mut accepted = None;
    if let Some(trial) = state.trial.filter(|trial| trial.state == Stage::UnderWay) {
        unmark(past.home())?;
        // Where a way back has led is what is there now. First, so that nobody sees it as a former state once it is over.
        let settled = trial.to.iter().map(|to| (to.clone(), true));
        for (id, whole) in settled.chain(past.outdated()) {
            if let Err(error) = past.prune(&id, whole) {
                tracing::warn!(snapshot = id.as_str(), %error, "a former state can't be removed");
            }
        }
        let last = Last { kind: trial.kind, outcome: Outcome::Good, at: now(), reason: None };
        past.set_state(&State { trial: None, last: Some(last) })?;
        accepted = Some(trial.kind);
    }
    past.lock(named)?;
    Ok(accepted)
}

/// `3.12` of `3.12.4`.
fn minor(version: &str) -> Option<String> {
    let mut parts = version.split('.');
    Some(format!("{}.{}", parts.next()?, parts.next()?))
}
