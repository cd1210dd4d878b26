//! Changing an instance: checked in full before anything is touched, hot where it can be, cold where it must.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::Error;
use super::events::{Level, Notice};
use super::families::refuse_inherited;
use super::overwriting::refuse_overwriting;
use super::rehome::{Rehomed, rehome};
use super::requests::{Applied, Change, slug_of};
use super::restarts::policy_changed;
use super::{Inner, Instances, blocking, now};
use crate::domain::{BlueprintName, Instance, InstanceId, InstanceName, NewInstance};
use crate::runtime::folder;

/// What a change would do.
#[derive(Debug)]
pub struct Planned {
    /// The instance as it is.
    pub present: Arc<Instance>,
    /// As it would be.
    pub instance: Instance,
    /// What of it a running process meets only at its next start; with nothing of that kind it is done at once.
    pub cold: Vec<&'static str>,
    /// Whether it would be stopped and started for it.
    pub restarts: bool,
}

impl Planned {
    /// How it would be applied.
    pub fn applied(&self) -> Applied {
        if self.cold.is_empty() { Applied::Hot } else { Applied::Cold }
    }
}

impl Instances {
    /// What a change would do, without doing it.
    ///
    /// # Errors
    /// A value is invalid or taken, or somebody else changed it meanwhile.
    pub async fn plan_change(&self, id: InstanceId, change: &Change) -> Result<Planned, Error> {
        let present = self.get(id)?;
        let _allocating = self.inner.allocating.lock().await;
        let next = self.plan(&present, change).await?;
        let cold = cold(&present.chosen, &next);
        let restarts = !cold.is_empty() && present.status.is_active();
        let mut instance = present.as_ref().clone();
        instance.chosen = next;
        Ok(Planned { present, instance, cold, restarts })
    }

    /// Changes an instance. A running one is restarted only if a value that needs it differs; if it can't start with that
    /// value, everything is put back and it runs as before.
    ///
    /// # Errors
    /// A value is invalid or taken, or it does not start with the change. It is as it was then.
    pub async fn change(&self, id: InstanceId, change: Change) -> Result<(Arc<Instance>, Applied), Error> {
        let inner = &self.inner;
        let _turn = inner.turn(id).await;
        let present = self.get(id)?;
        {
            let _allocating = inner.allocating.lock().await;
            let next = self.plan(&present, &change).await?;
            if next == present.chosen {
                return Ok((present, Applied::Hot));
            }
            if cold(&present.chosen, &next).is_empty() {
                let instance = inner.store_choices(id, next).await?;
                inner.pass_on(&instance).await;
                return Ok((instance, Applied::Hot));
            }
        }
        let was_active = present.status.is_active();
        if was_active {
            inner.stop_and_wait(id).await?;
        }
        let changed = match self.change_while_down(&present, &change).await {
            Ok(changed) => changed,
            Err(error) => {
                // It is as it was: what ran shall run.
                if was_active && let Err(again) = inner.start(id).await {
                    tracing::warn!(instance = id, error = %again, "a change was refused, and it did not start again");
                }
                return Err(error);
            }
        };
        let mut instance = self.get(id)?;
        if was_active {
            instance = match inner.start(id).await {
                Ok(started) => started,
                Err(error) => return Err(inner.take_back(&present, changed, error).await),
            };
        }
        inner.pass_on(&instance).await;
        Ok((instance, Applied::Cold))
    }

    /// Planned anew: while the instance was stopping, another one may have taken the name or the port.
    async fn change_while_down(&self, present: &Arc<Instance>, change: &Change) -> Result<Changed, Error> {
        let _allocating = self.inner.allocating.lock().await;
        let next = self.plan(present, change).await?;
        self.inner.apply_cold(present, next).await
    }

    /// The choices as they would be; everything that can be refused is refused here.
    async fn plan(&self, present: &Arc<Instance>, change: &Change) -> Result<NewInstance, Error> {
        let inner = &self.inner;
        let mut next = present.chosen.clone();
        if let Some(name) = &change.name {
            next.name = InstanceName::parse(name).map_err(Error::invalid("name"))?;
            if next.name != present.chosen.name {
                next.slug = slug_of(&next.name, present.id);
            }
        }
        if let Some(blueprint) = &change.base_blueprint {
            next.base_blueprint = BlueprintName::parse(blueprint).map_err(Error::invalid("base_blueprint"))?;
        }
        change.choices.apply(&mut next)?;
        inner.note_cards(&mut next, present.chosen.gpu_ids.as_ref());
        if next.persistent_mode && !present.chosen.persistent_mode {
            inner.refuse_without_desktop().await?;
        }
        if next.name != present.chosen.name {
            self.refuse_taken(&next.name, &next.slug, Some(present.id))?;
            self.refuse_rename_under_satellites(present)?;
            inner.refuse_while_source(present, "renamed")?;
        }
        if next.base_blueprint != present.chosen.base_blueprint {
            let header = inner.blueprint(&next.base_blueprint).await?.header;
            header.params().keep_fitting(&mut next.params);
            change.choices.apply_params(&header, &mut next)?;
        } else if change.choices.params.is_some() {
            change.choices.apply_params(&inner.header(present).await, &mut next)?;
        }
        refuse_inherited(&present.chosen, &next)?;
        match change.choices.wanted_port()? {
            Some(Some(port)) if Some(port) == present.chosen.public_port() => {}
            Some(wanted) => next.set_public_port(Some(inner.allocate_public_port(wanted, Some(present.id))?)),
            None => {}
        }
        refuse_overwriting(&change.base, &present.chosen, &next)?;
        if !cold(&present.chosen, &next).is_empty() {
            inner.refuse_while_made(present)?;
        }
        Ok(next)
    }
}

