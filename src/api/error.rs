//! The one place where an error becomes HTTP.

use std::borrow::Cow;

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::answers::Detail;
use crate::blueprints::CatalogueError;
use crate::folders::FolderError;
use crate::instances::{Error, Overwritten};
use crate::outputs::OutputError;

/// An answer `{"detail": "…"}` with a status that is no success; `field` names the member of the request to blame.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    detail: String,
    field: Option<Cow<'static, str>>,
    /// Seconds.
    retry_after: Option<u64>,
    /// What somebody else changed meanwhile.
    conflicts: Vec<Overwritten>,
}

impl ApiError {
    /// An error with this sentence.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), field: None, retry_after: None, conflicts: Vec::new() }
    }

    /// Names the member of the request to blame.
    pub(super) fn blaming(mut self, field: Option<Cow<'static, str>>) -> Self {
        self.field = field;
        self
    }

    /// Says when to try again, in seconds.
    pub(super) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Detail { detail: self.detail, field: self.field.map(Cow::into_owned), conflicts: self.conflicts };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let error = match error {
            Error::Folder(error) | Error::Output(OutputError::Folder(error)) => return error.into(),
            error => error,
        };
        let status = match &error {
            Error::Forbidden(_) => StatusCode::FORBIDDEN,
            Error::NotFound(_)
            | Error::NotInTrash(_)
            | Error::NoRun(_)
            | Error::NoTerminal
            | Error::NotThere(_)
            | Error::NoUpload
            | Error::Blueprint(CatalogueError::Unknown { .. }) => StatusCode::NOT_FOUND,
            Error::Invalid { .. } | Error::Param { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Refused { .. } => StatusCode::BAD_REQUEST,
            Error::Conflict { .. } | Error::Overwriting(_) | Error::WrongOffset { .. } => StatusCode::CONFLICT,
            Error::TooMuch(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Error::PoolEmpty | Error::Closing | Error::Crowded(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::NoSpace(_) => StatusCode::INSUFFICIENT_STORAGE,
            Error::Unsupported(_) => StatusCode::NOT_IMPLEMENTED,
            Error::Output(error) => of_output(error),
            // The room's own words say what it was: see above.
            Error::Folder(_) | Error::Blueprint(CatalogueError::Io { .. }) | Error::Failed(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!("{error}");
        }
        let answer = Self::new(status, error.to_string()).blaming(error.field());
        let conflicts = if let Error::Overwriting(members) = error { members } else { Vec::new() };
        Self { conflicts, ..answer }
    }
}

fn of_output(error: &OutputError) -> StatusCode {
    match error {
        OutputError::NoPicture { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        OutputError::TooLarge { .. } | OutputError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        OutputError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        OutputError::NoTicket => StatusCode::NOT_FOUND,
        // The folder's own words say what it was: they are answered before.
        OutputError::Folder(_) | OutputError::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<FolderError> for ApiError {
    fn from(error: FolderError) -> Self {
        let status = match &error {
            FolderError::Missing(_) => StatusCode::NOT_FOUND,
            FolderError::Outside(_) | FolderError::Denied(_) | FolderError::ReadOnly(_) | FolderError::Ours(_) => {
                StatusCode::FORBIDDEN
            }
            FolderError::NoFile(_) | FolderError::NoFolder(_) | FolderError::IntoItself(_) => StatusCode::BAD_REQUEST,
            FolderError::Exists(_) | FolderError::NotEmpty(_) | FolderError::OtherDisk(_) => StatusCode::CONFLICT,
            FolderError::Full(_) => StatusCode::INSUFFICIENT_STORAGE,
            FolderError::Invalid(_) | FolderError::TooLarge(..) | FolderError::NoText(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            FolderError::Failed(..) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!("{error}");
        }
        Self::new(status, error.to_string())
    }
}

pub(super) async fn not_found(uri: Uri) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, format!("Not Found: {}", uri.path()))
}

/// Marks the answer to a path that no route knows: it may have been meant for an app.
#[derive(Debug, Clone, Copy)]
pub struct Unrouted;

pub(super) async fn unrouted(uri: Uri) -> (axum::Extension<Unrouted>, ApiError) {
    (axum::Extension(Unrouted), not_found(uri).await)
}

pub(super) async fn method_not_allowed() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
}
