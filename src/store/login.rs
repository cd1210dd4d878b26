//! The password, sessions and tokens: every query there is about them. Secrets come here as hashes only.

use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{millis, moment, unreadable};
use super::{Store, StoreError, Unique};
use crate::domain::{Scope, Timestamp};

/// SHA-256 of a secret.
pub type Digest = [u8; 32];

/// Somebody who logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// Row id.
    pub id: i64,
    /// Hash of its cookie.
    pub secret: Digest,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// The address it was made from.
    pub address: String,
    /// The browser it was made by, in the browser's words.
    pub agent: String,
}

/// A program that may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// Row id.
    pub id: i64,
    /// What a person calls it.
    pub name: String,
    /// Hash of the token.
    pub secret: Digest,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When and from where it was last used, to the minute.
    pub last_used: Option<(Timestamp, String)>,
}

/// Everything by which somebody may come in.
#[derive(Debug)]
pub struct StoredLogin {
    /// A PHC string.
    pub password: Option<String>,
    /// Signs the cookies that open one instance.
    pub pass_key: Vec<u8>,
    /// Who is logged in.
    pub sessions: Vec<StoredSession>,
    /// Programs.
    pub tokens: Vec<StoredToken>,
}

/// When sessions and tokens were last used.
#[derive(Debug, Default)]
pub struct LastUses {
    /// Ids of sessions.
    pub sessions: Vec<(i64, Timestamp)>,
    /// Ids of tokens, and from where.
    pub tokens: Vec<(i64, Timestamp, String)>,
}

impl Store {
    /// Everything by which somebody may come in. `fresh_key` becomes the key of a store that has none yet.
    pub async fn login(&self, fresh_key: Vec<u8>) -> Result<StoredLogin, StoreError> {
        self.call(move |connection| {
            connection.execute("INSERT OR IGNORE INTO login (id, pass_key) VALUES (1, ?1)", [fresh_key])?;
            let (password, pass_key) = connection
                .query_row("SELECT password, pass_key FROM login", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let sessions = all(connection, "SELECT * FROM sessions ORDER BY id", session)?;
            let tokens = all(connection, "SELECT * FROM tokens ORDER BY id", token)?;
            Ok(StoredLogin { password, pass_key, sessions, tokens })
        })
        .await
    }

    /// Sets or takes away the password, and ends every session but one.
    pub async fn set_password(&self, hash: Option<String>, keep_session: Option<i64>) -> Result<(), StoreError> {
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute("UPDATE login SET password = ?1", [hash])?;
            transaction.execute("DELETE FROM sessions WHERE id IS NOT ?1", [keep_session])?;
            Ok(transaction.commit()?)
        })
        .await
    }

    /// Adds a session, whose id is given back.
    pub async fn insert_session(&self, new: StoredSession) -> Result<i64, StoreError> {
        self.call(move |connection| {
            connection.execute(
                "INSERT INTO sessions (secret, created_at, last_used_at, address, agent) VALUES (?1, ?2, ?3, ?4, ?5)",
                (new.secret, millis(new.created_at), millis(new.last_used_at), new.address, new.agent),
            )?;
            Ok(connection.last_insert_rowid())
        })
        .await
    }

    /// Removes sessions.
    pub async fn delete_sessions(&self, ids: Vec<i64>) -> Result<(), StoreError> {
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            for id in ids {
                transaction.execute("DELETE FROM sessions WHERE id = ?1", [id])?;
            }
            Ok(transaction.commit()?)
        })
        .await
    }

    /// Adds a token, whose id is given back.
    pub async fn insert_token(&self, new: StoredToken) -> Result<i64, StoreError> {
        self.call(move |connection| {
            let scopes: Vec<String> = new.scopes.iter().map(ToString::to_string).collect();
            let inserted = connection.execute(
                "INSERT INTO tokens (name, secret, scopes, created_at) VALUES (?1, ?2, ?3, ?4)",
                (new.name, new.secret, scopes.join(" "), millis(new.created_at)),
            );
            match inserted {
                Ok(_) => Ok(connection.last_insert_rowid()),
                Err(rusqlite::Error::SqliteFailure(code, Some(message)))
                    if code.code == rusqlite::ErrorCode::ConstraintViolation && message.contains("tokens.name") =>
                {
                    Err(StoreError::Taken(Unique::TokenName))
                }
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    /// Removes a token.
    pub async fn delete_token(&self, id: i64) -> Result<(), StoreError> {
        self.call(move |connection| Ok(connection.execute("DELETE FROM tokens WHERE id = ?1", [id]).map(drop)?)).await
    }

    /// Writes down when sessions and tokens were last used.
    pub async fn touch_logins(&self, uses: LastUses) -> Result<(), StoreError> {
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            for (id, at) in uses.sessions {
                transaction.execute("UPDATE sessions SET last_used_at = ?2 WHERE id = ?1", (id, millis(at)))?;
            }
            for (id, at, from) in uses.tokens {
                let update = "UPDATE tokens SET last_used_at = ?2, last_used_from = ?3 WHERE id = ?1";
                transaction.execute(update, (id, millis(at), from))?;
            }
            Ok(transaction.commit()?)
        })
        .await
    }
}

/// Takes the password and every session away, of a store that no server uses.
pub(super) fn forget_password(connection: &mut Connection) -> rusqlite::Result<bool> {
    let transaction = connection.transaction()?;
    let had: Option<Option<String>> =
        transaction.query_row("SELECT password FROM login", [], |row| row.get(0)).optional()?;
    transaction.execute("UPDATE login SET password = NULL", [])?;
    transaction.execute("DELETE FROM sessions", [])?;
    transaction.commit()?;
    Ok(had.flatten().is_some())
}

fn all<T>(
    connection: &Connection,
    query: &str,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare(query)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn session(row: &Row<'_>) -> rusqlite::Result<StoredSession> {
    Ok(StoredSession {
        id: row.get("id")?,
        secret: row.get("secret")?,
        created_at: moment(row.get("created_at")?),
        last_used_at: moment(row.get("last_used_at")?),
        address: row.get("address")?,
        agent: row.get("agent")?,
    })
}

fn token(row: &Row<'_>) -> rusqlite::Result<StoredToken> {
    let scopes: String = row.get("scopes")?;
    let last_used_at: Option<i64> = row.get("last_used_at")?;
    let from: Option<String> = row.get("last_used_from")?;
    Ok(StoredToken {
        id: row.get("id")?,
        name: row.get("name")?,
        secret: row.get("secret")?,
        scopes: scopes.split_whitespace().map(Scope::parse).collect::<Result<_, _>>().map_err(unreadable)?,
        created_at: moment(row.get("created_at")?),
        last_used: last_used_at.map(|at| (moment(at), from.unwrap_or_default())),
    })
}
