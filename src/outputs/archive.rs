//! Many files as one: a zip that is written while it is sent, of any size, in little memory. Its files are stored as they
//! are: pictures and films are packed already.

use std::collections::HashSet;
use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::path::PathBuf;

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::Version;
use crate::domain::FolderPath;
use crate::folders::{Folder, FolderError};

/// What is sent at once.
const PIECE: usize = 128 << 10;

/// So many pieces may wait for the client.
const AHEAD: usize = 4;

/// What is left out is named in here.
const LEFT_OUT: &str = "NOT IN THIS ARCHIVE.txt";

/// What is to be packed.
#[derive(Debug, Clone)]
pub struct Archive {
    /// The folder the files are in.
    pub(super) place: PathBuf,
    /// They, from the folder on.
    pub(super) paths: Vec<FolderPath>,
}

/// A piece of an archive. One that ends without `Whole` was cut off.
#[derive(Debug)]
pub enum Piece {
    /// Bytes of it.
    Part(Bytes),
    /// That was all.
    Whole,
}

impl Archive {
    /// Packs on a thread of its own, which ends when nobody takes the pieces any more. A panic there shows as an end
    /// without `Whole`.
    pub(super) fn send(self, permit: tokio::sync::OwnedSemaphorePermit) -> mpsc::Receiver<Piece> {
        let (to, pieces) = mpsc::channel(AHEAD);
        tokio::task::spawn_blocking(move || {
            let end = to.clone();
            match self.pack(Pipe { to, waiting: BytesMut::with_capacity(PIECE) }) {
                // Whoever has gone needs no end.
                Ok(()) => drop(end.blocking_send(Piece::Whole)),
                Err(error) => {
                    tracing::debug!(place = %self.place.display(), %error, "an archive was not sent to its end");
                }
            }
            drop(permit);
        });
        pieces
    }

    fn pack(&self, pipe: impl Write) -> io::Result<()> {
        let mut zip = ZipWriter::new_stream(pipe);
        let mut names = Names::of(&self.paths);
        let mut left_out = Vec::new();
        match Folder::open(&self.place) {
            Ok(folder) => {
                for path in &self.paths {
                    let added = match folder.open_file(path) {
                        Ok((file, facts)) => add(&mut zip, &names.name(path), file, &facts)?,
                        Err(error) => Err(error),
                    };
                    left_out.extend(added.err().map(|error| format!("{path}\r\n    {error}\r\n")));
                }
            }
            Err(error) => left_out.push(format!("{error}\r\n")),
        }
        if !left_out.is_empty() {
            zip.start_file(LEFT_OUT, options(0, None)).map_err(io::Error::other)?;
            let count = left_out.len();
            write!(zip, "{count} of {} files could not be added whole:\r\n\r\n", self.paths.len())?;
            zip.write_all(left_out.concat().as_bytes())?;
        }
        let mut pipe = zip.finish().map_err(io::Error::other)?.into_inner();
        pipe.flush()
    }
}

/// The outer error ends the archive: nobody takes it. The inner one is about the file.
fn add<W: Write>(
    zip: &mut ZipWriter<StreamWriter<W>>,
    name: &str,
    file: File,
    facts: &Metadata,
) -> io::Result<Result<(), FolderError>> {
    let length = facts.len();
    zip.start_file(name, options(length, moment(Version::of(facts)))).map_err(io::Error::other)?;
    // One that grows meanwhile is packed as far as it was.
    let mut file = file.take(length);
    let mut buffer = vec![0; PIECE];
    let mut done = 0;
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) if done < length => return Ok(Err(cut(name, "it was made shorter meanwhile"))),
            Ok(0) => return Ok(Ok(())),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Ok(Err(cut(name, &error.to_string()))),
        };
        done += u64::try_from(read).unwrap_or(u64::MAX);
        zip.write_all(buffer.get(..read).unwrap_or_default())?;
    }
}

fn cut(name: &str, why: &str) -> FolderError {
    FolderError::Invalid(format!("Only the beginning of '{name}' is in here: {why}"))
}

