//! Copying an instance: a row at once, its folder as a job. The folder is made under a temporary name and gets its own
//! by a rename, so that it is whole or not there.

mod finish;
mod folder;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use super::error::Error;
use super::requests::{Create, slug_of};
use super::{Inner, Instances, blocking, locked, now};
use crate::domain::{Instance, InstanceId, InstanceName, NewInstance, Progress, Status};
use crate::files::measure::Measured;
use crate::files::space;
use crate::jobs::{Job, JobId, Unit};

use finish::Copying;
use folder::Plan;

/// What jobs of this kind are called.
const KIND: &str = "copy";

/// How long a call waits to learn how big the source is; then it is the job that finds out.
const WEIGHING: Duration = Duration::from_secs(5);

/// What stays free beside the copy: the rest of the machine writes too.
const MARGIN: u64 = 64 << 20;

/// An instance that is being made from another one.
#[derive(Debug, Clone)]
pub(super) struct Making {
    source: InstanceId,
    name: InstanceName,
    job: JobId,
}

impl Instances {
    /// Copies an instance, running or not. It answers with the new row; the job brings the files.
    ///
    /// # Errors
    /// The name is invalid or taken, the source is a satellite or not whole itself, the pool is empty, or the disk is too
    /// full. Nothing changed then.
    pub async fn copy(&self, id: InstanceId, new_name: &str) -> Result<(Arc<Instance>, Job), Error> {
        let name = InstanceName::parse(new_name).map_err(Error::invalid("new_name"))?;
        let weight = self.inner.weigh(&*self.get(id)?, true).await?;
        let _turn = self.inner.turn(id).await;
        let source = self.get(id)?;
        let mut chosen = source.chosen.clone();
        chosen.name = name;
        // Its own, to be allocated; a host name leads to one instance.
        chosen.use_custom_hostname = false;
        (chosen.port, chosen.persistent_port, chosen.persistent_display) = (None, None, None);
        chosen.import_notes.clear();
        self.make(&source, chosen, true, weight).await
    }

    /// Creates an instance with the files of another one, its environment left out.
    pub(super) async fn create_from(&self, id: InstanceId, request: &Create) -> Result<(Arc<Instance>, Job), Error> {
        let (name, blueprint) = request.check()?;
        let weight = self.inner.weigh(&*self.get(id)?, false).await?;
        let _turn = self.inner.turn(id).await;
        let source = self.get(id)?;
        let header = self.inner.blueprint(&blueprint).await?.header;
        let slug = source.chosen.slug.clone();
        let mut chosen = NewInstance::new(name, slug, blueprint);
        chosen.helper = header.helper();
        request.choices.apply(&mut chosen)?;
        self.inner.note_cards(&mut chosen, None);
        request.choices.apply_params(&header, &mut chosen)?;
        // The port asked for, checked when it is allocated.
        chosen.set_public_port(request.choices.wanted_port()?.flatten());
        self.make(&source, chosen, false, weight).await
    }

    /// Call it in the source's turn. `chosen` has still to get its slug and port.
    async fn make(
        &self,
        source: &Arc<Instance>,
        mut chosen: NewInstance,
        with_environments: bool,
        weight: Option<Measured>,
    ) -> Result<(Arc<Instance>, Job), Error> {
        let inner = &self.inner;
        if inner.is_leaving() {
            return Err(Error::Closing);
        }
        inner.refuse_as_source(source)?;
        let allocating = inner.allocating.lock().await;
        let id = inner.roster.next_id().await?;
        chosen.slug = slug_of(&chosen.name, id);
        self.refuse_taken(&chosen.name, &chosen.slug, None)?;
        let layout = &inner.setup.layout;
        let plan = Plan {
            source: layout.instance(&source.chosen.name),
            temporary: layout.copying(id),
            home: layout.instance(&chosen.name),
            with_environments,
        };
        if fs::symlink_metadata(&plan.home).is_ok() {
            return Err(Error::taken(
                "name",
                format!("The folder {} exists already. Move it away, or choose another name.", plan.home.display()),
            ));
        }
        if let Some(weight) = weight {
            inner.refuse_too_big(weight).await?;
        }
        let port = inner.allocate_public_port(chosen.public_port(), None)?;
        chosen.set_public_port(Some(port));
        // Nobody knows the id yet: the turn is free, and keeps everybody from the row until it says what it is.
        let _target_turn = inner.turn(id).await;
        let autostart = std::mem::take(&mut chosen.autostart);
        let target = inner.roster.insert(chosen).await?;
        let target = inner
            .roster
            .decide(target.id, |next| {
                next.set_status(Status::Installing, Some(format!("Copying '{}'.", source.chosen.name)), now());
                next.progress = Some(progress(0));
                Ok(())
            })
            .await?;
        drop(allocating);
        tracing::info!(instance = target.id, name = %target.chosen.name, source = source.id, "copying");
        let copying = Copying {
            inner: Arc::clone(inner),
            source: Arc::clone(source),
            target: Arc::clone(&target),
            autostart,
            plan,
            weight,
        };
        // Held until the job is known, so that its end can't come first.
        let mut making = locked(&inner.making);
        let job = inner.jobs.start(KIND, Some(target.id), Unit::Bytes, |ticket| copying.run(ticket));
        let entry = Making { source: source.id, name: target.chosen.name.clone(), job: job.id.clone() };
        making.insert(target.id, entry);
        Ok((target, job))
    }
}

