//! The disks our folders lie on.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use nix::sys::statvfs::statvfs;

use super::amount::percent;
use super::stats::Disk;

/// Each disk once, in the order of the folders. A folder that is not there yet, or can't be looked at, is left out.
pub(super) fn read(folders: &[(&'static str, PathBuf)]) -> Vec<Disk> {
    let mut found: Vec<(u64, Disk)> = Vec::new();
    for (word, path) in folders {
        let Ok(device) = std::fs::metadata(path).map(|meta| meta.dev()) else { continue };
        if let Some((_, disk)) = found.iter_mut().find(|(known, _)| *known == device) {
            disk.holds.push(word);
            continue;
        }
        let Ok(stat) = statvfs(path) else { continue };
        let bytes = |blocks: u64| blocks.saturating_mul(stat.fragment_size());
        let (used, free) = (bytes(stat.blocks().saturating_sub(stat.blocks_free())), bytes(stat.blocks_available()));
        let disk = Disk {
            path: path.display().to_string(),
            holds: vec![word],
            total: bytes(stat.blocks()),
            used,
            free,
            // As `df` counts: blocks kept for root are nobody's.
            percent: percent(used, used.saturating_add(free)),
        };
        found.push((device, disk));
    }
    found.into_iter().map(|(_, disk)| disk).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_named_once_with_all_it_holds() {
        let here = tempfile::tempdir().unwrap();
        let below = here.path().join("below");
        std::fs::create_dir(&below).unwrap();
        let folders =
            [("config", here.path().to_owned()), ("models", here.path().join("missing")), ("outputs", below.clone())];
        let disks = read(&folders);
        let [disk] = disks.as_slice() else { panic!("{disks:?}") };
        assert_eq!(
            (disk.holds.as_slice(), disk.path.as_str()),
            (["config", "outputs"].as_slice(), here.path().to_str().unwrap())
        );
        assert!(
            disk.total > 0 && disk.used + disk.free <= disk.total && (0.0..=100.0).contains(&disk.percent),
            "{disk:?}"
        );
        let two = read(&[("here", below), ("proc", PathBuf::from("/proc"))]);
        assert_eq!(two.len(), 2, "another device is another disk: {two:?}");
    }
}
