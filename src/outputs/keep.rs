//! Small pictures that were made once, on the disk. Nothing of it is needed: what can't be kept is made again, and the
//! whole folder may be removed at any time.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::domain::FolderPath;
use crate::folders::Folder;

/// How much is kept, in bytes.
const LIMIT: u64 = 512 << 20;

/// The pictures kept in one folder.
#[derive(Debug)]
pub(super) struct Keep {
    place: PathBuf,
    limit: u64,
    /// Bytes that are kept; `None`: nobody has counted yet.
    held: Mutex<Option<u64>>,
}

impl Keep {
    pub(super) fn new(place: PathBuf) -> Self {
        Self { place, limit: LIMIT, held: Mutex::new(None) }
    }

    /// What is kept under this name, if it is.
    pub(super) fn get(&self, name: &str) -> Option<Vec<u8>> {
        let folder = Folder::open(&self.place).ok()?;
        // A link would be somebody else's.
        let (file, facts) = folder.open_file(&FolderPath::parse(name).ok()?).ok()?;
        let mut bytes = Vec::with_capacity(usize::try_from(facts.len()).ok()?.min(1 << 20));
        file.take(self.limit).read_to_end(&mut bytes).ok()?;
        (!bytes.is_empty()).then_some(bytes)
    }

    /// Keeps it. A disk that is full only means that it is not kept.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) {
        match self.write(name, bytes) {
            Ok(()) => self.count(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            Err(error) => tracing::debug!(place = %self.place.display(), %error, "a small picture is not kept"),
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.place)?;
        let fresh = self.place.join(format!(".new-{:016x}", fastrand::u64(..)));
        let written = fs::File::create_new(&fresh)
            .and_then(|mut file| file.write_all(bytes))
            .and_then(|()| fs::rename(&fresh, self.place.join(name)));
        if written.is_err() {
            let _ = fs::remove_file(&fresh);
        }
        written
    }

    /// The oldest go when there are too many.
    fn count(&self, more: u64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = held.map_or_else(|| sizes(&self.place).iter().map(|(_, size, _)| size).sum(), |held| held + more);
        *held = Some(if sum > self.limit { clear(&self.place, self.limit / 4 * 3) } else { sum });
    }
}

fn sizes(place: &Path) -> Vec<(SystemTime, u64, PathBuf)> {
    let listed = fs::read_dir(place).into_iter().flatten().flatten();
    let facts = listed.filter_map(|one| {
        let facts = one.metadata().ok().filter(fs::Metadata::is_file)?;
        Some((facts.modified().ok()?, facts.len(), one.path()))
    });
    facts.collect()
}

/// Removes the oldest until no more than this is left; gives what is left.
fn clear(place: &Path, limit: u64) -> u64 {
    let mut all = sizes(place);
    all.sort_unstable();
    let mut left: u64 = all.iter().map(|(_, size, _)| size).sum();
    for (_, size, path) in all {
        if left <= limit {
            break;
        }
        if fs::remove_file(&path).is_ok() {
            left -= size;
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_oldest_go() {
        let all = tempfile::tempdir().unwrap();
        let place = all.path().join("cache/thumbnails");
        let keep = Keep { limit: 1000, ..Keep::new(place.clone()) };
        assert_eq!(keep.get("a.jpg"), None);
        for (at, name) in ["a.jpg", "b.jpg", "c.jpg"].iter().enumerate() {
            keep.put(name, &[7; 300]);
            let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(at).unwrap());
            fs::File::open(place.join(name)).unwrap().set_modified(moment).unwrap();
        }
        assert_eq!(keep.get("a.jpg"), Some(vec![7; 300]));
        keep.put("d.jpg", &[8; 300]);
        let kept = |name| keep.get(name).is_some();
        assert!(!kept("a.jpg") && !kept("b.jpg") && kept("c.jpg") && kept("d.jpg"));
        fs::remove_dir_all(&place).unwrap();
        keep.put("e.jpg", &[9; 3]);
        assert!(kept("e.jpg"));
    }

    #[test]
    fn what_can_t_be_kept_is_no_fault_and_links_are_not_followed() {
        let all = tempfile::tempdir().unwrap();
        fs::write(all.path().join("secret"), "secret").unwrap();
        fs::create_dir(all.path().join("kept")).unwrap();
        symlink("../secret", all.path().join("kept/a.jpg")).unwrap();
        let keep = Keep::new(all.path().join("kept"));
        assert_eq!(keep.get("a.jpg"), None);
        keep.put("a.jpg", b"picture");
        assert_eq!(fs::read(all.path().join("secret")).unwrap(), b"secret");
        // A file where the folder should be.
        let keep = Keep::new(all.path().join("secret"));
        keep.put("a.jpg", b"picture");
        assert_eq!(keep.get("a.jpg"), None);
    }
}
