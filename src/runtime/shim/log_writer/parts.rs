//! The files a run's log fills, one after the other (`runtime::log::files` says how they are named).

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use memchr::{memchr, memrchr};

use super::line_times::LineTimes;
use crate::domain::RunId;
use crate::runtime::log::Part;
use crate::runtime::log::files;

/// How many earlier runs keep their log.
const KEPT_RUNS: usize = 5;

/// How many parts of a run are kept, the one that is written included: an app that never stops printing must not fill
/// the disk.
const KEPT_PARTS: usize = 8;

/// How far beyond its size a part may grow so that it ends with a line.
const SLACK: u64 = 64 * 1024;

/// How much further a part grows after the next one could not be begun.
const POSTPONED: u64 = 1024 * 1024;

/// Line times may be this part of the size of what they are about; then both begin anew.
const TIMES_SHARE: u64 = 4;

pub(super) struct Parts {
    log: PathBuf,
    folder: PathBuf,
    /// The part that is written.
    part: Part,
    file: File,
    times: LineTimes,
    /// Bytes in it.
    size: u64,
    /// Where the next part is due.
    bound: u64,
    /// The next part could not be begun.
    stuck: bool,
    file_size: u64,
    at_line_start: bool,
    /// The parts before it, the oldest first.
    older: VecDeque<Part>,
    /// The log has said that it drops its beginning.
    said: bool,
    /// Runs whose logs are kept, this one included.
    kept: Vec<RunId>,
}

