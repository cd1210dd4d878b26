//! The log of a run on disk.
//!
//! Whatever happens to the disk, the terminal is read on: a run never waits for its log. What can't be written is held
//! back as far as memory allows, then counted, and the log says how much is missing once it can be written again.

mod backlog;
mod line_times;
mod parts;

use std::io;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use backlog::Backlog;
use parts::Parts;

use crate::domain::{Exit, RunId, Timestamp};
use crate::runtime::log::runs::{self, Known};

/// How long to leave a disk alone that refused a write.
const PAUSE: Duration = Duration::from_millis(20);

/// Appends to the log of a run.
pub(super) struct LogWriter {
    parts: Parts,
    trouble: Option<Trouble>,
    /// Bytes that were lost so far, those of a present trouble left out.
    lost: u64,
}

/// A log that can't be written at the moment.
struct Trouble {
    why: io::Error,
    backlog: Backlog,
    tried: Instant,
}

impl LogWriter {
    /// Begins the log of a run. Those of the last runs are kept beside it, each in files of at most about `file_size`.
    pub(super) fn open(log: &Path, run: &RunId, file_size: u64) -> io::Result<Self> {
        let parts = Parts::begin(log, run, file_size)?;
        let began = Known { run: run.clone(), started_at: Some(Timestamp::of(SystemTime::now())), exit: None, lost: 0 };
        let writer = Self { parts, trouble: None, lost: 0 };
        writer.write_index(began);
        Ok(writer)
    }

    /// Appends what the terminal gave.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        if let Some(trouble) = &mut self.trouble {
            trouble.backlog.hold(bytes);
            self.retry();
            return;
        }
        let (written, error) = self.parts.append(bytes);
        if let Some(why) = error {
            let mut backlog = Backlog::default();
            backlog.hold(bytes.get(written..).unwrap_or_default());
            self.trouble = Some(Trouble { why, backlog, tried: Instant::now() });
        }
    }

    /// Tries again to write what is held back, if there is any and the last attempt is some time ago.
    pub(super) fn retry(&mut self) {
        if self.trouble.as_ref().is_some_and(|trouble| trouble.tried.elapsed() >= PAUSE) {
            self.try_now();
        }
    }

    fn try_now(&mut self) {
        let Some(mut trouble) = self.trouble.take() else { return };
        loop {
            let (written, error) = self.parts.append(trouble.backlog.bytes());
            trouble.backlog.wrote(written);
            if let Some(why) = error {
                trouble.why = why;
                trouble.tried = Instant::now();
                self.trouble = Some(trouble);
                return;
            }
            let lost = trouble.backlog.take_lost();
            if lost == 0 {
                return;
            }
            self.lost += lost;
            let begin = if self.parts.at_line_start() { "" } else { "\n" };
            let text = format!(
                "{begin}[AiKore] {lost} bytes are missing here: the log could not be written ({}).\n",
                trouble.why
            );
            trouble.backlog.hold(text.as_bytes());
        }
    }

    /// Why the log can't be written at the moment.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.as_ref().map(|trouble| trouble.why.to_string())
    }

    /// Bytes that could not be written so far.
    pub(super) fn lost(&self) -> u64 {
        self.lost + self.trouble.as_ref().map_or(0, |trouble| trouble.backlog.lost())
    }

    /// Bytes written so far, dropped parts included.
    pub(super) fn size(&self) -> u64 {
        self.parts.end()
    }

    /// Notes how the run ended. Nothing more is written.
    pub(super) fn finish(&mut self, exit: Exit) {
        self.try_now();
        let held =
            self.trouble.take().map_or(0, |trouble| trouble.backlog.lost() + trouble.backlog.bytes().len() as u64);
        self.lost += held;
        let run = self.parts.run().clone();
        let began = runs::read(self.parts.folder()).into_iter().find(|known| known.run == run);
        let started_at = began.and_then(|known| known.started_at);
        self.write_index(Known { run, started_at, exit: Some(exit), lost: self.lost });
    }

    /// The index is a help, not the log: what a full disk keeps out of it is only not known then.
    fn write_index(&self, of_this_run: Known) {
        let mut all = runs::read(self.parts.folder());
        all.retain(|known| known.run != of_this_run.run && self.parts.keeps(&known.run));
        all.push(of_this_run);
        let _ = runs::write(self.parts.folder(), &all);
    }
}

#[cfg(test)]
mod tests;
