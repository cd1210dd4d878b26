//! The user's own blueprints: read, made, changed, renamed, deleted, and all of that taken back. What instances have of them is a
//! copy, their `launch.sh`: nothing here touches it.

mod past;

use super::error::Error;
use super::texts::SaveText;
use super::{Instances, blocking, now};
use crate::blueprints::{Blueprint, Origin};
use crate::domain::{BlueprintName, FolderPath, InstanceName, Timestamp};
use crate::folders::history::{self, History};
use crate::folders::keeping::{self, Base, NewText, Saving};
use crate::folders::text::version_of;
use crate::folders::{Folder, FolderError, native};

/// Where former texts are kept, beside the blueprints; the catalogue knows no folders.
const HISTORY: &str = ".history";

/// A blueprint with its whole text.
#[derive(Debug)]
pub struct ShownBlueprint {
    /// As the catalogue has it.
    pub blueprint: Blueprint,
    /// What tells its text from any other.
    pub version: String,
    /// There is one of the same name from the other side: a stock one has no effect beside a custom one.
    pub twin: bool,
    /// The instances made from a blueprint of this name.
    pub used_by: Vec<InstanceName>,
    /// Why it can't be changed here: a sentence.
    pub read_only: Option<String>,
}

/// A new one.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
pub struct NewBlueprint {
    /// Its name.
    pub filename: String,
    /// Its text.
    pub content: String,
}

/// One of the user's own, in the list.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct OwnBlueprint {
    /// Its name.
    pub filename: BlueprintName,
    /// It takes the place of a stock one of this name.
    pub shadows: bool,
    /// The instances made from it.
    pub used_by: Vec<InstanceName>,
}

/// One that was deleted and can be put back.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
#[schema(as = DeletedBlueprint)]
pub struct Removed {
    /// The name it had.
    pub filename: BlueprintName,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: String,
}

impl Instances {
    /// A blueprint with its text: of the side asked for, or the one an instance would get.
    ///
    /// # Errors
    /// There is none, or it can't be read.
    pub async fn shown_blueprint(&self, name: &str, origin: Option<Origin>) -> Result<ShownBlueprint, Error> {
        let name = BlueprintName::parse(name).map_err(Error::invalid("filename"))?;
        let mut all = self.blueprints().await?;
        // The user's own come last, and win.
        let wanted = |one: &Blueprint| one.name == name && origin.is_none_or(|origin| one.origin == origin);
        let twin = all.iter().filter(|one| one.name == name).count() > 1;
        let at = all.iter().rposition(wanted).ok_or_else(|| unknown(&name))?;
        let blueprint = all.swap_remove(at);
        let read_only = match blueprint.origin {
            Origin::Stock => Some("It comes with AiKore. Copy it as one of your own to change it.".to_owned()),
            Origin::Custom => {
                let (folder, path) = (self.inner.setup.layout.custom_blueprints(), file_of(&name)?);
                let read = blocking(move || Folder::open(&folder)?.read_text(&path)).await?;
                read.err().map(|error| error.to_string())
            }
        };
        let version = version_of(blueprint.script.as_bytes());
        Ok(ShownBlueprint { used_by: self.made_from(&name), blueprint, version, twin, read_only })
    }

    /// The user's own, and those that were deleted.
    ///
    /// # Errors
    /// They can't be read.
    pub async fn own_blueprints(&self) -> Result<(Vec<OwnBlueprint>, Vec<Removed>), Error> {
        let all = self.blueprints().await?;
        let is_stock = |name: &BlueprintName| all.iter().any(|one| one.origin == Origin::Stock && one.name == *name);
        let own: Vec<_> = all
            .iter()
            .filter(|one| one.origin == Origin::Custom)
            .map(|one| OwnBlueprint {
                filename: one.name.clone(),
                shadows: is_stock(&one.name),
                used_by: self.made_from(&one.name),
            })
            .collect();
        let folder = self.inner.setup.layout.custom_blueprints();
        let removed = blocking(move || past::removed(&folder)).await??;
        Ok((own, removed))
    }

