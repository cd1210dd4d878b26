//! Everything in an output folder, newest first. A folder is looked through by its times: what has not changed since the
//! last look is not read again.

use std::collections::{BinaryHeap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use cap_std::fs::{Dir, Metadata, MetadataExt};

use super::Version;
use crate::domain::{FolderPath, Media, MediaKind};
use crate::folders::{Folder, FolderError, native};

/// So many files are looked at; of more, those in the folders that were written to last.
const FILES: usize = 50_000;
const FOLDERS: usize = 10_000;
/// Names of one folder that are read to find its newest.
const NAMES: usize = 1_000_000;
const DEPTH: usize = 32;

/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Clocks of file systems are coarse: within this time a second change may have the time of the first.
const COARSE: i128 = 3_000_000_000;

/// A file that was written to so lately may be written to again, which its folder does not tell.
const YOUNG: i128 = 120_000_000_000;

/// After so long everything is looked at anew: an old file may have been written to.
const WHOLE: Duration = Duration::from_secs(60);

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Found {
    pub(super) path: String,
    pub(super) version: Version,
    pub(super) kind: MediaKind,
}

/// What there is in a folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Newest first.
    pub(super) found: Vec<Found>,
    /// The same as long as nothing changes.
    pub(super) version: String,
    /// There is more than is looked at.
    pub(super) truncated: bool,
    /// Links, which may lead anywhere, and names that no address can carry.
    pub(super) left_out: usize,
    /// The folder is not there yet.
    pub(super) missing: bool,
}

/// What the last look has found, folder by folder.
#[derive(Debug, Default)]
pub(super) struct Known {
    folders: HashMap<FolderPath, Level>,
    whole: Option<Instant>,
}

/// What is in one folder.
#[derive(Debug, Clone, Default)]
struct Level {
    changed: i128,
    looked: i128,
    files: Vec<(String, Version)>,
    folders: Vec<String>,
    left_out: usize,
    /// There is more in it.
    cut: bool,
}

/// Looks through a folder, with what is known from the last time.
///
/// # Errors
/// It can't be read. One that is not there is empty.
pub(super) fn look(place: &Path, known: &mut Known) -> Result<Listing, FolderError> {
    let root = match Folder::open(place) {
        Ok(root) => root,
        Err(FolderError::Missing(_)) => {
            *known = Known::default();
            return Ok(Listing { missing: true, version: "none".to_owned(), ..Listing::default() });
        }
        Err(error) => return Err(error),
    };
    let whole = known.whole.is_none_or(|at| at.elapsed() > WHOLE);
    let former = std::mem::take(&mut known.folders);
    known.whole = if whole { Some(Instant::now()) } else { known.whole };
    let mut walk = Walk { root: &root, former, whole, now: now(), end: Instant::now() + PATIENCE };
    let (levels, truncated) = walk.through()?;
    let listing = listing(&levels, truncated);
    known.folders = levels;
    Ok(listing)
}

struct Walk<'a> {
    root: &'a Folder,
    former: HashMap<FolderPath, Level>,
    whole: bool,
    now: i128,
    end: Instant,
}

