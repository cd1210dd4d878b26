//! `/api/trash`: what was deleted, brought back or removed for good.

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answers::{Count, Done};
use super::audit::Noted;
use super::error::ApiError;
use super::jobs::with_job;
use super::json::Params;
use super::view::InstanceView;
use super::{Panel, Seen};
use crate::instances::Instances;
use crate::jobs::Job;

/// List the trash.
///
/// Instances, their outputs and files that were deleted, the newest first.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "What is there.", body = Vec<crate::instances::Trashed>),
    )
)]
pub(super) async fn list(State(panel): State<Panel>) -> Result<Response, ApiError> {
    Ok(Json(panel.instances.trash().await?).into_response())
}

/// What came back: an instance, or files.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Restored)]
pub(super) enum OneOrCount<'a> {
    /// The instance.
    One(Box<InstanceView<'a>>),
    /// How many files.
    Count(Count),
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Restore {
    /// Another name than it had.
    name: Option<String>,
    /// For entries that do not know theirs.
    blueprint: Option<String>,
}

/// Bring something back from the trash.
///
/// An instance becomes one again, under its name or another; files go back where they were.
#[utoipa::path(
    post,
    path = "",
    params(Restore),
    responses(
        (status = 200, description = "The instance; of files, how many.", body = OneOrCount<'_>),
        (status = 400, description = "Where it was is no folder any more."),
        (status = 404, description = "It is not in the trash."),
        (status = 409, description = "There is one of its name, or something is in its place."),
        (status = 503, description = "Every port of the pool is taken, or the server is stopping."),
    )
)]
pub(super) async fn restore(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Path(entry): Path<String>,
    Params(how): Params<Restore>,
) -> Result<Response, ApiError> {
    if let Some(token) = Instances::token_of_trash(&entry) {
        let (count, what) = panel.instances.put_back(token).await?;
        let answer: OneOrCount<'_> = OneOrCount::Count(Count { count });
        return Ok((Extension(Noted::about(what)), Json(answer)).into_response());
    }
    let (instance, note) = panel.instances.restore(&entry, how.name.as_deref(), how.blueprint.as_deref()).await?;
    let view = InstanceView::new(&instance, &panel.origin(&seen)).note(note);
    Ok(Json(OneOrCount::One(Box::new(view))).into_response())
}

/// Remove something from the trash.
///
/// For good. What takes longer is a job.
#[utoipa::path(
    delete,
    path = "",
    responses(
        (status = 200, description = "It goes.", body = Done, headers(("x-aikore-job" = String, description = "The job that goes on behind the answer."))),
        (status = 404, description = "It is not in the trash."),
    )
)]
pub(super) async fn remove(State(panel): State<Panel>, Path(entry): Path<String>) -> Result<Response, ApiError> {
    Ok(removed(panel.instances.remove_trash(&entry).await?.as_ref()))
}

/// Empty the trash.
///
/// For good, all of it. What takes longer is a job.
#[utoipa::path(
    delete,
    path = "",
    responses(
        (status = 200, description = "It goes.", body = Done, headers(("x-aikore-job" = String, description = "The job that goes on behind the answer."))),
    )
)]
pub(super) async fn empty(State(panel): State<Panel>) -> Result<Response, ApiError> {
    Ok(removed(panel.instances.empty_trash().await?.as_ref()))
}

fn removed(job: Option<&Job>) -> Response {
    let answer = Json(Done::new("Removed from the trash.")).into_response();
    with_job(answer, job)
}
