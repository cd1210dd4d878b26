//! The texts of an instance's folder that a person edits: `launch.sh` above all, and what else lies there. A satellite's are its
//! parent's: it shows them, and changes none.

mod list;

use std::sync::Arc;

use super::error::Error;
use super::{Inner, Instances, blocking, now};
use crate::blueprints::{Blueprint, CatalogueError};
use crate::domain::{BlueprintName, FolderPath, Instance, InstanceId, InstanceName};
use crate::folders::history::{History, Origin, Save};
use crate::folders::keeping::{self, Base, NewText, Saving};
use crate::folders::text::Text;
use crate::folders::{Folder, FolderError};
use crate::runtime::folder::SCRIPT;

pub use list::EditableFile;

/// Where the former texts of an instance's files are kept, in its own folder: copies and the trash take them along.
const HISTORY: &str = ".aikore-history";

/// What a text in an instance's folder is for, as the earlier system's calls name it.
const KINDS: [(&str, &str); 3] =
    [("script", SCRIPT), ("requirements", "requirements.txt"), ("launch_args", "launch_args.txt")];

/// A text, and how it may be edited.
#[derive(Debug)]
pub struct Opened {
    /// Which.
    pub path: FolderPath,
    /// What is on the disk; `None` while nothing is.
    pub text: Option<Text>,
    /// What an instance will get that has no script yet.
    pub proposed: Option<String>,
    /// The blueprint the script came from.
    pub from: Option<(BlueprintName, crate::blueprints::Origin)>,
    /// Why it can't be saved here: a sentence.
    pub read_only: Option<String>,
    /// Whose folder it is in, if not the instance's own.
    pub parent: Option<(InstanceId, InstanceName)>,
}

/// The files there are to edit.
#[derive(Debug)]
pub struct Editable {
    /// In the order in which they are offered.
    pub files: Vec<EditableFile>,
    /// Whose folder it is, if not the instance's own.
    pub parent: Option<(InstanceId, InstanceName)>,
}

/// A text that a person wants to save.
#[derive(Debug)]
pub struct SaveText {
    /// All of it.
    pub content: String,
    /// What they saw.
    pub base: Base,
    /// Who they are.
    pub by: String,
}

/// The path that a call is about.
///
/// # Errors
/// There is no such kind, or the path is not one inside a folder.
pub fn path_of(file_type: &str, path: Option<&str>) -> Result<FolderPath, Error> {
    let named = KINDS.iter().find(|(kind, _)| *kind == file_type).map(|(_, path)| *path);
    let text = match (named, file_type) {
        (Some(named), _) => named,
        (None, "file") => path.ok_or_else(|| Error::Invalid {
            field: "path",
            why: "Say which file: file_type=file takes a path, seen from the instance's folder.".to_owned(),
        })?,
        (None, _) => {
            return Err(Error::Refused { field: "file_type", why: "Invalid file type specified".to_owned() });
        }
    };
    let path = FolderPath::parse(text).map_err(Error::invalid("path"))?;
    if path.is_root() {
        return Err(Error::Invalid {
            field: "path",
            why: "The path names the folder itself, no file in it.".to_owned(),
        });
    }
    Ok(path)
}

/// The kind of a path, as `path_of` takes it.
pub fn kind_of(path: &FolderPath) -> &'static str {
    KINDS.iter().find(|(_, named)| *named == path.as_str()).map_or("file", |(kind, _)| kind)
}

impl Instances {
    /// The texts there are to edit, and those that would be of use.
    ///
    /// # Errors
    /// There is no such instance, or its folder can't be read.
    pub async fn editable(&self, id: InstanceId) -> Result<Editable, Error> {
        let (instance, family) = self.inner.with_family(id)?;
        let named = list::named_in(&self.inner.header(&instance).await);
        let home = self.inner.setup.layout.instance(&family.chosen.name);
        let files = blocking(move || list::list(&home, &named)).await??;
        Ok(Editable { files, parent: parent_of(&instance, &family) })
    }

    /// Reads a text. Where there is no `launch.sh` yet, it is what the first start will write.
    ///
    /// # Errors
    /// There is no such instance or file, or it is nothing that can be edited.
    pub async fn text(&self, id: InstanceId, path: FolderPath) -> Result<Opened, Error> {
        let (instance, family) = self.inner.with_family(id)?;
        let home = self.inner.setup.layout.instance(&family.chosen.name);
        let text = {
            let path = path.clone();
            blocking(move || match Folder::open(&home) {
                Ok(folder) => keeping::present(&folder, &path),
                // It has never been started.
                Err(FolderError::Missing(_)) => Ok(None),
                Err(error) => Err(error),
            })
            .await??
        };
        let is_script = path.as_str() == SCRIPT;
        let blueprint = if is_script { Some(self.inner.blueprint(&family.chosen.base_blueprint).await) } else { None };
        if text.is_none() && kind_of(&path) == "file" {
            return Err(FolderError::Missing(path).into());
        }
        let (proposed, from) = match (blueprint, text.is_some()) {
            (Some(Ok(Blueprint { name, origin, script, .. })), there) => {
                ((!there).then_some(script), Some((name, origin)))
            }
            (Some(Err(error)), false) => return Err(no_source(error)),
            _ => (None, None),
        };
        let parent = parent_of(&instance, &family);
        Ok(Opened { read_only: read_only(&instance, &path), text, proposed, from, parent, path })
    }

    /// Saves a text; a process that runs is not touched by it.
    ///
    /// # Errors
    /// There is no such instance, the file is not to be changed here, or it can't be written: it is as it was then.
    pub async fn save_text(&self, id: InstanceId, path: FolderPath, save: SaveText) -> Result<Saving, Error> {
        self.write_text(id, path, save, Origin::Saved).await
    }

