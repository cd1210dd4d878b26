//! What is to be in an archive: found, not yet read. No link is followed.

mod home;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::content::LONGEST;
use super::error::BackupError;
use super::manifest::{LeftOut, Listed};
use crate::domain::{FolderPath, InstanceId, InstanceName, Layout};
use crate::folders::{Folder, FolderError, Kind};
use crate::store::{Outline, OutlineRow};

/// A file, or a text that is made for the archive.
#[derive(Debug)]
pub(super) struct Item {
    /// Where it lies in the archive.
    pub(super) path: FolderPath,
    /// Where its content is.
    pub(super) content: Content,
    /// About how long it is.
    pub(super) size: u64,
}

#[derive(Debug)]
pub(super) enum Content {
    /// A file of a folder.
    File { folder: Arc<Path>, inside: FolderPath },
    /// A text.
    Text(Vec<u8>),
}

/// All that is to be in an archive besides the store.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) items: Vec<Item>,
    pub(super) instances: Vec<Listed>,
    pub(super) left_out: Vec<LeftOut>,
}

impl Gathered {
    pub(super) fn leave_out(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.left_out.push(LeftOut { what: what.into(), why: why.into() });
    }

    /// How much there is to read.
    pub(super) fn size(&self) -> u64 {
        self.items.iter().map(|item| item.size).fold(0, u64::saturating_add)
    }

    /// Every small file below a folder, into the archive below `to`; what is too large is said.
    fn whole(&mut self, place: &Path, to: &FolderPath) -> Result<(), FolderError> {
        let folder = match Folder::open(place) {
            Err(FolderError::Missing(_)) => return Ok(()),
            opened => opened?,
        };
        let place: Arc<Path> = place.into();
        let mut rest = vec![FolderPath::root()];
        while let Some(here) = rest.pop() {
            for entry in folder.list(&here)? {
                let inside = here.join(&entry.name)?;
                let path = FolderPath::parse(&format!("{to}/{inside}"))?;
                match entry.kind {
                    _ if entry.link => self.leave_out(path.as_str(), "a link"),
                    Kind::Folder => rest.push(inside),
                    Kind::File if entry.name.starts_with(".aikore-") => {}
                    Kind::File if entry.size <= LONGEST => {
                        let content = Content::File { folder: Arc::clone(&place), inside };
                        self.items.push(Item { path, content, size: entry.size });
                    }
                    Kind::File => self.leave_out(path.as_str(), "too large for a script or a key"),
                    Kind::Link | Kind::Other => self.leave_out(path.as_str(), "no plain file"),
                }
            }
        }
        Ok(())
    }
}

/// Finds everything. `go_on` says whether to.
pub(super) async fn gather(
    layout: &Layout,
    outline: &Outline,
    go_on: &(dyn Fn() -> bool + Sync),
) -> Result<Gathered, BackupError> {
    let mut all = Gathered::default();
    for (place, to) in [(layout.custom_blueprints(), "custom_blueprints"), (layout.tls(), "tls")] {
        let path = FolderPath::parse(to).map_err(|why| unread(&place, &why))?;
        all.whole(&place, &path).map_err(|why| unread(&place, &why))?;
    }
    let names: BTreeMap<InstanceId, &str> = outline.instances.iter().map(|row| (row.id, row.name.as_str())).collect();
    for row in &outline.instances {
        if !go_on() {
            return Err(BackupError::Stopped);
        }
        let Ok(name) = InstanceName::parse(&row.name) else {
            all.leave_out(
                format!("the folder of {:?}", row.name),
                "its name is no name of a folder here; its settings are in the store",
            );
            continue;
        };
        let parent = row.parent.and_then(|id| names.get(&id)).and_then(|name| InstanceName::parse(name).ok());
        let app = if parent.is_some() { None } else { home::gather(layout, row, &name, &mut all, go_on).await? };
        all.instances.push(Listed { name, satellite_of: parent, app });
    }
    for (what, why) in [
        ("models", "they stay where they are"),
        ("outputs", "they stay where they are"),
        ("instances/.wheels", "the shelf of wheels: put them there again"),
        ("trashcan", "what was deleted"),
        ("cache", "it is filled again"),
    ] {
        all.leave_out(what, why);
    }
    all.left_out.sort();
    Ok(all)
}

fn unread(place: &Path, why: &dyn std::fmt::Display) -> BackupError {
    let path: PathBuf = place.to_owned();
    BackupError::Io { path, source: std::io::Error::other(why.to_string().trim_end_matches('.').to_owned()) }
}

/// Whose script says where the environment is.
fn script_of(layout: &Layout, row: &OutlineRow, home: &Path) -> Vec<u8> {
    let own = home.join(crate::runtime::folder::SCRIPT);
    std::fs::read(own).or_else(|_| std::fs::read(layout.custom_blueprints().join(&row.blueprint))).unwrap_or_default()
}
