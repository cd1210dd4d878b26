//! `/api/trash`: what was deleted, brought back or removed for good.

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::error::ApiError;
use super::jobs::with_job;
use super::json::Params;
use super::view::InstanceView;
use super::{Panel, Seen, discard};
use crate::instances::Instances;
use crate::jobs::Job;

pub(super) async fn list(State(panel): State<Panel>) -> Result<Response, ApiError> {
    Ok(Json(panel.instances.trash().await?).into_response())
}

#[derive(Deserialize)]
pub(super) struct Restore {
    /// Another name than it had.
    name: Option<String>,
    /// For entries that do not know theirs.
    blueprint: Option<String>,
}

pub(super) async fn restore(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Path(entry): Path<String>,
    Params(how): Params<Restore>,
) -> Result<Response, ApiError> {
    if let Some(token) = Instances::token_of_trash(&entry) {
        return discard::put_back(State(panel), Path(token.to_owned())).await;
    }
    let (instance, note) = panel.instances.restore(&entry, how.name.as_deref(), how.blueprint.as_deref()).await?;
    Ok(Json(InstanceView::new(&instance, &panel.origin(&seen)).note(note)).into_response())
}

pub(super) async fn remove(State(panel): State<Panel>, Path(entry): Path<String>) -> Result<Response, ApiError> {
    Ok(removed(panel.instances.remove_trash(&entry).await?.as_ref()))
}

pub(super) async fn empty(State(panel): State<Panel>) -> Result<Response, ApiError> {
    Ok(removed(panel.instances.empty_trash().await?.as_ref()))
}

fn removed(job: Option<&Job>) -> Response {
    let answer = Json(serde_json::json!({ "ok": true, "detail": "Removed from the trash." })).into_response();
    with_job(answer, job)
}
