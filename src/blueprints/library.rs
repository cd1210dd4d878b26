//! What ships inside the binary: the stock blueprints, and the shell library they source.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rust_embed::RustEmbed;

/// The `blueprints/` folder.
#[derive(RustEmbed)]
#[folder = "blueprints/"]
#[exclude = "*__pycache__*"]
#[exclude = "*.pyc"]
pub(super) struct Embedded;

/// The part of it that children see as `AIKORE_LIB`.
const LIBRARY: &str = "lib/";

/// Unpacks the shell library into `target` (`<config>/run/lib-<version>`), replacing what an earlier start of the same
/// version left, and returns it. A running script that holds an old file open keeps it: files are replaced by rename.
///
/// # Errors
/// The folder can't be written.
pub fn unpack(target: &Path) -> io::Result<PathBuf> {
    for name in Embedded::iter().filter(|name| name.starts_with(LIBRARY)) {
        let (Some(file), Some(relative)) = (Embedded::get(&name), name.strip_prefix(LIBRARY)) else { continue };
        let path = target.join(relative);
        if fs::read(&path).is_ok_and(|present| present == file.data.as_ref()) {
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let fresh = path.with_extension("new");
        fs::write(&fresh, file.data.as_ref())?;
        fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755))?;
        fs::rename(&fresh, &path)?;
    }
    Ok(target.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacking_twice_gives_the_same_library() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("lib");
        unpack(&target).unwrap();
        let functions = target.join("functions.sh");
        let first = fs::read(&functions).unwrap();
        fs::write(&functions, "spoiled").unwrap();
        unpack(&target).unwrap();
        assert_eq!(fs::read(&functions).unwrap(), first);
    }
}
