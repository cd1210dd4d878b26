//! `/api/instances/{id}/copy` and `…/size`: what works on an instance's folder.

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::audit::Noted;
use super::error::ApiError;
use super::jobs::with_job;
use super::json::{Body, Id};
use super::view::InstanceView;
use super::{Panel, Seen};

#[derive(Deserialize)]
pub(super) struct Copy {
    new_name: String,
}

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

pub(super) async fn size(State(panel): State<Panel>, Id(id): Id) -> Result<Response, ApiError> {
    Ok(Json(panel.instances.sizes(id).await?).into_response())
}
