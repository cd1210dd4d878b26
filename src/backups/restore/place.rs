//! Where the files of an archive go, and what happens to those that are there.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Manifest, RestoreError, compact, files, waits_for};
use crate::domain::{FolderPath, InstanceName, Layout, Timestamp};
use crate::environments::{FOLDER, WAITING};
use crate::folders::{Folder, FolderError, Kind};

/// How the name of the folder begins in which replaced things are kept.
const REPLACED: &str = "replaced-";

/// One file on its way.
struct Target {
    /// In the folder of the unpacked archive.
    from: FolderPath,
    /// The folder it goes to, and where in it.
    place: PathBuf,
    inside: FolderPath,
}

/// A restore that can be carried out.
pub(super) struct Placing<'a> {
    layout: &'a Layout,
    unpacked: Folder,
    targets: Vec<Target>,
    aside: PathBuf,
}

impl<'a> Placing<'a> {
    /// Looks at every place. Nothing is changed by that.
    pub(super) fn plan(
        unpacked: &Path,
        manifest: &Manifest,
        layout: &'a Layout,
        now: Timestamp,
    ) -> Result<Self, RestoreError> {
        let folder =
            Folder::open(unpacked).map_err(|why| RestoreError::InTheWay(unpacked.to_owned(), sentence(&why)))?;
        let mut targets = Vec::new();
        let mut waiting: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for path in files(manifest).into_keys() {
            let bad = |_| RestoreError::Unsafe(path.to_string(), "no backup of AiKore holds such a file");
            let (area, rest) = path.as_str().split_once('/').unwrap_or((path.as_str(), ""));
            let (place, inside) = match area {
                "custom_blueprints" => (layout.custom_blueprints(), FolderPath::parse(rest).map_err(bad)?),
                "tls" => (layout.tls(), FolderPath::parse(rest).map_err(bad)?),
                _ => {
                    let (name, rest) = rest.split_once('/').unwrap_or((rest, ""));
                    let name = InstanceName::parse(name).map_err(bad)?;
                    let repositories =
                        waiting.entry(name.to_string()).or_insert_with(|| waits_for(manifest, name.as_str()));
                    let within = |one: &&str| rest.strip_prefix(*one).is_some_and(|rest| rest.starts_with('/'));
                    let inside = if repositories.iter().any(within) {
                        format!("{FOLDER}/{WAITING}/{rest}")
                    } else {
                        rest.to_owned()
                    };
                    (layout.instance(&name), FolderPath::parse(&inside).map_err(bad)?)
                }
            };
            targets.push(Target { from: path.clone(), place, inside });
        }
        let this = Self {
            layout,
            unpacked: folder,
            targets,
            aside: layout.root().join(format!("{REPLACED}{}", compact(now))),
        };
        this.refuse_in_the_way()?;
        Ok(this)
    }

    /// A folder where a file is to be, a file or a link out of the folder where a folder is to be.
    fn refuse_in_the_way(&self) -> Result<(), RestoreError> {
        let mut open: Option<Folder> = None;
        for Target { place, inside, .. } in &self.targets {
            let blocked = |why: &FolderError| RestoreError::InTheWay(place.join(inside.as_str()), sentence(why));
            if open.as_ref().is_none_or(|open| open.place() != place) {
                open = match Folder::open(place) {
                    Ok(folder) => Some(folder),
                    Err(FolderError::Missing(_)) => None,
                    Err(why) => return Err(blocked(&why)),
                };
            }
            let Some(folder) = &open else { continue };
            let mut above = inside.parent();
            while let Some(path) = above.take().filter(|path| !path.is_root()) {
                match folder.below(&path) {
                    Ok(_) => break,
                    Err(FolderError::Missing(_)) => above = path.parent(),
                    Err(why) => return Err(blocked(&why)),
                }
            }
            match folder.entry(inside) {
                Ok(entry) if entry.kind == Kind::File || entry.link => {}
                Ok(_) => return Err(blocked(&FolderError::NoFile(inside.clone()))),
                Err(FolderError::Missing(_)) => {}
                Err(why) => return Err(blocked(&why)),
            }
        }
        Ok(())
    }

