//! Copies of the store that go elsewhere: into a backup, and back out of one.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::error::OpenError;
use super::inspect::{Kind, inspect};
use super::schema::known_version;
use super::{BUSY_TIMEOUT, Store, StoreError};
use crate::domain::{InstanceId, Layout};

/// What a database is, and whose settings it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Its shape.
    pub schema_version: i64,
    /// It is one of the earlier Python system; the version is one of its numbers.
    pub earlier_system: bool,
    /// Its instances, as far as anybody can say without reading all of them.
    pub instances: Vec<OutlineRow>,
}

/// One instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineRow {
    /// Row id.
    pub id: InstanceId,
    /// Its name; in a database of the earlier system any text.
    pub name: String,
    /// The parent of a satellite.
    pub parent: Option<InstanceId>,
    /// The blueprint it was made from.
    pub blueprint: String,
}

impl Store {
    /// Copies the store as it is at one moment, while it is in use. `target` must not be there; it is its owner's alone, and
    /// one file that needs no other.
    ///
    /// # Errors
    /// The disk is full, or `target` can't be written. What was written stays for the caller to remove.
    pub async fn copy_to(&self, target: PathBuf) -> Result<(), StoreError> {
        self.call(move |connection| Ok(copy(connection, &target)?)).await
    }

    /// The same, for a folder that no server uses. `false`: there is no store.
    ///
    /// # Errors
    /// It is damaged, or not ours, or the copy can't be written.
    pub fn copy_unused(layout: &Layout, target: &Path) -> Result<bool, OpenError> {
        let database = layout.database();
        if inspect(&database, &layout.run())? == Kind::New {
            return Ok(false);
        }
        let failed = |error: rusqlite::Error| OpenError::Backup { path: target.to_owned(), why: error.to_string() };
        let source = Connection::open_with_flags(&database, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
        source.busy_timeout(BUSY_TIMEOUT).and_then(|()| copy(&source, target)).map_err(failed)?;
        Ok(true)
    }

    /// Whether opening it would change the store's shape.
    ///
    /// # Errors
    /// It is damaged, or not ours.
    pub fn awaits_migration(layout: &Layout) -> Result<bool, OpenError> {
        Ok(match inspect(&layout.database(), &layout.run())? {
            Kind::New => false,
            Kind::Ours(found) => found < known_version(),
            Kind::Legacy(_) => true,
        })
    }

    /// What a copy is: its integrity is checked first. `scratch`: a folder for what SQLite needs beside it.
    ///
    /// # Errors
    /// It is damaged, empty, newer than this program, or not ours.
    pub fn outline(database: &Path, scratch: &Path) -> Result<Outline, OpenError> {
        let damaged = |error: rusqlite::Error| OpenError::damaged(database, &error);
        let (schema_version, earlier_system) = match inspect(database, scratch)? {
            Kind::New => {
                let why = "it holds no tables".to_owned();
                return Err(OpenError::NotOurs { path: database.to_owned(), why });
            }
            Kind::Ours(found) if found > known_version() => {
                return Err(OpenError::Newer { path: database.to_owned(), found, known: known_version() });
            }
            Kind::Ours(found) => (i64::from(found), false),
            Kind::Legacy(version) => (version, true),
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database, flags).map_err(damaged)?;
        let instances = rows(&connection).map_err(damaged)?;
        Ok(Outline { schema_version, earlier_system, instances })
    }

    /// The shape of the store that this program writes.
    pub fn schema_version() -> i64 {
        i64::from(known_version())
    }

    /// Makes a copy out of a backup one that a server can begin with: nothing of it runs, and nobody is logged in. A database
    /// of the earlier system is left to its import, which does the same.
    ///
    /// # Errors
    /// It can't be written.
    pub fn settle(database: &Path, outline: &Outline) -> Result<(), OpenError> {
        let failed = |error: rusqlite::Error| OpenError::failed(database, &error);
        if outline.earlier_system {
            return Ok(());
        }
        let mut connection = Connection::open(database).map_err(failed)?;
        let transaction = connection.transaction().map_err(failed)?;
        transaction
            .execute_batch(
                "UPDATE instances SET status = 'stopped', reason = NULL, pid = NULL, app_port = NULL, run_id = NULL,
                    exit_code = NULL, exit_signal = NULL, exit_at = NULL",
            )
            .map_err(failed)?;
        // The login came with the second shape.
        if outline.schema_version >= 2 {
            transaction.execute_batch("DELETE FROM sessions").map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }
}

fn copy(source: &Connection, target: &Path) -> rusqlite::Result<()> {
    let refused = |error: std::io::Error| {
        rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN),
            Some(format!("{}: {error}", target.display())),
        )
    };
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(target).map_err(refused)?;
    source.backup("main", target, None::<fn(rusqlite::backup::Progress)>)?;
    // Of one file: as it was, it would ask for its log.
    Connection::open(target)?.pragma_update(None, "journal_mode", "DELETE")
}

