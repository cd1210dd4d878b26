//! `/api/instances/{id}/version-check` and `…/versions`: what is in an instance's environment.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Panel;
use super::error::ApiError;
use super::jobs::with_job;
use super::json::{Id, Params};
use crate::instances::Checked;
use crate::jobs::JobId;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct How {
    /// Answer with the job instead of waiting for its end.
    #[serde(default, rename = "async")]
    at_once: bool,
}

/// The texts of a check, as the earlier system had them.
#[derive(Serialize, ToSchema)]
pub(super) struct CheckTexts {
    /// The versions there are, or why they can't be told.
    versions: String,
    /// What does not go together.
    conflicts: String,
}

/// Check an environment.
///
/// Which versions are in it and what does not go together, as a job. With `async=true` the answer is the job; else it
/// comes when the job is over, in the texts of the earlier system.
#[utoipa::path(
    post,
    path = "",
    params(How),
    responses(
        (status = 200, description = "The texts.", body = CheckTexts, headers(("x-aikore-job" = String, description = "The job that goes on behind the answer."))),
        (status = 202, description = "The job (`async=true`).", body = crate::jobs::Job, headers(("x-aikore-job" = String, description = "The job that goes on behind the answer."))),
        (status = 404, description = "There is no such instance."),
    )
)]
pub(super) async fn check(
    State(panel): State<Panel>,
    Id(id): Id,
    Params(how): Params<How>,
) -> Result<Response, ApiError> {
    // Of an instance that is not there nothing else is asked.
    panel.instances.get(id)?;
    let job = panel.instances.check_versions(id, &*panel.monitor.latest().await).await?;
    if how.at_once {
        return Ok(with_job((StatusCode::ACCEPTED, Json(&job)).into_response(), Some(&job)));
    }
    let (versions, conflicts) = match panel.instances.checked(id, &job.id).await? {
        Ok(checked) => (checked.versions_text(), checked.conflicts_text()),
        Err(why) => (why, "No conflict check output.".to_owned()),
    };
    let answer = Json(CheckTexts { versions, conflicts }).into_response();
    Ok(with_job(answer, Some(&job)))
}

/// The last check, and the one under way.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = LastCheck)]
pub(super) enum LastView<'a> {
    /// There was none since the server came up.
    Never(UnderWay),
    /// What it found.
    Found {
        /// The check that is under way.
        job: Option<JobId>,
        #[serde(flatten)]
        checked: &'a Checked,
    },
}

/// A check that is under way.
#[derive(Serialize, ToSchema)]
#[schema(as = CheckUnderWay)]
pub(super) struct UnderWay {
    job: Option<JobId>,
}

/// Read the last check.
///
/// What the last check found, if there was one since the server came up, and the one under way.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The check.", body = LastView<'_>),
        (status = 404, description = "There is no such instance."),
    )
)]
pub(super) async fn last(State(panel): State<Panel>, Id(id): Id) -> Result<Response, ApiError> {
    let (checked, job) = panel.instances.versions(id)?;
    Ok(Json(match checked.as_deref() {
        Some(checked) => LastView::Found { job, checked },
        None => LastView::Never(UnderWay { job }),
    })
    .into_response())
}
