//! Copies of the database, made by SQLite's backup API before anything changes its shape.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::error::OpenError;
use super::sibling;

/// Copies the database to `aikore.db.bak-<version>`, or `…-2`, `…-3` when that exists; never over an older copy.
pub(super) fn back_up(database: &Path, version: &str) -> Result<PathBuf, OpenError> {
    let target = (1..)
        .map(|n| sibling(database, &if n == 1 { format!(".bak-{version}") } else { format!(".bak-{version}-{n}") }))
        .find(|path| !path.exists())
        .unwrap_or_else(|| sibling(database, ".bak"));
    let failed = |error: rusqlite::Error| OpenError::Backup { path: target.clone(), why: error.to_string() };
    // It holds what the database holds: its owner's alone.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&target);
    made.map_err(|error| OpenError::Backup { path: target.clone(), why: error.to_string() })?;
    let source = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
    source.backup("main", &target, None::<fn(rusqlite::backup::Progress)>).map_err(failed)?;
    tracing::info!(copy = %target.display(), "backed up the database");
    Ok(target)
}
