//! The files of a desktop, and what its keeper says in one of them: by that every server finds the screen.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::folder;
use crate::domain::{Desktop, RunId};

/// The desktop of a run, once it is there.
pub fn find(folder: &Path, run: &RunId) -> Option<Desktop> {
    let text = fs::read(state_file(folder, run)).ok()?;
    serde_json::from_slice(&text).ok()
}

pub(super) fn tell(folder: &Path, run: &RunId, desktop: &Desktop) -> io::Result<()> {
    folder::replace(&state_file(folder, run), &serde_json::to_vec(desktop)?, 0o600).map_err(io::Error::other)
}

pub(super) fn plan_file(folder: &Path, run: &RunId) -> PathBuf {
    folder.join(format!("{run}.plan"))
}

pub(super) fn state_file(folder: &Path, run: &RunId) -> PathBuf {
    folder.join(format!("{run}.json"))
}

pub(super) fn socket_name(run: &RunId) -> String {
    format!("{run}.vnc")
}

pub(super) fn socket(folder: &Path, run: &RunId) -> PathBuf {
    folder.join(socket_name(run))
}

pub(super) fn cookie_file(folder: &Path, run: &RunId) -> PathBuf {
    folder.join(format!("{run}.auth"))
}
