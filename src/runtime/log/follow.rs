//! Reading a log as it is written: from a place on, from run to run, piece by piece.
//!
//! A follower holds nothing but where it is. Each piece is read from the files anew: whoever takes long costs no memory, and a
//! part that was dropped meanwhile is a gap that is told.

use std::io;
use std::path::PathBuf;

use serde::Serialize;

use super::files::{self, Part};
use super::{LineTime, bytes_of, end, times};
use crate::domain::RunId;

/// How far the beginning of a line is looked for.
const LONGEST_LINE: u64 = 64 * 1024;

/// The most a reading that begins at the end looks at.
const LONGEST_TAIL: u64 = 4 * 1024 * 1024;

/// How often a reading begins anew because a part was dropped under its hands.
const ATTEMPTS: usize = 5;

/// Where a reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At this place of the run.
    At(u64),
    /// At the first line that begins there or behind.
    LineAt(u64),
    /// So many bytes before its end, and so many lines at the most.
    Tail {
        /// Bytes.
        bytes: u64,
        /// Lines.
        lines: usize,
    },
}

/// What is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follow {
    /// The run; the present one if none is named, or if this one is no longer kept.
    pub run: Option<String>,
    /// From where on.
    pub start: Start,
    /// From where on in the present run, if the one that is named is no longer kept.
    pub otherwise: Start,
    /// Not beyond this place.
    pub until: Option<u64>,
    /// Whether to stay with this run instead of going on to the next.
    pub only: bool,
    /// Whether the times of the lines are wanted too.
    pub times: bool,
}

/// Why what follows does not go on where the former piece ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Begun {
    /// It is the first piece.
    Start,
    /// The next run.
    Run,
    /// What lies between is no longer kept.
    Gap,
    /// Somebody cut the file: it begins anew.
    Cut,
}

/// What the bytes that follow are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Begins {
    /// Why this is said.
    pub why: Begun,
    /// Whose output it is.
    pub run: RunId,
    /// Which run of the instance, counted.
    pub number: u64,
    /// The place of the first byte that follows.
    pub offset: u64,
    /// The oldest byte of the run that is kept.
    pub first: u64,
    /// How many bytes the run has written so far.
    pub end: u64,
}

/// A piece.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Piece {
    /// Said before the bytes when they don't go on where the former ones ended.
    pub begins: Option<Begins>,
    /// The bytes as they were written; none when there is nothing more now.
    pub bytes: Vec<u8>,
    /// When their lines came, if asked for.
    pub times: Vec<LineTime>,
    /// Nothing more will come: the place to stop at was reached, or the end of the only run.
    pub over: bool,
    /// There is no log any more, though there was one.
    pub gone: bool,
}

/// Where a reading is.
#[derive(Debug)]
pub struct Follower {
    log: PathBuf,
    wanted: Follow,
    at: Option<Place>,
    gone: bool,
}

#[derive(Debug, Clone)]
struct Place {
    run: RunId,
    number: u64,
    offset: u64,
}

impl Follower {
    /// Follows the log that lies there.
    pub fn new(log: PathBuf, wanted: Follow) -> Self {
        Self { log, wanted, at: None, gone: false }
    }

    /// The log lies there from now on: its instance may have been renamed.
    pub fn lies_at(&mut self, log: PathBuf) {
        self.log = log;
    }

