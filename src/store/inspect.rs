//! What kind of file `aikore.db` is, found out without writing a byte to it.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::error::OpenError;
use super::sibling;

/// What lies at the database's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing, or a valid database without tables.
    New,
    /// Ours, at this schema version.
    Ours(i32),
    /// Of the earlier Python system, at this schema version (1–6).
    Legacy(i64),
}

/// The newest schema version of the earlier system.
const LEGACY_NEWEST: i64 = 6;

/// Looks at the file through a read-only connection: integrity first, then whose it is.
pub(super) fn inspect(database: &Path, scratch: &Path) -> Result<Kind, OpenError> {
    match fs::metadata(database) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Kind::New),
        Err(source) => return Err(OpenError::Io { path: database.into(), source }),
        // A file that was cut to nothing is a loss to be told, not a new beginning (earlier-defects.md).
        Ok(meta) if meta.len() == 0 => return Err(OpenError::Empty { path: database.into() }),
        Ok(_) => {}
    }
    let damaged = |error: rusqlite::Error| OpenError::damaged(database, &error);
    let copy = copy_with_journal(database, scratch)?;
    let connection = open_read_only(copy.as_ref().map_or(database, |copy| copy.path.as_path())).map_err(damaged)?;
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(damaged)?;
    if verdict != "ok" {
        return Err(OpenError::damaged(database, &verdict));
    }
    classify(&connection).map_err(damaged)?.map_err(|why| OpenError::NotOurs { path: database.into(), why })
}

fn classify(connection: &Connection) -> rusqlite::Result<Result<Kind, String>> {
    let has = |table: &str| {
        connection
            .query_row("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1", [table], |_| Ok(()))
            .optional()
            .map(|row| row.is_some())
    };
    if has("refinery_schema_history")? {
        let version = connection
            .query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get::<_, Option<i32>>(0))?;
        return Ok(Ok(Kind::Ours(version.unwrap_or(0))));
    }
    if has("instances")? {
        if !has("aikore_meta")? {
            return Ok(Ok(Kind::Legacy(1)));
        }
        let marked: Option<String> = connection
            .query_row("SELECT CAST(value AS TEXT) FROM aikore_meta WHERE key = 'schema_version'", [], |row| row.get(0))
            .optional()?;
        return Ok(match marked.as_deref().map(str::parse::<i64>) {
            Some(Ok(version @ 1..=LEGACY_NEWEST)) => Ok(Kind::Legacy(version)),
            Some(_) => Err(format!(
                "it is marked as schema version {} of the earlier system, of which 1 to {LEGACY_NEWEST} are known",
                marked.unwrap_or_default()
            )),
            None => Err("it has a table aikore_meta without a schema_version".to_owned()),
        });
    }
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    Ok(if tables == 0 { Ok(Kind::New) } else { Err("it holds other tables than AiKore's".to_owned()) })
}

fn open_read_only(database: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(database, flags)
}

/// A copy in the run folder, deleted when it goes out of scope.
struct Copy {
    path: PathBuf,
}

impl Drop for Copy {
    fn drop(&mut self) {
        for suffix in ["", "-journal", "-wal", "-shm"] {
            let _ = fs::remove_file(sibling(&self.path, suffix));
        }
    }
}

/// A file left behind by a writer that died has a rollback journal or a write-ahead log, and SQLite must write before
/// it can read it. So those are looked at as a copy; the original is touched only once it is known to be good.
fn copy_with_journal(database: &Path, scratch: &Path) -> Result<Option<Copy>, OpenError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| OpenError::Io { path, source }
    };
    let present: Vec<&str> = ["-journal", "-wal"].into_iter().filter(|s| sibling(database, s).exists()).collect();
    // A database in WAL mode asks for its log even when there is none: it too is read as a copy, so that looking
    // leaves no new file beside it.
    if present.is_empty() && !is_wal(database).map_err(io(database))? {
        return Ok(None);
    }
    let copy = Copy { path: scratch.join("aikore.db.inspect") };
    drop(Copy { path: copy.path.clone() }); // what an earlier look may have left
    fs::copy(database, &copy.path).map_err(io(&copy.path))?;
    for suffix in present {
        fs::copy(sibling(database, suffix), sibling(&copy.path, suffix)).map_err(io(&copy.path))?;
    }
    let settled = Connection::open(&copy.path).and_then(|c| c.pragma_update(None, "journal_mode", "DELETE"));
    settled.map_err(|error| OpenError::damaged(database, &error))?;
    Ok(Some(copy))
}

/// The file format versions at offset 18 say 2 for WAL (SQLite file format §1.3.3).
fn is_wal(database: &Path) -> std::io::Result<bool> {
    use std::io::Read;
    let mut header = Vec::with_capacity(20);
    fs::File::open(database)?.take(20).read_to_end(&mut header)?;
    Ok(header.get(18) == Some(&2))
}
