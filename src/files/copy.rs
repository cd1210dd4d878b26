//! A folder copied as it is: modes, owners where we may, times, links as links, hard links among themselves, holes.
//! Sockets, pipes and devices are left out; extended attributes are not kept.
//!
//! The source may be in use. What vanishes while it is read is noted and left out; a file that grows is taken as long as it
//! was when it was opened.

use std::collections::HashMap;
use std::fs::{self, File, FileTimes, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use super::content;

/// What to copy, and how.
pub struct Copy<'a> {
    /// The folder.
    pub from: &'a Path,
    /// Where its copy goes; nothing may be there.
    pub to: &'a Path,
    /// Where the copy will lie in the end: links that lead into the source lead there.
    pub home: &'a Path,
    /// What is left out, by its path in the folder.
    pub skip: &'a dyn Fn(&Path) -> bool,
    /// Hears how many bytes were copied, and ends the copy by `false`.
    pub go_on: &'a dyn Fn(u64) -> bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Copied {
    /// What vanished while it was being copied, by its path in the folder.
    pub vanished: Vec<PathBuf>,
    /// How many sockets, pipes and devices were left out.
    pub special: usize,
}

/// Why there is no whole copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// `go_on` said no.
    #[error("it was stopped")]
    Stopped,
    /// The machine said no.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// At what.
        path: PathBuf,
        /// Its words.
        source: io::Error,
    },
}

impl Copy<'_> {
    /// Copies. What was written until an error stays for the caller to remove.
    ///
    /// # Errors
    /// Something can't be read or written, or it was stopped.
    pub fn run(&self) -> Result<Copied, CopyError> {
        let mut work = Work { copy: self, report: Copied::default(), names: HashMap::new() };
        // The folder itself may be a link to another disk; what is in it may not.
        let meta = fs::metadata(self.from).map_err(at(self.from))?;
        work.folder(Path::new(""), &meta)?;
        Ok(work.report)
    }
}

struct Work<'a> {
    copy: &'a Copy<'a>,
    report: Copied,
    /// The copies of files that have several names.
    names: HashMap<(u64, u64), PathBuf>,
}