    /// Makes a new one. Whether it takes the place of a stock one.
    ///
    /// # Errors
    /// The name does not do or is taken, or it can't be written.
    pub async fn create_blueprint(&self, new: NewBlueprint, by: String) -> Result<(Saving, bool), Error> {
        let name = checked(&new.filename)?;
        let _changing = self.inner.allocating.lock().await;
        let shadows = self.shadows(&name, None).await?;
        let saving = self.write_blueprint(&name, new.content, Base::Absent, by, history::Origin::Saved).await?;
        match saving {
            // The same text, which was there before.
            Saving::Stale(_) | Saving::Done { changed: false, .. } => Err(taken(&name)),
            done @ Saving::Done { .. } => Ok((done, shadows)),
        }
    }

    /// Saves the text of one that is there.
    ///
    /// # Errors
    /// There is none, or it can't be written.
    pub async fn save_blueprint(&self, name: &str, save: SaveText) -> Result<Saving, Error> {
        let name = BlueprintName::parse(name).map_err(Error::invalid("filename"))?;
        let _changing = self.inner.allocating.lock().await;
        // One that vanished under somebody's hands can be saved anew by who says that they know of it.
        if save.base == Base::Unsaid && !self.is_own(&name).await? {
            return Err(unknown(&name));
        }
        self.write_blueprint(&name, save.content, save.base, save.by, history::Origin::Saved).await
    }

    async fn write_blueprint(
        &self,
        name: &BlueprintName,
        content: String,
        base: Base,
        by: String,
        origin: history::Origin,
    ) -> Result<Saving, Error> {
        let (folder, path) = (self.inner.setup.layout.custom_blueprints(), file_of(name)?);
        let new = NewText { content, base, by, origin, at: now(), mode: 0o755 };
        Ok(blocking(move || keeping::save(&Folder::open_or_make(&folder)?, HISTORY, &path, &new)).await??)
    }

    /// Gives one another name; the instances made from it follow, and so does its history. Whether it takes the place of a
    /// stock one now, and who followed.
    ///
    /// # Errors
    /// The new name does not do or is taken, there is none of the old one, or it can't be renamed: all is as it was then.
    pub async fn rename_blueprint(
        &self,
        name: &str,
        new: &str,
    ) -> Result<(BlueprintName, bool, Vec<InstanceName>), Error> {
        let old = BlueprintName::parse(name).map_err(Error::invalid("filename"))?;
        let new = checked(new)?;
        // No instance is made or changed meanwhile.
        let _changing = self.inner.allocating.lock().await;
        let shadows = self.shadows(&new, Some(&old)).await?;
        if old == new {
            return Ok((new, shadows, Vec::new()));
        }
        let folder = self.inner.setup.layout.custom_blueprints();
        self.move_blueprint(&old, &new).await?;
        let followers = self.made_from(&old);
        let follow = self.inner.roster.decide_many(|all| {
            for instance in all.values_mut().filter(|instance| instance.chosen.base_blueprint == old) {
                instance.chosen.base_blueprint = new.clone();
            }
            Ok(())
        });
        if let Err(error) = follow.await {
            if let Err(again) = self.move_blueprint(&new, &old).await {
                tracing::error!(folder = %folder.display(), error = %again, "a blueprint could not get its old name back");
            }
            return Err(error);
        }
        Ok((new, shadows, followers))
    }

