//! The log of a run on disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How many earlier runs keep their log: `output.log.1` is the last one.
const KEPT: u32 = 5;

/// Appends to `output.log`.
pub(super) struct LogWriter {
    file: File,
    size: u64,
}

impl LogWriter {
    /// Moves the logs of earlier runs one place on and begins a new one.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        for n in (1..=KEPT).rev() {
            let older = if n == 1 { path.to_owned() } else { numbered(path, n - 1) };
            if older.exists() {
                fs::rename(&older, numbered(path, n))?;
            }
        }
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let size = file.metadata()?.len();
        Ok(Self { file, size })
    }

    /// Appends what it can. A full disk loses log lines, never the run: the terminal is read on all the same.
    pub(super) fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.file.write(bytes) {
                Ok(0) => return,
                Ok(written) => {
                    self.size += written as u64;
                    bytes = bytes.get(written..).unwrap_or_default();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Bytes written so far.
    pub(super) fn size(&self) -> u64 {
        self.size
    }
}

fn numbered(path: &Path, n: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{n}"));
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_five_runs_keep_their_log() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("output.log");
        for run in 1..=8 {
            let mut log = LogWriter::open(&path).unwrap();
            log.write(format!("run {run}\n").as_bytes());
            assert_eq!(log.size(), 6);
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "run 8\n");
        for n in 1..=5 {
            assert_eq!(fs::read_to_string(numbered(&path, n)).unwrap(), format!("run {}\n", 8 - n));
        }
        assert!(!numbered(&path, 6).exists());
    }
}
