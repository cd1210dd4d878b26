//! Deleting an instance: to the trash, or for good. Outputs stay unless somebody asks for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::Error;
use super::moved::Moved;
use super::trash::{OUTPUTS, Record};
use super::{Instances, blocking, locked, now};
use crate::domain::{Instance, InstanceId, Layout, word_enum};
use crate::jobs::Job;

word_enum! {
    /// Where the folder of a deleted instance goes.
    DeleteMode {
        /// To `trashcan/<name>`.
        Trash = "trash",
        /// Nowhere.
        Permanent = "permanent",
    }
}

/// How to delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Delete {
    /// Where the folder goes.
    pub mode: DeleteMode,
    /// Whether it may replace what an earlier deletion of the same name left in the trash.
    pub overwrite: bool,
    /// Whether the output folder goes the same way.
    pub outputs: bool,
}

impl Delete {
    /// How, for people.
    pub fn in_words(&self) -> String {
        let how = match self.mode {
            DeleteMode::Trash => "to the trash",
            DeleteMode::Permanent => "for good",
        };
        if self.outputs { format!("{how}, with its outputs") } else { how.to_owned() }
    }
}

impl Default for Delete {
    fn default() -> Self {
        Self { mode: DeleteMode::Trash, overwrite: false, outputs: false }
    }
}

impl Instances {
    /// Deletes an instance that does not run, or cancels the copy that makes it. What is gone for good is removed by
    /// the job that is returned.
    ///
    /// # Errors
    /// It runs, has satellites, or the trash holds its name; or others use its outputs. Nothing changed then.
    pub async fn delete(&self, id: InstanceId, how: Delete) -> Result<Option<Job>, Error> {
        let inner = &self.inner;
        // Before its turn, which the end of the copy needs.
        if inner.cancel_making(id).await && self.get(id).is_err() {
            return Ok(None);
        }
        let _turn = inner.turn(id).await;
        let instance = self.get(id)?;
        self.refuse_in_use(&instance)?;
        let allocating = inner.allocating.lock().await;
        let outputs = if how.outputs { Some(self.own_outputs(&instance)?) } else { None };
        let trash = inner.trash.lock().await;
        let places = Places::new(&inner.setup.layout, &instance, outputs);
        let record = Record::new(&instance, now());
        let moved = blocking(move || places.move_away(how, &record)).await??;
        if let Err(error) = inner.roster.remove(id).await {
            blocking(move || moved.undo()).await?;
            return Err(error);
        }
        locked(&inner.commands).remove(&id);
        // Others need not wait for that.
        drop((allocating, trash));
        inner.terminals.end_all(id).await;
        tracing::info!(instance = id, name = %instance.chosen.name, mode = %how.mode, outputs = how.outputs, "deleted");
        Ok(inner.remove_as_job(Some(id), moved.doomed()))
    }

    fn refuse_in_use(&self, instance: &Arc<Instance>) -> Result<(), Error> {
        let name = &instance.chosen.name;
        if instance.status.is_active() {
            let status = instance.status;
            return Err(Error::busy(format!("Cannot delete '{name}' in '{status}' status. Please stop it first.")));
        }
        self.inner.refuse_while_source(instance, "deleted")?;
        let satellites: Vec<String> = self
            .list()
            .iter()
            .filter(|other| other.chosen.parent_instance_id == Some(instance.id))
            .map(|other| format!("'{}'", other.chosen.name))
            .collect();
        if satellites.is_empty() {
            return Ok(());
        }
        Err(Error::busy(format!(
            "Cannot delete instance '{name}' because it is a parent to {} satellite instance(s): {}. Please delete them first.",
            satellites.len(),
            satellites.join(", ")
        )))
    }