impl Work<'_> {
    fn folder(&mut self, inside: &Path, meta: &Metadata) -> Result<(), CopyError> {
        let (from, to) = (self.copy.from.join(inside), self.copy.to.join(inside));
        let Some(entries) = self.unless_gone(inside, fs::read_dir(&from)).map_err(at(&from))? else { return Ok(()) };
        fs::create_dir(&to).map_err(at(&to))?;
        for entry in entries {
            let entry = entry.map_err(at(&from))?;
            let inside = inside.join(entry.file_name());
            if !(self.copy.skip)(&inside) {
                self.entry(&inside)?;
            }
        }
        // Last: a folder nobody may write to could not be filled, and filling it changes its time.
        let folder = File::open(&to).map_err(at(&to))?;
        own(&to, meta);
        finish(&folder, meta).map_err(at(&to))
    }

    fn entry(&mut self, inside: &Path) -> Result<(), CopyError> {
        self.tick(0)?;
        let from = self.copy.from.join(inside);
        let Some(meta) = self.unless_gone(inside, fs::symlink_metadata(&from)).map_err(at(&from))? else {
            return Ok(());
        };
        let kind = meta.file_type();
        if kind.is_dir() {
            self.folder(inside, &meta)
        } else if kind.is_symlink() {
            self.link(inside, &meta)
        } else if kind.is_file() {
            self.file(inside, &meta)
        } else {
            debug_assert!(kind.is_socket() || kind.is_fifo() || kind.is_char_device() || kind.is_block_device());
            self.report.special += 1;
            Ok(())
        }
    }

    fn link(&mut self, inside: &Path, meta: &Metadata) -> Result<(), CopyError> {
        let (from, to) = (self.copy.from.join(inside), self.copy.to.join(inside));
        let Some(aim) = self.unless_gone(inside, fs::read_link(&from)).map_err(at(&from))? else { return Ok(()) };
        // A link by its full path into the source would tie the two together for ever.
        let aim = aim.strip_prefix(self.copy.from).map(|inside| self.copy.home.join(inside)).unwrap_or(aim);
        symlink(aim, &to).map_err(at(&to))?;
        own(&to, meta);
        Ok(())
    }

    fn file(&mut self, inside: &Path, meta: &Metadata) -> Result<(), CopyError> {
        let (from, to) = (self.copy.from.join(inside), self.copy.to.join(inside));
        let several = (meta.nlink() > 1).then(|| (meta.dev(), meta.ino()));
        if let Some(first) = several.and_then(|id| self.names.get(&id)) {
            return fs::hard_link(first, &to).map_err(at(&to));
        }
        // Whoever put a link or a pipe in its place meanwhile is not followed, nor waited for.
        let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
        let opened = OpenOptions::new().read(true).custom_flags(flags).open(&from);
        let Some(source) = self.unless_gone(inside, opened).map_err(at(&from))? else { return Ok(()) };
        let meta = source.metadata().map_err(at(&from))?;
        let target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&to).map_err(at(&to))?;
        if meta.is_file() {
            let mut tick = |bytes| self.tick(bytes).map_err(Failed::Stopped);
            content::copy(&source, &target, meta.len(), &mut tick).map_err(|failed| failed.at(&to))?;
        }
        own(&to, &meta);
        finish(&target, &meta).map_err(at(&to))?;
        if let Some(id) = several {
            self.names.insert(id, to);
        }
        Ok(())
    }

    fn tick(&self, bytes: u64) -> Result<(), CopyError> {
        if (self.copy.go_on)(bytes) { Ok(()) } else { Err(CopyError::Stopped) }
    }

    fn unless_gone<T>(&mut self, inside: &Path, result: io::Result<T>) -> io::Result<Option<T>> {
        match result {
            // The folder itself must be there; ELOOP and EINVAL: it has become a link, or is none any more.
            Err(error) if inside != Path::new("") && is_gone(&error) => {
                self.report.vanished.push(inside.to_owned());
                Ok(None)
            }
            other => other.map(Some),
        }
    }
}

fn is_gone(error: &io::Error) -> bool {
    let kinds = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory, io::ErrorKind::InvalidInput];
    kinds.contains(&error.kind()) || error.raw_os_error() == Some(nix::errno::Errno::ELOOP as i32)
}

/// The owner, where we may give files away; before the mode, which the change would take bits from.
fn own(path: &Path, meta: &Metadata) {
    let Ok(ours) = fs::symlink_metadata(path) else { return };
    if (ours.uid(), ours.gid()) != (meta.uid(), meta.gid()) {
        // Without the right to it, the files are ours, as everything else is that we write.
        let _ = lchown(path, Some(meta.uid()), Some(meta.gid()));
    }
}

fn finish(file: &File, meta: &Metadata) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(meta.mode() & 0o7777))?;
    file.set_times(FileTimes::new().set_accessed(meta.accessed()?).set_modified(meta.modified()?))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> CopyError {
    move |source| CopyError::Io { path: path.to_owned(), source }
}

