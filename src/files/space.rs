//! What is free on a disk, and whether its files can share what they have in common.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::statvfs::statvfs;

/// What this program may still write on the disk of this folder.
///
/// # Errors
/// The system's words.
pub fn free(folder: &Path) -> io::Result<u64> {
    let stat = statvfs(folder)?;
    Ok(stat.blocks_available().saturating_mul(stat.fragment_size()))
}

/// Whether a file in one folder can have a second name in the other (hard links): tried with a small file. Without it what
/// is installed from the cache is written once more for every environment. Folders that are not there yet say nothing against it.
pub fn links(from: &Path, to: &Path) -> bool {
    if !from.is_dir() || !to.is_dir() {
        return true;
    }
    let name = format!(".aikore-link-test-{:016x}", fastrand::u64(..));
    let (probe, link) = (from.join(&name), to.join(&name));
    // A folder that can't be written is another trouble, and told elsewhere.
    let linked = fs::write(&probe, []).is_err() || fs::hard_link(&probe, &link).is_ok();
    for file in [probe, link] {
        let _ = fs::remove_file(file);
    }
    linked
}

/// Whether copies within this folder take no space (reflinks): tried with a small file. `cp` asks for us, since the
/// system call itself has no safe form here.
pub fn clones(folder: &Path) -> bool {
    let probe = folder.join(format!(".aikore-clone-test-{:016x}", fastrand::u64(..)));
    let copy = probe.with_extension("copy");
    let cloned = fs::write(&probe, [1; 4096]).is_ok()
        && Command::new("cp")
            .arg("--reflink=always")
            .args([&probe, &copy])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
    for file in [probe, copy] {
        let _ = fs::remove_file(file);
    }
    cloned
}
