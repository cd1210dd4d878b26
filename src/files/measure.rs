//! How big a folder is.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What a folder holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measured {
    /// The length of its files, each file once however many names it has: what a copy of it writes.
    pub bytes: u64,
    /// What it takes of the disk.
    pub disk: u64,
    /// What of that nothing else shares by a name of its own: so much is free again when it is removed.
    pub own: u64,
}

impl std::ops::Add for Measured {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            disk: self.disk.saturating_add(other.disk),
            own: self.own.saturating_add(other.own),
        }
    }
}

/// Measures what is below a path, the path itself included; `skip` names what is left out, relative to it. What vanishes
/// meanwhile or can't be read counts nothing: an estimate is better than none. Only the path itself may be a link.
/// `None` when `go_on` said no.
pub fn measure(root: &Path, skip: &dyn Fn(&Path) -> bool, go_on: &dyn Fn() -> bool) -> Option<Measured> {
    let mut sum = Measured::default();
    // How many names of one file were met: only those with several are remembered.
    let mut met: HashMap<(u64, u64), u64> = HashMap::new();
    let mut rest: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(path) = rest.pop() {
        if !go_on() {
            return None;
        }
        let meta = if path == root { fs::metadata(&path) } else { fs::symlink_metadata(&path) };
        let Ok(meta) = meta else { continue };
        let disk = meta.blocks() * 512;
        if meta.is_dir() {
            sum.disk += disk;
            sum.own += disk;
            let entries = fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path());
            rest.extend(entries.filter(|path| !path.strip_prefix(root).is_ok_and(skip)));
            continue;
        }
        let names = if meta.nlink() < 2 {
            1
        } else {
            let names = met.entry((meta.dev(), meta.ino())).or_default();
            *names += 1;
            *names
        };
        if names == 1 {
            sum.disk += disk;
            sum.bytes += if meta.is_file() { meta.len() } else { 0 };
        }
        if names == meta.nlink().max(1) {
            sum.own += disk;
        }
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_two_names_counts_once_and_a_link_leads_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("a");
        fs::create_dir_all(root.join("deep/er")).unwrap();
        fs::write(root.join("deep/er/one"), vec![1; 10_000]).unwrap();
        fs::hard_link(root.join("deep/er/one"), root.join("two")).unwrap();
        fs::write(root.join("skipped"), vec![1; 5_000]).unwrap();
        std::os::unix::fs::symlink("/", root.join("everything")).unwrap();
        let all = measure(&root, &|_| false, &|| true).unwrap();
        assert_eq!(all.bytes, 15_000);
        assert_eq!(all.own, all.disk, "both names are in it");
        fs::hard_link(root.join("two"), dir.path().join("elsewhere")).unwrap();
        let shared = measure(&root, &|_| false, &|| true).unwrap();
        assert!(shared.disk == all.disk && shared.own + 8_192 <= all.own, "{shared:?}");
        assert!((15_000..200_000).contains(&all.disk), "{all:?}");
        assert_eq!(measure(&root, &|path| path == Path::new("skipped"), &|| true).unwrap().bytes, 10_000);
        assert_eq!(measure(&root, &|_| false, &|| false), None);
        assert_eq!(measure(&root.join("absent"), &|_| false, &|| true), Some(Measured::default()));
    }
}