impl Parts {
    /// Begins the first part of a run, and removes the oldest run beyond those kept.
    pub(super) fn begin(log: &Path, run: &RunId, file_size: u64) -> io::Result<Self> {
        let folder = files::folder(log);
        fs::create_dir_all(&folder)?;
        let newest = files::parts(log)?.pop();
        if let Some(plain) = newest.as_ref().filter(|newest| newest.path == log) {
            // It becomes a part like any other.
            fs::rename(log, Part::new(&folder, plain.number, &plain.run, plain.start).path)?;
        }
        let number = newest.map_or(1, |newest| newest.number + 1);
        let part = Part::new(&folder, number, run, 0);
        let (file, times) = create(log, &part)?;
        let kept = remove_old_runs(log)?;
        Ok(Self {
            log: log.to_owned(),
            folder,
            part,
            file,
            times,
            size: 0,
            bound: file_size,
            stuck: false,
            file_size,
            at_line_start: true,
            older: VecDeque::new(),
            said: false,
            kept,
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn run(&self) -> &RunId {
        &self.part.run
    }

    pub(super) fn keeps(&self, run: &RunId) -> bool {
        self.kept.contains(run)
    }

    /// The place of the next byte in the output of the run.
    pub(super) fn end(&self) -> u64 {
        self.part.start + self.size
    }

    /// Whether the last byte ended a line.
    pub(super) fn at_line_start(&self) -> bool {
        self.at_line_start
    }

    /// Appends; returns how much, and what kept it from more.
    pub(super) fn append(&mut self, bytes: &[u8]) -> (usize, Option<io::Error>) {
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            let fits = self.fitting(rest);
            if fits == 0 {
                self.next_part();
                continue;
            }
            match self.put(rest.get(..fits).unwrap_or(rest)) {
                Ok(written) => done += written,
                Err(error) => return (done, Some(error)),
            }
        }
        (done, None)
    }

    /// How much of this belongs into the present part: parts end with a line, if lines are not too long. 0 if the next
    /// part is due.
    fn fitting(&self, bytes: &[u8]) -> usize {
        let times_are_full = self.times.size() >= self.file_size / TIMES_SHARE && !self.stuck;
        let room = if times_are_full { 0 } else { self.bound.saturating_sub(self.size) };
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        if bytes.len() <= room {
            return bytes.len();
        }
        let whole_lines = bytes.get(..room).and_then(|within| memrchr(b'\n', within));
        if let Some(newline) = whole_lines {
            return newline + 1;
        }
        if self.size > 0 && (self.at_line_start || self.size >= self.bound + SLACK) {
            return 0;
        }
        memchr(b'\n', bytes).map_or(bytes.len(), |newline| newline + 1)
    }

    /// Puts another file in the place of the one that is written, as when a disk fills up.
    #[cfg(test)]
    pub(super) fn replace_file(&mut self, file: File) -> File {
        std::mem::replace(&mut self.file, file)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.times.is_due() {
            // Before the bytes: a reader that sees them sees when they came.
            let line =
                if self.at_line_start || self.size == 0 { Some(0) } else { memchr(b'\n', bytes).map(|at| at + 1) };
            if let Some(line) = line.filter(|line| *line < bytes.len()) {
                self.times.record(self.end() + line as u64);
            }
        }
        let written = loop {
            match self.file.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => break written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        };
        self.size += written as u64;
        self.at_line_start = bytes.get(..written).is_some_and(|bytes| bytes.ends_with(b"\n"));
        Ok(written)
    }

    /// Begins the next part, or makes the present one longer when that can't be done.
    fn next_part(&mut self) {
        let next = Part::new(&self.folder, self.part.number, &self.part.run, self.end());
        let Ok((file, times)) = create(&self.log, &next) else {
            self.bound = self.size + POSTPONED;
            self.stuck = true;
            return;
        };
        (self.file, self.times, self.size) = (file, times, 0);
        (self.bound, self.stuck) = (self.file_size, false);
        self.older.push_back(std::mem::replace(&mut self.part, next));
        let mut dropped = false;
        while self.older.len() >= KEPT_PARTS {
            if let Some(oldest) = self.older.pop_front() {
                remove(&oldest);
                dropped = true;
            }
        }
        if dropped && !self.said {
            self.said = true;
            self.say_that_parts_are_dropped();
        }
    }

    fn say_that_parts_are_dropped(&mut self) {
        let begin = if self.at_line_start { "" } else { "\n" };
        let kept = self.file_size.saturating_mul(KEPT_PARTS as u64);
        let text = format!("{begin}[AiKore] More than {} of output: from here on the oldest is dropped.\n", size(kept));
        // Said only once, and not needed to read the rest.
        let _ = self.put(text.as_bytes());
    }
}

/// Makes the files of a part and lets the links lead to them: all of it or nothing.
fn create(log: &Path, part: &Part) -> io::Result<(File, LineTimes)> {
    let made = (|| {
        let file = OpenOptions::new().append(true).create_new(true).open(&part.path)?;
        let times = LineTimes::begin(part)?;
        link(&files::times_link(log), &part.times())?;
        link(log, &part.path)?;
        Ok((file, times))
    })();
    if made.is_err() {
        remove(part);
    }
    made
}

/// Lets a link lead to a file in the folder of the parts, without a moment at which it leads nowhere.
fn link(link: &Path, target: &Path) -> io::Result<()> {
    let in_its_folder = target.parent().and_then(Path::parent).and_then(|base| target.strip_prefix(base).ok());
    let fresh = files::fresh_link(link);
    let _ = fs::remove_file(&fresh);
    symlink(in_its_folder.unwrap_or(target), &fresh)?;
    fs::rename(&fresh, link).inspect_err(|_| drop(fs::remove_file(&fresh)))
}

fn remove(part: &Part) {
    let _ = fs::remove_file(&part.path);
    let _ = fs::remove_file(part.times());
}

/// Removes the runs beyond those kept; returns the rest.
fn remove_old_runs(log: &Path) -> io::Result<Vec<RunId>> {
    let parts = files::parts(log)?;
    let mut runs: Vec<&[Part]> = parts.chunk_by(|a, b| a.number == b.number).collect();
    let kept = runs.split_off(runs.len().saturating_sub(KEPT_RUNS + 1));
    for part in runs.into_iter().flatten() {
        remove(part);
    }
    Ok(kept.into_iter().filter_map(|run| Some(run.first()?.run.clone())).collect())
}

fn size(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{} KiB", bytes >> 10),
        mib => format!("{mib} MiB"),
    }
}
