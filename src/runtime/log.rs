//! Reading an instance's log by offset.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::domain::text::strip_ansi;

/// The most one answer holds: a log of any size is read in pieces (earlier-defects.md 25).
pub const MAX_CHUNK: u64 = 1024 * 1024;

/// A piece of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The text; bytes that are no UTF-8 show as U+FFFD.
    pub content: String,
    /// Where the next piece begins.
    pub next: u64,
}

/// Reads from `offset` on. A missing file is an empty log; an offset beyond the end means that a new run has begun,
/// and gives its log from the start.
///
/// # Errors
/// The file is there and can't be read.
pub fn read(path: &Path, offset: u64) -> io::Result<Chunk> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Chunk { content: String::new(), next: 0 }),
        other => other?,
    };
    let start = if offset > file.metadata()?.len() { 0 } else { offset };
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(MAX_CHUNK).read_to_end(&mut bytes)?;
    bytes.truncate(whole_characters(&bytes));
    let next = start + bytes.len() as u64;
    Ok(Chunk { content: String::from_utf8_lossy(&bytes).into_owned(), next })
}

/// The size of the log now; 0 when there is none.
pub fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |meta| meta.len())
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
mod tests {
    use super::*;

    fn log(content: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        file
    }

    #[test]
    fn pieces_follow_each_other() {
        let file = log("erste\nzweite ü\n".as_bytes());
        let all = read(file.path(), 0).unwrap();
        assert_eq!(all.content, "erste\nzweite ü\n");
        assert_eq!(read(file.path(), all.next).unwrap(), Chunk { content: String::new(), next: all.next });
        assert_eq!(read(file.path(), 6).unwrap().content, "zweite ü\n");
        assert_eq!(read(file.path(), 10_000).unwrap(), all, "beyond the end is a new run");
        assert_eq!(read(Path::new("/nowhere/output.log"), 5).unwrap().next, 0);
    }

    #[test]
    fn a_character_is_never_cut_in_two() {
        let text = "aü€👍";
        for end in 0..=text.len() {
            let file = log(&text.as_bytes()[..end]);
            let piece = read(file.path(), 0).unwrap();
            assert!(!piece.content.contains('\u{FFFD}'), "{end}: {piece:?}");
            assert!(text.starts_with(&piece.content));
        }
        let broken = log(b"a\xff\xfeb\x80");
        assert_eq!(read(broken.path(), 0).unwrap().next, 5, "bytes that are no text do not stop the reading");
    }

    #[test]
    fn a_long_log_comes_in_bounded_pieces() {
        let file = log(&vec![b'x'; MAX_CHUNK as usize + 10]);
        let first = read(file.path(), 0).unwrap();
        assert_eq!(first.next, MAX_CHUNK);
        assert_eq!(read(file.path(), first.next).unwrap().content.len(), 10);
    }

    #[test]
    fn the_last_lines_are_plain_and_say_something() {
        let file = log(b"one\n\n\x1b[31mtwo\x1b[0m\n 10%\r 90%\r100%\r\n   \n");
        assert_eq!(last_lines(file.path(), 2), ["two", "100%"]);
    }
}
