//! The one place where an error becomes HTTP.

use axum::Json;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::blueprints::CatalogueError;
use crate::instances::Error;

/// An answer `{"detail": "…"}` with a status that is no success; `field` names the member of the request to blame.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    detail: String,
    field: Option<&'static str>,
}

impl ApiError {
    /// An error with this sentence.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), field: None }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = serde_json::json!({ "detail": self.detail });
        if let (Some(field), Some(members)) = (self.field, body.as_object_mut()) {
            members.insert("field".to_owned(), field.into());
        }
        (self.status, Json(body)).into_response()
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::NotFound(_)
            | Error::NotInTrash(_)
            | Error::NoRun(_)
            | Error::Blueprint(CatalogueError::Unknown { .. }) => StatusCode::NOT_FOUND,
            Error::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Refused { .. } => StatusCode::BAD_REQUEST,
            Error::Conflict { .. } => StatusCode::CONFLICT,
            Error::PoolEmpty | Error::Closing => StatusCode::SERVICE_UNAVAILABLE,
            Error::NoSpace(_) => StatusCode::INSUFFICIENT_STORAGE,
            Error::Unsupported(_) => StatusCode::NOT_IMPLEMENTED,
            Error::Blueprint(CatalogueError::Io { .. }) | Error::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!("{error}");
        }
        Self { status, detail: error.to_string(), field: error.field() }
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
