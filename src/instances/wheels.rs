//! Which wheels of the shelf an instance has: copies in its `wheels/`, from which its script installs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, FileTimes};
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use cap_std::fs::{Dir, OpenOptions};
use serde::Serialize;

use super::error::Error;
use super::{Instances, blocking};
use crate::domain::{FolderPath, Instance, InstanceId, Timestamp, WheelName};
use crate::files::{content, space};
use crate::folders::{Entry, Folder, FolderError, Kind};
use crate::runtime::python;
use crate::wheels::{Shelf, ShelfError};

/// Where they are in the instance's folder.
const FOLDER: &str = "wheels";

/// How the names of copies begin that are in the making.
const COPYING: &str = ".aikore-new-";

/// A wheel an instance has or may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offered {
    /// Its name on the shelf.
    pub filename: WheelName,
    /// Bytes.
    pub size: u64,
    /// Whether the instance has it.
    pub installed: bool,
    /// Whether it is on the shelf; what is not can only be kept or taken away.
    pub on_shelf: bool,
    /// Why the instance's Python can't use it, if that is known.
    pub misfit: Option<String>,
}

/// Why wheels could not be had: the instance's fault, or the shelf's.
#[derive(Debug, thiserror::Error)]
pub enum WheelsError {
    /// The instance.
    #[error(transparent)]
    Instance(#[from] Error),
    /// The shelf, or the instance's folder.
    #[error(transparent)]
    Shelf(#[from] ShelfError),
}

impl From<FolderError> for WheelsError {
    fn from(error: FolderError) -> Self {
        Self::Shelf(error.into())
    }
}

/// What an instance's folder holds, by name.
type Present = BTreeMap<WheelName, Entry>;

impl Instances {
    /// The shelf that all instances share.
    pub fn shelf(&self) -> &Shelf {
        &self.inner.shelf
    }

    /// The wheels of the shelf, and those the instance has: these first, then by name.
    ///
    /// # Errors
    /// There is no such instance, or its folder or the shelf can't be read.
    pub async fn wheels(&self, id: InstanceId) -> Result<Vec<Offered>, WheelsError> {
        let family = self.inner.family(&self.get(id)?)?;
        let home = self.inner.setup.layout.instance(&family.chosen.name);
        let header = self.inner.header(&family).await;
        let shelf = self.shelf().clone();
        blocking(move || {
            let python = python::find(&home, header.venv_path()).and_then(|found| found.version);
            let present = match open(&home)? {
                Some(wheels) => present(&wheels)?,
                None => Present::new(),
            };
            let misfit = |name: &WheelName| name.misfit(python.as_deref()?, std::env::consts::ARCH);
            let mut all: Vec<Offered> = Vec::new();
            let mut shelved = BTreeSet::new();
            let on_shelf = shelf.list()?;
            for wheel in &on_shelf {
                let name = wheel.name.installed();
                let twins = on_shelf.iter().filter(|other| other.name.installed() == name).count();
                let is_it =
                    |entry: &Entry| twins == 1 || (entry.size, entry.modified) == (wheel.size, Some(wheel.modified));
                let installed = present.get(&name).is_some_and(is_it);
                if installed {
                    shelved.insert(name);
                }
                let (filename, size) = (wheel.name.clone(), wheel.size);
                all.push(Offered { misfit: misfit(&filename), filename, size, installed, on_shelf: true });
            }
            for (name, entry) in present.into_iter().filter(|(name, _)| !shelved.contains(name)) {
                let misfit = misfit(&name);
                all.push(Offered { filename: name, size: entry.size, installed: true, on_shelf: false, misfit });
            }
            all.sort_by(|a, b| (!a.installed, &a.filename).cmp(&(!b.installed, &b.filename)));
            Ok(all)
        })
        .await?
    }

    /// Makes the instance have exactly these. Names that are neither on the shelf nor there are ignored.
    ///
    /// # Errors
    /// There is no such instance, it is being made, two of them are the same wheel, or the disk is full. A wheel is there
    /// whole or not at all.
    pub async fn choose_wheels(&self, id: InstanceId, names: &[String]) -> Result<Arc<Instance>, WheelsError> {
        let family = self.inner.family(&self.get(id)?)?;
        // In its turn: the folder must not be renamed or deleted meanwhile.
        let _turn = self.inner.turn(family.id).await;
        let family = self.get(family.id)?;
        self.inner.refuse_while_made(&family)?;
        let home = self.inner.setup.layout.instance(&family.chosen.name);
        let wanted: BTreeSet<WheelName> = names.iter().filter_map(|name| WheelName::parse(name).ok()).collect();
        let shelf = self.shelf().clone();
        blocking(move || apply(&home, &shelf, &wanted)).await??;
        Ok(family)
    }
}

/// The folder of an instance's wheels; `None` before there is one.
fn open(home: &std::path::Path) -> Result<Option<Folder>, FolderError> {
    let inside = |error: io::Error| FolderError::of(&wheels_path(), &error);
    let home = match Folder::open(home) {
        Ok(home) => home,
        Err(FolderError::Missing(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    match home.dir().open_dir(FOLDER) {
        Ok(_) => home.below(&wheels_path()).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(inside(error)),
    }
}

fn wheels_path() -> FolderPath {
    FolderPath::parse(FOLDER).unwrap_or_else(|_| FolderPath::root())
}

/// The wheels that are in it.
fn present(wheels: &Folder) -> Result<Present, FolderError> {
    let files = wheels.list(&FolderPath::root())?.into_iter().filter(|entry| entry.kind != Kind::Folder);
    Ok(files.filter_map(|entry| Some((WheelName::parse(&entry.name).ok()?, entry))).collect())
}

fn apply(home: &std::path::Path, shelf: &Shelf, wanted: &BTreeSet<WheelName>) -> Result<(), WheelsError> {
    let on_shelf = shelf.list()?;
    let mut named: BTreeMap<WheelName, &crate::wheels::Wheel> = BTreeMap::new();
    for wheel in on_shelf.iter().filter(|wheel| wanted.contains(&wheel.name)) {
        if let Some(twin) = named.insert(wheel.name.installed(), wheel) {
            let why = format!(
                "'{}' and '{}' are the same wheel for different cards: an instance can have one of them.",
                twin.name, wheel.name
            );
            return Err(Error::Invalid { field: "filenames", why }.into());
        }
    }
    let wheels = match open(home)? {
        Some(wheels) => wheels,
        None if named.is_empty() => return Ok(()),
        None => {
            let home = Folder::open_or_make(home)?;
            home.dir().create_dir(FOLDER).map_err(|error| FolderError::of(&wheels_path(), &error))?;
            home.below(&wheels_path())?
        }
    };
    let present = present(&wheels)?;
    let is_there = |name: &WheelName, wheel: &crate::wheels::Wheel| {
        present.get(name).is_some_and(|entry| (entry.size, entry.modified) == (wheel.size, Some(wheel.modified)))
    };
    let missing: Vec<_> = named.iter().filter(|(name, wheel)| !is_there(name, wheel)).collect();
    refuse_too_big(&wheels, missing.iter().map(|(_, wheel)| wheel.size).sum())?;
    clear_halves(&wheels);
    // What is wanted comes before the rest goes: a full disk takes nothing away.
    for (name, wheel) in missing {
        copy(shelf, wheel, wheels.dir(), name)?;
    }
    let keeps = |name: &WheelName| named.contains_key(name) || wanted.contains(name);
    for name in present.keys().filter(|name| !keeps(name)) {
        wheels.dir().remove_file(name.as_str()).map_err(|error| failed(name, &error))?;
    }
    Ok(())
}

fn refuse_too_big(wheels: &Folder, wanted: u64) -> Result<(), WheelsError> {
    let free = space::free(wheels.place()).map_err(|error| FolderError::of(&wheels_path(), &error))?;
    if free >= wanted || space::clones(wheels.place()) {
        return Ok(());
    }
    Err(ShelfError::NoSpace(format!(
        "The wheels need {} MiB of disk space, and {} MiB are free. Make room, or choose fewer.",
        wanted.div_ceil(1 << 20),
        free >> 20
    ))
    .into())
}

/// Copies that a killed server has left half made.
fn clear_halves(wheels: &Folder) {
    let names = wheels.list(&FolderPath::root()).unwrap_or_default();
    for half in names.iter().filter(|entry| entry.name.starts_with(COPYING)) {
        let _ = wheels.dir().remove_file(&half.name);
    }
}

/// Copied beside its place and renamed: it is whole or not there.
fn copy(shelf: &Shelf, wheel: &crate::wheels::Wheel, to: &Dir, name: &WheelName) -> Result<(), WheelsError> {
    let (from, facts) = shelf.open(&wheel.name)?;
    let temporary = format!("{COPYING}{:016x}", fastrand::u64(..));
    let copied = (|| {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        let file: File = to.open_with(&temporary, &options)?.into_std();
        content::copy::<io::Error>(&from, &file, facts.len(), &mut |_| Ok(()))?;
        // By its time it is told from its twin for another card.
        file.set_times(FileTimes::new().set_modified(time_of(wheel.modified, &facts)))?;
        file.sync_all()?;
        to.rename(&temporary, to, name.as_str())
    })();
    copied.map_err(|error| {
        let _ = to.remove_file(&temporary);
        failed(name, &error)
    })
}

/// To the millisecond, as it is compared.
fn time_of(modified: Timestamp, facts: &std::fs::Metadata) -> SystemTime {
    facts.modified().unwrap_or(SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(modified.millis()))
}

fn failed(name: &WheelName, error: &io::Error) -> WheelsError {
    match wheels_path().join(name.as_str()) {
        Ok(path) => FolderError::of(&path, error).into(),
        Err(invalid) => FolderError::from(invalid).into(),
    }
}
