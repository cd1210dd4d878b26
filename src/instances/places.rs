//! The folders a person works in: an instance's own, its outputs, the shared models.

use std::path::PathBuf;

use super::error::Error;
use super::{Inner, Instances};
use crate::domain::{FolderPath, InstanceId};
use crate::folders::{Folder, FolderError};
use crate::runtime::folder::{MARKER, TRASH_RECORD};

/// One of the folders. A satellite's own folder is its parent's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Where an instance lives.
    Home(InstanceId),
    /// Where it writes its results.
    Outputs(InstanceId),
    /// What all of them share.
    Models,
}

/// How the names of files begin that AiKore puts beside a person's.
pub(super) const OURS: &str = ".aikore-";

/// … and those of uploads that are not whole.
pub(super) const UPLOADING: &str = ".aikore-upload";

/// What AiKore keeps in an instance's folder: it would be missed, or is written anew under one's hands.
const KEPT: [&str; 5] = ["output.log", "output.logs", "aikore_vars.env", MARKER, TRASH_RECORD];

/// A folder, as it is found now.
#[derive(Debug, Clone)]
pub(super) struct Found {
    place: Place,
    /// Whose it is; of a satellite's folder the parent. The shared one is nobody's.
    pub(super) owner: Option<(InstanceId, String)>,
    pub(super) path: PathBuf,
    /// The folder of all its kind, which may lie on a disk of its own.
    pub(super) disk: PathBuf,
}

impl Instances {
    /// Where a folder is now.
    ///
    /// # Errors
    /// There is no such instance, or its folder is still being made.
    pub(super) fn find_place(&self, place: Place) -> Result<Found, Error> {
        self.inner.find_place(place)
    }
}

impl Inner {
    pub(super) fn find_place(&self, place: Place) -> Result<Found, Error> {
        let layout = &self.setup.layout;
        let (owner, path) = match place {
            Place::Home(id) => {
                let family = self.family(&self.roster.get(id)?)?;
                self.refuse_while_made(&family)?;
                let path = layout.instance(&family.chosen.name);
                (Some(family), path)
            }
            Place::Outputs(id) => {
                let instance = self.roster.get(id)?;
                let path = self.outputs_of(&instance);
                (Some(instance), path)
            }
            Place::Models => (None, layout.models()),
        };
        let disk = match place {
            Place::Home(_) => layout.instances(),
            Place::Outputs(_) => layout.outputs(),
            Place::Models => layout.models(),
        };
        Ok(Found { place, disk, owner: owner.map(|owner| (owner.id, owner.chosen.name.to_string())), path })
    }
}

impl Found {
    /// Opened; made first where it is missing, as it is before an instance's first start.
    ///
    /// # Errors
    /// It can't be made or read.
    pub(super) fn open_or_make(&self) -> Result<Folder, FolderError> {
        Folder::open_or_make(&self.path)
    }

    /// For changes: neither the folder itself nor what AiKore keeps in it, whatever link leads there.
    ///
    /// # Errors
    /// It is one of these, or does not lie in the folder.
    pub(super) fn refuse_ours(&self, folder: &Folder, path: &FolderPath) -> Result<(), FolderError> {
        if path.is_root() {
            return Err(FolderError::Invalid(
                "Say what in the folder: the folder itself can't be changed here".to_owned(),
            ));
        }
        let real = folder.real(path)?;
        let first = real.as_str().split('/').next().unwrap_or_default();
        let kept = matches!(self.place, Place::Home(_)) && KEPT.contains(&first);
        // Wherever they are: parts of uploads lie beside what they are going to be.
        if kept || real.as_str().split('/').any(|name| name.starts_with(OURS)) {
            return Err(FolderError::Ours(path.clone()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_stays() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(".", dir.path().join("here")).unwrap();
        std::fs::create_dir(dir.path().join("in")).unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let found = |place| Found { place, owner: None, path: dir.path().to_owned(), disk: dir.path().to_owned() };
        let refused = |place, path: &str| found(place).refuse_ours(&folder, &FolderPath::parse(path).unwrap()).is_err();
        for ours in [
            "",
            "output.log",
            "output.logs/runs.json",
            "aikore_vars.env",
            ".rebuild-env",
            "here/output.log",
            "in/.aikore-upload-1",
        ] {
            assert!(refused(Place::Home(1), ours), "{ours}");
        }
        for theirs in ["launch.sh", "in/output.log", "output.logbook", ".hidden"] {
            assert!(!refused(Place::Home(1), theirs), "{theirs}");
        }
        assert!(!refused(Place::Models, "output.log") && refused(Place::Models, ""));
    }
}
