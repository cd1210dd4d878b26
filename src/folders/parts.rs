//! Files that come piece by piece: written under a name of their own, which becomes the right one when they are whole.

use std::fs::File;
use std::io;

use cap_std::fs::{OpenOptions, OpenOptionsExt};
use rustix::fs::renameat;

use super::{Folder, FolderError, native};
use crate::domain::FolderPath;

impl Folder {
    /// Makes an empty file to be written.
    ///
    /// # Errors
    /// Something has its name, or it can't be made.
    pub fn create_file(&self, path: &FolderPath) -> Result<File, FolderError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        self.written(path, &options)
    }

    /// Opens a plain file to write on at its end.
    ///
    /// # Errors
    /// It is not there, is no plain file, or can't be written.
    pub fn append_to(&self, path: &FolderPath) -> Result<File, FolderError> {
        let mut options = OpenOptions::new();
        options.append(true).custom_flags(nix::libc::O_NONBLOCK | nix::libc::O_NOFOLLOW);
        self.written(path, &options)
    }

    fn written(&self, path: &FolderPath, options: &OpenOptions) -> Result<File, FolderError> {
        let failed = |error: io::Error| FolderError::of(path, &error);
        let file = self.dir.open_with(native(path), options).map_err(failed)?.into_std();
        match file.metadata().map_err(failed)?.is_file() {
            true => Ok(file),
            false => Err(FolderError::NoFile(path.clone())),
        }
    }

    /// Gives a file another name, in the place of the file that may have it. A folder is not replaced.
    ///
    /// # Errors
    /// It is not there, or a folder has the new name.
    pub fn replace(&self, from: &FolderPath, to: &FolderPath) -> Result<(), FolderError> {
        let (source, name) = self.parent(from)?;
        let (target, new) = self.parent(to)?;
        renameat(&source, name, &target, new).map_err(|error| FolderError::of(to, &error.into()))
    }

    /// Writes a small file whole: a reader, and a crash, find the old one or the new one.
    ///
    /// # Errors
    /// It can't be written.
    pub fn write_whole(&self, path: &FolderPath, content: &[u8]) -> Result<(), FolderError> {
        use std::io::Write;
        let fresh =
            path.parent().unwrap_or_else(FolderPath::root).join(&format!(".aikore-new-{:016x}", fastrand::u64(..)))?;
        let mut file = self.create_file(&fresh)?;
        let written = file.write_all(content).and_then(|()| file.sync_all());
        let done = written.map_err(|error| FolderError::of(path, &error)).and_then(|()| self.replace(&fresh, path));
        if done.is_err() {
            let _ = self.remove_file(&fresh);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::symlink;

    use super::*;

    fn path(text: &str) -> FolderPath {
        FolderPath::parse(text).unwrap()
    }

    #[test]
    fn parts_stay_inside_and_replace_only_files() {
        let all = tempfile::tempdir().unwrap();
        let home = all.path().join("home");
        fs::create_dir_all(home.join("in")).unwrap();
        fs::write(all.path().join("secret"), "secret").unwrap();
        symlink("../secret", home.join("out")).unwrap();
        symlink("..", home.join("up")).unwrap();
        let folder = Folder::open(&home).unwrap();
        folder.create_file(&path("part")).unwrap().write_all(b"a").unwrap();
        folder.append_to(&path("part")).unwrap().write_all(b"b").unwrap();
        assert_eq!(folder.create_file(&path("part")).unwrap_err(), FolderError::Exists(path("part")));
        assert_eq!(folder.create_file(&path("out")).unwrap_err(), FolderError::Exists(path("out")));
        assert_eq!(folder.append_to(&path("out")).unwrap_err(), FolderError::Outside(path("out")));
        assert_eq!(folder.create_file(&path("up/new")).unwrap_err(), FolderError::Outside(path("up/new")));
        assert_eq!(folder.append_to(&path("in")).unwrap_err(), FolderError::NoFile(path("in")));
        assert_eq!(folder.replace(&path("part"), &path("in")), Err(FolderError::NoFile(path("in"))));
        folder.write_whole(&path("in/whole"), b"old").unwrap();
        folder.replace(&path("part"), &path("in/whole")).unwrap();
        assert_eq!(fs::read_to_string(home.join("in/whole")).unwrap(), "ab");
        assert_eq!(fs::read_to_string(all.path().join("secret")).unwrap(), "secret");
        assert_eq!(fs::read_dir(home.join("in")).unwrap().count(), 1);
    }
}
