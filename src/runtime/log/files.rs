//! Where the parts of an instance's log lie.
//!
//! The log of a run may have several parts. They are in `output.logs/`, and their names say what a reader needs:
//! `<number>.<run>.<first byte>.log`, as in `12.3f2a90bc12de.67108864.log`. The number counts the instance's runs, the
//! first byte is its place in the whole output of the run. A part is never renamed and never cut, so readers need no
//! lock: whatever they find in the folder is true. `output.log` is a link to the part that is written now,
//! `output.log.times` one to its line times.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::RunId;

/// The run of a log that was there before AiKore kept runs apart.
const EARLIER: &str = "earlier";

/// A part of a run's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which run of the instance, counted.
    pub(in crate::runtime) number: u64,
    pub(in crate::runtime) run: RunId,
    /// Where it begins in the output of the run.
    pub(in crate::runtime) start: u64,
    /// The file.
    pub path: PathBuf,
}

impl Part {
    /// The part of this name in the folder of a log.
    pub(in crate::runtime) fn new(folder: &Path, number: u64, run: &RunId, start: u64) -> Self {
        Self { number, run: run.clone(), start, path: folder.join(format!("{number}.{run}.{start}.log")) }
    }

    /// Its line times.
    pub(in crate::runtime) fn times(&self) -> PathBuf {
        self.path.with_extension("times")
    }

    fn named(path: PathBuf) -> Option<Self> {
        let mut words = path.file_name()?.to_str()?.strip_suffix(".log")?.split('.');
        let (number, run, start) = (words.next()?.parse().ok()?, words.next()?, words.next()?.parse().ok()?);
        let run = RunId((words.next().is_none() && !run.is_empty()).then(|| run.to_owned())?);
        Some(Self { number, run, start, path })
    }
}

/// The folder of the parts of `log`.
pub(in crate::runtime) fn folder(log: &Path) -> PathBuf {
    beside(log, "s")
}

/// The link to the line times of the part that is written now.
pub(in crate::runtime) fn times_link(log: &Path) -> PathBuf {
    beside(log, ".times")
}

/// The name under which a link is made before it takes the place of the one of now.
pub(in crate::runtime) fn fresh_link(link: &Path) -> PathBuf {
    beside(link, "-new")
}

fn beside(log: &Path, tail: &str) -> PathBuf {
    let mut name = log.file_name().map(OsStr::to_owned).unwrap_or_default();
    name.push(tail);
    log.with_file_name(name)
}

/// Every part that is kept, the oldest first. A log without parts, as the earlier system and older shims write it, is a
/// part of its own.
///
/// # Errors
/// The folder is there and can't be read.
pub(in crate::runtime) fn parts(log: &Path) -> io::Result<Vec<Part>> {
    let mut parts = Vec::new();
    match fs::read_dir(folder(log)) {
        Ok(entries) => {
            for entry in entries {
                parts.extend(Part::named(entry?.path()));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    parts.sort_by_key(|part| (part.number, part.start));
    if is_plain(log) {
        let number = parts.last().map_or(1, |last| last.number + 1);
        parts.push(Part { number, run: RunId(EARLIER.to_owned()), start: 0, path: log.to_owned() });
    }
    Ok(parts)
}

/// Whether `log` is a file of its own rather than our link.
fn is_plain(log: &Path) -> bool {
    fs::symlink_metadata(log).is_ok_and(|meta| meta.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_which_part_it_is() {
        let part = Part::new(Path::new("/i/output.logs"), 12, &RunId("3f2a".to_owned()), 67_108_864);
        assert_eq!(part.path, Path::new("/i/output.logs/12.3f2a.67108864.log"));
        assert_eq!(part.times(), Path::new("/i/output.logs/12.3f2a.67108864.times"));
        assert_eq!(Part::named(part.path.clone()), Some(part));
        for odd in
            ["12.3f2a.log", "12.3f2a.x.log", "x.3f2a.0.log", "12..0.log", "1.a.0.times", "1.a.b.0.log", "runs.json"]
        {
            assert_eq!(Part::named(PathBuf::from(odd)), None, "{odd}");
        }
    }

    #[test]
    fn parts_come_in_the_order_they_were_written() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("output.log");
        assert_eq!(parts(&log).unwrap(), []);
        fs::create_dir(folder(&log)).unwrap();
        for name in ["10.c.0.log", "9.b.1000.log", "9.b.200.log", "9.b.0.log", "9.b.0.times", "junk"] {
            fs::write(folder(&log).join(name), "").unwrap();
        }
        let found: Vec<_> = parts(&log).unwrap().into_iter().map(|part| (part.number, part.start)).collect();
        assert_eq!(found, [(9, 0), (9, 200), (9, 1000), (10, 0)]);
        std::os::unix::fs::symlink("output.logs/10.c.0.log", &log).unwrap();
        assert_eq!(parts(&log).unwrap().len(), 4);
        fs::remove_file(&log).unwrap();
        fs::write(&log, "of an older shim").unwrap();
        assert_eq!(parts(&log).unwrap().last().unwrap().path, log);
    }
}
