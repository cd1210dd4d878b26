//! Reading an instance's log: by offset, by run, by lines.
//!
//! An offset is a place in the whole output of a run, however many files that output has filled (`files`).

pub(super) mod files;
mod follow;
pub(super) mod runs;
pub(super) mod times;

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::domain::RunId;
use crate::domain::text::strip_ansi;

pub use files::Part;
pub use follow::{Begins, Begun, Follow, Follower, Piece, Start};
pub use runs::{KeptRun, runs};
pub use times::LineTime;

/// The most one answer holds: a log of any size is read in pieces (earlier-defects.md 25).
pub const MAX_CHUNK: u64 = 1024 * 1024;

/// How long a file of a log may become if nobody says otherwise.
pub const FILE_SIZE: u64 = 64 * 1024 * 1024;

/// How often a reading begins anew because a part was dropped under its hands.
const ATTEMPTS: usize = 5;

/// A piece of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chunk {
    /// The run it belongs to; `None` when nothing has run yet.
    pub run: Option<RunId>,
    /// The text; bytes that are no UTF-8 show as U+FFFD.
    pub content: String,
    /// Where the text begins: not where it was asked for when that is no longer kept, or belongs to a run before.
    pub start: u64,
    /// Where the next piece begins.
    pub next: u64,
    /// How many bytes the run has written when this was read.
    pub end: u64,
    /// When its lines came, if asked for.
    pub times: Vec<LineTime>,
}

/// What to read.
#[derive(Debug, Clone, Default)]
pub struct Question<'a> {
    /// The run the offset is about; the present one if nobody says.
    pub run: Option<&'a str>,
    /// From where on.
    pub offset: u64,
    /// Whether the times of the lines are wanted too.
    pub times: bool,
}

/// Reads the present run from `offset` on. A missing log is an empty one; an offset beyond the end means that a new run
/// has begun, and gives its log from the start; one that is no longer kept gives the oldest that is.
///
/// # Errors
/// The log is there and can't be read.
pub fn read(log: &Path, offset: u64) -> io::Result<Chunk> {
    answer(log, &Question { offset, ..Question::default() })
}

/// Answers a question. One about an earlier run is answered from that run until its end has been read; whoever goes on
/// asking is then led to the beginning of the present one. So a follower misses nothing of either, and sees by `run`
/// when the next one begins.
///
/// # Errors
/// The log is there and can't be read.
pub fn answer(log: &Path, question: &Question<'_>) -> io::Result<Chunk> {
    let mut attempt = 1;
    loop {
        match answer_once(&files::parts(log)?, question) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && attempt < ATTEMPTS => attempt += 1,
            other => return other,
        }
    }
}

fn answer_once(parts: &[Part], question: &Question<'_>) -> io::Result<Chunk> {
    let present = parts.chunk_by(|a, b| a.number == b.number).next_back().unwrap_or_default();
    let asked = question.run.unwrap_or_default();
    let of_another = question.run.is_some() && present.first().is_none_or(|part| part.run.0 != asked);
    if of_another {
        let mut kept = parts.chunk_by(|a, b| a.number == b.number);
        if let Some(earlier) = kept.rfind(|run| run.first().is_some_and(|part| part.run.0 == asked))
            && question.offset < end(earlier)?
        {
            return piece(earlier, question.offset, question.times, true);
        }
    }
    piece(present, if of_another { 0 } else { question.offset }, question.times, false)
}

/// The parts of a run, oldest first: of the present one if none is named. Empty when there is none.
///
/// # Errors
/// The log is there and can't be read.
pub fn parts_of(log: &Path, run: Option<&str>) -> io::Result<Vec<Part>> {
    let mut parts = files::parts(log)?;
    let wanted = match run {
        Some(run) => parts.iter().rfind(|part| part.run.0 == run),
        None => parts.last(),
    };
    let number = wanted.map(|part| part.number);
    parts.retain(|part| Some(part.number) == number);
    Ok(parts)
}

