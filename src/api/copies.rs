//! `/api/instances/{id}/copy` and `…/size`: what works on an instance's folder.

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::audit::Noted;
use super::error::ApiError;
use super::jobs::with_job;
use super::json::{Body, Id};
use super::view::InstanceView;
use super::{Panel, Seen};

/// A copy.
#[derive(Deserialize, ToSchema)]
pub(super) struct Copy {
    /// What it is to be called.
    new_name: String,
}

/// Copy an instance.
///
/// Everything it has, under another name: the folder is copied by a job (blocks are shared where the disk can), and
/// the copy can be started when that is done.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Copy, example = json!({"new_name": "A copy"})),
    responses(
        (status = 200, description = "The copy, which is still being made.", body = InstanceView<'_>, headers(("x-aikore-job" = String, description = "The job that goes on behind the answer."))),
        (status = 404, description = "There is no such instance."),
        (status = 409, description = "The name is taken, or it is being changed."),
        (status = 501, description = "A satellite can't be copied."),
        (status = 507, description = "The disk is too full for it."),
    )
)]
pub(super) async fn copy(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
    Body(copy): Body<Copy>,
) -> Result<Response, ApiError> {
    let (instance, job) = panel.instances.copy(id, &copy.new_name).await?;
    let noted = Noted::default().with(format!("as {}", instance.chosen.name));
    let answer = (Extension(noted), Json(InstanceView::new(&instance, &panel.origin(&seen)))).into_response();
    Ok(with_job(answer, Some(&job)))
}

/// Measure an instance.
///
/// What it takes of the disk, in bytes; `null` for what takes too long to find out.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The sizes.", body = crate::instances::Sizes),
        (status = 404, description = "There is no such instance."),
    )
)]
pub(super) async fn size(State(panel): State<Panel>, Id(id): Id) -> Result<Response, ApiError> {
    Ok(Json(panel.instances.sizes(id).await?).into_response())
}