impl Walk<'_> {
    fn through(&mut self) -> Result<(HashMap<FolderPath, Level>, bool), FolderError> {
        let mut levels = HashMap::new();
        let mut files = 0;
        // Those written to last come first: what is cut off at the end is old.
        let mut ahead = BinaryHeap::from([(i128::MAX, FolderPath::root(), 0)]);
        while let Some((_, path, depth)) = ahead.pop() {
            if files >= FILES || levels.len() >= FOLDERS || depth > DEPTH || Instant::now() > self.end {
                return Ok((levels, true));
            }
            let level = match self.level(&path) {
                Ok(level) => level,
                Err(error) if path.is_root() => return Err(error),
                // Gone since it was named, or not ours to read.
                Err(_) => continue,
            };
            for name in &level.folders {
                let Ok(inside) = path.join(name) else { continue };
                let changed =
                    self.root.dir().symlink_metadata(native(&inside)).map_or(0, |facts| version(&facts).modified);
                ahead.push((changed, inside, depth + 1));
            }
            files += level.files.len();
            levels.insert(path, level);
        }
        Ok((levels, false))
    }

    fn level(&mut self, path: &FolderPath) -> Result<Level, FolderError> {
        let failed = |error: std::io::Error| FolderError::of(path, &error);
        let dir = self.root.dir().open_dir(native(path)).map_err(failed)?;
        let changed = version(&dir.dir_metadata().map_err(failed)?).modified;
        let former = self.former.remove(path);
        let same = former
            .filter(|level| !self.whole && level.changed == changed && level.looked.saturating_sub(changed) > COARSE);
        match same {
            Some(level) => Ok(self.again(&dir, level)),
            None => self.anew(&dir, path, changed).map_err(failed),
        }
    }

    /// The names are the same; what is young may have grown.
    fn again(&self, dir: &Dir, mut level: Level) -> Level {
        level.files.retain_mut(|(name, kept)| {
            if self.now.saturating_sub(kept.modified) > YOUNG {
                return true;
            }
            let facts = dir.symlink_metadata(&*name).ok().filter(Metadata::is_file);
            if let Some(facts) = &facts {
                *kept = version(facts);
            }
            facts.is_some()
        });
        level.looked = self.now;
        level
    }

    fn anew(&self, dir: &Dir, path: &FolderPath, changed: i128) -> std::io::Result<Level> {
        let mut level = Level { changed, looked: self.now, ..Level::default() };
        for one in dir.entries()? {
            let one = one?;
            let raw = one.file_name();
            // What is hidden is the apps' own business.
            if raw.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            // It may have gone since it was listed.
            let (Ok(kind), Ok(name)) = (one.file_type(), raw.into_string()) else {
                level.left_out += 1;
                continue;
            };
            if kind.is_symlink() || path.join(&name).is_err() {
                level.left_out += 1;
            } else if kind.is_dir() {
                level.folders.push(name);
            } else if kind.is_file()
                && let Ok(facts) = one.metadata()
            {
                level.files.push((name, version(&facts)));
            }
            if level.files.len() >= NAMES || Instant::now() > self.end {
                level.cut = true;
                break;
            }
        }
        if level.files.len() > FILES {
            level.files.sort_unstable_by_key(|(_, version)| std::cmp::Reverse(version.modified));
            level.files.truncate(FILES);
            level.cut = true;
        }
        Ok(level)
    }
}

fn listing(levels: &HashMap<FolderPath, Level>, truncated: bool) -> Listing {
    let mut found = Vec::with_capacity(levels.values().map(|level| level.files.len()).sum());
    let mut left_out = 0;
    for (folder, level) in levels {
        left_out += level.left_out;
        for (name, version) in &level.files {
            let path = if folder.is_root() { name.clone() } else { format!("{folder}/{name}") };
            found.push(Found { path, version: *version, kind: Media::of(name).kind });
        }
    }
    found.sort_unstable_by(|a, b| b.version.modified.cmp(&a.version.modified).then_with(|| a.path.cmp(&b.path)));
    let truncated = truncated || found.len() > FILES || levels.values().any(|level| level.cut);
    found.truncate(FILES);
    let mut hasher = DefaultHasher::new();
    (&found, left_out, truncated).hash(&mut hasher);
    Listing { found, version: format!("{:016x}", hasher.finish()), truncated, left_out, missing: false }
}

fn version(facts: &Metadata) -> Version {
    Version { modified: i128::from(facts.mtime()) * 1_000_000_000 + i128::from(facts.mtime_nsec()), size: facts.len() }
}

fn now() -> i128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i128::try_from(since.as_nanos()).unwrap_or(i128::MAX))
}

#[cfg(test)]
mod tests;