    async fn write_text(
        &self,
        id: InstanceId,
        path: FolderPath,
        save: SaveText,
        origin: Origin,
    ) -> Result<Saving, Error> {
        if let Some(why) = read_only(&*self.get(id)?, &path) {
            return Err(Error::Forbidden(why));
        }
        // The folder keeps its name meanwhile, and nobody else saves.
        let _turn = self.inner.turn(id).await;
        let instance = self.get(id)?;
        self.inner.refuse_while_made(&instance)?;
        let home = self.inner.setup.layout.instance(&instance.chosen.name);
        let mode = if path.as_str() == SCRIPT { 0o755 } else { 0o644 };
        let SaveText { content, base, by } = save;
        let new = NewText { content, base, by, origin, at: now(), mode };
        let saving = blocking(move || {
            let folder = Folder::open_or_make(&home)?;
            keeping::save(&folder, HISTORY, &path, &new)
        });
        Ok(saving.await??)
    }

    /// The former texts of a file, the newest first.
    ///
    /// # Errors
    /// There is no such instance, or they can't be read.
    pub async fn text_history(&self, id: InstanceId, path: FolderPath) -> Result<Vec<Save>, Error> {
        let (_, family) = self.inner.with_family(id)?;
        let home = self.inner.setup.layout.instance(&family.chosen.name);
        let list = move || match Folder::open(&home) {
            Ok(folder) => History::of(&folder, HISTORY, &path)?.list(),
            Err(FolderError::Missing(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        };
        Ok(blocking(list).await??)
    }

    /// One of them.
    ///
    /// # Errors
    /// There is no such instance or text, or it can't be read.
    pub async fn former_text(&self, id: InstanceId, path: FolderPath, n: u64) -> Result<(Save, String), Error> {
        let (_, family) = self.inner.with_family(id)?;
        let home = self.inner.setup.layout.instance(&family.chosen.name);
        let read = move || History::of(&Folder::open(&home)?, HISTORY, &path)?.read(n);
        blocking(read).await?.map_err(|error| no_longer_kept(error, n))
    }

    /// Brings a former text back, which is a save like any other.
    ///
    /// # Errors
    /// As for reading and saving it.
    pub async fn restore_text(
        &self,
        id: InstanceId,
        path: FolderPath,
        n: u64,
        base: Base,
        by: String,
    ) -> Result<(Saving, String), Error> {
        let (_, content) = self.former_text(id, path.clone(), n).await?;
        let save = SaveText { content: content.clone(), base, by };
        Ok((self.write_text(id, path, save, Origin::Restored).await?, content))
    }
}

/// A number that is not there was dropped meanwhile: that is told in the words of the history.
pub(super) fn no_longer_kept(error: FolderError, n: u64) -> Error {
    match error {
        FolderError::Missing(_) => {
            Error::NotThere(format!("Save {n} is not kept any more: of each file the last 20 are."))
        }
        other => other.into(),
    }
}

impl Inner {
    fn with_family(&self, id: InstanceId) -> Result<(Arc<Instance>, Arc<Instance>), Error> {
        let instance = self.roster.get(id)?;
        let family = self.family(&instance)?;
        Ok((instance, family))
    }
}

fn parent_of(instance: &Instance, family: &Instance) -> Option<(InstanceId, InstanceName)> {
    (instance.id != family.id).then(|| (family.id, family.chosen.name.clone()))
}

/// In the earlier system's words.
fn no_source(error: Error) -> Error {
    match error {
        Error::Blueprint(CatalogueError::Unknown { wanted, .. }) => {
            Error::NotThere(format!("Source file '{wanted}' not found in blueprints."))
        }
        other => other,
    }
}

/// Why a file can't be saved in an instance's editor.
fn read_only(instance: &Instance, path: &FolderPath) -> Option<String> {
    let first = path.as_str().split('/').next().unwrap_or_default();
    if instance.chosen.parent_instance_id.is_some() {
        let what = if path.as_str() == SCRIPT {
            "Satellite instances share their parent's script. It cannot be edited directly. Please edit the parent \
             instance's script."
        } else {
            "Satellite instances share their parent's files. They cannot be edited directly. Please edit the parent \
             instance's."
        };
        return Some(what.to_owned());
    }
    let why = match first {
        HISTORY => "AiKore keeps former texts there. To bring one back, restore it from the history of its file.",
        "aikore_vars.env" => "AiKore writes this file anew at each start, from the settings of the instance.",
        "output.log" | "output.logs" => {
            "This is the log, which only the run itself writes. Look at it in the log's tool."
        }
        _ => return None,
    };
    Some(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for (kind, path) in
            [("script", "launch.sh"), ("requirements", "requirements.txt"), ("launch_args", "launch_args.txt")]
        {
            let parsed = path_of(kind, Some("ignored")).unwrap();
            assert_eq!((parsed.as_str(), kind_of(&parsed)), (path, kind));
        }
        assert_eq!(path_of("file", Some("a/b.yaml")).unwrap().as_str(), "a/b.yaml");
        for bad in ["", "/etc/passwd", "../x", "a/../../x", "a//b", ".", "a\0b"] {
            assert!(matches!(path_of("file", Some(bad)), Err(Error::Invalid { field: "path", .. })), "{bad:?}");
        }
        assert!(matches!(path_of("file", None), Err(Error::Invalid { field: "path", .. })));
        let refused = path_of("Script", None).unwrap_err();
        assert_eq!(refused.to_string(), "Invalid file type specified");
        assert!(matches!(refused, Error::Refused { field: "file_type", .. }));
    }
}
