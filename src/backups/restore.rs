//! Restoring an archive into a folder that no server uses. Everything is checked before anything is changed; what is replaced
//! is kept.

mod place;

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, DirBuilder};
use std::io::Read;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::manifest::{DATABASE, LeftOut, Listed, MANIFEST, Manifest};
use super::name::compact;
use super::read::read;
use super::restore_error::RestoreError;
use crate::blueprints::Header;
use crate::domain::{FolderPath, InstanceName, Layout, Timestamp};
use crate::environments::{self, FOLDER, Past};
use crate::files::{leftovers, space};
use crate::folders::Folder;
use crate::store::Store;

use place::Placing;

/// How the name of a folder begins in which an archive is unpacked.
const UNPACKING: &str = ".aikore-restoring-";

/// What stays free beside it.
const MARGIN: u64 = 16 << 20;

/// What came of a restore.
#[derive(Debug)]
pub struct Outcome {
    /// What the archive says of itself.
    pub manifest: Manifest,
    /// How many files were written.
    pub written: usize,
    /// Instances whose environment, or whose code, the next start makes anew.
    pub rebuilt: Vec<InstanceName>,
    /// Where what was there before is.
    pub aside: Option<PathBuf>,
}

/// Reads an archive to its end, without writing anything.
///
/// # Errors
/// It can't be restored by this program.
pub fn check(archive: &Path) -> Result<Manifest, RestoreError> {
    let manifest = read(archive, &mut |_, _, _| Ok(()))?;
    if !manifest.earlier_system && manifest.schema_version > Store::schema_version() {
        return Err(RestoreError::Newer(manifest.version));
    }
    Ok(manifest)
}

/// Restores an archive. Call it with the folder's lock. With `replace` what is there may be replaced, and is kept.
///
/// # Errors
/// Nothing was changed, unless the error says so.
pub async fn restore(archive: &Path, layout: &Layout, replace: bool, now: Timestamp) -> Result<Outcome, RestoreError> {
    let manifest = check(archive)?;
    if !replace && let Some(what) = occupied(layout) {
        return Err(RestoreError::Occupied(what, layout.root().to_owned()));
    }
    refuse_too_big(&manifest, layout)?;
    for left in leftovers::find(layout.root(), UNPACKING) {
        leftovers::clear(&left);
    }
    let unpacked = Unpacked::of(archive, layout)?;
    let database = unpacked.folder.join(DATABASE);
    let outline = Store::outline(&database, &unpacked.folder).map_err(|error| RestoreError::of_store(&error))?;
    Store::settle(&database, &outline).map_err(|error| RestoreError::of_store(&error))?;
    let placing = Placing::plan(&unpacked.folder, &manifest, layout, now)?;
    let (written, aside) = placing.run(&database)?;
    let mut rebuilt = Vec::new();
    for instance in &manifest.instances {
        let home = layout.instance(&instance.name);
        if ask_for_it(instance, &home, now).await.map_err(|why| placing.halfway(&home, &why))? {
            rebuilt.push(instance.name.clone());
        }
    }
    Ok(Outcome { manifest, written, rebuilt, aside })
}

/// What of an AiKore is in a folder; `None`: nothing.
fn occupied(layout: &Layout) -> Option<&'static str> {
    let holds = |folder: PathBuf| {
        let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        names.into_iter().any(|name| !name.as_encoded_bytes().starts_with(b"."))
    };
    if fs::symlink_metadata(layout.database()).is_ok() {
        Some("its store")
    } else if holds(layout.instances()) {
        Some("folders of instances")
    } else if holds(layout.custom_blueprints()) {
        Some("blueprints")
    } else {
        None
    }
}

/// Everything is there twice for a moment.
fn refuse_too_big(manifest: &Manifest, layout: &Layout) -> Result<(), RestoreError> {
    let total = manifest.entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.size.next_multiple_of(4096)));
    let wanted = total.saturating_mul(2).saturating_add(MARGIN);
    let free = space::free(layout.root()).map_err(RestoreError::at(layout.root()))?;
    if free >= wanted { Ok(()) } else { Err(RestoreError::NoSpace(wanted.div_ceil(1 << 20), free >> 20)) }
}