    /// The output folder, if it is this instance's alone.
    fn own_outputs(&self, instance: &Arc<Instance>) -> Result<PathBuf, Error> {
        let ours = self.inner.outputs_of(instance);
        let shares = |other: &&Arc<Instance>| {
            let theirs = self.inner.outputs_of(other);
            other.id != instance.id && (theirs.starts_with(&ours) || ours.starts_with(&theirs))
        };
        match self.list().iter().find(shares) {
            Some(other) => Err(Error::taken(
                "outputs",
                format!(
                    "The outputs of '{}' are in a folder that '{}' uses too. Delete it without its outputs.",
                    instance.chosen.name, other.chosen.name
                ),
            )),
            None => Ok(ours),
        }
    }
}

/// The paths of a deletion.
struct Places {
    home: PathBuf,
    /// Where its folder goes.
    trash: PathBuf,
    trashcan: PathBuf,
    /// The folder of all outputs.
    all_outputs: PathBuf,
    /// Its own ones, when they go too.
    outputs: Option<PathBuf>,
}

impl Places {
    fn new(layout: &Layout, instance: &Instance, outputs: Option<PathBuf>) -> Self {
        let name = &instance.chosen.name;
        Self {
            home: layout.instance(name),
            trash: layout.trash(name),
            trashcan: layout.trashcan(),
            all_outputs: layout.outputs(),
            outputs,
        }
    }

    /// Only renames, so that it is over in no time and can be taken back.
    fn move_away(&self, how: Delete, record: &Record) -> Result<Moved, Error> {
        // A link would be followed by nobody: it is the link that moves.
        let is_there = |path: &Path| fs::symlink_metadata(path).is_ok();
        let outputs = self.outputs.as_deref().filter(|outputs| is_there(outputs));
        if let Some(outputs) = outputs {
            self.refuse_outside(outputs)?;
        }
        let mut moved = Moved::default();
        // What was never started has no folder. Its settings go to the trash all the same: a deletion can be undone.
        if how.mode == DeleteMode::Permanent && !is_there(&self.home) && outputs.is_none() {
            return Ok(moved);
        }
        fs::create_dir_all(&self.trashcan)
            .map_err(|error| Error::Failed(format!("{} could not be made: {error}.", self.trashcan.display())))?;
        if how.mode == DeleteMode::Permanent {
            if is_there(&self.home) {
                moved = moved.doom(&self.home, &self.trashcan)?;
            }
            // Outputs may lie on a disk of their own: they get their last name there.
            return match outputs {
                Some(outputs) => moved.doom(outputs, &self.all_outputs),
                None => Ok(moved),
            };
        }
        if is_there(&self.trash) {
            if !how.overwrite {
                let name = self.trash.file_name().unwrap_or_default().to_string_lossy();
                return Err(Error::taken(
                    "overwrite",
                    format!(
                        "Destination path '{name}' already exists in trashcan. Use 'overwrite=true' to replace it."
                    ),
                ));
            }
            moved = moved.doom(&self.trash, &self.trashcan)?;
        }
        moved = if is_there(&self.home) { moved.rename(&self.home, &self.trash)? } else { moved.make(&self.trash)? };
        if let Some(outputs) = outputs {
            moved = moved.rename(outputs, &self.trash.join(OUTPUTS))?;
        }
        // A disk that is full must not keep anybody from deleting.
        match record.write(&self.trash) {
            Ok(file) => moved.wrote(file),
            Err(error) => {
                tracing::warn!(path = %self.trash.display(), %error, "its settings can't be kept in the trash");
            }
        }
        Ok(moved)
    }

