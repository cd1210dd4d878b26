//! Bringing an instance back from the trash: a new row with the old settings, and its folder where it was.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Found, OUTPUTS, Record};
use crate::domain::{BlueprintName, Instance, InstanceId, InstanceName, NewInstance, Port};
use crate::instances::moved::Moved;
use crate::instances::rehome::rehome;
use crate::instances::requests::slug_of;
use crate::instances::{Error, Inner, Instances, blocking};
use crate::runtime::folder::TRASH_RECORD;

impl Instances {
    /// Brings an entry back, under another name if one is given; with it comes what is good to know. `blueprint` is for entries that do not know theirs.
    ///
    /// # Errors
    /// There is no such entry, its name or address is taken, its parent is gone, or its blueprint is not known. Nothing
    /// changed then.
    pub async fn restore(
        &self,
        entry: &str,
        name: Option<&str>,
        blueprint: Option<&str>,
    ) -> Result<(Arc<Instance>, Option<String>), Error> {
        let inner = &self.inner;
        inner.adopted.cancelled().await;
        let _allocating = inner.allocating.lock().await;
        let _trash = inner.trash.lock().await;
        let is_it = |found: &Found| found.path.file_name() == Some(entry.as_ref());
        let found = self.find_trash().await?.into_iter().find(is_it);
        let found = found.ok_or_else(|| Error::NotInTrash(entry.to_owned()))?;
        let record = known(&found, blueprint)?;
        let name = match name {
            Some(name) => InstanceName::parse(name).map_err(Error::invalid("name"))?,
            None => record.name.clone(),
        };
        let id = inner.roster.next_id().await?;
        let slug = slug_of(&name, id);
        self.refuse_taken(&name, &slug, None)?;
        // Its files know the path that it had.
        let before = inner.setup.layout.instance(&record.name);
        let port = inner.port_again(record.public_port);
        let mut chosen = record.into_chosen(name, slug);
        chosen.set_public_port(port);
        self.refuse_orphan(&chosen)?;
        let _turn = inner.turn(id).await;
        // The row first: should it end between the two, both the row and the entry can be seen.
        let instance = inner.roster.insert(chosen).await?;
        let (home, outputs) = (inner.setup.layout.instance(&instance.chosen.name), inner.outputs_of(&instance));
        let path = found.path;
        let moved = blocking(move || bring_back(&path, &before, &home, &outputs)).await;
        let words = match moved.and_then(|moved| moved) {
            Ok(words) => words,
            Err(error) => {
                self.take_back(instance.id).await;
                return Err(error);
            }
        };
        tracing::info!(instance = instance.id, name = %instance.chosen.name, "restored");
        Ok((instance, (!words.is_empty()).then(|| words.join(" "))))
    }

    /// A satellite lives from its parent.
    fn refuse_orphan(&self, chosen: &NewInstance) -> Result<(), Error> {
        let Some(parent) = chosen.parent_instance_id else { return Ok(()) };
        match self.get(parent) {
            Ok(parent) if parent.chosen.parent_instance_id.is_none() => Ok(()),
            _ => Err(Error::busy(format!(
                "'{}' was a satellite, and its parent (instance {parent}) is gone: it had no files of its own.",
                chosen.name
            ))),
        }
    }

    async fn take_back(&self, id: InstanceId) {
        if let Err(error) = self.inner.roster.remove(id).await {
            tracing::error!(instance = id, %error, "the row of a restore that failed can't be removed");
        }
    }
}

impl Inner {
    /// The port it had, or another one; without any the next start finds one.
    fn port_again(&self, had: Option<u16>) -> Option<Port> {
        let had = had.and_then(Port::new).and_then(|port| self.allocate_public_port(Some(port), None).ok());
        had.or_else(|| self.allocate_public_port(None, None).ok())
    }
}

/// What the entry was, and what is said of it now.
fn known(found: &Found, blueprint: Option<&str>) -> Result<Record, Error> {
    if !found.is_folder {
        return Err(Error::busy(format!("'{}' is not the folder of an instance.", found.name)));
    }
    if let Some(record) = &found.record {
        return Ok(record.clone());
    }
    let said = blueprint.map(BlueprintName::parse).transpose().map_err(Error::invalid("blueprint"))?;
    let blueprint = said.or_else(|| found.blueprint.clone()).ok_or_else(|| Error::Conflict {
        field: Some("blueprint"),
        why: format!(
            "Which blueprint '{}' was made from is not known. Say it: restore?blueprint=<file name>.sh",
            found.name
        ),
    })?;
    // Older systems took any name; the caller may give another one.
    let name = InstanceName::parse(&found.name).unwrap_or_else(|_| InstanceName::repair(&found.name, 0));
    Ok(Record::plain(name, blueprint))
}

/// Moves an entry's files to where they belong now; `before` is where they were. What a person should know of it.
fn bring_back(entry: &Path, before: &Path, home: &Path, outputs: &Path) -> Result<Vec<String>, Error> {
    let kept = entry.join(OUTPUTS);
    let has_outputs = fs::symlink_metadata(&kept).is_ok();
    let targets: [Option<(&Path, &str)>; 2] = [Some((home, "name")), has_outputs.then_some((outputs, "outputs"))];
    for (path, field) in targets.into_iter().flatten() {
        if fs::symlink_metadata(path).is_ok() {
            return Err(Error::taken(field, format!("{} exists already. Move it away first.", path.display())));
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)
                .map_err(|error| Error::Failed(format!("{} could not be made: {error}.", parent.display())))?;
        }
    }
    let moved = Moved::default();
    let moved = if has_outputs { moved.rename(&kept, outputs)? } else { moved };
    moved.rename(entry, home)?;
    let record: PathBuf = home.join(TRASH_RECORD);
    let _ = fs::remove_file(record);
    Ok(if before == home { Vec::new() } else { rehome(before, home).words })
}
