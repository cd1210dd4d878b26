//! `/api/jobs`: long work, how far it is, and an end to it. Calls that begin some say which in `X-Aikore-Job`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::Panel;
use super::error::ApiError;
use crate::jobs::{Job, JobError, JobId};

/// Names the job that a call has begun.
const X_AIKORE_JOB: HeaderName = HeaderName::from_static("x-aikore-job");

/// List the jobs.
///
/// Those that go on and the latest that are over, since the server came up.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The jobs.", body = Vec<Job>),
    )
)]
pub(super) async fn list(State(panel): State<Panel>) -> Response {
    Json(panel.instances.jobs().list()).into_response()
}

/// Read a job.
///
/// How far it is. Ask for it no more than once a second, or follow `GET /api/events`.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The job.", body = Job),
        (status = 404, description = "There is no such job, or no longer."),
    )
)]
pub(super) async fn read(State(panel): State<Panel>, Path(id): Path<String>) -> Result<Response, ApiError> {
    Ok(Json(panel.instances.jobs().get(&JobId(id))?).into_response())
}

/// Cancel a job.
///
/// Asks it to end; it says when it has.
#[utoipa::path(
    delete,
    path = "",
    responses(
        (status = 200, description = "The job.", body = Job),
        (status = 404, description = "There is no such job, or no longer."),
        (status = 409, description = "It is over."),
    )
)]
pub(super) async fn cancel(State(panel): State<Panel>, Path(id): Path<String>) -> Result<Response, ApiError> {
    Ok(Json(panel.instances.jobs().cancel(&JobId(id))?).into_response())
}

impl From<JobError> for ApiError {
    fn from(error: JobError) -> Self {
        let status = match error {
            JobError::NotFound(_) => StatusCode::NOT_FOUND,
            JobError::Over(..) => StatusCode::CONFLICT,
        };
        Self::new(status, error.to_string())
    }
}

/// An answer as it ever was, and the job that goes on behind it.
pub(super) fn with_job(mut response: Response, job: Option<&Job>) -> Response {
    // The id is of hexadecimal digits: it fits a header.
    if let Some(value) = job.and_then(|job| HeaderValue::from_str(&job.id.0).ok()) {
        response.headers_mut().insert(X_AIKORE_JOB, value);
    }
    response
}
