//! Removing whole folders in two steps: renamed first, so that it is over at once for everybody, then removed. A crash
//! between the two leaves a name that the next server clears.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How the names of what is to be removed begin.
pub const DOOMED: &str = ".removing-";

/// A free name in `folder` for something that is to be removed; the dot keeps it out of listings.
pub fn doomed_name(folder: &Path) -> PathBuf {
    folder.join(format!("{DOOMED}{:016x}", fastrand::u64(..)))
}

/// Removes a file or a whole folder. Links inside are removed, not followed. What is not there is fine.
///
/// # Errors
/// The system's words.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Everything right below `folder` whose name begins with `prefix`.
pub fn find(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let named = |entry: &fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(prefix.as_bytes());
    entries.filter(named).map(|entry| entry.path()).collect()
}

/// Removes what an earlier server left, and says so.
pub fn clear(path: &Path) {
    match remove(path) {
        Ok(()) => tracing::info!(path = %path.display(), "what an interrupted job left was removed"),
        Err(error) => tracing::warn!(path = %path.display(), %error, "what an interrupted job left can't be removed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_the_name_goes_and_nothing_behind_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (inside, outside) = (dir.path().join("inside"), dir.path().join("outside"));
        fs::create_dir_all(inside.join(".removing-1/deep")).unwrap();
        fs::create_dir_all(&outside).unwrap();
        fs::write(outside.join("kept"), "x").unwrap();
        fs::write(inside.join("removing-not"), "x").unwrap();
        std::os::unix::fs::symlink(&outside, inside.join(".removing-2")).unwrap();
        std::os::unix::fs::symlink(&outside, inside.join(".removing-1/deep/link")).unwrap();
        find(&inside, DOOMED).iter().for_each(|path| clear(path));
        let left: Vec<_> = fs::read_dir(&inside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["removing-not"]);
        assert!(outside.join("kept").exists());
        remove(&inside.join("absent")).unwrap();
    }
}
