//! Files that a person brings, piece by piece, for as long as it takes: an upload outlives its connection, its page and the
//! server. What has come lies beside the place it goes to, under a name nobody sees; when all is there it gets its own.

mod expiry;
mod record;
mod turns;

use std::fs::File;
use std::io;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use nix::sys::statvfs::fstatvfs;
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;

use super::error::Error;
use super::places::{Found, Place};
use super::{Instances, blocking, now};
use crate::domain::{FolderPath, Timestamp, UploadId};
use crate::folders::{Folder, FolderError};
use record::Record;

pub(super) use turns::Turns;

/// How long an upload is kept that nobody goes on with.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What is collected before it is written.
const BUFFER: usize = 1 << 20;

/// What is to be uploaded.
#[derive(Debug)]
pub struct NewUpload {
    /// Where it goes; folders on the way are made.
    pub path: FolderPath,
    /// How long it is.
    pub length: u64,
    /// Whether it may replace the file that has its name.
    pub overwrite: bool,
    /// What its client said of it, to be given back as it was said.
    pub metadata: String,
}

/// How far an upload is.
#[derive(Debug, Clone)]
pub struct UploadState {
    /// Its name.
    pub id: UploadId,
    /// Where it goes.
    pub path: FolderPath,
    /// Bytes that have come.
    pub offset: u64,
    /// Bytes in all.
    pub length: u64,
    /// What its client said of it.
    pub metadata: String,
    /// Until when it is kept, if nothing more comes.
    pub expires: Timestamp,
    /// Whether it is where it goes.
    pub finished: bool,
}

/// An upload that somebody is at: its folder, and what is known of it.
struct Open {
    found: Found,
    folder: Folder,
    id: UploadId,
    record: Record,
}

impl Instances {
    /// Begins an upload. One of no bytes is finished at once.
    ///
    /// # Errors
    /// Something has its name, or there is not enough room for it.
    pub async fn begin_upload(&self, place: Place, new: NewUpload) -> Result<UploadState, Error> {
        let found = self.find_place(place)?;
        let id = UploadId::of(fastrand::u128(..));
        let NewUpload { path, length, overwrite, metadata } = new;
        let record = Record { path, length, overwrite, metadata, begun: now(), finished: false };
        blocking(move || {
            let folder = found.open_or_make()?;
            let open = Open { found, folder, id, record };
            let part = open.begin()?;
            if length == 0 { open.finish(&part) } else { Ok(open.state(0)) }
        })
        .await?
    }

    /// How far an upload is. Who sends a piece of it meanwhile is called off: they would not be heard any more.
    ///
    /// # Errors
    /// There is none of this name; or all of it has come, and can't get its name.
    pub async fn upload(&self, place: Place, id: UploadId) -> Result<UploadState, Error> {
        let found = self.find_place(place)?;
        let _turn = self.inner.uploads.take(&id).await?;
        blocking(move || {
            let open = Open::of(found, id)?;
            let Some((part, offset)) = open.part()? else { return Ok(open.state(open.record.length)) };
            if offset < open.record.length { Ok(open.state(offset)) } else { open.finish(&part) }
        })
        .await?
    }

