//! Who changed what: every query there is about it.

use super::columns::{millis, moment};
use super::{Store, StoreError};
use crate::domain::Timestamp;

/// One change, or an attempt at one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct AuditEntry {
    /// Row id; 0 until it has one.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who: a session, a token by its name, a user of the outer proxy, this machine.
    pub actor: String,
    /// From which address.
    pub address: String,
    /// What, such as `instance.start`.
    pub action: String,
    /// To what, such as an instance's name.
    pub target: Option<String>,
    /// What else there is to say, such as the fields that were changed.
    pub detail: Option<String>,
    /// How it went, as an HTTP status.
    pub status: u16,
}

impl Store {
    /// Writes entries down.
    pub async fn insert_audit(&self, entries: Vec<AuditEntry>) -> Result<(), StoreError> {
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            for entry in entries {
                transaction.execute(
                    "INSERT INTO audit (at, actor, address, action, target, detail, status) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    (millis(entry.at), entry.actor, entry.address, entry.action, entry.target, entry.detail, entry.status),
                )?;
            }
            Ok(transaction.commit()?)
        })
        .await
    }

    /// The newest entries, newest first; with `before`, those older than that one.
    pub async fn audit(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        self.call(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2")?;
            let rows = statement.query_map((before.unwrap_or(i64::MAX), limit), |row| {
                Ok(AuditEntry {
                    id: row.get("id")?,
                    at: moment(row.get("at")?),
                    actor: row.get("actor")?,
                    address: row.get("address")?,
                    action: row.get("action")?,
                    target: row.get("target")?,
                    detail: row.get("detail")?,
                    status: row.get("status")?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Removes what is older than this.
    pub async fn prune_audit(&self, before: Timestamp) -> Result<usize, StoreError> {
        self.call(move |connection| Ok(connection.execute("DELETE FROM audit WHERE at < ?1", [millis(before)])?)).await
    }
}
