//! Changes in a folder. Nothing that is there is ever replaced by a rename: the kernel itself refuses it.

use cap_std::fs::Dir;
use rustix::fs::{RenameFlags, renameat, renameat_with};
use rustix::io::Errno;

use super::{Folder, FolderError, native};
use crate::domain::FolderPath;

impl Folder {
    /// Another folder below this one, opened. What leads out of that one can't be reached by it either.
    ///
    /// # Errors
    /// It is not there, is no folder, or leads out of this one.
    pub fn open_folder(&self, path: &FolderPath) -> Result<Self, FolderError> {
        let dir = self.dir.open_dir(native(path)).map_err(|error| FolderError::of(path, &error))?;
        Ok(Self { dir, place: self.place.join(path.as_str()) })
    }

    /// Makes a folder; the one it is in must be there.
    ///
    /// # Errors
    /// Something has its name, or it can't be made.
    pub fn make_folder(&self, path: &FolderPath) -> Result<(), FolderError> {
        let (dir, name) = self.parent(path)?;
        dir.create_dir(name).map_err(|error| FolderError::of(path, &error))
    }

    /// Makes a folder and those it is in, as far as they are missing. What was made, the outermost first.
    ///
    /// # Errors
    /// Something that is no folder is in the way, or one can't be made; those made before it stay.
    pub fn make_folders(&self, path: &FolderPath, made: &mut Vec<FolderPath>) -> Result<(), FolderError> {
        let Some(parent) = path.parent() else { return Ok(()) };
        match self.dir.metadata(native(path)) {
            Ok(facts) if facts.is_dir() => return Ok(()),
            Ok(_) => return Err(FolderError::NoFolder(path.clone())),
            Err(_) => {}
        }
        self.make_folders(&parent, made)?;
        match self.make_folder(path) {
            Ok(()) => made.push(path.clone()),
            // Somebody else was quicker, or it is a link that leads out, which the next one to open it will say.
            Err(FolderError::Exists(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Gives something another name or place within this folder.
    ///
    /// # Errors
    /// It is not there, or something has the new name already.
    pub fn rename(&self, from: &FolderPath, to: &FolderPath) -> Result<(), FolderError> {
        if from == to {
            return self.entry(from).map(drop);
        }
        self.move_to(from, self, to)
    }

    /// Moves something to another folder, by a rename. A link moves as the link it is.
    ///
    /// # Errors
    /// It is not there, something has the new name already, or the other folder lies on another disk.
    pub fn move_to(&self, from: &FolderPath, other: &Self, to: &FolderPath) -> Result<(), FolderError> {
        let (source, name) = self.parent(from)?;
        let (target, new) = other.parent(to)?;
        let moved = match renameat_with(&source, name, &target, new, RenameFlags::NOREPLACE) {
            // Some file systems don't know the flag (older ZFS, some network shares); or it is a folder moved into itself.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                if target.symlink_metadata(new).is_ok() {
                    return Err(FolderError::Exists(to.clone()));
                }
                renameat(&source, name, &target, new)
            }
            moved => moved,
        };
        moved.map_err(|error| match error {
            Errno::EXIST | Errno::NOTEMPTY => FolderError::Exists(to.clone()),
            Errno::XDEV | Errno::BUSY => FolderError::OtherDisk(from.clone()),
            Errno::INVAL => FolderError::IntoItself(from.clone()),
            error => FolderError::of(from, &error.into()),
        })
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// It is not empty, not there, or no folder.
    pub fn remove_folder(&self, path: &FolderPath) -> Result<(), FolderError> {
        let (dir, name) = self.parent(path)?;
        dir.remove_dir(name).map_err(|error| FolderError::of(path, &error))
    }

    /// Removes a plain file, or a link as the link it is.
    ///
    /// # Errors
    /// It is not there, or a folder.
    pub fn remove_file(&self, path: &FolderPath) -> Result<(), FolderError> {
        let (dir, name) = self.parent(path)?;
        dir.remove_file(name).map_err(|error| FolderError::of(path, &error))
    }

    /// Where something really lies, when links inside lead to it: its own name is not followed. Folders that are not there
    /// yet lead nowhere else.
    ///
    /// # Errors
    /// The folder it is in leads out, or can't be looked at.
    pub fn real(&self, path: &FolderPath) -> Result<FolderPath, FolderError> {
        let Some(parent) = path.parent().filter(|parent| !parent.is_root()) else { return Ok(path.clone()) };
        let found = match self.dir.canonicalize(native(&parent)).map_err(|error| FolderError::of(&parent, &error)) {
            Err(FolderError::Missing(_)) => return Ok(self.real(&parent)?.join(path.name())?),
            found => found?,
        };
        let found = found.to_str().map(|text| if text == "." { "" } else { text });
        let found = found.ok_or_else(|| FolderError::Missing(parent.clone()))?;
        Ok(FolderPath::parse(found)?.join(path.name())?)
    }

    /// The folder something is in, opened, and its name there.
    pub(super) fn parent<'path>(&self, path: &'path FolderPath) -> Result<(Dir, &'path str), FolderError> {
        let Some(parent) = path.parent() else {
            return Err(FolderError::Invalid(
                "Say what in the folder: the folder itself can't be changed here".to_owned(),
            ));
        };
        let dir = self.dir.open_dir(native(&parent)).map_err(|error| FolderError::of(&parent, &error))?;
        Ok((dir, path.name()))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn path(text: &str) -> FolderPath {
        FolderPath::parse(text).unwrap()
    }

    fn furnished() -> (tempfile::TempDir, Folder) {
        let all = tempfile::tempdir().unwrap();
        let home = all.path().join("home");
        fs::create_dir_all(home.join("in/deep")).unwrap();
        fs::create_dir(all.path().join("elsewhere")).unwrap();
        fs::write(home.join("in/a"), "a").unwrap();
        fs::write(home.join("b"), "b").unwrap();
        symlink("../elsewhere", home.join("out")).unwrap();
        symlink("in", home.join("same")).unwrap();
        symlink(".", home.join("here")).unwrap();
        let folder = Folder::open(&home).unwrap();
        (all, folder)
    }

    #[test]
    fn nothing_is_replaced() {
        let (all, folder) = furnished();
        assert_eq!(folder.rename(&path("b"), &path("in/a")), Err(FolderError::Exists(path("in/a"))));
        assert_eq!(folder.rename(&path("b"), &path("out")), Err(FolderError::Exists(path("out"))), "not even a link");
        assert_eq!(folder.rename(&path("in"), &path("in/deep/in")), Err(FolderError::IntoItself(path("in"))));
        assert_eq!(folder.rename(&path("nothing"), &path("c")), Err(FolderError::Missing(path("nothing"))));
        assert_eq!(folder.make_folder(&path("b")), Err(FolderError::Exists(path("b"))));
        assert_eq!(folder.make_folder(&path("no/c")), Err(FolderError::Missing(path("no"))));
        assert_eq!(folder.rename(&path("b"), &path("b")), Ok(()));
        assert_eq!(folder.rename(&path("b"), &path("in/deep/c")), Ok(()));
        assert_eq!(fs::read_to_string(all.path().join("home/in/deep/c")).unwrap(), "b");
        assert_eq!(fs::read_to_string(all.path().join("home/in/a")).unwrap(), "a");
    }

    #[test]
    fn no_change_leads_out() {
        let (all, folder) = furnished();
        let outside = |at: &str| Err(FolderError::Outside(path(at)));
        assert_eq!(folder.rename(&path("b"), &path("out/b")), outside("out"));
        assert_eq!(folder.make_folder(&path("out/c")), outside("out"));
        assert_eq!(folder.make_folders(&path("out/c/d"), &mut Vec::new()), outside("out"));
        assert_eq!(folder.remove_file(&path("out/x")), outside("out"));
        assert_eq!(folder.real(&path("out/x")), Err(FolderError::Outside(path("out"))));
        assert!(matches!(folder.make_folder(&FolderPath::root()), Err(FolderError::Invalid(_))));
        assert_eq!(fs::read_dir(all.path().join("elsewhere")).unwrap().count(), 0);
        assert_eq!(folder.rename(&path("out"), &path("link")), Ok(()), "the link itself is the folder's own");
        assert!(fs::symlink_metadata(all.path().join("home/link")).unwrap().is_symlink());
    }

    #[test]
    fn folders_and_real_places() {
        let (all, folder) = furnished();
        let mut made = Vec::new();
        assert_eq!(folder.make_folders(&path("in/x/y"), &mut made), Ok(()));
        assert_eq!(made, [path("in/x"), path("in/x/y")]);
        assert_eq!(folder.make_folders(&path("b/c"), &mut made), Err(FolderError::NoFolder(path("b"))));
        assert_eq!(folder.remove_folder(&path("in/x")), Err(FolderError::NotEmpty(path("in/x"))));
        assert_eq!(folder.real(&path("same/deep/new")), Ok(path("in/deep/new")));
        assert_eq!(folder.real(&path("here/b")), Ok(path("b")));
        assert_eq!(folder.real(&path("same/no/deeper/new")), Ok(path("in/no/deeper/new")));
        assert_eq!(folder.real(&path("same")), Ok(path("same")), "its own name is not followed");
        let other = Folder::open(&all.path().join("elsewhere")).unwrap();
        assert_eq!(folder.move_to(&path("in"), &other, &path("in")), Ok(()));
        assert!(all.path().join("elsewhere/in/a").exists());
    }
}