    /// Takes the next piece of an upload, and finishes it with the last one. A piece that is cut off counts as far as it came.
    ///
    /// # Errors
    /// There is no such upload, it is not that far, there is no room for it, or what it becomes can't get its name.
    pub async fn continue_upload<E: std::fmt::Display>(
        &self,
        place: Place,
        id: UploadId,
        offset: u64,
        piece: Option<u64>,
        body: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<UploadState, Error> {
        let _room = self.inner.uploads.room()?;
        let found = self.find_place(place)?;
        let turn = self.inner.uploads.take(&id).await?;
        let (open, part) = blocking(move || {
            let open = Open::of(found, id)?;
            let part = open.part()?;
            let there = part.as_ref().map_or(open.record.length, |(_, offset)| *offset);
            if there != offset {
                return Err(Error::WrongOffset { there, offset });
            }
            let rest = open.record.length - offset;
            if piece.is_some_and(|piece| piece > rest) {
                return Err(open.too_much());
            }
            if let Some((part, _)) = &part {
                open.refuse_too_big(part, rest)?;
            }
            Ok((open, part))
        })
        .await??;
        let Some((part, _)) = part else { return Ok(open.state(open.record.length)) };
        let rest = open.record.length - offset;
        let written = write(part, body, rest, &turn.called_off).await;
        blocking(move || {
            let part = open.folder.append_to(&open.record.part(&open.id)).map_err(|error| open.vanished(error))?;
            let offset = part.metadata().map_err(|error| FolderError::of(&open.record.path, &error))?.len();
            match written {
                Err(WriteError::Disk(error)) => Err(FolderError::of(&open.record.path, &error).into()),
                Err(WriteError::TooMuch) => Err(open.too_much()),
                Ok(()) if offset >= open.record.length => open.finish(&part),
                Ok(()) => Ok(open.state(offset)),
            }
        })
        .await?
    }

    /// Gives an upload up: what has come of it is removed.
    ///
    /// # Errors
    /// There is none of this name, or it can't be removed.
    pub async fn abandon_upload(&self, place: Place, id: UploadId) -> Result<FolderPath, Error> {
        let found = self.find_place(place)?;
        let _turn = self.inner.uploads.take(&id).await?;
        blocking(move || {
            let open = Open::of(found, id)?;
            open.record.remove(&open.folder, &open.id)?;
            Ok(open.record.path)
        })
        .await?
    }
}

impl Open {
    fn of(found: Found, id: UploadId) -> Result<Self, Error> {
        let folder = match Folder::open(&found.path) {
            Err(FolderError::Missing(_)) => return Err(Error::NoUpload),
            opened => opened?,
        };
        let record = Record::read(&folder, &id)?.ok_or(Error::NoUpload)?;
        Ok(Self { found, folder, id, record })
    }

    /// Makes what an upload needs.
    fn begin(&self) -> Result<File, Error> {
        let Self { found, folder, id, record } = self;
        found.refuse_ours(folder, &record.path)?;
        match folder.entry(&record.path) {
            Ok(_) if !record.overwrite => return Err(FolderError::Exists(record.path.clone()).into()),
            Ok(there) if there.kind == crate::folders::Kind::Folder => {
                return Err(FolderError::NoFile(record.path.clone()).into());
            }
            // There, or missing, or in a folder that is missing too.
            _ => {}
        }
        folder.make_folders(&record.path.parent().unwrap_or_else(FolderPath::root), &mut Vec::new())?;
        // The record first: a part without one would be found by nobody.
        record.write(folder, id)?;
        let begun = folder.create_file(&record.part(id)).map_err(Error::from).and_then(|part| {
            self.refuse_too_big(&part, record.length)?;
            Ok(part)
        });
        if begun.is_err()
            && let Err(error) = record.remove(folder, id)
        {
            tracing::warn!(path = %record.path, %error, "what was made for an upload can't be removed");
        }
        begun
    }

    /// What has come, and how much; `None`: all of it, and it is where it goes.
    fn part(&self) -> Result<Option<(File, u64)>, Error> {
        let Self { folder, id, record, .. } = self;
        if record.finished || record.has_arrived(folder, id) {
            return Ok(None);
        }
        let part = folder.append_to(&record.part(id)).map_err(|error| self.vanished(error))?;
        let length = part.metadata().map_err(|error| FolderError::of(&record.path, &error))?.len();
        // Nobody but us writes there; if somebody did, it is not what was sent.
        if length > record.length {
            return Err(self.too_much());
        }
        Ok(Some((part, length)))
    }