impl Inner {
    /// How big a source is, if that can be said soon.
    async fn weigh(&self, source: &Instance, with_environments: bool) -> Result<Option<Measured>, Error> {
        let layout = &self.setup.layout;
        let home = layout.instance(&source.chosen.name);
        let plan = Plan { temporary: layout.copying(0), home: home.clone(), source: home, with_environments };
        let begun = std::time::Instant::now();
        blocking(move || plan.measure(&|| begun.elapsed() < WEIGHING)).await
    }

    /// Before anything is written.
    async fn refuse_too_big(&self, weight: Measured) -> Result<(), Error> {
        let folder = self.setup.layout.instances();
        let wanted = with_margin(weight.disk);
        let (free, clones) = blocking(move || {
            fs::create_dir_all(&folder)?;
            let free = space::free(&folder)?;
            Ok::<_, std::io::Error>((free, free < wanted && space::clones(&folder)))
        })
        .await?
        .map_err(|error| Error::Failed(format!("How much room there is could not be found out: {error}.")))?;
        if free >= wanted || clones {
            return Ok(());
        }
        Err(Error::NoSpace(format!(
            "The copy needs {} MiB of disk space, and {} MiB are free. Make room, then copy again.",
            wanted >> 20,
            free >> 20
        )))
    }

    /// What can't be copied, in words.
    fn refuse_as_source(&self, source: &Arc<Instance>) -> Result<(), Error> {
        let name = &source.chosen.name;
        if source.chosen.parent_instance_id.is_some() {
            let parent = self.family(source)?;
            return Err(Error::busy(format!(
                "'{name}' is a satellite: its files are those of '{}'. Copy that one.",
                parent.chosen.name
            )));
        }
        self.refuse_while_made(source)?;
        if fs::symlink_metadata(self.setup.layout.instance(name)).is_err() {
            return Err(Error::busy(format!(
                "'{name}' has never been started, so there is nothing to copy. Create a new instance instead."
            )));
        }
        Ok(())
    }

    /// For commands on an instance that is no more than half a folder yet.
    pub(super) fn refuse_while_made(&self, instance: &Instance) -> Result<(), Error> {
        match locked(&self.making).get(&instance.id) {
            Some(making) => Err(Error::busy(format!(
                "'{}' is still being copied (job {}). Wait for it, or delete it to cancel the copy.",
                instance.chosen.name, making.job
            ))),
            None => Ok(()),
        }
    }

    /// For commands that would take the folder away from under a copy.
    pub(super) fn refuse_while_source(&self, instance: &Instance, what: &str) -> Result<(), Error> {
        match locked(&self.making).values().find(|making| making.source == instance.id) {
            Some(making) => Err(Error::busy(format!(
                "'{}' cannot be {what} while it is being copied to '{}'. Wait for the job {}, or cancel it.",
                instance.chosen.name, making.name, making.job
            ))),
            None => Ok(()),
        }
    }

    /// Ends the copy that makes an instance and waits until it has cleaned up. Whether there was one.
    pub(super) async fn cancel_making(&self, id: InstanceId) -> bool {
        let job = locked(&self.making).get(&id).map(|making| making.job.clone());
        let Some(job) = job else { return false };
        // An error means that it has just ended by itself.
        let _ = self.jobs.cancel(&job);
        self.jobs.over(&job).await;
        true
    }
}

fn progress(percent: u8) -> Progress {
    Progress { phase: "Copying".to_owned(), step: None, steps: None, percent: Some(percent) }
}

/// What must be free for a copy of so many bytes.
fn with_margin(bytes: u64) -> u64 {
    bytes.saturating_add(bytes / 50).saturating_add(MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_leaves_some_room() {
        assert_eq!(with_margin(0), MARGIN);
        assert_eq!(with_margin(100 << 30), (102 << 30) + MARGIN);
        assert_eq!(with_margin(u64::MAX), u64::MAX);
    }
}
