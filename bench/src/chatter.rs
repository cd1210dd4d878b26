//! An app that does nothing but fill its log, and the look at what arrived of it.

use std::io::Write;
use std::time::Instant;

use crate::failure::{Context, Failure, Result};

/// The length of a line, its end included.
pub(crate) const LINE: usize = 100;
/// How many digits the number of a line has.
const DIGITS: usize = 12;
/// What one write takes: as much as a program behind a buffered stream gives at once.
const AT_ONCE: usize = 64 * 1024;

/// Prints numbered lines as fast as they are taken, and last how long that took.
pub(crate) fn talk(lines: u64) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let began = Instant::now();
    let mut waiting = Vec::with_capacity(AT_ONCE + LINE);
    for number in 0..lines {
        push_line(&mut waiting, number);
        if waiting.len() >= AT_ONCE {
            out.write_all(&waiting)?;
            waiting.clear();
        }
    }
    out.write_all(&waiting)?;
    out.flush()?;
    // The log has all of it by now but for what the terminal holds, a few KB.
    writeln!(out, "{LAST_WORDS}{}", began.elapsed().as_nanos())?;
    Ok(())
}

const LAST_WORDS: &str = "nanoseconds: ";

/// A number, filled up with what depends on it: a line put together from two others is noticed.
fn push_line(to: &mut Vec<u8>, number: u64) {
    let end = to.len() + LINE - 1;
    // Writing to memory does not fail.
    let _ = write!(to, "{number:0DIGITS$} ");
    let letter = b'a' + u8::try_from(number % 26).unwrap_or(0);
    to.resize(end, letter);
    to.push(b'\n');
}

/// Follows a log in pieces of any size, and says whether it holds every line once and in order.
#[derive(Debug, Default)]
pub(crate) struct Listener {
    /// The beginning of a line whose end has not come yet.
    rest: Vec<u8>,
    lines: u64,
    nanos: Option<u64>,
}

impl Listener {
    /// Takes the next piece.
    pub(crate) fn hear(&mut self, piece: &[u8]) -> Result<()> {
        let mut expected = Vec::with_capacity(LINE);
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(part);
            if self.rest.last() != Some(&b'\n') {
                break;
            }
            expected.clear();
            push_line(&mut expected, self.lines);
            if self.rest == expected {
                self.lines += 1;
            } else {
                let line = String::from_utf8_lossy(&self.rest);
                let nanos = line.trim_end().strip_prefix(LAST_WORDS).and_then(|number| number.parse().ok());
                self.nanos = Some(nanos.context(format!("line {} of the log is {line:?}", self.lines))?);
            }
            self.rest.clear();
        }
        Ok(())
    }

    /// How long it took to write so many lines.
    ///
    /// # Errors
    /// They are not all there.
    pub(crate) fn nanos(&self, lines: u64) -> Result<u64> {
        match self.nanos {
            Some(nanos) if self.lines == lines && self.rest.is_empty() => Ok(nanos),
            _ => Err(Failure::new(format!("the log ends after {} of {lines} lines", self.lines))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(numbers: impl IntoIterator<Item = u64>) -> Vec<u8> {
        let mut log = Vec::new();
        numbers.into_iter().for_each(|number| push_line(&mut log, number));
        log
    }

    #[test]
    fn a_whole_log_in_any_pieces() {
        let mut log = log(0..40);
        assert_eq!(log.len(), 40 * LINE);
        log.extend_from_slice(b"nanoseconds: 7\n");
        for size in [1, 3, 99, 100, 101, 1_000, log.len()] {
            let mut listener = Listener::default();
            log.chunks(size).for_each(|piece| listener.hear(piece).unwrap());
            assert_eq!(listener.nanos(40), Ok(7), "{size}");
            assert!(listener.nanos(41).is_err());
        }
    }

    #[test]
    fn what_is_missing_is_noticed() {
        let hear = |log: &[u8]| {
            let mut listener = Listener::default();
            listener.hear(log).and_then(|()| listener.nanos(4))
        };
        let end = b"nanoseconds: 7\n";
        let with_end = |mut log: Vec<u8>| {
            log.extend_from_slice(end);
            log
        };
        assert_eq!(hear(&with_end(log(0..4))), Ok(7));
        assert!(hear(&log(0..4)).is_err(), "the end");
        assert!(hear(&with_end(log([0, 1, 3]))).is_err(), "a line");
        assert!(hear(&with_end(log([0, 1, 2, 2, 3]))).is_err(), "a line twice");
        assert!(hear(&with_end(log(0..3))).is_err(), "the last line");
        let mut cut = with_end(log(0..4));
        cut.remove(150);
        assert!(hear(&cut).is_err(), "a byte");
    }
}