    /// All of it has come.
    fn finish(&self, part: &File) -> Result<UploadState, Error> {
        let Self { found, folder, id, record } = self;
        // Whoever is told that it is here may delete their own.
        part.sync_data().map_err(|error| FolderError::of(&record.path, &error))?;
        found.refuse_ours(folder, &record.path)?;
        let (from, to) = (record.part(id), &record.path);
        if record.overwrite {
            folder.replace(&from, to)?;
        } else {
            folder.rename(&from, to)?;
        }
        let finished = Record { finished: true, ..record.clone() };
        // It has arrived: that this can't be written down changes nothing of it.
        if let Err(error) = finished.write(folder, id) {
            tracing::debug!(%id, %error, "the end of an upload can't be written down");
        }
        tracing::info!(path = %record.path, length = record.length, "uploaded");
        Ok(UploadState { finished: true, ..self.state(record.length) })
    }

    fn state(&self, offset: u64) -> UploadState {
        let Record { path, length, metadata, finished, .. } = self.record.clone();
        let expires = Timestamp::from_millis(now().millis() + u64::try_from(KEPT.as_millis()).unwrap_or(0));
        UploadState { id: self.id.clone(), path, offset, length, metadata, expires, finished }
    }

    /// Said before anybody sends for an hour what will not fit.
    fn refuse_too_big(&self, part: &File, rest: u64) -> Result<(), Error> {
        let disk = fstatvfs(part).map_err(|error| FolderError::of(&self.record.path, &error.into()))?;
        let free = disk.blocks_available().saturating_mul(disk.fragment_size());
        if free >= rest {
            return Ok(());
        }
        Err(Error::NoSpace(format!(
            "The disk is too full for '{}': {} MiB are still to come, {} MiB are free, so {} MiB are missing. Make room, then go on.",
            self.record.path,
            rest.div_ceil(1 << 20),
            free >> 20,
            (rest - free).div_ceil(1 << 20)
        )))
    }

    fn too_much(&self) -> Error {
        let Record { path, length, .. } = &self.record;
        Error::TooMuch(format!(
            "More has come than '{path}' has, which was said to be {length} bytes long. Begin it anew."
        ))
    }

    /// The folder it was in has been moved or deleted.
    fn vanished(&self, error: FolderError) -> Error {
        match error {
            FolderError::Missing(_) => Error::NoUpload,
            error => error.into(),
        }
    }
}

enum WriteError {
    Disk(io::Error),
    TooMuch,
}

/// Writes what comes, off the async threads and no faster than the disk takes it, until the body ends, breaks off, or
/// somebody else wants the turn. How far it came is the length of the file.
async fn write<E: std::fmt::Display>(
    part: File,
    body: impl Stream<Item = Result<Bytes, E>>,
    mut rest: u64,
    called_off: &CancellationToken,
) -> Result<(), WriteError> {
    let mut file = tokio::fs::File::from_std(part);
    file.set_max_buf_size(BUFFER);
    let mut body = std::pin::pin!(body);
    let mut result = Ok(());
    loop {
        let next = tokio::select! {
            biased;
            () = called_off.cancelled() => break,
            next = body.next() => next,
        };
        let piece = match next {
            None => break,
            Some(Ok(piece)) => piece,
            Some(Err(error)) => {
                tracing::debug!(%error, "a piece of an upload broke off");
                break;
            }
        };
        let fits = piece.slice(..piece.len().min(usize::try_from(rest).unwrap_or(usize::MAX)));
        rest -= u64::try_from(fits.len()).unwrap_or(rest);
        if let Err(error) = file.write_all(&fits).await {
            result = Err(WriteError::Disk(error));
            break;
        }
        if fits.len() < piece.len() {
            result = Err(WriteError::TooMuch);
            break;
        }
    }
    // What was written last may not have fit.
    let flushed = file.flush().await;
    result.and(flushed.map_err(WriteError::Disk))
}

/// The moment before which nothing may have been touched that is removed.
fn limit() -> SystemTime {
    SystemTime::now().checked_sub(KEPT).unwrap_or(SystemTime::UNIX_EPOCH)
}
