//! Former texts of the user's own blueprints: what was saved before, and what was deleted.

use std::fs;
use std::io;

use super::{HISTORY, Removed, file_of, open, taken, unknown};
use crate::domain::{BlueprintName, FolderPath};
use crate::folders::history::{self, History, Save};
use crate::folders::keeping::{Base, Saving};
use crate::folders::{Folder, FolderError, Kind, native};
use crate::instances::error::Error;
use crate::instances::texts::no_longer_kept;
use crate::instances::{Instances, blocking, now};
use crate::runtime::folder::SCRIPT;

impl Instances {
    /// Deletes one; its text is kept in its history, from which it can be put back.
    ///
    /// # Errors
    /// There is none, an instance still needs it, or it can't be removed.
    pub async fn delete_blueprint(&self, name: &str, by: String) -> Result<(), Error> {
        let name = BlueprintName::parse(name).map_err(Error::invalid("filename"))?;
        let _changing = self.inner.allocating.lock().await;
        if !self.shadows(&name, Some(&name)).await? {
            self.refuse_needed(&name).await?;
        }
        let (folder, path) = (self.inner.setup.layout.custom_blueprints(), file_of(&name)?);
        let delete = move || {
            let folder = open(&folder, &path)?;
            let text = folder.read_text(&path)?;
            History::of(&folder, HISTORY, &path)?.add(&text.content, &by, history::Origin::Deleted, now())?;
            folder.dir().remove_file(native(&path)).map_err(|error| FolderError::of(&path, &error))
        };
        blocking(delete).await?.map_err(|error| match error {
            FolderError::Missing(_) => unknown(&name),
            other => other.into(),
        })
    }

    /// Removes what is kept of one that was deleted.
    ///
    /// # Errors
    /// It is still there, nothing is kept of it, or that can't be removed.
    pub async fn forget_blueprint(&self, name: &str) -> Result<(), Error> {
        let name = BlueprintName::parse(name).map_err(Error::invalid("filename"))?;
        let _changing = self.inner.allocating.lock().await;
        if self.is_own(&name).await? {
            return Err(Error::busy(format!("'{name}' is still there. Delete it first.")));
        }
        let (folder, path) = (self.inner.setup.layout.custom_blueprints(), file_of(&name)?);
        let known = blocking(move || {
            let folder = open(&folder, &path)?;
            let history = History::of(&folder, HISTORY, &path)?;
            let known = !history.list()?.is_empty();
            history.forget().map(|()| known)
        });
        if known.await?? { Ok(()) } else { Err(unknown(&name)) }
    }

    /// Its former texts, the newest first; of a deleted one too.
    ///
    /// # Errors
    /// They can't be read.
    pub async fn blueprint_history(&self, name: &str) -> Result<Vec<Save>, Error> {
        let name = BlueprintName::parse(name).map_err(Error::invalid("filename"))?;
        let (folder, path) = (self.inner.setup.layout.custom_blueprints(), file_of(&name)?);
        let list = move || match Folder::open(&folder) {
            Ok(folder) => History::of(&folder, HISTORY, &path)?.list(),
            Err(FolderError::Missing(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        };
        Ok(blocking(list).await??)
    }

    /// One of them.
    ///
    /// # Errors
    /// There is none of this number, or it can't be read.
    pub async fn former_blueprint(&self, name: &str, n: u64) -> Result<(Save, String), Error> {
        let name = BlueprintName::parse(name).map_err(Error::invalid("filename"))?;
        let (folder, path) = (self.inner.setup.layout.custom_blueprints(), file_of(&name)?);
        let read = move || History::of(&open(&folder, &path)?, HISTORY, &path)?.read(n);
        blocking(read).await?.map_err(|error| no_longer_kept(error, n))
    }

    /// Brings a former text back; without a number the last of one that was deleted.
    ///
    /// # Errors
    /// As for reading and saving it; without a number, one that is there.
    pub async fn restore_blueprint(
        &self,
        name: &str,
        n: Option<u64>,
        base: Base,
        by: String,
    ) -> Result<(Saving, String), Error> {
        let checked = BlueprintName::parse(name).map_err(Error::invalid("filename"))?;
        let (n, base) = match n {
            Some(n) => (n, base),
            None if self.is_own(&checked).await? => return Err(taken(&checked)),
            None => {
                let last = self.blueprint_history(name).await?.into_iter().next();
                (last.ok_or_else(|| unknown(&checked))?.n, Base::Absent)
            }
        };
        let (_, content) = self.former_blueprint(name, n).await?;
        let _changing = self.inner.allocating.lock().await;
        let saving = self.write_blueprint(&checked, content.clone(), base, by, history::Origin::Restored).await?;
        Ok((saving, content))
    }

    /// An instance that was never started has no script yet.
    async fn refuse_needed(&self, name: &BlueprintName) -> Result<(), Error> {
        let layout = self.inner.setup.layout.clone();
        let users = self.made_from(name);
        let without = move || {
            users.into_iter().find(|user| {
                let script = fs::symlink_metadata(layout.instance(user).join(SCRIPT));
                script.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
            })
        };
        match blocking(without).await? {
            Some(user) => Err(Error::busy(format!(
                "'{user}' was never started, and gets its script from '{name}' at its first start. Start it once, or give it \
                 another blueprint; then delete this one."
            ))),
            None => Ok(()),
        }
    }
}

/// Those whose history ends with their deletion. Blocks.
pub(super) fn removed(place: &std::path::Path) -> Result<Vec<Removed>, FolderError> {
    let folder = match Folder::open(place) {
        Ok(folder) => folder,
        Err(FolderError::Missing(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let shelves = match folder.list(&FolderPath::parse(HISTORY)?) {
        Ok(shelves) => shelves,
        Err(FolderError::Missing(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut all = Vec::new();
    for shelf in shelves.into_iter().filter(|shelf| shelf.kind == Kind::Folder) {
        let Some(path) = history::path_of_shelf(&shelf.name) else { continue };
        let Ok(filename) = BlueprintName::parse(path.as_str()) else { continue };
        if folder.entry(&path).is_ok() {
            continue;
        }
        let last = History::of(&folder, HISTORY, &path)?.list()?.into_iter().next();
        all.extend(last.map(|Save { at, by, .. }| Removed { filename, at, by }));
    }
    all.sort_by_key(|one| std::cmp::Reverse(one.at));
    Ok(all)
}
