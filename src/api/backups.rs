//! `/api/backups`: the archives there are, a new one, and away with one.

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Panel;
use super::answers::Gone;
use super::audit::Noted;
use super::blocking::blocking;
use super::error::ApiError;
use super::file_answer::{self, Form};
use super::jobs::with_job;
use crate::backups::{Backup, BackupError, BackupName, Reason};
use crate::domain::Timestamp;

/// List the backups.
///
/// What there is in the folder of backups, the newest first.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The backups.", body = Vec<BackupView>),
    )
)]
pub(super) async fn list(State(panel): State<Panel>) -> Result<Response, ApiError> {
    let backups = panel.backups.clone();
    let all = blocking(move || backups.list()).await??;
    Ok(Json(all.iter().map(view).collect::<Vec<_>>()).into_response())
}

/// A backup in the list.
#[derive(Serialize, ToSchema)]
pub(super) struct BackupView {
    /// Its file name.
    name: String,
    /// When it was made.
    at: Timestamp,
    /// Bytes.
    size: u64,
    reason: Reason,
}

fn view(backup: &Backup) -> BackupView {
    let Backup { name, size } = backup;
    BackupView { name: name.as_str().to_owned(), at: name.at, size: *size, reason: name.reason }
}

/// Make a backup now.
///
/// Begins a job of kind `backup`, or answers with the one that is being made. The archive holds what can't be made
/// again: the database, scripts, settings; no models and no environments. It never goes by itself.
#[utoipa::path(
    post,
    path = "",
    responses(
        (status = 202, description = "The job.", body = crate::jobs::Job, headers(("x-aikore-job" = String, description = "The job that goes on behind the answer."))),
    )
)]
pub(super) async fn create(State(panel): State<Panel>) -> Response {
    let job = panel.backups.start(Reason::Manual);
    let answer = (StatusCode::ACCEPTED, Json(job.clone())).into_response();
    with_job(answer, Some(&job))
}

/// What can't be a backup's name names none.
fn known(name: &str) -> Result<BackupName, ApiError> {
    BackupName::parse(name)
        .map_err(|why| ApiError::new(StatusCode::NOT_FOUND, format!("There is no such backup: {why}.")))
}

/// Download a backup.
///
/// The archive as a file (tar, gzip), whole or in parts (`Range`). It holds what people wrote into their scripts, so
/// keep it as you keep passwords.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The file.", body = Vec<u8>, content_type = "application/octet-stream", headers(("etag" = String, description = "Its version."))),
        (status = 206, description = "The part that was asked for."),
        (status = 304, description = "It is the one the client has (`If-None-Match`)."),
        (status = 404, description = "There is no such backup."),
        (status = 416, description = "The part that was asked for is behind the end."),
    )
)]
pub(super) async fn download(
    State(panel): State<Panel>,
    Path(name): Path<String>,
    asked: HeaderMap,
) -> Result<Response, ApiError> {
    let name = known(&name)?;
    let (backups, wanted) = (panel.backups.clone(), name.clone());
    let (file, facts) = blocking(move || backups.open_file(&wanted)).await??;
    file_answer::send(file, &facts, name.as_str(), Form::Kept, &asked).await
}

/// Delete a backup.
///
/// At once and for good.
#[utoipa::path(
    delete,
    path = "",
    responses(
        (status = 200, description = "It is gone.", body = Gone),
        (status = 404, description = "There is no such backup."),
    )
)]
pub(super) async fn remove(State(panel): State<Panel>, Path(name): Path<String>) -> Result<Response, ApiError> {
    let name = known(&name)?;
    let (backups, doomed) = (panel.backups.clone(), name.clone());
    blocking(move || backups.remove(&doomed)).await??;
    Ok((Extension(Noted::about(name.as_str())), Json(Gone::new())).into_response())
}

impl From<BackupError> for ApiError {
    fn from(error: BackupError) -> Self {
        let status = match &error {
            BackupError::Missing(_) => StatusCode::NOT_FOUND,
            BackupError::NoSpace(_) => StatusCode::INSUFFICIENT_STORAGE,
            BackupError::Nothing(_) | BackupError::Stopped => StatusCode::CONFLICT,
            BackupError::Store(_) | BackupError::Io { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!("{error}");
        }
        Self::new(status, error.to_string())
    }
}
