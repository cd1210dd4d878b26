//! The end of a run on disk: whoever comes after a server's death reads it there.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::domain::RunId;
use crate::runtime::protocol::{Record, record_name, reserve_name};

/// More than any record needs.
const ROOM: usize = 512;

/// The place of a run's exit record.
pub(super) struct ExitRecord {
    path: PathBuf,
    reserve: PathBuf,
}

impl ExitRecord {
    /// Takes the room a record needs now: at the end the disk may be full, and then the record matters all the more.
    pub(super) fn reserve(shims: &Path, run: &RunId) -> Self {
        let record = Self { path: shims.join(record_name(run)), reserve: shims.join(reserve_name(run)) };
        // Without it the record is written all the same, if there is room by then.
        let _ = fs::write(&record.reserve, [b' '; ROOM]);
        record
    }

    /// Writes it, by rename. If even that fails, only the socket is left to tell it.
    pub(super) fn write(&self, record: &Record) {
        let written = (|| {
            let mut bytes = serde_json::to_vec(record).map_err(io::Error::other)?;
            // Over the blanks, in the same block; JSON may end with some.
            bytes.resize(bytes.len().max(ROOM), b' ');
            let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(&self.reserve)?;
            file.write_all(&bytes)?;
            fs::rename(&self.reserve, &self.path)
        })();
        if written.is_err() {
            let _ = fs::remove_file(&self.reserve);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Exit, Timestamp};

    #[test]
    fn a_record_takes_the_place_of_its_reserve() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunId("a".to_owned());
        let place = ExitRecord::reserve(dir.path(), &run);
        assert_eq!(fs::metadata(dir.path().join("a.exit-new")).unwrap().len(), ROOM as u64);
        let exit = Exit { code: None, signal: Some(9), at: Timestamp::from_millis(1) };
        let record = Record { run, instance: 5, exit };
        place.write(&record);
        let bytes = fs::read(dir.path().join("a.exit")).unwrap();
        assert_eq!(serde_json::from_slice::<Record>(&bytes).unwrap(), record);
        assert_eq!(bytes.len(), ROOM);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
