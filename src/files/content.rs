//! The bytes of one file, copied the cheapest way the disk knows.
//!
//! `copy_file_range` shares blocks where the file system can (btrfs, XFS, ZFS …: a copy of any size takes no time and no
//! space), copies inside the kernel where it can't, and refuses between some file systems: then it is read and written.
//! Holes stay holes.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use nix::errno::Errno;
use nix::fcntl::copy_file_range;
use nix::unistd::{Whence, lseek};

/// Between two questions whether to go on. A whole number of blocks, as sharing needs it.
const PIECE: u64 = 16 << 20;

/// Copies the first `length` bytes, or as many as there still are. `tick` hears of every piece, and ends it by an error.
///
/// # Errors
/// Those of `tick`, and the system's.
pub fn copy<E: From<io::Error>>(
    from: &File,
    to: &File,
    length: u64,
    tick: &mut dyn FnMut(u64) -> Result<(), E>,
) -> Result<(), E> {
    let mut in_kernel = true;
    let mut at = 0;
    while at < length {
        let (begin, end) = next_data(from, at, length);
        tick(begin - at)?;
        at = begin;
        while at < end {
            let wanted = PIECE.min(end - at);
            let copied = if in_kernel { by_kernel(from, to, at, wanted)? } else { None };
            let copied = match copied {
                Some(copied) => copied,
                None => {
                    in_kernel = false;
                    by_hand(from, to, at, wanted)?
                }
            };
            if copied == 0 {
                // It was cut off meanwhile.
                return Ok(to.set_len(at)?);
            }
            at += copied;
            tick(copied)?;
        }
    }
    // A file that was cut off meanwhile looks like one with a hole at its end.
    Ok(to.set_len(length.min(from.metadata()?.len()))?)
}

/// The next stretch that is no hole; where the file system knows no holes, everything.
fn next_data(file: &File, at: u64, length: u64) -> (u64, u64) {
    let seek = |from: u64, whence| {
        let found = lseek(file, i64::try_from(from).unwrap_or(i64::MAX), whence)?;
        Ok::<u64, Errno>(u64::try_from(found).unwrap_or(length))
    };
    let begin = match seek(at, Whence::SeekData) {
        Ok(begin) => begin.clamp(at, length),
        // Nothing but a hole from here on.
        Err(Errno::ENXIO) => return (length, length),
        Err(_) => return (at, length),
    };
    let end = seek(begin, Whence::SeekHole).unwrap_or(length);
    (begin, if end <= begin { length } else { end.min(length) })
}

/// `None` where the kernel can't do it between these two files.
fn by_kernel(from: &File, to: &File, at: u64, length: u64) -> io::Result<Option<u64>> {
    let too_far = |_| io::Error::from(io::ErrorKind::FileTooLarge);
    let (mut read, mut write) = (i64::try_from(at).map_err(too_far)?, i64::try_from(at).map_err(too_far)?);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    loop {
        return match copy_file_range(from, Some(&mut read), to, Some(&mut write), length) {
            // Some virtual file systems say 0 though there is something to read.
            Ok(0) => Ok(None),
            Ok(copied) => Ok(Some(copied as u64)),
            Err(Errno::EINTR) => continue,
            Err(Errno::EXDEV | Errno::EINVAL | Errno::ENOSYS | Errno::EOPNOTSUPP | Errno::EPERM | Errno::ETXTBSY) => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        };
    }
}

fn by_hand(from: &File, to: &File, at: u64, length: u64) -> io::Result<u64> {
    let mut buffer = vec![0; usize::try_from(length.min(1 << 20)).unwrap_or(1 << 20)];
    let read = from.read_at(&mut buffer, at)?;
    to.write_all_at(buffer.get(..read).unwrap_or_default(), at)?;
    Ok(read as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    fn copied(from: &Path, to: &Path, length: u64) -> u64 {
        let mut ticks = 0;
        let (from, to) = (File::open(from).unwrap(), File::create(to).unwrap());
        copy::<io::Error>(&from, &to, length, &mut |bytes| {
            ticks += bytes;
            Ok(())
        })
        .unwrap();
        ticks
    }

    #[test]
    fn holes_stay_holes() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        let file = File::create(&from).unwrap();
        file.write_all_at(b"begin", 0).unwrap();
        file.write_all_at(b"end", 200 << 20).unwrap();
        file.set_len(300 << 20).unwrap();
        assert_eq!(copied(&from, &to, 300 << 20), 300 << 20);
        let meta = fs::metadata(&to).unwrap();
        assert_eq!(meta.len(), 300 << 20);
        assert!(meta.blocks() * 512 < 1 << 20, "{} blocks", meta.blocks());
        let mut end = [0; 3];
        File::open(&to).unwrap().read_exact_at(&mut end, 200 << 20).unwrap();
        assert_eq!(&end, b"end");
    }

    #[test]
    fn between_file_systems_it_is_read_and_written() {
        let memory = Path::new("/dev/shm");
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in(memory).unwrap());
        let devices = [dir.path(), elsewhere.path()].map(|path| fs::metadata(path).unwrap().dev());
        assert_ne!(devices[0], devices[1], "the test needs two file systems");
        let bytes: Vec<u8> = (0..(3 << 20) + 17).map(|n: u32| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
        fs::write(dir.path().join("a"), &bytes).unwrap();
        copied(&dir.path().join("a"), &elsewhere.path().join("b"), bytes.len() as u64);
        assert!(fs::read(elsewhere.path().join("b")).unwrap() == bytes);
    }

    #[test]
    fn what_shrinks_meanwhile_ends_where_it_ends() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), b"short").unwrap();
        copied(&dir.path().join("a"), &dir.path().join("b"), 1_000_000);
        let found = fs::read(dir.path().join("b")).unwrap();
        assert!(found == b"short", "{} bytes", found.len());
    }
}