/// The members that differ and that a running process was started with.
fn cold(present: &NewInstance, next: &NewInstance) -> Vec<&'static str> {
    let differs = [
        ("name", present.name != next.name),
        ("base_blueprint", present.base_blueprint != next.base_blueprint),
        ("output_path", present.output_path != next.output_path),
        ("gpu_ids", present.gpu_ids != next.gpu_ids),
        ("persistent_mode", present.persistent_mode != next.persistent_mode),
        ("python_version", present.python_version != next.python_version),
        ("cuda_version", present.cuda_version != next.cuda_version),
        ("torch_version", present.torch_version != next.torch_version),
        ("params", present.params != next.params),
    ];
    differs.into_iter().filter_map(|(member, differs)| differs.then_some(member)).collect()
}

impl Inner {
    /// Undoes a change with which the instance did not start, and starts it as it was.
    async fn take_back(self: &Arc<Self>, present: &Instance, changed: Changed, why: Error) -> Error {
        let restored = async {
            blocking(move || changed.undo()).await?;
            self.store_choices(present.id, present.chosen.clone()).await?;
            self.start(present.id).await
        };
        match restored.await {
            Ok(_) => Error::Failed(format!("It did not start with this change, so it runs as before. {why}")),
            Err(error) => {
                Error::Failed(format!("It did not start with this change ({why}), and not as before: {error}"))
            }
        }
    }

    async fn store_choices(&self, id: InstanceId, next: NewInstance) -> Result<Arc<Instance>, Error> {
        self.roster
            .decide(id, |instance| {
                instance.chosen = next;
                policy_changed(instance);
                Ok(())
            })
            .await
    }

    /// Applies a change to an instance that is down: files first, then the row, and the files back if that fails.
    async fn apply_cold(&self, present: &Arc<Instance>, next: NewInstance) -> Result<Changed, Error> {
        let layout = &self.setup.layout;
        let (old_home, new_home) = (layout.instance(&present.chosen.name), layout.instance(&next.name));
        let script = if next.base_blueprint == present.chosen.base_blueprint {
            None
        } else {
            Some(self.blueprint(&next.base_blueprint).await?.script)
        };
        let changed = blocking(move || change_files(old_home, new_home, script)).await??;
        if let Some(rehomed) = &changed.renamed {
            self.tell_terminals_of_rename(present, &next.name);
            for words in &rehomed.words {
                let text = format!("{}: {words}", next.name);
                self.roster.notify(Notice { level: Level::Warn, text, instance_id: Some(present.id), at: now() });
            }
        }
        if let Err(error) = self.store_choices(present.id, next).await {
            blocking(move || changed.undo()).await?;
            return Err(error);
        }
        Ok(changed)
    }
}

/// Files that were changed, so that they can be changed back.
struct Changed {
    old_home: PathBuf,
    new_home: PathBuf,
    /// What the new name made of the files; `None` while the folder has its old one.
    renamed: Option<Rehomed>,
    old_script: Option<Vec<u8>>,
}

fn change_files(old_home: PathBuf, new_home: PathBuf, script: Option<String>) -> Result<Changed, Error> {
    let mut changed = Changed { old_home, new_home, renamed: None, old_script: None };
    if changed.old_home != changed.new_home && changed.old_home.exists() {
        if fs::symlink_metadata(&changed.new_home).is_ok() {
            return Err(Error::taken("name", format!("The folder {} exists already.", changed.new_home.display())));
        }
        fs::rename(&changed.old_home, &changed.new_home)
            .map_err(|error| Error::Failed(format!("{} could not be renamed: {error}.", changed.old_home.display())))?;
        changed.renamed = Some(rehome(&changed.old_home, &changed.new_home));
    }
    let path = changed.new_home.join(folder::SCRIPT);
    // An instance that never started gets its script at its first start.
    if let (Some(script), Ok(old)) = (script, fs::read(&path)) {
        // What a person has written into it stays beside the new one.
        let aside = folder::replace(&path.with_extension("sh.old"), &old, 0o644);
        if let Err(error) = aside.and_then(|()| folder::replace(&path, script.as_bytes(), 0o755)) {
            changed.undo();
            return Err(error.into());
        }
        changed.old_script = Some(old);
    }
    Ok(changed)
}

impl Changed {
    fn undo(self) {
        if let Some(script) = self.old_script
            && let Err(error) = folder::replace(&self.new_home.join(folder::SCRIPT), &script, 0o755)
        {
            tracing::error!(%error, "a script could not be put back");
        }
        let Some(rehomed) = self.renamed else { return };
        match fs::rename(&self.new_home, &self.old_home) {
            Ok(()) => rehomed.undo(&self.old_home, &self.new_home),
            Err(error) => {
                tracing::error!(path = %self.new_home.display(), %error, "a folder could not be renamed back");
            }
        }
    }
}
