//! The schema: its migrations, and the version this program knows.

use rusqlite::Connection;

mod embedded {
    refinery::embed_migrations!("src/store/migrations");
}

/// The schema version this program writes.
pub(super) fn known_version() -> i32 {
    embedded::migrations::runner().get_migrations().iter().map(refinery::Migration::version).max().unwrap_or(0)
}

/// Brings an open database to the newest schema.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), refinery::Error> {
    embedded::migrations::runner().run(connection).map(|_| ())
}
