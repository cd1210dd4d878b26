//! Opening the database: inspect, back up, migrate or import, configure.

use std::fs::{self, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rusqlite::Connection;

use super::error::OpenError;
use super::inspect::{Kind, inspect};
use super::schema::{known_version, migrate};
use super::{backup, configure, import};
use crate::domain::{Layout, PortRange};

/// Opens the database for use, in its newest shape.
pub(super) fn open(layout: &Layout, pool: PortRange) -> Result<Connection, OpenError> {
    let database = layout.database();
    match inspect(&database, &layout.run())? {
        Kind::New => {}
        Kind::Ours(found) if found > known_version() => {
            return Err(OpenError::Newer { path: database, found, known: known_version() });
        }
        Kind::Ours(found) if found < known_version() => {
            backup::back_up(&database, &found.to_string())?;
        }
        Kind::Ours(_) => {}
        Kind::Legacy(version) => import::import(layout, version, pool)?,
    }
    owner_only(&database);
    // A new one is made with the right mode, not given it after.
    let make = OpenOptions::new().append(true).create(true).mode(0o600).open(&database);
    make.map_err(|source| OpenError::Io { path: database.clone(), source })?;
    let mut connection = Connection::open(&database).map_err(|error| OpenError::failed(&database, &error))?;
    configure(&connection).map_err(|error| OpenError::failed(&database, &error))?;
    migrate(&mut connection).map_err(|error| OpenError::failed(&database, &error))?;
    Ok(connection)
}

/// It holds the hashes of the password and of every token: its owner's alone. What SQLite lays beside it gets the same mode.
fn owner_only(database: &Path) {
    match fs::set_permissions(database, Permissions::from_mode(0o600)) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            // Somebody else's file, or a file system without modes: it can be used all the same.
            tracing::warn!(%error, database = %database.display(), "others may be able to read the database");
        }
        _ => {}
    }
}
