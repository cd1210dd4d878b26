//! Families: a satellite uses its parent's folder, script and environment, and has its own ports, GPUs, outputs and log.

use std::sync::Arc;

use super::error::Error;
use super::requests::{Instantiate, slug_of};
use super::{Inner, Instances};
use crate::domain::{Instance, InstanceId, InstanceName, NewInstance};

impl Instances {
    /// Makes a stopped satellite of an instance: a row, and nothing on the disk until its first start, which also gives it
    /// a public port if none is asked for.
    ///
    /// # Errors
    /// The name is invalid or taken, the parent is a satellite itself, or a value is its parent's. Nothing changed then.
    pub async fn instantiate(&self, parent: InstanceId, request: Instantiate) -> Result<Arc<Instance>, Error> {
        let inner = &self.inner;
        let name = InstanceName::parse(&request.new_name).map_err(Error::invalid("new_name"))?;
        // In the parent's turn: it must not be deleted or changed meanwhile.
        let _turn = inner.turn(parent).await;
        let parent = self.get(parent)?;
        if let Some(original) = parent.chosen.parent_instance_id {
            let original = self.get(original).map_or_else(|_| original.to_string(), |it| it.chosen.name.to_string());
            return Err(Error::Refused {
                field: "parent_instance_id",
                why: format!(
                    "Cannot create an instance from another satellite instance. Please use the original parent, '{original}'."
                ),
            });
        }
        let _allocating = inner.allocating.lock().await;
        let slug = slug_of(&name, inner.roster.next_id().await?);
        self.refuse_taken(&name, &slug, None)?;
        let mut new = NewInstance::new(name, slug, parent.chosen.base_blueprint.clone());
        new.parent_instance_id = Some(parent.id);
        new.helper = parent.chosen.helper;
        new.persistent_mode = parent.chosen.persistent_mode;
        inherit(&mut new, &parent.chosen);
        let inherited = new.clone();
        request.choices.apply(&mut new)?;
        inner.note_cards(&mut new, None);
        if new.persistent_mode {
            inner.refuse_without_desktop().await?;
        }
        if request.choices.params.is_some() {
            request.choices.apply_params(&inner.header(&parent).await, &mut new)?;
        }
        refuse_inherited(&inherited, &new)?;
        if let Some(wanted) = request.choices.wanted_port()? {
            new.set_public_port(Some(inner.allocate_public_port(wanted, None)?));
        }
        let instance = inner.roster.insert(new).await?;
        tracing::info!(instance = instance.id, name = %instance.chosen.name, parent = parent.id, "created as a satellite");
        Ok(instance)
    }

    /// Satellites run in their parent's folder.
    pub(super) fn refuse_rename_under_satellites(&self, present: &Instance) -> Result<(), Error> {
        match self.inner.satellites(present.id).iter().find(|satellite| satellite.status.is_active()) {
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

impl Inner {
    /// Whose folder, script and environment an instance uses: its parent's, or its own.
    pub(super) fn family(&self, instance: &Arc<Instance>) -> Result<Arc<Instance>, Error> {
        match instance.chosen.parent_instance_id {
            Some(parent) => self.roster.get(parent),
            None => Ok(Arc::clone(instance)),
        }
    }

    /// The satellites of an instance, in the order of the list.
    pub(super) fn satellites(&self, parent: InstanceId) -> Vec<Arc<Instance>> {
        let mut all = self.roster.list();
        all.retain(|other| other.chosen.parent_instance_id == Some(parent));
        all
    }

    /// Passes on to the satellites what they have of their parent, after it changed. Starts look at the parent itself, so
    /// a row that can't be written now only shows what was.
    pub(super) async fn pass_on(&self, parent: &Instance) {
        for satellite in self.satellites(parent.id) {
            let mut next = satellite.chosen.clone();
            inherit(&mut next, &parent.chosen);
            if next == satellite.chosen {
                continue;
            }
            let passed = self.roster.decide(satellite.id, |instance| {
                inherit(&mut instance.chosen, &parent.chosen);
                Ok(())
            });
            if let Err(error) = passed.await {
                tracing::warn!(instance = satellite.id, %error, "a satellite still shows its parent's earlier values");
            }
        }
    }
}

/// Sets what a satellite has of its parent.
fn inherit(satellite: &mut NewInstance, parent: &NewInstance) {
    satellite.base_blueprint.clone_from(&parent.base_blueprint);
    satellite.output_path.clone_from(&parent.output_path);
    satellite.python_version.clone_from(&parent.python_version);
    satellite.cuda_version.clone_from(&parent.cuda_version);
    satellite.torch_version.clone_from(&parent.torch_version);
    satellite.group.clone_from(&parent.group);
    satellite.params.clone_from(&parent.params);
}

/// What a satellite has of its parent is changed there.
pub(super) fn refuse_inherited(present: &NewInstance, next: &NewInstance) -> Result<(), Error> {
    if present.parent_instance_id.is_none() {
        return Ok(());
    }
    let locked = [
        ("base_blueprint", present.base_blueprint != next.base_blueprint),
        ("output_path", present.output_path != next.output_path),
        ("python_version", present.python_version != next.python_version),
        ("cuda_version", present.cuda_version != next.cuda_version),
        ("torch_version", present.torch_version != next.torch_version),
        ("group", present.group != next.group),
        ("params", present.params != next.params),
    ];
    match locked.iter().find(|(_, differs)| *differs) {
        Some((field, _)) => Err(Error::Refused {
            field,
            why: format!("A satellite inherits {field} from its parent. Change it there."),
        }),
        None => Ok(()),
    }
}