/// An error on its way out of the copying of one file, before it knows of which.
enum Failed {
    Stopped(CopyError),
    Io(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Failed {
    fn at(self, path: &Path) -> CopyError {
        match self {
            Self::Stopped(stopped) => stopped,
            Self::Io(source) => CopyError::Io { path: path.to_owned(), source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::time::{Duration, SystemTime};

    struct Folders(tempfile::TempDir, PathBuf, PathBuf);

    fn folders() -> Folders {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        fs::create_dir(&from).unwrap();
        Folders(dir, from, to)
    }

    fn copy(from: &Path, to: &Path) -> Copied {
        Copy { from, to, home: Path::new("/in/the/end"), skip: &|path| path == Path::new("left out"), go_on: &|_| true }
            .run()
            .unwrap()
    }

    #[test]
    fn everything_is_as_it_was() {
        let Folders(_dir, from, to) = folders();
        fs::create_dir_all(from.join("closed/deep")).unwrap();
        fs::create_dir(from.join("left out")).unwrap();
        fs::write(from.join("left out/x"), "x").unwrap();
        fs::write(from.join("closed/deep/run.sh"), "#!/bin/sh\n").unwrap();
        fs::write(from.join("empty"), "").unwrap();
        fs::hard_link(from.join("closed/deep/run.sh"), from.join("same")).unwrap();
        symlink("closed/deep", from.join("relative")).unwrap();
        symlink("/nowhere/at all", from.join("dangling")).unwrap();
        symlink(from.join("closed/deep"), from.join("into itself")).unwrap();
        nix::unistd::mkfifo(&from.join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        File::open(from.join("empty")).unwrap().set_times(FileTimes::new().set_modified(old)).unwrap();
        fs::set_permissions(from.join("closed/deep/run.sh"), Permissions::from_mode(0o4751)).unwrap();
        fs::set_permissions(from.join("closed"), Permissions::from_mode(0o500)).unwrap();
        File::open(from.join("closed")).unwrap().set_times(FileTimes::new().set_modified(old)).unwrap();

        let report = copy(&from, &to);
        assert_eq!((report.vanished.len(), report.special), (0, 1));
        assert!(!to.join("left out").exists() && !to.join("pipe").exists());
        let meta = |path: &str| fs::symlink_metadata(to.join(path)).unwrap();
        assert_eq!(meta("closed/deep/run.sh").mode() & 0o7777, 0o4751);
        assert_eq!((meta("closed").mode() & 0o7777, meta("closed").modified().unwrap()), (0o500, old));
        assert_eq!((meta("empty").len(), meta("empty").modified().unwrap()), (0, old));
        assert_eq!(meta("same").ino(), meta("closed/deep/run.sh").ino(), "two names of one file stay so");
        assert_ne!(meta("same").ino(), fs::metadata(from.join("same")).unwrap().ino(), "but not with the source");
        let link = |path: &str| fs::read_link(to.join(path)).unwrap();
        assert_eq!(link("relative"), Path::new("closed/deep"));
        assert_eq!(link("dangling"), Path::new("/nowhere/at all"));
        assert_eq!(link("into itself"), Path::new("/in/the/end/closed/deep"));
        // So that the folder can be removed by who is not root.
        for closed in [from, to] {
            fs::set_permissions(closed.join("closed"), Permissions::from_mode(0o700)).unwrap();
        }
    }

    #[test]
    fn it_counts_bytes_and_can_be_stopped() {
        let Folders(_dir, from, to) = folders();
        for n in 0..20 {
            fs::write(from.join(format!("f{n}")), vec![1; 1000]).unwrap();
        }
        let bytes = Cell::new(0);
        let go_on = |more| {
            bytes.set(bytes.get() + more);
            bytes.get() < 7_500
        };
        let copy = Copy { from: &from, to: &to, home: &to, skip: &|_| false, go_on: &go_on };
        assert!(matches!(copy.run(), Err(CopyError::Stopped)));
        assert_eq!(bytes.get(), 8_000);
    }

    #[test]
    fn what_vanishes_is_noted() {
        let Folders(_dir, from, to) = folders();
        fs::create_dir(from.join("a")).unwrap();
        fs::write(from.join("a/file"), "x").unwrap();
        let skip = |path: &Path| {
            // Between the listing and the look at it.
            if path == Path::new("a/file") {
                fs::remove_file(from.join(path)).unwrap();
            }
            false
        };
        let report = Copy { from: &from, to: &to, home: &to, skip: &skip, go_on: &|_| true }.run().unwrap();
        assert_eq!(report.vanished, [Path::new("a/file")]);
        assert!(to.join("a").is_dir());
        let absent = from.join("absent");
        let nothing = Copy { from: &absent, to: &to.join("b"), home: &to, skip: &|_| false, go_on: &|_| true };
        assert!(matches!(nothing.run(), Err(CopyError::Io { .. })), "the folder itself must be there");
    }
}
