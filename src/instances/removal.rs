//! Removing big folders: a job, since nobody wants to wait for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Inner, blocking};
use crate::domain::InstanceId;
use crate::files::leftovers;
use crate::files::measure::measure;
use crate::jobs::{Halt, Job, Ticket, Unit};

impl Inner {
    /// Removes folders that have got a name for it already; no job when there are none.
    pub(super) fn remove_as_job(&self, instance: Option<InstanceId>, doomed: Vec<PathBuf>) -> Option<Job> {
        if doomed.is_empty() {
            return None;
        }
        let work = |ticket: Arc<Ticket>| async move {
            let done = blocking(move || remove_all(&doomed, &ticket)).await;
            done.map_err(|error| Halt::Failed(error.to_string()))?
        };
        Some(self.jobs.start("remove", instance, Unit::Bytes, work))
    }
}

/// Removes folders piece by piece. What is left when it is ended early has the name that the next server clears.
fn remove_all(doomed: &[PathBuf], ticket: &Ticket) -> Result<Option<String>, Halt> {
    ticket.say("Looking at what is there.");
    let mut pieces: Vec<(PathBuf, u64)> = Vec::new();
    for path in doomed.iter().flat_map(|path| parts(path)) {
        // A link is removed without what it leads to.
        let is_link = std::fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink());
        let size = if is_link { None } else { measure(&path, &|_| false, &|| ticket.proceed().is_ok()) };
        ticket.proceed()?;
        pieces.push((path, size.unwrap_or_default().disk));
    }
    ticket.expect(pieces.iter().map(|(_, size)| size).sum());
    ticket.say("Removing.");
    let mut complaints = Vec::new();
    for (path, size) in pieces {
        ticket.proceed()?;
        if let Err(error) = leftovers::remove(&path) {
            complaints.push(format!("{} can't be removed: {error}.", path.display()));
        }
        ticket.advance(size);
    }
    // What could not be removed keeps its folder.
    for path in doomed {
        let _ = std::fs::remove_dir(path);
    }
    match complaints.first() {
        Some(first) => Err(Halt::Failed(first.clone())),
        None => Ok(Some("Removed.".to_owned())),
    }
}

/// What is right below a folder, or the thing itself when it is none. A link is a thing.
fn parts(path: &Path) -> Vec<PathBuf> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => {
            std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
        }
        _ => vec![path.to_owned()],
    }
}