    /// Carries it out: the files first, the store last. How many were written, and where what was there is now.
    pub(super) fn run(&self, database: &Path) -> Result<(usize, Option<PathBuf>), RestoreError> {
        let mut written = 0;
        let mut open: Option<Folder> = None;
        for target in &self.targets {
            let path = target.place.join(target.inside.as_str());
            let failed = |why: &dyn std::fmt::Display| self.halfway(&path, why);
            if open.as_ref().is_none_or(|open| open.place() != target.place) {
                open = Some(Folder::open_or_make(&target.place).map_err(|why| failed(&why))?);
            }
            let Some(folder) = &open else { continue };
            written += usize::from(self.put(target, folder).map_err(|why| failed(&why))?);
        }
        self.put_store(database).map_err(|error| self.halfway(&self.layout.database(), &error))?;
        Ok((written + 1, self.kept()))
    }

    /// Writes one file; one that is as it shall be stays.
    fn put(&self, target: &Target, folder: &Folder) -> Result<bool, FolderError> {
        let (content, mode) = whole(&self.unpacked, &target.from)?;
        match folder.entry(&target.inside) {
            Ok(entry) => {
                let present = if entry.kind == Kind::File { Some(whole(folder, &target.inside)?) } else { None };
                if present.as_ref().is_some_and(|(present, _)| *present == content) && !entry.link {
                    return Ok(false);
                }
                if let Some((present, mode)) = present {
                    self.keep(&target.from, &present, mode)?;
                }
                if entry.link {
                    // What it leads to stays as it is.
                    let gone = folder.dir().remove_file(crate::folders::native(&target.inside));
                    gone.map_err(|error| FolderError::of(&target.inside, &error))?;
                }
            }
            Err(FolderError::Missing(_)) => {}
            Err(error) => return Err(error),
        }
        if let Some(parent) = target.inside.parent() {
            let made = folder.dir().create_dir_all(crate::folders::native(&parent));
            made.map_err(|error| FolderError::of(&parent, &error))?;
        }
        folder.save(&target.inside, &content, mode)?;
        Ok(true)
    }

    /// Keeps what is to be replaced.
    fn keep(&self, path: &FolderPath, content: &[u8], mode: u32) -> Result<(), FolderError> {
        let aside = self.open_aside().map_err(|error| FolderError::of(path, &error))?;
        if let Some(parent) = path.parent() {
            let made = aside.dir().create_dir_all(crate::folders::native(&parent));
            made.map_err(|error| FolderError::of(&parent, &error))?;
        }
        aside.save(path, content, mode).map(|_| ())
    }

    fn open_aside(&self) -> io::Result<Folder> {
        use std::os::unix::fs::DirBuilderExt;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.aside)?;
        Folder::open(&self.aside).map_err(|why| io::Error::other(why.to_string()))
    }

    /// With whatever SQLite has laid beside the one that is there: it would be taken for the new one's.
    fn put_store(&self, database: &Path) -> io::Result<()> {
        let present = self.layout.database();
        for suffix in ["-wal", "-shm", "-journal", ""] {
            let mut path = present.clone().into_os_string();
            path.push(suffix);
            let path = PathBuf::from(path);
            if fs::symlink_metadata(&path).is_ok() {
                self.open_aside()?;
                fs::rename(&path, self.aside.join(path.file_name().unwrap_or_default()))?;
            }
        }
        fs::rename(database, &present)?;
        fs::File::open(self.layout.root()).and_then(|root| root.sync_all())
    }

    fn kept(&self) -> Option<PathBuf> {
        self.aside.is_dir().then(|| self.aside.clone())
    }

    /// Something failed after the first change.
    pub(super) fn halfway(&self, path: &Path, why: &dyn std::fmt::Display) -> RestoreError {
        let kept = self.kept().map(|aside| format!(". What was there is in {}", aside.display())).unwrap_or_default();
        RestoreError::Halfway { path: path.to_owned(), why: why.to_string().trim_end_matches('.').to_owned(), kept }
    }
}

/// A small file, and its mode.
fn whole(folder: &Folder, path: &FolderPath) -> Result<(Vec<u8>, u32), FolderError> {
    let (mut file, facts) = folder.open_file(path)?;
    let mut content = Vec::new();
    io::Read::read_to_end(&mut file, &mut content).map_err(|error| FolderError::of(path, &error))?;
    Ok((content, facts.mode() & 0o777))
}

fn sentence(why: &FolderError) -> String {
    why.to_string().trim_end_matches('.').to_owned()
}
