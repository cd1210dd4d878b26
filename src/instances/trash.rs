//! What was deleted: listed, brought back, removed for good. Only what lies right in the trash is ever touched: a name is
//! looked up in its listing, never joined to a path.

mod discarded;
mod record;
mod restore;
mod undiscard;

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::Error;
use super::{Instances, blocking};
use crate::blueprints::{Blueprint, Header};
use crate::domain::{BlueprintName, Layout, Timestamp, word_enum};
use crate::files::leftovers::{self, DOOMED};
use crate::jobs::Job;
use crate::runtime::folder::SCRIPT;

pub(super) use discarded::{Discarded, Origin};
pub(super) use record::Record;

use discarded::DISCARDED;

/// Where the outputs of a deleted instance are, in its folder.
pub(super) const OUTPUTS: &str = ".aikore-outputs";

word_enum! {
    /// What is in the trash.
    TrashKind {
        /// The folder of an instance.
        Instance = "instance",
        /// Things out of a folder.
        Files = "files",
    }
}

/// Something in the trash.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Trashed {
    /// Its name there.
    pub name: String,
    /// What it is.
    pub kind: TrashKind,
    /// Its name for people.
    pub title: String,
    /// Of files: where they were, in words.
    pub from: Option<String>,
    /// Of files: how many things were deleted together.
    pub count: Option<usize>,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// What it takes of the disk; `None` until that is known.
    pub size: Option<u64>,
    /// Whether it can be brought back without being told more.
    pub restorable: bool,
    /// Why not: a sentence.
    pub why_not: Option<String>,
    /// The blueprint it was made from, as far as can be told.
    pub blueprint: Option<BlueprintName>,
    /// Whether its outputs are here too.
    pub outputs: bool,
}

/// What is known of an entry without walking through it.
struct Found {
    path: PathBuf,
    name: String,
    deleted_at: Timestamp,
    is_folder: bool,
    /// As it was written down at its deletion.
    record: Option<Record>,
    /// The same of files.
    discarded: Option<Discarded>,
    /// What the header of its script says; for entries of the earlier system.
    blueprint: Option<BlueprintName>,
}

impl Instances {
    /// What is in the trash, the latest first.
    ///
    /// # Errors
    /// It can't be read.
    pub async fn trash(&self) -> Result<Vec<Trashed>, Error> {
        let mut found = self.find_trash().await?;
        found.sort_by(|a, b| b.deleted_at.cmp(&a.deleted_at).then_with(|| a.name.cmp(&b.name)));
        Ok(found.into_iter().map(|found| found.shown(|path, at| self.inner.trash_size(path, at))).collect())
    }

    /// Removes one entry for good.
    ///
    /// # Errors
    /// There is none of this name.
    pub async fn remove_trash(&self, name: &str) -> Result<Option<Job>, Error> {
        let _trash = self.inner.trash.lock().await;
        let layout = self.inner.setup.layout.clone();
        let name = name.to_owned();
        let doomed = blocking(move || {
            // The very name: what is shown of one that is no text may be shown of another too.
            let paths = all_entries(&layout)?.into_iter().map(|(path, _)| path);
            let paths = paths.filter(|path| path.file_name() == Some(name.as_ref()));
            let doomed = doom(paths)?;
            if doomed.is_empty() { Err(Error::NotInTrash(name)) } else { Ok(doomed) }
        })
        .await??;
        Ok(self.inner.remove_as_job(None, doomed))
    }

    /// Removes everything for good; no job when there is nothing.
    ///
    /// # Errors
    /// The trash can't be read.
    pub async fn empty_trash(&self) -> Result<Option<Job>, Error> {
        let _trash = self.inner.trash.lock().await;
        let layout = self.inner.setup.layout.clone();
        let doomed = blocking(move || doom(all_entries(&layout)?.into_iter().map(|(path, _)| path))).await??;
        Ok(self.inner.remove_as_job(None, doomed))
    }

    async fn find_trash(&self) -> Result<Vec<Found>, Error> {
        let layout = self.inner.setup.layout.clone();
        // Without a catalogue only the names of older entries are not known.
        let blueprints = self.blueprints().await.unwrap_or_default();
        blocking(move || {
            let all = all_entries(&layout)?.into_iter();
            Ok(all.filter_map(|(path, name)| Found::look(path, name, &blueprints)).collect())
        })
        .await?
    }
}

