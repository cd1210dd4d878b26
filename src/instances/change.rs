//! Changing an instance: checked in full before anything is touched, hot where it can be, cold where it must.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::Error;
use super::requests::{Applied, Change, slug_of};
use super::{Inner, Instances, blocking};
use crate::domain::{BlueprintName, Instance, InstanceId, InstanceName, NewInstance};
use crate::runtime::folder;

impl Instances {
    /// Changes an instance. A running one is restarted only if a value that needs it differs.
    ///
    /// # Errors
    /// A value is invalid or taken; nothing was touched then.
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
            if !is_cold(&present.chosen, &next) {
                return Ok((inner.store_choices(id, next).await?, Applied::Hot));
            }
        }
        let was_active = present.status.is_active();
        if was_active {
            inner.stop_and_wait(id).await?;
        }
        let applied = self.change_while_down(&present, &change).await;
        if was_active {
            // Whether the change went through or not: what ran shall run.
            let started = inner.start(id).await;
            applied?;
            return Ok((started?, Applied::Cold));
        }
        Ok((applied?, Applied::Cold))
    }

    /// Planned anew: while the instance was stopping, another one may have taken the name or the port.
    async fn change_while_down(&self, present: &Arc<Instance>, change: &Change) -> Result<Arc<Instance>, Error> {
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
        if next.name != present.chosen.name {
            self.refuse_taken(&next.name, &next.slug, Some(present.id))?;
            self.refuse_rename_under_satellites(present)?;
        }
        if next.base_blueprint != present.chosen.base_blueprint {
            inner.blueprint(&next.base_blueprint).await?;
        }
        refuse_inherited(&present.chosen, &next)?;
        match change.choices.wanted_port()? {
            Some(Some(port)) if Some(port) == present.chosen.public_port() => {}
            Some(wanted) => next.set_public_port(Some(inner.allocate_public_port(wanted, Some(present.id))?)),
            None => {}
        }
        Ok(next)
    }

    /// Satellites run in their parent's folder.
    fn refuse_rename_under_satellites(&self, present: &Instance) -> Result<(), Error> {
        let satellite =
            |other: &&Arc<Instance>| other.chosen.parent_instance_id == Some(present.id) && other.status.is_active();
        match self.list().iter().find(satellite) {
            Some(running) => Err(Error::taken(
                "name",
                format!(
                    "'{}' cannot be renamed while its satellite '{}' runs in its folder. Stop it first.",
                    present.chosen.name, running.chosen.name
                ),
            )),
            None => Ok(()),
        }
    }
}

/// A satellite's script and environment are its parent's.
fn refuse_inherited(present: &NewInstance, next: &NewInstance) -> Result<(), Error> {
    if present.parent_instance_id.is_none() {
        return Ok(());
    }
    let locked = [
        ("base_blueprint", present.base_blueprint != next.base_blueprint),
        ("python_version", present.python_version != next.python_version),
        ("cuda_version", present.cuda_version != next.cuda_version),
        ("torch_version", present.torch_version != next.torch_version),
    ];
    match locked.iter().find(|(_, differs)| *differs) {
        Some((field, _)) => Err(Error::Refused {
            field,
            why: format!("A satellite inherits {field} from its parent. Change it there."),
        }),
        None => Ok(()),
    }
}

/// Whether a value differs that a running process was started with.
fn is_cold(present: &NewInstance, next: &NewInstance) -> bool {
    present.name != next.name
        || present.base_blueprint != next.base_blueprint
        || present.output_path != next.output_path
        || present.gpu_ids != next.gpu_ids
        || present.persistent_mode != next.persistent_mode
        || present.python_version != next.python_version
        || present.cuda_version != next.cuda_version
        || present.torch_version != next.torch_version
        || present.params != next.params
}

impl Inner {
    async fn store_choices(&self, id: InstanceId, next: NewInstance) -> Result<Arc<Instance>, Error> {
        self.roster
            .decide(id, |instance| {
                instance.chosen = next;
                Ok(())
            })
            .await
    }

    /// Applies a change to an instance that is down: files first, then the row, and the files back if that fails.
    async fn apply_cold(&self, present: &Arc<Instance>, next: NewInstance) -> Result<Arc<Instance>, Error> {
        let layout = &self.setup.layout;
        let (old_home, new_home) = (layout.instance(&present.chosen.name), layout.instance(&next.name));
        let script = if next.base_blueprint == present.chosen.base_blueprint {
            None
        } else {
            Some(self.blueprint(&next.base_blueprint).await?.script)
        };
        let changed = blocking(move || change_files(old_home, new_home, script)).await??;
        let stored = self.store_choices(present.id, next).await;
        if stored.is_err() {
            blocking(move || changed.undo()).await?;
        }
        stored
    }
}

/// Files that were changed, so that they can be changed back.
struct Changed {
    old_home: PathBuf,
    new_home: PathBuf,
    renamed: bool,
    old_script: Option<Vec<u8>>,
}

fn change_files(old_home: PathBuf, new_home: PathBuf, script: Option<String>) -> Result<Changed, Error> {
    let mut changed = Changed { old_home, new_home, renamed: false, old_script: None };
    if changed.old_home != changed.new_home && changed.old_home.exists() {
        if fs::symlink_metadata(&changed.new_home).is_ok() {
            return Err(Error::taken("name", format!("The folder {} exists already.", changed.new_home.display())));
        }
        fs::rename(&changed.old_home, &changed.new_home)
            .map_err(|error| Error::Failed(format!("{} could not be renamed: {error}.", changed.old_home.display())))?;
        changed.renamed = true;
    }
    let path = changed.new_home.join(folder::SCRIPT);
    // An instance that never started gets its script at its first start.
    if let (Some(script), Ok(old)) = (script, fs::read(&path)) {
        if let Err(error) = folder::replace(&path, script.as_bytes(), 0o755) {
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
        if self.renamed
            && let Err(error) = fs::rename(&self.new_home, &self.old_home)
        {
            tracing::error!(path = %self.new_home.display(), %error, "a folder could not be renamed back");
        }
    }
}
