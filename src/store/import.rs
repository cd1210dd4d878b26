//! Import of a database of the earlier Python system, in place (compat.md §8).
//!
//! The new database is written beside the old one and renamed over it: at every moment `aikore.db` is either the whole
//! old file or the whole new one. What the rules of today no longer allow is repaired by [`repair`], and every old value
//! stays readable in `import_notes`.

mod folders;
mod legacy;
mod repair;

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::error::OpenError;
use super::schema::migrate;
use super::{backup, instances, sibling};
use crate::domain::{Layout, PortRange, Timestamp};

/// Imports the database at schema version `version` of the earlier system, after a backup.
pub(super) fn import(layout: &Layout, version: i64, pool: PortRange) -> Result<(), OpenError> {
    let database = layout.database();
    tracing::info!(version, "importing the database of the earlier system");
    let error = |error: rusqlite::Error| OpenError::failed(&database, &error);

    // A journal left by a killed writer is rolled back here, so that it can't be taken for the new file's.
    Connection::open(&database).and_then(|c| c.pragma_update(None, "journal_mode", "DELETE")).map_err(error)?;
    backup::back_up(&database, &format!("legacy-{version}"))?;

    let rows = Connection::open(&database).and_then(|c| legacy::read(&c)).map_err(error)?;
    let repaired = repair::repair(rows, pool);
    let fresh = sibling(&database, ".importing");
    for suffix in ["", "-journal", "-wal", "-shm"] {
        let _ = fs::remove_file(sibling(&fresh, suffix));
    }
    write(&fresh, &repaired, &database)?;
    // Folders move before the database that names them: when this is cut off between the two, the next attempt finds
    // the old rows and the folders already moved, which `folders` takes for done.
    folders::follow(layout, &repaired).map_err(|(path, source)| OpenError::Io { path, source })?;
    fs::rename(&fresh, &database).map_err(|source| OpenError::Io { path: database.clone(), source })?;
    tell(&repaired);
    Ok(())
}

fn write(fresh: &Path, repaired: &[repair::Repaired], database: &Path) -> Result<(), OpenError> {
    let error = |error: rusqlite::Error| OpenError::failed(database, &error);
    let mut connection = Connection::open(fresh).map_err(error)?;
    migrate(&mut connection).map_err(|error| OpenError::failed(database, &error))?;
    let now = Timestamp::of(std::time::SystemTime::now());
    let transaction = connection.transaction().map_err(error)?;
    // Parents may come after their satellites.
    transaction.pragma_update(None, "defer_foreign_keys", true).map_err(error)?;
    for row in repaired {
        instances::insert_with_id(&transaction, Some(row.id), &row.instance, now).map_err(error)?;
    }
    transaction.commit().map_err(error)
}

fn tell(repaired: &[repair::Repaired]) {
    for row in repaired {
        for note in &row.instance.import_notes {
            tracing::warn!(
                instance = row.id,
                name = %row.instance.name,
                field = %note.field,
                old = %note.old,
                new = %note.new,
                "import: {}",
                note.why
            );
        }
    }
    tracing::info!(instances = repaired.len(), "imported the database of the earlier system");
}