impl Found {
    fn look(path: PathBuf, name: String, blueprints: &[Blueprint]) -> Option<Self> {
        let meta = fs::symlink_metadata(&path).ok()?;
        let is_folder = meta.is_dir();
        let is_files = is_folder && name.starts_with(DISCARDED);
        let discarded = if is_files { Discarded::read(&path) } else { None };
        let record = if is_folder && !is_files { Record::read(&path) } else { None };
        // A rename changes the time of the entry itself.
        let moved = u64::try_from(meta.ctime().saturating_mul(1000)).unwrap_or(0);
        let recorded =
            discarded.as_ref().map(|files| files.deleted_at).or(record.as_ref().map(|record| record.deleted_at));
        let deleted_at = recorded.unwrap_or(Timestamp::from_millis(moved));
        let blueprint = if is_folder && !is_files { by_header(&path, blueprints) } else { None };
        Some(Self { path, name, deleted_at, is_folder, record, discarded, blueprint })
    }

    fn shown(self, size: impl FnOnce(&Path, u64) -> Option<u64>) -> Trashed {
        let blueprint = self.record.as_ref().map(|record| record.blueprint().clone()).or(self.blueprint);
        let is_files = self.name.starts_with(DISCARDED);
        let why_not = if is_files && self.discarded.is_none() {
            Some("From where these files were deleted is not known: their record can't be read.".to_owned())
        } else if is_files {
            None
        } else if !self.is_folder {
            Some("It is not the folder of an instance.".to_owned())
        } else if blueprint.is_none() {
            Some("Which blueprint it was made from is not known; it has to be said.".to_owned())
        } else {
            None
        };
        Trashed {
            size: size(&self.path, self.deleted_at.millis()),
            restorable: why_not.is_none(),
            why_not,
            blueprint,
            kind: if is_files { TrashKind::Files } else { TrashKind::Instance },
            title: self.discarded.as_ref().map_or_else(|| self.name.clone(), Discarded::title),
            from: self.discarded.as_ref().map(|files| files.origin.in_words()),
            count: self.discarded.as_ref().map(Discarded::count),
            outputs: self.is_folder && self.path.join(OUTPUTS).is_dir(),
            name: self.name,
            deleted_at: self.deleted_at,
        }
    }
}

/// Everything in the trash, whichever disk it is on.
fn all_entries(layout: &Layout) -> Result<Vec<(PathBuf, String)>, Error> {
    let mut all = Vec::new();
    for trashcan in layout.trashcans() {
        all.append(&mut entries(&trashcan)?);
    }
    Ok(all)
}

/// Everything right in the trash, but what is being removed. A name that is no text can't be asked for, only removed with
/// all the rest.
fn entries(trashcan: &Path) -> Result<Vec<(PathBuf, String)>, Error> {
    let failed = |error: io::Error| Error::Failed(format!("{} can't be read: {error}.", trashcan.display()));
    let listed = match fs::read_dir(trashcan) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut all = Vec::new();
    for entry in listed {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with(DOOMED) {
            all.push((entry.path(), name));
        }
    }
    Ok(all)
}

/// Gives entries the names under which they are removed: from now on nobody sees them.
fn doom(paths: impl Iterator<Item = PathBuf>) -> Result<Vec<PathBuf>, Error> {
    paths
        .map(|path| {
            // On its own disk.
            let doomed = leftovers::doomed_name(path.parent().unwrap_or(&path));
            fs::rename(&path, &doomed)
                .map(|()| doomed)
                .map_err(|error| Error::Failed(format!("{} can't be removed: {error}.", path.display())))
        })
        .collect()
}

/// The blueprint whose header has the name that this script's header has.
fn by_header(folder: &Path, blueprints: &[Blueprint]) -> Option<BlueprintName> {
    let script = record::read_plain(&folder.join(SCRIPT))?;
    let header = Header::parse(&script);
    let name = header.get("name")?;
    let found = blueprints.iter().find(|blueprint| blueprint.header.get("name") == Some(name))?;
    Some(found.name.clone())
}