    /// The next piece, `most` bytes at the most.
    ///
    /// # Errors
    /// The log is there and can't be read.
    pub fn next(&mut self, most: u64) -> io::Result<Piece> {
        let mut attempt = 1;
        loop {
            // Listed before the end is looked for: whoever sees the next run in the list sees the whole of the former one.
            match self.next_of(&files::parts(&self.log)?, most) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    fn next_of(&mut self, parts: &[Part], most: u64) -> io::Result<Piece> {
        let runs: Vec<&[Part]> = parts.chunk_by(|a, b| a.number == b.number).collect();
        let Some(present) = runs.last() else {
            // Said once, and only where there was something.
            let was_there = (self.at.is_some() || self.wanted.run.is_some()) && !self.gone;
            self.gone = true;
            return Ok(Piece { gone: was_there, over: self.wanted.only, ..Piece::default() });
        };
        self.gone = false;
        let mut begins = None;
        let (mut place, run) = match self.at.clone() {
            Some(place) => match runs.iter().position(|run| is(run, &place.run.0)) {
                Some(at) => (place, at),
                None if self.wanted.only => return Ok(Piece { over: true, gone: true, ..Piece::default() }),
                // All of it was dropped, and with it whatever of it was not read yet: the oldest that came after it.
                None => {
                    let later = runs.iter().position(|run| number(run) > place.number).unwrap_or(runs.len() - 1);
                    (begin(runs.get(later).unwrap_or(present), Start::At(0), Begun::Gap, &mut begins)?, later)
                }
            },
            None => {
                let named = self.wanted.run.as_deref().map(|name| runs.iter().rposition(|run| is(run, name)));
                match named {
                    Some(None) if self.wanted.only => return Ok(Piece { over: true, gone: true, ..Piece::default() }),
                    Some(None) => (begin(present, self.wanted.otherwise, Begun::Gap, &mut begins)?, runs.len() - 1),
                    Some(Some(at)) => {
                        (begin(runs.get(at).unwrap_or(present), self.wanted.start, Begun::Start, &mut begins)?, at)
                    }
                    None => (begin(present, self.wanted.start, Begun::Start, &mut begins)?, runs.len() - 1),
                }
            }
        };
        let mut parts = runs.get(run).copied().unwrap_or_default();
        let mut run_end = end(parts)?;
        let mut at_run = run;
        while place.offset >= run_end {
            if place.offset > run_end {
                place = begin(parts, Start::At(0), Begun::Cut, &mut begins)?;
                run_end = end(parts)?;
                if place.offset >= run_end {
                    break;
                }
                continue;
            }
            let Some(next) = runs.get(at_run + 1).filter(|_| !self.wanted.only) else { break };
            (parts, at_run) = (next, at_run + 1);
            place = begin(parts, Start::At(0), Begun::Run, &mut begins)?;
            run_end = end(parts)?;
        }
        let stop = self.wanted.until.map_or(run_end, |until| until.min(run_end));
        let (start, mut bytes) = bytes_of(parts, place.offset, stop, most)?;
        if !bytes.is_empty() && start != place.offset {
            place.offset = start;
            begins = Some(said(&place, parts, Begun::Gap, run_end));
        }
        let mut next = place.offset + bytes.len() as u64;
        let mut line_times = Vec::new();
        if self.wanted.times && !bytes.is_empty() {
            let rest;
            (line_times, rest) = times::within(parts, place.offset, next)?;
            if let Some(rest) = rest {
                bytes.truncate(usize::try_from(rest - place.offset).unwrap_or(usize::MAX));
                next = rest;
            }
        }
        place.offset = next;
        let reached = self.wanted.until.is_some_and(|until| next >= until);
        let is_past = at_run + 1 < runs.len();
        let over = reached || (self.wanted.only && is_past && next >= run_end);
        self.at = Some(place);
        Ok(Piece { begins, bytes, times: line_times, over, gone: false })
    }
}

fn is(run: &[Part], name: &str) -> bool {
    run.first().is_some_and(|part| part.run.0 == name)
}

fn number(run: &[Part]) -> u64 {
    run.first().map_or(0, |part| part.number)
}

/// The place where the reading of a run begins, and what is said of it.
fn begin(parts: &[Part], start: Start, why: Begun, begins: &mut Option<Begins>) -> io::Result<Place> {
    let end = end(parts)?;
    let first = parts.first().map_or(0, |part| part.start);
    let offset = match start {
        Start::At(offset) => offset.max(first),
        Start::LineAt(offset) => line_behind(parts, offset.clamp(first, end), end)?,
        Start::Tail { bytes, lines } => tail(parts, first, end, bytes, lines)?,
    };
    let run = parts.first().map_or_else(|| RunId(String::new()), |part| part.run.clone());
    let place = Place { run, number: number(parts), offset };
    // A gap or a cut outweighs what follows from it.
    let why = match begins {
        Some(Begins { why: before @ (Begun::Gap | Begun::Cut), .. }) => *before,
        _ => why,
    };
    *begins = Some(said(&place, parts, why, end));
    Ok(place)
}

fn said(place: &Place, parts: &[Part], why: Begun, end: u64) -> Begins {
    let Place { run, number, offset } = place.clone();
    Begins { why, run, number, offset, first: parts.first().map_or(0, |part| part.start), end }
}

/// The beginning of the first line at or behind a place; the place itself where there is none near.
fn line_behind(parts: &[Part], offset: u64, end: u64) -> io::Result<u64> {
    if parts.first().is_none_or(|part| offset <= part.start) {
        return Ok(offset);
    }
    // From the byte before: a line may begin right here.
    let (start, bytes) = bytes_of(parts, offset - 1, end, LONGEST_LINE)?;
    Ok(memchr::memchr(b'\n', &bytes).map_or(offset, |at| start + at as u64 + 1))
}

/// Where the last `bytes` of a run begin, or its last `lines` if those are fewer.
fn tail(parts: &[Part], first: u64, end: u64, bytes: u64, lines: usize) -> io::Result<u64> {
    let from = end.saturating_sub(bytes.min(LONGEST_TAIL)).max(first);
    let (start, text) = bytes_of(parts, from, end, end - from)?;
    let ended = text.strip_suffix(b"\n").unwrap_or(&text);
    if let Some(at) = memchr::memrchr_iter(b'\n', ended).nth(lines.saturating_sub(1)) {
        return Ok(start + at as u64 + 1);
    }
    if start <= first { Ok(start) } else { line_behind(parts, start, end) }
}

#[cfg(test)]
mod tests;
