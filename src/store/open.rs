//! Opening the database: inspect, back up, migrate or import, configure.

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
    let mut connection = Connection::open(&database).map_err(|error| OpenError::failed(&database, &error))?;
    configure(&connection).map_err(|error| OpenError::failed(&database, &error))?;
    migrate(&mut connection).map_err(|error| OpenError::failed(&database, &error))?;
    Ok(connection)
}
