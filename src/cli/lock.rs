//! One server per config folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};

use super::Failed;
use crate::domain::Layout;

/// Held as long as this server lives; the kernel lets go of it whatever way it ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    pub(super) fn take(layout: &Layout) -> Result<Self, Failed> {
        let path = layout.lock();
        let failed = |error: &dyn std::fmt::Display| Failed::bad_settings(format!("{}: {error}", path.display()));
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| failed(&error))?;
        match file.try_lock() {
            Ok(()) => {
                let mut lock = Self { file };
                lock.write(&format!("pid {}", std::process::id()));
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                Err(Failed::bad_settings(format!(
                    "another aikore ({}) serves {} already. Stop it, or choose another config folder",
                    holder.trim(),
                    layout.root().display()
                )))
            }
            Err(TryLockError::Error(error)) => Err(failed(&error)),
        }
    }

    /// Says who holds it, for whoever comes second. Only words: the lock holds without them.
    pub(super) fn write(&mut self, holder: &str) {
        let written = self
            .file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .and_then(|_| writeln!(self.file, "{holder}"));
        if let Err(error) = written {
            tracing::debug!(%error, "the lock's text could not be written");
        }
    }
}
