//! A wheel on its way to the shelf: written beside its place, looked at, and named only when it is whole.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use cap_std::fs::OpenOptions;
use futures_util::{Stream, StreamExt};
use memchr::memmem;
use tokio::io::AsyncWriteExt;

use super::{Shelf, ShelfError, Wheel, path};
use crate::domain::WheelName;
use crate::files::space;
use crate::folders::{Folder, FolderError};

/// How the names of uploads begin that are under way: what a crash left is known by it.
pub(super) const UPLOADING: &str = ".uploading-";

/// What stays free beside the wheel: the rest of the machine writes too.
const MARGIN: u64 = 16 << 20;

/// How a zip archive begins, and how the last part of one begins.
const FIRST: &[u8] = b"PK\x03\x04";
const LAST: &[u8] = b"PK\x05\x06";

/// So far from the end the last part may begin: its own length and the longest remark.
const TAIL: u64 = 22 + 65_535;

/// What comes to the shelf. Dropped before [`Upload::receive`] has returned, nothing of it stays.
#[derive(Debug)]
pub struct Upload {
    shelf: Shelf,
    folder: Arc<Folder>,
    name: WheelName,
    temporary: String,
    overwrite: bool,
    /// It has its name.
    kept: bool,
}

impl Shelf {
    /// Makes room for a wheel of this name. `length`: how long it will be, if that is known.
    ///
    /// # Errors
    /// There is one of this name and it is not to be replaced, or the disk is too full. Nothing changed then.
    pub fn begin(&self, name: WheelName, length: Option<u64>, overwrite: bool) -> Result<Upload, ShelfError> {
        let folder = Folder::open_or_make(self.place())?;
        let temporary = format!("{}{:016x}", self.uploading(), fastrand::u64(..));
        let upload = Upload { shelf: self.clone(), folder: Arc::new(folder), name, temporary, overwrite, kept: false };
        upload.refuse_taken()?;
        if let Some(length) = length {
            upload.refuse_too_big(length)?;
        }
        Ok(upload)
    }
}

impl Upload {
    /// Takes what comes, and names it when it is whole and a wheel.
    ///
    /// # Errors
    /// It is no wheel, broke off, or the disk is full. Nothing of it stays then.
    pub async fn receive<E>(
        self,
        body: impl Stream<Item = Result<Bytes, E>>,
        is_late: impl Fn(&E) -> bool,
    ) -> Result<Wheel, ShelfError> {
        let name = self.name.clone();
        let written = self.write(body, is_late).await;
        // What did not come whole is removed there too.
        let ended = tokio::task::spawn_blocking(move || self.finish(&written?)).await;
        ended.unwrap_or_else(|error| {
            Err(ShelfError::Folder(FolderError::Failed(path(&name)?, format!("work on the disk was cut off: {error}"))))
        })
    }

    async fn write<E>(
        &self,
        body: impl Stream<Item = Result<Bytes, E>>,
        is_late: impl Fn(&E) -> bool,
    ) -> Result<File, ShelfError> {
        let mut file = tokio::fs::File::from_std(self.create()?);
        let mut body = std::pin::pin!(body);
        let mut first: Vec<u8> = Vec::new();
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|error| if is_late(&error) { ShelfError::Late } else { ShelfError::Cut })?;
            if first.len() < FIRST.len() {
                first.extend(piece.iter().take(FIRST.len() - first.len()));
                if !FIRST.starts_with(&first) {
                    return Err(no_archive());
                }
            }
            file.write_all(&piece).await.map_err(|error| self.failed(&error))?;
        }
        file.flush().await.map_err(|error| self.failed(&error))?;
        Ok(file.into_std().await)
    }

    fn create(&self) -> Result<File, ShelfError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        let file = self.folder.dir().open_with(&self.temporary, &options).map_err(|error| self.failed(&error))?;
        Ok(file.into_std())
    }

    fn finish(mut self, file: &File) -> Result<Wheel, ShelfError> {
        if !has_end(file).map_err(|error| self.failed(&error))? {
            return Err(no_archive());
        }
        file.sync_all().map_err(|error| self.failed(&error))?;
        let naming = Arc::clone(&self.shelf.naming);
        let _naming = naming.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have brought one meanwhile.
        self.refuse_taken()?;
        let dir = self.folder.dir();
        dir.rename(&self.temporary, dir, self.name.as_str()).map_err(|error| self.failed(&error))?;
        self.kept = true;
        self.shelf.find(&self.name)
    }

    fn refuse_taken(&self) -> Result<(), ShelfError> {
        match self.folder.dir().symlink_metadata(self.name.as_str()) {
            Ok(facts) if facts.is_dir() => Err(ShelfError::Folder(FolderError::Exists(path(&self.name)?))),
            Ok(_) if !self.overwrite => Err(ShelfError::Exists(self.name.clone())),
            _ => Ok(()),
        }
    }

    fn refuse_too_big(&self, length: u64) -> Result<(), ShelfError> {
        let wanted = length.saturating_add(MARGIN);
        let free = space::free(self.shelf.place()).map_err(|error| self.failed(&error))?;
        if free >= wanted {
            return Ok(());
        }
        let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
        Err(ShelfError::NoSpace(format!(
            "The wheel needs {} MiB of disk space, and {} MiB are free: {} MiB more are needed. Make room, then send it again.",
            mebibytes(wanted),
            free >> 20,
            mebibytes(wanted - free)
        )))
    }

    fn failed(&self, error: &std::io::Error) -> ShelfError {
        match path(&self.name) {
            Ok(path) => ShelfError::of(&self.name, FolderError::of(&path, error)),
            Err(error) => ShelfError::Folder(error),
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.kept {
            // It may not have been made yet. One call that takes no time: no thread is needed for it.
            let _ = self.folder.dir().remove_file(&self.temporary);
        }
    }
}

fn no_archive() -> ShelfError {
    ShelfError::NoWheel(
        "This is no wheel: a wheel is a zip archive, and what came is none, or only a part of one. Choose a .whl file, as \
         'pip wheel' or 'pip download' writes it."
            .to_owned(),
    )
}

/// Whether the archive's last part is there: a file that was cut off somewhere else has none.
fn has_end(mut file: &File) -> std::io::Result<bool> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    Ok(length >= FIRST.len() as u64 && memmem::find(&tail, LAST).is_some())
}
