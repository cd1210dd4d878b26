//! `/api/instances/{id}/files` and `/api/models/files`: what lies in a folder.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Panel;
use super::answers::Placed;
use super::audit::Noted;
use super::error::ApiError;
use super::file_answer::{self, Form};
use super::json::{Body, Params};
use super::places::In;
use crate::domain::FolderPath;
use crate::instances::Place;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct At {
    /// From the folder on; without one it is the folder itself.
    #[serde(default = "FolderPath::root")]
    #[param(value_type = Option<String>)]
    path: FolderPath,
}

/// List a folder.
///
/// What lies in it, folders first, by name. Links that lead out of it are told and not followed.
#[utoipa::path(
    get,
    path = "",
    params(At),
    responses(
        (status = 200, description = "What there is.", body = crate::instances::Listing),
        (status = 400, description = "It is a folder where a file is needed, or the other way round."),
        (status = 403, description = "It leads out of the folder, or the server may not."),
        (status = 404, description = "There is no such thing."),
    )
)]
pub(super) async fn list(
    State(panel): State<Panel>,
    In(place): In,
    Params(at): Params<At>,
) -> Result<Response, ApiError> {
    Ok(Json(panel.instances.list_files(place, at.path).await?).into_response())
}

/// Download a file.
///
/// As it is, whole or in parts (`Range`), never as a page of this server.
#[utoipa::path(
    get,
    path = "",
    params(At),
    responses(
        (status = 200, description = "The file.", body = Vec<u8>, content_type = "application/octet-stream", headers(("etag" = String, description = "Its version."))),
        (status = 206, description = "The part that was asked for."),
        (status = 304, description = "It is the one the client has (`If-None-Match`)."),
        (status = 400, description = "It is a folder where a file is needed, or the other way round."),
        (status = 403, description = "It leads out of the folder, or the server may not."),
        (status = 404, description = "There is no such thing."),
        (status = 416, description = "The part that was asked for is behind the end."),
    )
)]
pub(super) async fn content(
    State(panel): State<Panel>,
    In(place): In,
    Params(at): Params<At>,
    asked: HeaderMap,
) -> Result<Response, ApiError> {
    let name = at.path.name().to_owned();
    let (file, facts) = panel.instances.open_file(place, at.path).await?;
    file_answer::send(file, &facts, &name, Form::Kept, &asked).await
}

/// A new folder.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewFolder)]
pub(super) struct New {
    /// Where.
    path: FolderPath,
}

/// Make a folder.
///
/// And those above it that are missing.
#[utoipa::path(
    post,
    path = "",
    request_body(content = New, example = json!({"path": "notes"})),
    responses(
        (status = 201, description = "It is there.", body = Placed),
        (status = 400, description = "It is a folder where a file is needed, or the other way round."),
        (status = 403, description = "It leads out of the folder, or the server may not."),
        (status = 404, description = "There is no such thing."),
        (status = 409, description = "There is something of this name."),
        (status = 507, description = "The disk is too full."),
    )
)]
pub(super) async fn make(
    State(panel): State<Panel>,
    In(place): In,
    Body(new): Body<New>,
) -> Result<Response, ApiError> {
    panel.instances.make_folder(place, new.path.clone()).await?;
    let noted = noted(place, format!("folder {}", new.path));
    Ok((StatusCode::CREATED, Extension(noted), Json(Placed { path: new.path })).into_response())
}

/// Another name or place.
#[derive(Deserialize, ToSchema)]
#[schema(as = RenameFile)]
pub(super) struct Rename {
    /// What.
    from: FolderPath,
    /// Where to.
    to: FolderPath,
}

/// Rename or move a file.
///
/// Or a folder. Nothing is replaced.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Rename, example = json!({"from": "notes", "to": "old notes"})),
    responses(
        (status = 200, description = "Where it is now.", body = Placed),
        (status = 400, description = "It is a folder where a file is needed, or the other way round."),
        (status = 403, description = "It leads out of the folder, or the server may not."),
        (status = 404, description = "There is no such thing."),
        (status = 409, description = "There is something of this name, or it is on another disk."),
    )
)]
pub(super) async fn rename(
    State(panel): State<Panel>,
    In(place): In,
    Body(what): Body<Rename>,
) -> Result<Response, ApiError> {
    panel.instances.rename_file(place, what.from.clone(), what.to.clone()).await?;
    let noted = noted(place, format!("{} to {}", what.from, what.to));
    Ok((Extension(noted), Json(Placed { path: what.to })).into_response())
}

/// What was done, to be written down: the models have no name in the path.
pub(super) fn noted(place: Place, detail: String) -> Noted {
    let noted = if place == Place::Models { Noted::about("models") } else { Noted::default() };
    noted.with(detail)
}
