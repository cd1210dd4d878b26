//! `/api/instances/{id}/version-check` and `…/versions`: what is in an instance's environment.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Panel;
use super::error::ApiError;
use super::jobs::with_job;
use super::json::{Id, Params};
use crate::instances::Checked;
use crate::jobs::JobId;

#[derive(Deserialize)]
pub(super) struct How {
    /// Answer with the job instead of waiting for its end.
    #[serde(default, rename = "async")]
    at_once: bool,
}

/// Checks. Whoever does not ask for the job waits for the text of the earlier system, in which errors are text too.
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
    let answer = Json(serde_json::json!({ "versions": versions, "conflicts": conflicts })).into_response();
    Ok(with_job(answer, Some(&job)))
}

#[derive(Serialize)]
struct LastView<'a> {
    /// The check that is under way.
    job: Option<JobId>,
    /// What the last one found, if there was one since the server came up.
    #[serde(flatten)]
    checked: Option<&'a Checked>,
}

/// What the last check found.
pub(super) async fn last(State(panel): State<Panel>, Id(id): Id) -> Result<Response, ApiError> {
    let (checked, job) = panel.instances.versions(id)?;
    Ok(Json(LastView { job, checked: checked.as_deref() }).into_response())
}
