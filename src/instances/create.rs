//! Creating an instance: a row, and nothing on the disk until its first start.

use std::sync::Arc;

use super::Instances;
use super::error::Error;
use super::requests::{Create, slug_of};
use crate::domain::{Instance, InstanceId, InstanceName, NewInstance, Slug};
use crate::jobs::Job;

impl Instances {
    /// Creates a stopped instance; with a source, one whose files a job brings.
    ///
    /// # Errors
    /// A name, slug or port is invalid or taken, the blueprint is unknown, or the pool is empty. Nothing changed then.
    pub async fn create(&self, request: Create) -> Result<(Arc<Instance>, Option<Job>), Error> {
        if let Some(source) = request.source_instance_id {
            return self.create_from(source, &request).await.map(|(instance, job)| (instance, Some(job)));
        }
        let inner = &self.inner;
        let (name, blueprint) = request.check()?;
        let _allocating = inner.allocating.lock().await;
        let slug = slug_of(&name, inner.roster.next_id().await?);
        self.refuse_taken(&name, &slug, None)?;
        let header = inner.blueprint(&blueprint).await?.header;
        let mut new = NewInstance::new(name, slug, blueprint);
        // The blueprint's word is the default; the person's own is final.
        new.helper = header.helper();
        new.persistent_mode = header.wants_desktop();
        request.choices.apply(&mut new)?;
        inner.note_cards(&mut new, None);
        if new.persistent_mode {
            inner.refuse_without_desktop().await?;
        }
        request.choices.apply_params(&header, &mut new)?;
        let port = inner.allocate_public_port(request.choices.wanted_port()?.flatten(), None)?;
        new.set_public_port(Some(port));
        let instance = inner.roster.insert(new).await?;
        tracing::info!(instance = instance.id, name = %instance.chosen.name, "created");
        Ok((instance, None))
    }

    /// A name or slug belongs to one instance.
    pub(super) fn refuse_taken(&self, name: &InstanceName, slug: &Slug, own: Option<InstanceId>) -> Result<(), Error> {
        for other in self.list().iter().filter(|other| Some(other.id) != own) {
            if other.chosen.name == *name {
                return Err(Error::taken("name", format!("Instance with this name already exists: '{name}'.")));
            }
            if other.chosen.slug == *slug {
                return Err(Error::taken(
                    "name",
                    format!(
                        "The name '{name}' gives the address {}/, which '{}' has already. Choose another name.",
                        slug.prefix(),
                        other.chosen.name
                    ),
                ));
            }
        }
        Ok(())
    }
}