/// Asks for the way to what the app was made of, where that is not what is there. Whether it did.
async fn ask_for_it(instance: &Listed, home: &Path, now: Timestamp) -> Result<bool, String> {
    let Some(saved) = &instance.app else { return Ok(false) };
    let list = fs::read_to_string(home.join(FOLDER).join("lock.txt")).unwrap_or_default();
    let header = Header::parse(&String::from_utf8_lossy(&fs::read(home.join("launch.sh")).unwrap_or_default()));
    let past = Past::new(home);
    let there = environments::repositories(home, false).await;
    if past.is_as(saved, &list, header.venv_path(), &there) {
        environments::place_waiting(home).map_err(|why| why.to_string())?;
        return Ok(false);
    }
    past.ask_for(saved, &list, now).map_err(|why| why.to_string())?;
    Ok(true)
}

/// An archive, unpacked beside where it goes. It goes with this value.
struct Unpacked {
    folder: PathBuf,
}

impl Unpacked {
    fn of(archive: &Path, layout: &Layout) -> Result<Self, RestoreError> {
        let folder = layout.root().join(format!("{UNPACKING}{:016x}", fastrand::u64(..)));
        DirBuilder::new().mode(0o700).create(&folder).map_err(RestoreError::at(&folder))?;
        let this = Self { folder };
        let to = Folder::open(&this.folder).map_err(|why| this.failed(&why))?;
        read(archive, &mut |path, mode, content| {
            let failed =
                |error: std::io::Error| RestoreError::Io { path: this.folder.join(path.as_str()), source: error };
            if let Some(parent) = path.parent() {
                to.dir().create_dir_all(crate::folders::native(&parent)).map_err(failed)?;
            }
            let mut file = create(&to, path, mode).map_err(failed)?;
            copy(content, &mut file, failed)?;
            file.sync_all().map_err(failed)
        })?;
        Ok(this)
    }

    fn failed(&self, why: &dyn std::fmt::Display) -> RestoreError {
        RestoreError::at(&self.folder)(std::io::Error::other(why.to_string()))
    }
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        if let Err(error) = leftovers::remove(&self.folder) {
            tracing::warn!(folder = %self.folder.display(), %error, "what an archive was unpacked into can't be removed");
        }
    }
}

fn create(to: &Folder, path: &FolderPath, mode: u32) -> std::io::Result<fs::File> {
    use cap_std::fs::{OpenOptions, OpenOptionsExt};
    let mut options = OpenOptions::new();
    // Its owner may read and write it, whatever it says; nobody else more than that.
    options.write(true).create_new(true).mode(mode & 0o755 | 0o600);
    Ok(to.dir().open_with(path.as_str(), &options)?.into_std())
}

/// An error of the archive is not one of the disk.
fn copy(
    from: &mut dyn Read,
    to: &mut fs::File,
    failed: impl Fn(std::io::Error) -> RestoreError,
) -> Result<(), RestoreError> {
    let mut buffer = vec![0; 128 << 10];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Err(RestoreError::Truncated),
            Err(error) => return Err(RestoreError::Damaged(error.to_string())),
        };
        std::io::Write::write_all(to, buffer.get(..read).unwrap_or_default()).map_err(&failed)?;
    }
}

/// What of the archive a person may miss, without what everybody knows.
impl Outcome {
    /// What was not in the archive, shortest first.
    pub fn missing(&self) -> impl Iterator<Item = &LeftOut> {
        self.manifest.left_out.iter()
    }
}

/// The repositories an instance's files may have to wait for, innermost last.
fn waits_for<'a>(manifest: &'a Manifest, name: &str) -> Vec<&'a str> {
    let of = |listed: &&'a Listed| listed.name.as_str() == name;
    let app = manifest.instances.iter().find(of).and_then(|listed| listed.app.as_ref());
    app.into_iter()
        .flat_map(|app| app.repositories.iter().map(|one| one.path.as_str()))
        .filter(|path| !path.is_empty())
        .collect()
}

/// Every file but the manifest, by its place.
fn files(manifest: &Manifest) -> BTreeMap<&FolderPath, u64> {
    let names: HashSet<&str> = HashSet::from([DATABASE, MANIFEST]);
    manifest
        .entries
        .iter()
        .filter(|entry| !names.contains(entry.path.as_str()))
        .map(|entry| (&entry.path, entry.size))
        .collect()
}
