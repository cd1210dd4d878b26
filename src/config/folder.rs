//! The config folder: chosen, made and proved writable before anything else happens.

use std::path::{Path, PathBuf};

use super::ConfigError;
use super::settings::wrong;
use crate::domain::Invalid;

/// The folder given, else `/config` if it exists and is writable, else `./data`. It exists afterwards.
pub(super) fn choose(given: Option<&str>) -> Result<PathBuf, ConfigError> {
    let folder = match given {
        Some(folder) => PathBuf::from(folder),
        None if is_writable(Path::new("/config")) => PathBuf::from("/config"),
        None => PathBuf::from("data"),
    };
    let unusable = |why: &dyn std::fmt::Display| {
        wrong(
            "config-dir",
            &format!("{} can't be used: {why}. Make it writable, or choose another folder", folder.display()),
        )
    };
    std::fs::create_dir_all(&folder).map_err(|error| unusable(&error))?;
    // Absolute and without links: children get it in their environment and compare it with what they see.
    let folder = folder.canonicalize().map_err(|error| unusable(&error))?;
    if folder.to_str().is_none() {
        return Err(unusable(&"its path is not UTF-8"));
    }
    if !is_writable(&folder) {
        return Err(unusable(&"it is not writable"));
    }
    Ok(folder)
}

/// The same folder for whoever only asks the server of it: nothing is made and nothing is tried.
pub fn served(given: Option<&str>) -> PathBuf {
    let folder = match given {
        Some(folder) => PathBuf::from(folder),
        None if Path::new("/config/run").is_dir() => PathBuf::from("/config"),
        None => PathBuf::from("data"),
    };
    // For sentences; what is not there is named as it was given.
    folder.canonicalize().unwrap_or(folder)
}

/// A folder of stock blueprints must be there.
pub(super) fn blueprints(given: &str) -> Result<PathBuf, ConfigError> {
    let folder = Path::new(given).canonicalize();
    match folder {
        Ok(folder) if folder.is_dir() => Ok(folder),
        _ => Err(wrong("blueprints-dir", &format!("{given} is not a folder"))),
    }
}

/// A folder with models. It may come later, with a disk that is mounted late; a path that is none can't.
pub(super) fn model_root(given: &str) -> Result<PathBuf, Invalid> {
    let path = Path::new(given);
    if path.is_absolute() { Ok(path.to_owned()) } else { Err(Invalid::new("it must be an absolute path")) }
}

/// Whether a file can be made there: asking the permission bits would not see a read-only mount, nor root's powers.
fn is_writable(folder: &Path) -> bool {
    let probe = folder.join(format!(".aikore-write-test-{}", std::process::id()));
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(&probe).is_ok();
    if made {
        let _ = std::fs::remove_file(&probe);
    }
    made
}
