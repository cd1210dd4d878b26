//! One instance's folder: its script, its small configuration, and what its app is made of.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{Content, Gathered, Item, script_of, unread};
use crate::backups::content::{DEPTH, LONGEST, LOOKED_AT, MOST, is_small_config, never};
use crate::backups::error::BackupError;
use crate::blueprints::Header;
use crate::domain::{FolderPath, InstanceName, Layout};
use crate::environments::{self, FOLDER, Known, Past, SOURCES, Saved};
use crate::folders::{Folder, FolderError, Kind};
use crate::store::OutlineRow;

/// What is taken of one folder.
struct Home<'a> {
    /// In the archive.
    to: FolderPath,
    place: Arc<Path>,
    folder: Folder,
    /// What git knows, by the repositories' paths.
    repositories: BTreeMap<String, Known>,
    all: &'a mut Gathered,
}

/// Adds an instance's folder. Returns what the app is made of, if that has to be made anew.
pub(super) async fn gather(
    layout: &Layout,
    row: &OutlineRow,
    name: &InstanceName,
    all: &mut Gathered,
    go_on: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Saved>, BackupError> {
    let place = layout.instance(name);
    let folder = match Folder::open(&place) {
        // It has never been started.
        Err(FolderError::Missing(_)) => return Ok(None),
        opened => opened.map_err(|why| unread(&place, &why))?,
    };
    let script = script_of(layout, row, &place);
    let header = Header::parse(&String::from_utf8_lossy(&script));
    let found = environments::repositories(&place, false).await;
    let mut repositories = BTreeMap::new();
    for repository in &found {
        repositories.insert(repository.path.clone(), environments::known(&place.join(&repository.path)).await);
    }
    let sources = environments::sources(&place, &found).await;
    let past = Past::new(&place);
    let (saved, list) = past.to_save(header.venv_path(), found);
    let wrong = |why: &dyn std::fmt::Display| unread(&place, why);
    let to = FolderPath::parse(&format!("instances/{name}")).map_err(|why| wrong(&why))?;
    let mut home = Home { to, place: place.as_path().into(), folder, repositories, all };
    home.text(&format!("{FOLDER}/lock.txt"), list.into_bytes()).map_err(|why| wrong(&why))?;
    if !sources.is_empty() {
        let text = serde_json::to_vec_pretty(&sources).map_err(|why| wrong(&why))?;
        home.text(&format!("{FOLDER}/{SOURCES}"), text).map_err(|why| wrong(&why))?;
    }
    home.former_states(&past).map_err(|why| wrong(&why))?;
    home.files(go_on)?.map_err(|why| wrong(&why))?;
    Ok(Some(saved).filter(|saved| !saved.is_nothing()))
}

impl Home<'_> {
    fn text(&mut self, inside: &str, text: Vec<u8>) -> Result<(), FolderError> {
        let path = FolderPath::parse(&format!("{}/{inside}", self.to))?;
        let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.all.items.push(Item { path, content: Content::Text(text), size });
        Ok(())
    }

    fn file(&mut self, inside: FolderPath, size: u64) -> Result<(), FolderError> {
        let path = FolderPath::parse(&format!("{}/{inside}", self.to))?;
        self.all.items.push(Item { path, content: Content::File { folder: Arc::clone(&self.place), inside }, size });
        Ok(())
    }

    /// What is known of former states: their lists of packages and their commits, not the environments.
    fn former_states(&mut self, past: &Past) -> Result<(), FolderError> {
        for snapshot in past.snapshots() {
            for name in ["snapshot.json", "lock.txt"] {
                let inside = FolderPath::parse(&format!("{FOLDER}/snapshots/{}/{name}", snapshot.id.as_str()))?;
                if let Ok(entry) = self.folder.entry(&inside)
                    && entry.kind == Kind::File
                    && !entry.link
                {
                    self.file(inside, entry.size)?;
                }
            }
        }
        Ok(())
    }

    /// The small files, wherever they lie. The outer error: it was stopped.
    fn files(&mut self, go_on: &dyn Fn() -> bool) -> Result<Result<(), FolderError>, BackupError> {
        let mut rest = vec![(FolderPath::root(), 0)];
        let (mut taken, mut looked_at, mut passed) = (0, 0, 0_u64);
        while let Some((here, depth)) = rest.pop() {
            if !go_on() {
                return Err(BackupError::Stopped);
            }
            // A folder that is gone meanwhile, or may not be looked into, is no reason against all others.
            let Ok(entries) = self.folder.list(&here) else {
                self.all.leave_out(format!("{}/{here}", self.to), "it could not be read");
                continue;
            };
            for entry in entries {
                looked_at += 1;
                let Ok(inside) = here.join(&entry.name) else { continue };
                if entry.link {
                    passed += 1;
                    continue;
                }
                match entry.kind {
                    Kind::Folder => {
                        if let Some(why) = self.why_not(&inside, &entry.name) {
                            // Those are everywhere.
                            if !matches!(entry.name.as_str(), ".git" | "__pycache__" | FOLDER) {
                                self.all.leave_out(format!("{}/{inside}", self.to), why);
                            }
                        } else if depth < DEPTH {
                            rest.push((inside, depth + 1));
                        }
                    }
                    Kind::File if taken < MOST && self.takes(&inside, &entry.name, entry.size) => {
                        taken += 1;
                        if let Err(error) = self.file(inside, entry.size) {
                            return Ok(Err(error));
                        }
                    }
                    Kind::File | Kind::Link | Kind::Other => passed += 1,
                }
            }
            if looked_at > LOOKED_AT || taken >= MOST {
                self.all.leave_out(
                    format!("{}, what else is in it", self.to),
                    "there are too many files to look at all of them",
                );
                break;
            }
        }
        if passed > 0 {
            let files = if passed == 1 { "1 file".to_owned() } else { format!("{passed} files") };
            let why = "they come with the app, or are larger than a configuration file, or are none";
            self.all.leave_out(format!("{}: {files}", self.to), why);
        }
        Ok(Ok(()))
    }

    fn why_not(&self, inside: &FolderPath, name: &str) -> Option<&'static str> {
        let place = self.place.join(inside.as_str());
        if name == FOLDER {
            return Some("what is needed of it is here");
        }
        if place.join("pyvenv.cfg").is_file() || place.join("conda-meta").is_dir() {
            return Some("an environment: it is made anew by the list of its packages");
        }
        never(name)
    }

    fn takes(&self, inside: &FolderPath, name: &str, size: u64) -> bool {
        // The innermost one: repositories lie in each other.
        let within = |path: &str| match path {
            "" => Some(inside.as_str()),
            path => inside.as_str().strip_prefix(path)?.strip_prefix('/'),
        };
        let all = self.repositories.iter().filter_map(|(path, known)| Some((path.len(), known, within(path)?)));
        if let Some((_, known, path)) = all.max_by_key(|(length, ..)| *length)
            && known.tracked.contains(path)
        {
            // Somebody's patch, whatever kind of file it is.
            return size <= LONGEST && known.changed.contains(path);
        }
        is_small_config(name, size)
    }
}