fn rows(connection: &Connection) -> rusqlite::Result<Vec<OutlineRow>> {
    let columns = connection.prepare("SELECT * FROM instances LIMIT 0")?;
    // The earliest databases know no satellites.
    let parent =
        if columns.column_names().any(|name| name == "parent_instance_id") { "parent_instance_id" } else { "NULL" };
    drop(columns);
    let mut statement = connection.prepare(&format!(
        "SELECT id, CAST(name AS TEXT), {parent}, CAST(base_blueprint AS TEXT) FROM instances ORDER BY id"
    ))?;
    let read = statement.query_map([], |row| {
        let text = |at| Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(at)?.unwrap_or_default());
        Ok(OutlineRow { id: row.get(0)?, name: text(1)?, parent: row.get(2)?, blueprint: text(3)? })
    })?;
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BlueprintName, InstanceName, NewInstance, PortRange, Slug, Timestamp};

    fn instance(name: &str) -> NewInstance {
        let blueprint = BlueprintName::parse("hello.sh").unwrap();
        NewInstance::new(InstanceName::parse(name).unwrap(), Slug::of_name(name).unwrap(), blueprint)
    }

    #[tokio::test]
    async fn a_store_in_use_is_copied_whole_and_can_be_begun_with() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        std::fs::create_dir(layout.run()).unwrap();
        let pool: PortRange = "19001-19020".parse().unwrap();
        let store = Store::open(&layout, pool).unwrap();
        let now = Timestamp::from_millis(5);
        let parent = store.insert_instance(instance("one"), now).await.unwrap();
        let satellite = NewInstance { parent_instance_id: Some(parent.id), ..instance("two") };
        let mut running = store.insert_instance(satellite, now).await.unwrap();
        running.status = crate::domain::Status::Started;
        running.pid = Some(7);
        store.update_instance(running.clone()).await.unwrap();

        let target = dir.path().join("copy");
        store.copy_to(target.clone()).await.unwrap();
        assert!(store.copy_to(target.clone()).await.is_err(), "never over another one");
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&target).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        let outline = Store::outline(&target, dir.path()).unwrap();
        assert_eq!((outline.schema_version, outline.earlier_system), (Store::schema_version(), false));
        let told: Vec<_> = outline.instances.iter().map(|row| (row.name.as_str(), row.parent)).collect();
        assert_eq!(told, [("one", None), ("two", Some(parent.id))]);
        Store::settle(&target, &outline).unwrap();

        let other = tempfile::tempdir().unwrap();
        let there = Layout::new(other.path());
        std::fs::create_dir(there.run()).unwrap();
        assert!(!Store::copy_unused(&there, &other.path().join("nothing")).unwrap());
        std::fs::rename(&target, there.database()).unwrap();
        assert!(!Store::awaits_migration(&there).unwrap());
        assert!(Store::copy_unused(&there, &other.path().join("again")).unwrap());
        let rows = Store::open(&there, pool).unwrap().instances().await.unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (rows[1].status, rows[1].pid, &rows[1].chosen),
            (crate::domain::Status::Stopped, None, &running.chosen)
        );
    }
}
