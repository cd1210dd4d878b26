//! Writing the sidecar of line times (`runtime::log::times` says what is in it).

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::time::{Duration, Instant, SystemTime};

use crate::domain::Timestamp;
use crate::runtime::log::Part;
use crate::runtime::log::times::record;

/// How close two records may come.
const SPACING: Duration = Duration::from_millis(100);

/// The line times of one part.
pub(super) struct LineTimes {
    file: File,
    size: u64,
    /// The last record: when, and about which place.
    last: Option<(Instant, u64)>,
}

impl LineTimes {
    pub(super) fn begin(part: &Part) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create_new(true).open(part.times())?;
        Ok(Self { file, size: 0, last: None })
    }

    /// Bytes of records.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Whether the next line gets a record.
    pub(super) fn is_due(&self) -> bool {
        self.last.is_none_or(|(last, _)| last.elapsed() >= SPACING)
    }

    /// A line begins at this place. Said again, while a full disk does not take the line, it changes nothing. Of a record that a full disk cuts off nothing stays, or the next one could not be
    /// told from it.
    pub(super) fn record(&mut self, offset: u64) {
        if self.last.is_some_and(|(_, last)| last == offset) {
            return;
        }
        let text = record((offset, Timestamp::of(SystemTime::now()).millis()));
        self.last = Some((Instant::now(), offset));
        match self.file.write(text.as_bytes()) {
            Ok(written) if written == text.len() => self.size += written as u64,
            Ok(_) | Err(_) => drop(self.file.set_len(self.size)),
        }
    }
}
