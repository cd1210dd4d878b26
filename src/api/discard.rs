//! Files moved to the trash, out of an instance's folder, its outputs or the models, and put back.

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Panel;
use super::answers::Count;
use super::audit::Noted;
use super::error::ApiError;
use super::json::{Body, Id};
use crate::domain::FolderPath;
use crate::instances::Place;

/// What is to go to the trash.
#[derive(Deserialize, ToSchema)]
pub(super) struct Discard {
    /// What, from the folder on.
    paths: Vec<FolderPath>,
}

/// Move files of an instance to the trash.
///
/// By their paths. From its own folder. They can be put back with `token`, until the trash is emptied.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Discard, example = json!({"paths": ["old.png"]})),
    responses(
        (status = 200, description = "They are in the trash.", body = crate::instances::Discard),
        (status = 400, description = "It is no file or folder that can go."),
        (status = 403, description = "It is not for us to move, or the instance's own."),
        (status = 404, description = "There is no such instance, or no such file."),
        (status = 409, description = "The trash is on another disk, or it is being changed."),
    )
)]
pub(super) async fn files(state: State<Panel>, Id(id): Id, what: Body<Discard>) -> Result<Response, ApiError> {
    discard(state, Place::Home(id), what).await
}

/// Move outputs of an instance to the trash.
///
/// By their paths. From its folder of outputs. They can be put back with `token`, until the trash is emptied.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Discard, example = json!({"paths": ["old.png"]})),
    responses(
        (status = 200, description = "They are in the trash.", body = crate::instances::Discard),
        (status = 400, description = "It is no file or folder that can go."),
        (status = 403, description = "It is not for us to move, or the instance's own."),
        (status = 404, description = "There is no such instance, or no such file."),
        (status = 409, description = "The trash is on another disk, or it is being changed."),
    )
)]
pub(super) async fn outputs(state: State<Panel>, Id(id): Id, what: Body<Discard>) -> Result<Response, ApiError> {
    discard(state, Place::Outputs(id), what).await
}

/// Move models to the trash.
///
/// By their paths. From the folder that all instances share. They can be put back with `token`, until the trash is
/// emptied.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Discard, example = json!({"paths": ["old.png"]})),
    responses(
        (status = 200, description = "They are in the trash.", body = crate::instances::Discard),
        (status = 400, description = "It is no file or folder that can go."),
        (status = 403, description = "It is not for us to move, or the instance's own."),
        (status = 404, description = "There is no such file."),
        (status = 409, description = "The trash is on another disk, or it is being changed."),
    )
)]
pub(super) async fn models(state: State<Panel>, what: Body<Discard>) -> Result<Response, ApiError> {
    discard(state, Place::Models, what).await
}

async fn discard(State(panel): State<Panel>, place: Place, Body(what): Body<Discard>) -> Result<Response, ApiError> {
    let discarded = panel.instances.discard(place, what.paths).await?;
    let noted = Noted::default().with(discarded.what.clone());
    Ok((Extension(noted), Json(discarded)).into_response())
}

/// Put files back.
///
/// What one call moved to the trash, all of it or nothing.
#[utoipa::path(
    post,
    path = "",
    responses(
        (status = 200, description = "They are where they were.", body = Count),
        (status = 400, description = "Where they were is no folder any more."),
        (status = 403, description = "Their place can't be written."),
        (status = 404, description = "It is not in the trash any more."),
        (status = 409, description = "Something is in their place."),
    )
)]
pub(super) async fn put_back(State(panel): State<Panel>, Path(token): Path<String>) -> Result<Response, ApiError> {
    let (count, what) = panel.instances.put_back(&token).await?;
    Ok((Extension(Noted::about(what)), Json(Count { count })).into_response())
}
