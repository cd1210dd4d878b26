//! Files moved to the trash, out of an instance's folder, its outputs or the models, and put back.

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Panel;
use super::audit::Noted;
use super::error::ApiError;
use super::json::{Body, Id};
use crate::domain::FolderPath;
use crate::instances::Place;

#[derive(Deserialize)]
pub(super) struct Discard {
    /// What, from the folder on.
    paths: Vec<FolderPath>,
}

pub(super) async fn files(state: State<Panel>, Id(id): Id, what: Body<Discard>) -> Result<Response, ApiError> {
    discard(state, Place::Home(id), what).await
}

pub(super) async fn outputs(state: State<Panel>, Id(id): Id, what: Body<Discard>) -> Result<Response, ApiError> {
    discard(state, Place::Outputs(id), what).await
}

pub(super) async fn models(state: State<Panel>, what: Body<Discard>) -> Result<Response, ApiError> {
    discard(state, Place::Models, what).await
}

async fn discard(State(panel): State<Panel>, place: Place, Body(what): Body<Discard>) -> Result<Response, ApiError> {
    let discarded = panel.instances.discard(place, what.paths).await?;
    let noted = Noted::default().with(discarded.what.clone());
    Ok((Extension(noted), Json(discarded)).into_response())
}

pub(super) async fn put_back(State(panel): State<Panel>, Path(token): Path<String>) -> Result<Response, ApiError> {
    let (count, what) = panel.instances.put_back(&token).await?;
    Ok((Extension(Noted::about(what)), Json(serde_json::json!({ "count": count }))).into_response())
}
