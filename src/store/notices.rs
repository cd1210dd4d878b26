//! What people were told, and the targets it goes to: every query there is about them.

use rusqlite::{Connection, Row};

use super::columns::{millis, moment, unreadable};
use super::{Store, StoreError, Unique};
use crate::domain::{Notice, NoticeKind, TargetKind, Timestamp};

/// How many notices are kept.
const KEPT: u32 = 500;

/// A notice as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct KeptNotice {
    /// The notice.
    #[serde(flatten)]
    pub notice: Notice,
    /// Whether somebody has said that it was read.
    pub read: bool,
}

/// Which notices were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// These.
    These(Vec<i64>),
    /// All that are not newer than this one.
    UpTo(i64),
}

/// Somebody who hears of notices outside the dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTarget {
    /// Row id; 0 until it has one.
    pub id: i64,
    /// What a person calls it.
    pub name: String,
    /// How it is spoken to.
    pub kind: TargetKind,
    /// Where it is.
    pub url: String,
    /// What it is proved by that the notice comes from here, or that we may send one.
    pub secret: Option<String>,
    /// What it wants to hear of.
    pub wants: Vec<NoticeKind>,
    /// Whether anything is sent to it.
    pub enabled: bool,
    /// When something was last delivered.
    pub last_sent_at: Option<Timestamp>,
    /// Why and when the last delivery failed; `None` when it did not.
    pub last_error: Option<(String, Timestamp)>,
}

