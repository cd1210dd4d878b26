//! What the server itself says: the latest of it, in memory. A room for the log that is looked at in the dashboard; where the
//! log goes besides is the host's affair.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tracing_subscriber::fmt::MakeWriter;

/// How much is kept.
pub const KEPT: usize = 2 * 1024 * 1024;

/// The latest lines of the server's log. Clones share them.
#[derive(Debug, Clone)]
pub struct Journal {
    lines: Arc<Mutex<Lines>>,
    /// How much was written.
    end: Arc<watch::Sender<u64>>,
}

#[derive(Debug)]
struct Lines {
    bytes: VecDeque<u8>,
    most: usize,
    /// The place of the first byte that is kept.
    first: u64,
}

/// A piece of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where they begin: not where they were asked for when that is no longer kept.
    pub start: u64,
    /// The oldest byte that is kept.
    pub first: u64,
    /// How much was written when this was read.
    pub end: u64,
}

impl Journal {
    /// An empty one that keeps at most so many bytes.
    pub fn new(most: usize) -> Self {
        let lines = Lines { bytes: VecDeque::new(), most, first: 0 };
        Self { lines: Arc::new(Mutex::new(lines)), end: Arc::new(watch::Sender::new(0)) }
    }

    /// What was said from `offset` on, `most` bytes of it at the most. One behind the end is the end.
    pub fn read(&self, offset: u64, most: usize) -> Said {
        let lines = self.locked();
        let end = lines.end();
        let start = offset.clamp(lines.first, end);
        let from = usize::try_from(start - lines.first).unwrap_or(lines.bytes.len()).min(lines.bytes.len());
        let to = from.saturating_add(most).min(lines.bytes.len());
        Said { bytes: lines.bytes.range(from..to).copied().collect(), start, first: lines.first, end }
    }

    /// Told of everything that is added.
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }

    fn locked(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn end(&self) -> u64 {
        self.first + self.bytes.len() as u64
    }

    /// Takes a line in; the oldest ones give way, whole.
    fn push(&mut self, line: &[u8]) {
        self.bytes.extend(line);
        let over = self.bytes.len().saturating_sub(self.most);
        if over > 0 {
            let rest = self.bytes.range(over..).position(|byte| *byte == b'\n').map_or(over, |at| over + at + 1);
            self.bytes.drain(..rest);
            self.first += rest as u64;
        }
    }
}

impl io::Write for Journal {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let end = {
            let mut lines = self.locked();
            lines.push(line);
            lines.end()
        };
        self.end.send_replace(end);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Journal {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_latest_lines_are_kept_whole() {
        let mut journal = Journal::new(20);
        let told = journal.follow();
        for line in ["first\n", "second\n", "third\n"] {
            journal.write_all(line.as_bytes()).unwrap();
        }
        let said = journal.read(0, 100);
        assert_eq!((said.bytes.as_slice(), said.start, said.end), (&b"first\nsecond\nthird\n"[..], 0, 19));
        journal.write_all(b"fourth\n").unwrap();
        let said = journal.read(0, 100);
        assert_eq!((said.bytes.as_slice(), said.start, said.first), (&b"third\nfourth\n"[..], 13, 13));
        assert_eq!((said.end, *told.borrow()), (26, 26));
        assert_eq!(journal.read(15, 3), Said { bytes: b"ird".to_vec(), start: 15, first: 13, end: 26 });
        assert_eq!(journal.read(99, 3), Said { bytes: vec![], start: 26, first: 13, end: 26 });
        journal.write_all(&[b'x'; 50]).unwrap();
        assert!(journal.locked().bytes.len() <= 20, "a line without an end is bounded too");
        assert_eq!(journal.read(0, 100).end, 76);
    }
}