    async fn move_blueprint(&self, from: &BlueprintName, to: &BlueprintName) -> Result<(), Error> {
        let (folder, from_path, to_path) = (self.inner.setup.layout.custom_blueprints(), file_of(from)?, file_of(to)?);
        let moved = move || {
            let folder = open(&folder, &from_path)?;
            folder.entry(&from_path)?;
            match folder.entry(&to_path) {
                Err(FolderError::Missing(_)) => {}
                Ok(_) => return Err(FolderError::Exists(to_path)),
                Err(error) => return Err(error),
            }
            let renamed = folder.dir().rename(native(&from_path), folder.dir(), native(&to_path));
            renamed.map_err(|error| FolderError::of(&from_path, &error))?;
            let (past, next) = (History::of(&folder, HISTORY, &from_path)?, History::of(&folder, HISTORY, &to_path)?);
            if let Err(error) = past.move_to(&next) {
                tracing::warn!(%error, "a blueprint left its history behind");
            }
            Ok(())
        };
        blocking(moved).await?.map_err(|error| match error {
            FolderError::Exists(_) => taken(to),
            FolderError::Missing(_) => unknown(from),
            other => other.into(),
        })
    }

    /// Whether one of this name stands in the place of a stock one. It must not be taken, but by `own`.
    async fn shadows(&self, name: &BlueprintName, own: Option<&BlueprintName>) -> Result<bool, Error> {
        let all = self.blueprints().await?;
        let is = |origin| all.iter().any(|one| one.origin == origin && one.name == *name);
        if is(Origin::Custom) && own != Some(name) {
            return Err(taken(name));
        }
        Ok(is(Origin::Stock))
    }

    async fn is_own(&self, name: &BlueprintName) -> Result<bool, Error> {
        Ok(self.blueprints().await?.iter().any(|one| one.origin == Origin::Custom && one.name == *name))
    }

    /// The instances with a folder of their own that were made from a blueprint of this name.
    fn made_from(&self, name: &BlueprintName) -> Vec<InstanceName> {
        let mut all = self.list();
        all.retain(|one| one.chosen.base_blueprint == *name && one.chosen.parent_instance_id.is_none());
        all.iter().map(|one| one.chosen.name.clone()).collect()
    }
}

fn open(folder: &std::path::Path, path: &FolderPath) -> Result<Folder, FolderError> {
    Folder::open(folder).map_err(|error| match error {
        FolderError::Missing(_) => FolderError::Missing(path.clone()),
        other => other,
    })
}

fn file_of(name: &BlueprintName) -> Result<FolderPath, Error> {
    FolderPath::parse(name.as_str()).map_err(Error::invalid("filename"))
}

fn taken(name: &BlueprintName) -> Error {
    Error::taken("filename", format!("A custom blueprint with the name '{name}' already exists."))
}

fn unknown(name: &BlueprintName) -> Error {
    Error::NotThere(format!("There is no blueprint '{name}' here. It may have been renamed or deleted meanwhile."))
}

/// A name for a new one, in the earlier system's rules and words.
fn checked(filename: &str) -> Result<BlueprintName, Error> {
    let refused = |why: String| Error::Refused { field: "filename", why };
    let stem = filename.strip_suffix(".sh").ok_or_else(|| refused("Filename must end with .sh".to_owned()))?;
    if stem.is_empty() || !stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
        let why = "Invalid filename. Use only alphanumeric characters, underscores, and hyphens.";
        return Err(refused(why.to_owned()));
    }
    BlueprintName::parse(filename).map_err(|why| refused(format!("Invalid filename: {why}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_new_ones() {
        assert_eq!(checked("My_App-2.sh").unwrap().as_str(), "My_App-2.sh");
        for (bad, why) in [
            ("app", "Filename must end with .sh"),
            ("app.SH", "Filename must end with .sh"),
            (".sh", "Invalid filename. Use only alphanumeric characters, underscores, and hyphens."),
            ("a b.sh", "Invalid filename. Use only alphanumeric characters, underscores, and hyphens."),
            ("../a.sh", "Invalid filename. Use only alphanumeric characters, underscores, and hyphens."),
            ("é.sh", "Invalid filename. Use only alphanumeric characters, underscores, and hyphens."),
        ] {
            let refused = checked(bad).unwrap_err();
            assert_eq!((refused.to_string().as_str(), refused.field().as_deref()), (why, Some("filename")), "{bad}");
        }
        assert!(matches!(checked(&format!("{}.sh", "a".repeat(300))), Err(Error::Refused { .. })));
    }
}