fn options(length: u64, moment: Option<DateTime>) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .unix_permissions(0o644)
        // Zip64, in time.
        .large_file(length >= 0xf000_0000)
        .last_modified_time(moment.unwrap_or_default())
}

/// As a zip has it, in UTC.
fn moment(version: Version) -> Option<DateTime> {
    let text = version.moment().to_string();
    let part = |from: usize, to: usize| text.get(from..to);
    DateTime::from_date_and_time(
        part(0, 4)?.parse().ok()?,
        part(5, 7)?.parse().ok()?,
        part(8, 10)?.parse().ok()?,
        part(11, 13)?.parse().ok()?,
        part(14, 16)?.parse().ok()?,
        part(17, 19)?.parse().ok()?,
    )
    .ok()
}

/// What the files are called in the archive: without the folders that all of them are in, and so that no system that
/// unpacks it takes a name for something else.
struct Names {
    /// Bytes in front that all have.
    common: usize,
    taken: HashSet<String>,
}

impl Names {
    fn of(paths: &[FolderPath]) -> Self {
        let mut common = paths.first().and_then(FolderPath::parent).unwrap_or_else(FolderPath::root);
        while !paths.iter().all(|path| path.is_within(&common)) {
            common = common.parent().unwrap_or_else(FolderPath::root);
        }
        let common = if common.is_root() { 0 } else { common.as_str().len() + 1 };
        Self { common, taken: HashSet::from([LEFT_OUT.to_owned()]) }
    }

    fn name(&mut self, path: &FolderPath) -> String {
        let rest = path.as_str().get(self.common..).unwrap_or(path.as_str());
        let plain = |c: char| {
            if c.is_control() || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { c }
        };
        let name: String = rest.chars().map(plain).collect();
        let mut free = name.clone();
        for n in 2.. {
            if self.taken.insert(free.clone()) {
                break;
            }
            free = match name.rsplit_once('.') {
                Some((stem, end)) if !end.contains('/') => format!("{stem} ({n}).{end}"),
                _ => format!("{name} ({n})"),
            };
        }
        free
    }
}

/// Hands what is written on, in pieces.
struct Pipe {
    to: mpsc::Sender<Piece>,
    waiting: BytesMut,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.waiting, BytesMut::with_capacity(PIECE)).freeze();
        self.to.blocking_send(Piece::Part(piece)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(paths: &[&str]) -> Vec<String> {
        let paths: Vec<FolderPath> = paths.iter().map(|path| FolderPath::parse(path).unwrap()).collect();
        let mut names = Names::of(&paths);
        paths.iter().map(|path| names.name(path)).collect()
    }

    #[test]
    fn names() {
        assert_eq!(named(&["in/a.png"]), ["a.png"]);
        assert_eq!(named(&["in/x/a.png", "in/y/a.png"]), ["x/a.png", "y/a.png"]);
        assert_eq!(named(&["in/a.png", "inner/a.png"]), ["in/a.png", "inner/a.png"]);
        assert_eq!(named(&["ä b/漫画.png", "ä b/c"]), ["漫画.png", "c"]);
        assert_eq!(named(&["a\\b.png", "a:b.png", "a_b.png"]), ["a_b.png", "a_b (2).png", "a_b (3).png"]);
        assert_eq!(named(&["..\\..\\x", "C:\\x"]), [".._.._x", "C__x"]);
        assert_eq!(named(&[LEFT_OUT]), ["NOT IN THIS ARCHIVE (2).txt"]);
    }

    #[test]
    fn moments() {
        let at = moment(Version { modified: 1_790_000_000_123_456_789, size: 0 }).unwrap();
        assert_eq!((at.year(), at.month(), at.day(), at.hour(), at.minute(), at.second()), (2026, 9, 21, 14, 13, 20));
        assert!(moment(Version { modified: 0, size: 0 }).is_none(), "before 1980");
    }

    #[test]
    fn nobody_takes_it() {
        let (to, pieces) = mpsc::channel(1);
        drop(pieces);
        let mut pipe = Pipe { to, waiting: BytesMut::new() };
        assert_eq!(pipe.write_all(&vec![0; PIECE]).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
