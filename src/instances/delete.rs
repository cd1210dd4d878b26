//! Deleting an instance: to the trash, or for good. Outputs are never touched.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::Error;
use super::{Instances, blocking, locked};
use crate::domain::{Instance, InstanceId, word_enum};

word_enum! {
    /// Where the folder of a deleted instance goes.
    DeleteMode {
        /// To `trashcan/<name>`.
        Trash = "trash",
        /// Nowhere.
        Permanent = "permanent",
    }
}

impl Instances {
    /// Deletes an instance that does not run. `overwrite` replaces what an earlier deletion of the same name left in
    /// the trash.
    ///
    /// # Errors
    /// It runs, has satellites, or the trash holds its name. Nothing changed then.
    pub async fn delete(&self, id: InstanceId, mode: DeleteMode, overwrite: bool) -> Result<(), Error> {
        // Before its turn, which the end of the copy needs.
        if self.inner.cancel_making(id).await && self.get(id).is_err() {
            return Ok(());
        }
        let _turn = self.inner.turn(id).await;
        let instance = self.get(id)?;
        self.refuse_in_use(&instance)?;
        let layout = &self.inner.setup.layout;
        let (home, trash, trashcan) =
            (layout.instance(&instance.chosen.name), layout.trash(&instance.chosen.name), layout.trashcan());
        let moved = blocking(move || move_away(&home, &trash, &trashcan, mode, overwrite)).await??;
        if let Err(error) = self.inner.roster.remove(id).await {
            blocking(move || moved.undo()).await?;
            return Err(error);
        }
        locked(&self.inner.commands).remove(&id);
        tracing::info!(instance = id, name = %instance.chosen.name, %mode, "deleted");
        // Removing a big folder takes a while; nobody has to wait for it.
        self.inner.tasks.spawn("removal of a deleted folder", async move {
            let _ = blocking(move || moved.finish()).await;
        });
        Ok(())
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
}

/// What has been moved, so that it can be moved back.
#[derive(Debug, Default)]
struct Moved {
    /// From where to where, in the order of the moves.
    moves: Vec<(PathBuf, PathBuf)>,
    /// What is to be removed once the deletion holds.
    doomed: Vec<PathBuf>,
}

/// Only renames, so that it is over in no time and can be taken back.
fn move_away(home: &Path, trash: &Path, trashcan: &Path, mode: DeleteMode, overwrite: bool) -> Result<Moved, Error> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: io::Error| Error::Failed(format!("{path} could not be moved: {error}."))
    };
    let mut moved = Moved::default();
    // A link would be followed by nobody: it is the link that moves.
    if fs::symlink_metadata(home).is_err() {
        return Ok(moved);
    }
    fs::create_dir_all(trashcan).map_err(failed(trashcan))?;
    let target = match mode {
        DeleteMode::Permanent => moved.doom(trashcan),
        DeleteMode::Trash => {
            if fs::symlink_metadata(trash).is_ok() {
                if !overwrite {
                    let name = trash.file_name().unwrap_or_default().to_string_lossy();
                    return Err(Error::taken(
                        "overwrite",
                        format!(
                            "Destination path '{name}' already exists in trashcan. Use 'overwrite=true' to replace it."
                        ),
                    ));
                }
                let aside = moved.doom(trashcan);
                moved.rename(trash, &aside).map_err(failed(trash))?;
            }
            trash.to_owned()
        }
    };
    if let Err(error) = moved.rename(home, &target) {
        moved.undo();
        return Err(failed(home)(error));
    }
    Ok(moved)
}

impl Moved {
    /// A name in the trashcan for something that is to be removed; the leading dot keeps it out of listings.
    fn doom(&mut self, trashcan: &Path) -> PathBuf {
        let path = trashcan.join(format!(".removing-{:016x}", fastrand::u64(..)));
        self.doomed.push(path.clone());
        path
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        self.moves.push((from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn undo(mut self) {
        while let Some((from, to)) = self.moves.pop() {
            if let Err(error) = fs::rename(&to, &from) {
                tracing::error!(from = %to.display(), to = %from.display(), %error, "a folder could not be moved back");
            }
        }
    }

    fn finish(self) {
        for path in self.doomed {
            // Links inside are removed, not followed: that is what remove_dir_all does.
            let removed = match fs::symlink_metadata(&path) {
                Ok(meta) if meta.is_dir() => fs::remove_dir_all(&path),
                Ok(_) => fs::remove_file(&path),
                Err(_) => Ok(()),
            };
            if let Err(error) = removed {
                tracing::error!(path = %path.display(), %error, "a deleted folder could not be removed");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> (tempfile::TempDir, PathBuf, PathBuf, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let (home, trashcan) = (dir.path().join("instances/a"), dir.path().join("trashcan"));
        fs::create_dir_all(&home).unwrap();
        fs::write(home.join("model"), "x").unwrap();
        let trash = trashcan.join("a");
        (dir, home, trash, trashcan)
    }

    #[test]
    fn to_the_trash_and_back() {
        let (_dir, home, trash, trashcan) = folders();
        let moved = move_away(&home, &trash, &trashcan, DeleteMode::Trash, false).unwrap();
        assert!(!home.exists() && trash.join("model").exists());
        moved.undo();
        assert!(home.join("model").exists() && !trash.exists());
    }

    #[test]
    fn an_earlier_trash_entry_is_replaced_only_when_asked() {
        let (_dir, home, trash, trashcan) = folders();
        fs::create_dir_all(&trash).unwrap();
        fs::write(trash.join("old"), "x").unwrap();
        assert!(matches!(move_away(&home, &trash, &trashcan, DeleteMode::Trash, false), Err(Error::Conflict { .. })));
        assert!(home.exists());
        move_away(&home, &trash, &trashcan, DeleteMode::Trash, true).unwrap().finish();
        assert!(trash.join("model").exists() && !trash.join("old").exists());
        assert_eq!(fs::read_dir(&trashcan).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn for_good_removes_only_its_own_folder() {
        let (dir, home, trash, trashcan) = folders();
        let outside = dir.path().join("models");
        fs::create_dir_all(&outside).unwrap();
        fs::write(outside.join("big"), "x").unwrap();
        std::os::unix::fs::symlink(&outside, home.join("models")).unwrap();
        move_away(&home, &trash, &trashcan, DeleteMode::Permanent, false).unwrap().finish();
        assert!(!home.exists() && outside.join("big").exists(), "a link inside is not followed");
        assert_eq!(fs::read_dir(&trashcan).unwrap().count(), 0);
    }

    #[test]
    fn an_instance_that_never_started_has_nothing_to_move() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        move_away(
            &root.join("instances/a"),
            &root.join("trashcan/a"),
            &root.join("trashcan"),
            DeleteMode::Trash,
            false,
        )
        .unwrap()
        .finish();
        assert!(!root.join("trashcan").exists());
    }
}
