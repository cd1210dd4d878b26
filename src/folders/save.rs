//! Files written whole or not at all: beside their target first, then renamed over it. A disk that is full, or a machine that
//! loses its power in the middle, leaves the old file as it was (earlier-defects.md 27).

use std::fs::{File, Metadata, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};

use super::{Folder, FolderError, native};
use crate::domain::FolderPath;

/// How the names of files begin that are being written.
const FRESH: &str = ".aikore-new-";

impl Folder {
    /// Writes a file. One that is there keeps its mode and its owner; a new one gets `mode`. A link to a file inside stays a
    /// link: what it leads to is written.
    ///
    /// # Errors
    /// The disk is full, its folder is not there, it is no plain file, or leads out of this folder. It is as it was then.
    pub fn save(&self, path: &FolderPath, content: &[u8], mode: u32) -> Result<Metadata, FolderError> {
        let (path, old) = self.target(path)?;
        let failed = |error: io::Error| FolderError::of(&path, &error);
        let parent = path.parent().ok_or_else(|| FolderError::NoFile(path.clone()))?;
        let dir = self.dir.open_dir(native(&parent)).map_err(failed)?;
        let fresh = format!("{FRESH}{:016x}", fastrand::u64(..));
        let written = write(&dir, &fresh, content, mode, old.as_ref())
            .and_then(|facts| dir.rename(&fresh, &dir, path.name()).map(|()| facts));
        let facts = written.map_err(|error| {
            // Nothing of it stays, least of all on a disk that is full.
            let _ = dir.remove_file(&fresh);
            failed(error)
        })?;
        // The new name is on the disk too. Where folders can't be synced it gets there a little later.
        if let Ok(folder) = dir.open(".")
            && let Err(error) = folder.into_std().sync_all()
        {
            tracing::debug!(%error, "a folder could not be synced");
        }
        Ok(facts)
    }

    /// What a path leads to, and what is known of the file that is there.
    fn target(&self, path: &FolderPath) -> Result<(FolderPath, Option<Metadata>), FolderError> {
        let failed = |error: io::Error| FolderError::of(path, &error);
        let facts = match self.dir.symlink_metadata(native(path)) {
            Ok(facts) => facts,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((path.clone(), None)),
            Err(error) => return Err(failed(error)),
        };
        let path = if facts.is_symlink() {
            let real = self.dir.canonicalize(native(path)).map_err(failed)?;
            let real = real.to_str().and_then(|real| FolderPath::parse(real).ok());
            real.ok_or_else(|| FolderError::NoFile(path.clone()))?
        } else {
            path.clone()
        };
        let (_, facts) = self.open_file(&path)?;
        Ok((path, Some(facts)))
    }
}

fn write(dir: &Dir, name: &str, content: &[u8], mode: u32, old: Option<&Metadata>) -> io::Result<Metadata> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut file: File = dir.open_with(name, &options)?.into_std();
    file.write_all(content)?;
    if let Some(old) = old {
        let ours = file.metadata()?;
        if (ours.uid(), ours.gid()) != (old.uid(), old.gid()) {
            // Without the right to give files away it is ours, as everything else is that we write. Before the mode, from
            // which a change of the owner takes bits.
            let _ = fchown(&file, Some(old.uid()), Some(old.gid()));
        }
    }
    file.set_permissions(Permissions::from_mode(old.map_or(mode, |old| old.mode() & 0o7777)))?;
    file.sync_all()?;
    file.metadata()
}
