//! What there is in a folder.

use std::io;

use cap_std::fs::{Dir, FileType, Metadata};

use super::error::FolderError;
use super::native;
use crate::domain::{FolderPath, Timestamp};

/// What something is, as far as it can be opened here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema)]
#[schema(as = EntryKind)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A folder, or a link to one inside.
    Folder,
    /// A plain file, or a link to one inside.
    File,
    /// A link that leads nowhere, or out of the folder.
    Link,
    /// A socket, a pipe, a device.
    Other,
}

/// One thing in a folder.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = FolderEntry)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Bytes; 0 for what is no file.
    pub size: u64,
    /// When it was changed last.
    pub modified: Option<Timestamp>,
    /// Whether it is a link, wherever it leads.
    pub link: bool,
}

pub(super) fn list(dir: &Dir, path: &FolderPath) -> Result<Vec<Entry>, FolderError> {
    let failed = |error: io::Error| FolderError::of(path, &error);
    let folder = dir.open_dir(native(path)).map_err(failed)?;
    let mut all = Vec::new();
    for one in folder.entries().map_err(failed)? {
        let one = one.map_err(failed)?;
        // No path of ours could name it.
        let Ok(name) = one.file_name().into_string() else { continue };
        // It may have gone since it was listed.
        let Ok(facts) = one.metadata() else { continue };
        // Links are looked at from the folder that holds everything: they may lead anywhere in it.
        let here = path.join(&name).ok();
        let target = here.filter(|_| facts.is_symlink()).and_then(|here| dir.metadata(native(&here)).ok());
        all.push(Entry::of(name, &facts, target.as_ref()));
    }
    all.sort_by(|a, b| (a.kind != Kind::Folder, &a.name).cmp(&(b.kind != Kind::Folder, &b.name)));
    Ok(all)
}

pub(super) fn entry(dir: &Dir, path: &FolderPath) -> Result<Entry, FolderError> {
    let facts = dir.symlink_metadata(native(path)).map_err(|error| FolderError::of(path, &error))?;
    let target = if facts.is_symlink() { dir.metadata(native(path)).ok() } else { None };
    Ok(Entry::of(path.name().to_owned(), &facts, target.as_ref()))
}

impl Entry {
    /// `target`: of a link, what it leads to inside.
    fn of(name: String, facts: &Metadata, target: Option<&Metadata>) -> Self {
        let link = facts.is_symlink();
        let seen = if link { target } else { Some(facts) };
        let kind = seen.map_or(Kind::Link, |seen| kind(seen.file_type()));
        let size = seen.filter(|_| kind == Kind::File).map_or(0, Metadata::len);
        let modified = seen.unwrap_or(facts).modified().ok().map(|time| Timestamp::of(time.into_std()));
        Self { name, kind, size, modified, link }
    }
}

fn kind(kind: FileType) -> Kind {
    if kind.is_dir() {
        Kind::Folder
    } else if kind.is_file() {
        Kind::File
    } else {
        Kind::Other
    }
}
