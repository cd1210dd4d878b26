//! The line of a log that says that an app is ready. However long the log, each of its bytes is read once.

use std::path::PathBuf;

use regex::Regex;

use super::log;
use crate::domain::text::strip_ansi;

/// How much of an unfinished line is kept for the next reading.
const LONGEST_LINE: usize = 64 * 1024;

/// What is looked for.
#[derive(Debug)]
pub(super) struct LogPattern {
    pattern: Regex,
    log: PathBuf,
    offset: u64,
    /// The line that has begun and not ended yet.
    rest: String,
    said: bool,
}

impl LogPattern {
    pub(super) fn new(pattern: Regex, log: PathBuf) -> Self {
        Self { pattern, log, offset: 0, rest: String::new(), said: false }
    }

    pub(super) fn has_said(&mut self) -> bool {
        while !self.said {
            let Ok(chunk) = log::read(&self.log, self.offset) else { break };
            if chunk.content.is_empty() {
                break;
            }
            // An offset that went back is a log that began anew.
            if chunk.next <= self.offset {
                self.rest.clear();
            }
            self.offset = chunk.next;
            self.rest.push_str(&chunk.content);
            self.said = strip_ansi(&self.rest).lines().any(|line| self.pattern.is_match(line));
            let begun = self.rest.rfind('\n').map_or(0, |end| end + 1);
            self.rest.drain(..begun);
            if self.rest.len() > LONGEST_LINE {
                self.rest.clear();
            }
        }
        self.said
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_log_is_read_once_and_lines_may_come_in_pieces() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut asked = LogPattern::new(Regex::new(r"^Running on .*:\d+$").unwrap(), file.path().to_owned());
        assert!(!asked.has_said());
        for (piece, said, offset) in [
            ("noise\nRunn", false, 10),
            ("", false, 10),
            ("ing \u{1b}[32mon\u{1b}[0m http", false, 30),
            ("://x:78\nmore", true, 42),
        ] {
            file.write_all(piece.as_bytes()).unwrap();
            assert_eq!((asked.has_said(), asked.offset), (said, offset), "{piece:?}");
        }
        file.as_file().set_len(0).unwrap();
        assert!(asked.has_said(), "what was said stays said");
    }

    #[test]
    fn a_log_that_begins_anew_is_read_anew() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "an old run, quite long").unwrap();
        let mut asked = LogPattern::new(Regex::new("^ready$").unwrap(), file.path().to_owned());
        assert!(!asked.has_said());
        std::fs::write(file.path(), "ready\n").unwrap();
        assert!(asked.has_said());
    }
}