impl Store {
    /// Keeps a notice, and forgets the oldest beyond those that are kept. Gives its number, and how many are unread now.
    pub async fn insert_notice(&self, notice: Notice) -> Result<(i64, u32), StoreError> {
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute(
                "INSERT INTO notices (at, kind, level, text, instance_id) VALUES (?1, ?2, ?3, ?4, ?5)",
                (millis(notice.at), notice.kind.as_str(), notice.level.as_str(), notice.text, notice.instance_id),
            )?;
            let id = transaction.last_insert_rowid();
            transaction.execute(
                "DELETE FROM notices WHERE id NOT IN (SELECT id FROM notices ORDER BY id DESC LIMIT ?1)",
                [KEPT],
            )?;
            let unread = unread(&transaction)?;
            transaction.commit()?;
            Ok((id, unread))
        })
        .await
    }

    /// The newest notices, newest first; with `before`, those older than that one.
    pub async fn notices(&self, before: Option<i64>, limit: u32) -> Result<Vec<KeptNotice>, StoreError> {
        self.call(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM notices WHERE id < ?1 ORDER BY id DESC LIMIT ?2")?;
            let rows = statement.query_map((before.unwrap_or(i64::MAX), limit), notice)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// How many notices nobody has read.
    pub async fn unread_notices(&self) -> Result<u32, StoreError> {
        self.call(|connection| Ok(unread(connection)?)).await
    }

    /// Notes that notices were read; gives how many are unread now.
    pub async fn read_notices(&self, which: Reading) -> Result<u32, StoreError> {
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            match which {
                Reading::UpTo(id) => drop(transaction.execute("UPDATE notices SET read = 1 WHERE id <= ?1", [id])?),
                Reading::These(ids) => {
                    let mut statement = transaction.prepare_cached("UPDATE notices SET read = 1 WHERE id = ?1")?;
                    for id in ids {
                        statement.execute([id])?;
                    }
                }
            }
            let unread = unread(&transaction)?;
            transaction.commit()?;
            Ok(unread)
        })
        .await
    }

    /// Every target, in the order they were made.
    pub async fn notice_targets(&self) -> Result<Vec<StoredTarget>, StoreError> {
        self.call(|connection| {
            let mut statement = connection.prepare("SELECT * FROM notice_targets ORDER BY id")?;
            let rows = statement.query_map([], target)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Adds a target, whose id is given back.
    pub async fn insert_notice_target(&self, new: StoredTarget) -> Result<i64, StoreError> {
        self.call(move |connection| {
            let inserted = connection.execute(
                "INSERT INTO notice_targets (name, kind, url, secret, wants, enabled) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (&new.name, new.kind.as_str(), &new.url, &new.secret, words(&new.wants), new.enabled),
            );
            inserted.map_err(taken)?;
            Ok(connection.last_insert_rowid())
        })
        .await
    }

    /// Changes what was chosen of a target. What was known of its deliveries stays.
    pub async fn update_notice_target(&self, next: StoredTarget) -> Result<(), StoreError> {
        self.call(move |connection| {
            let updated = connection.execute(
                "UPDATE notice_targets SET name = ?2, kind = ?3, url = ?4, secret = ?5, wants = ?6, enabled = ?7 WHERE id = ?1",
                (next.id, &next.name, next.kind.as_str(), &next.url, &next.secret, words(&next.wants), next.enabled),
            );
            updated.map(drop).map_err(taken)
        })
        .await
    }

    /// Removes a target.
    pub async fn delete_notice_target(&self, id: i64) -> Result<(), StoreError> {
        self.call(move |connection| {
            Ok(connection.execute("DELETE FROM notice_targets WHERE id = ?1", [id]).map(drop)?)
        })
        .await
    }

    /// Notes how the last delivery to a target went: when, and what failed.
    pub async fn note_notice_sent(&self, id: i64, at: Timestamp, error: Option<String>) -> Result<(), StoreError> {
        self.call(move |connection| {
            let at = millis(at);
            match error {
                None => connection.execute(
                    "UPDATE notice_targets SET last_sent_at = ?2, last_error = NULL, last_error_at = NULL WHERE id = ?1",
                    (id, at),
                ),
                Some(error) => connection.execute(
                    "UPDATE notice_targets SET last_error = ?3, last_error_at = ?2 WHERE id = ?1",
                    (id, at, error),
                ),
            }?;
            Ok(())
        })
        .await
    }
}

fn unread(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("SELECT count(*) FROM notices WHERE read = 0", [], |row| row.get(0))
}

fn words(kinds: &[NoticeKind]) -> String {
    kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" ")
}

fn taken(error: rusqlite::Error) -> StoreError {
    match &error {
        rusqlite::Error::SqliteFailure(code, Some(message))
            if code.code == rusqlite::ErrorCode::ConstraintViolation && message.contains("notice_targets.name") =>
        {
            StoreError::Taken(Unique::TargetName)
        }
        _ => error.into(),
    }
}

fn word<T: std::str::FromStr<Err = crate::domain::Invalid>>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    row.get::<_, String>(column)?.parse().map_err(unreadable)
}

fn notice(row: &Row<'_>) -> rusqlite::Result<KeptNotice> {
    let notice = Notice {
        id: Some(row.get("id")?),
        kind: word(row, "kind")?,
        level: word(row, "level")?,
        text: row.get("text")?,
        instance_id: row.get("instance_id")?,
        at: moment(row.get("at")?),
    };
    Ok(KeptNotice { notice, read: row.get("read")? })
}

fn target(row: &Row<'_>) -> rusqlite::Result<StoredTarget> {
    let wants: String = row.get("wants")?;
    let failed_at: Option<i64> = row.get("last_error_at")?;
    let failed: Option<String> = row.get("last_error")?;
    Ok(StoredTarget {
        id: row.get("id")?,
        name: row.get("name")?,
        kind: word(row, "kind")?,
        url: row.get("url")?,
        secret: row.get("secret")?,
        wants: wants.split_whitespace().map(NoticeKind::parse).collect::<Result<_, _>>().map_err(unreadable)?,
        enabled: row.get("enabled")?,
        last_sent_at: row.get::<_, Option<i64>>("last_sent_at")?.map(moment),
        last_error: failed.zip(failed_at.map(moment)),
    })
}