/// How many bytes a run has written.
fn end(parts: &[Part]) -> io::Result<u64> {
    parts.last().map_or(Ok(0), |last| Ok(last.start + fs::metadata(&last.path)?.len()))
}

/// Reads parts of one run that follow each other as one file.
fn piece(parts: &[Part], offset: u64, with_times: bool, run_is_over: bool) -> io::Result<Chunk> {
    let Some(first) = parts.first() else { return Ok(Chunk::default()) };
    let end = end(parts)?;
    let from = if offset > end { 0 } else { offset };
    let (start, mut bytes) = bytes_of(parts, from, end, MAX_CHUNK)?;
    if !run_is_over {
        bytes.truncate(whole_characters(&bytes));
    }
    let mut next = start + bytes.len() as u64;
    let mut times = Vec::new();
    if with_times {
        let rest;
        (times, rest) = times::within(parts, start, next)?;
        if let Some(rest) = rest {
            next = rest;
            bytes.truncate(usize::try_from(next - start).unwrap_or(usize::MAX));
        }
    }
    let content = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Chunk { run: Some(first.run.clone()), content, start, next, end, times })
}

/// The bytes of a run from `from` on, `most` of them at the most and none behind `end`, and where they begin: not where they
/// were asked for when that is no longer kept.
fn bytes_of(parts: &[Part], from: u64, end: u64, most: u64) -> io::Result<(u64, Vec<u8>)> {
    let mut start = from.max(parts.first().map_or(0, |first| first.start));
    let mut bytes = Vec::new();
    for (n, part) in parts.iter().enumerate() {
        let part_end = parts.get(n + 1).map_or(end, |next| next.start);
        let at = start + bytes.len() as u64;
        if part_end <= at {
            continue;
        }
        if bytes.len() as u64 == most {
            break;
        }
        if part.start > at {
            // Somebody took a part away: a piece has no holes, so it ends before one or begins behind it.
            if !bytes.is_empty() {
                break;
            }
            start = part.start;
        }
        let mut file = File::open(&part.path)?;
        file.seek(SeekFrom::Start(at.max(part.start) - part.start))?;
        let wanted = (part_end - at.max(part.start)).min(most - bytes.len() as u64);
        file.take(wanted).read_to_end(&mut bytes)?;
    }
    Ok((start, bytes))
}

/// How many bytes the present run has written; 0 when there is none.
pub fn size(log: &Path) -> u64 {
    files::parts(log).and_then(|parts| end(&parts)).unwrap_or(0)
}

/// The last lines of a log that say something, as plain text.
pub fn last_lines(path: &Path, count: usize) -> Vec<String> {
    tail(path, count).iter().map(|line| strip_ansi(line).trim_end().to_owned()).collect()
}

/// The last lines of a log that say something, colours included.
pub fn tail(path: &Path, count: usize) -> Vec<String> {
    let from = size(path).saturating_sub(16 * 1024);
    let Ok(chunk) = read(path, from) else { return Vec::new() };
    let spoken: Vec<&str> = chunk.content.lines().filter(|line| !strip_ansi(line).trim().is_empty()).collect();
    let skip = spoken.len().saturating_sub(count);
    // A progress bar draws itself anew after each carriage return: only its last state is the line.
    spoken
        .into_iter()
        .skip(skip)
        .map(|line| line.trim_end_matches('\r').rsplit('\r').next().unwrap_or(line).to_owned())
        .collect()
}

/// How many of these bytes end with a whole character: one cut off at the end of the file, or of the piece, is left for
/// the next reading. Bytes that can't begin a character are not held back.
fn whole_characters(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let at = bytes.len() - back;
        let Some(byte) = bytes.get(at) else { break };
        let length = match byte {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            0x80..=0xBF => continue,
            _ => break,
        };
        return if length > back { at } else { bytes.len() };
    }
    bytes.len()
}

#[cfg(test)]
mod tests;