    /// A link on the way could lead the folder elsewhere.
    fn refuse_outside(&self, outputs: &Path) -> Result<(), Error> {
        let root = self.all_outputs.canonicalize();
        let parent = outputs.parent().map(Path::canonicalize);
        match (root, parent) {
            (Ok(root), Some(Ok(parent))) if parent.starts_with(&root) => Ok(()),
            _ => Err(Error::taken(
                "outputs",
                format!("{} leads out of {}. Delete it by hand.", outputs.display(), self.all_outputs.display()),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{NewInstance, Timestamp};

    struct Folders {
        dir: tempfile::TempDir,
        places: Places,
        record: Record,
    }

    fn folders() -> Folders {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let chosen = NewInstance::new("a".parse().unwrap(), "a".parse().unwrap(), "x.sh".parse().unwrap());
        let instance = Instance::stopped(1, chosen, Timestamp::from_millis(0));
        let outputs = layout.output(&instance.chosen.name, None);
        let places = Places::new(&layout, &instance, Some(outputs.clone()));
        for (folder, file) in [(&places.home, "model"), (&outputs, "picture")] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join(file), "x").unwrap();
        }
        Folders { dir, places, record: Record::new(&instance, Timestamp::from_millis(0)) }
    }

    const TO_TRASH: Delete = Delete { mode: DeleteMode::Trash, overwrite: false, outputs: true };

    fn finish(moved: Moved) {
        for path in moved.doomed() {
            crate::files::leftovers::remove(&path).unwrap();
        }
    }

    #[test]
    fn to_the_trash_and_back() {
        let Folders { dir: _dir, places, record } = folders();
        let outputs = places.outputs.clone().unwrap();
        let moved = places.move_away(TO_TRASH, &record).unwrap();
        assert!(!places.home.exists() && !outputs.exists());
        assert!(places.trash.join("model").exists() && places.trash.join(OUTPUTS).join("picture").exists());
        moved.undo();
        assert!(!places.trash.exists() && outputs.join("picture").exists());
        let left: Vec<_> = fs::read_dir(&places.home).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["model"], "no record stays behind");
    }

    #[test]
    fn what_has_no_folder_leaves_its_settings() {
        let Folders { dir: _dir, places, record } = folders();
        fs::remove_dir_all(&places.home).unwrap();
        let places = Places { outputs: None, ..places };
        finish(places.move_away(Delete { mode: DeleteMode::Permanent, ..TO_TRASH }, &record).unwrap());
        assert!(!places.trashcan.exists(), "for good: nothing is left");
        let moved = places.move_away(TO_TRASH, &record).unwrap();
        assert!(places.trash.join(crate::runtime::folder::TRASH_RECORD).exists());
        moved.undo();
        assert!(!places.trash.exists());
    }

    #[test]
    fn an_earlier_trash_entry_is_replaced_only_when_asked() {
        let Folders { dir: _dir, mut places, record } = folders();
        places.outputs = None;
        fs::create_dir_all(&places.trash).unwrap();
        fs::write(places.trash.join("old"), "x").unwrap();
        assert!(matches!(places.move_away(TO_TRASH, &record), Err(Error::Conflict { .. })));
        assert!(places.home.exists());
        finish(places.move_away(Delete { overwrite: true, ..TO_TRASH }, &record).unwrap());
        assert!(places.trash.join("model").exists() && !places.trash.join("old").exists());
        assert_eq!(fs::read_dir(&places.trashcan).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn for_good_removes_only_its_own_folders() {
        let Folders { dir, places, record } = folders();
        let outside = dir.path().join("models");
        fs::create_dir_all(&outside).unwrap();
        fs::write(outside.join("big"), "x").unwrap();
        std::os::unix::fs::symlink(&outside, places.home.join("models")).unwrap();
        finish(places.move_away(Delete { mode: DeleteMode::Permanent, ..TO_TRASH }, &record).unwrap());
        assert!(!places.home.exists() && outside.join("big").exists(), "a link inside is not followed");
        for empty in [&places.trashcan, &places.all_outputs] {
            assert_eq!(fs::read_dir(empty).unwrap().count(), 0, "{}", empty.display());
        }
    }

    #[test]
    fn outputs_behind_a_link_are_left_alone() {
        let Folders { dir, mut places, record } = folders();
        let outside = dir.path().join("outside");
        fs::create_dir_all(outside.join("pictures")).unwrap();
        std::os::unix::fs::symlink(&outside, places.all_outputs.join("link")).unwrap();
        places.outputs = Some(places.all_outputs.join("link/pictures"));
        for mode in [DeleteMode::Trash, DeleteMode::Permanent] {
            assert!(places.move_away(Delete { mode, ..TO_TRASH }, &record).is_err());
        }
        assert!(outside.join("pictures").exists() && places.home.exists());
    }
}
