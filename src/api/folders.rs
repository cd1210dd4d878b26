//! `/api/instances/{id}/files` and `/api/models/files`: what lies in a folder.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Panel;
use super::audit::Noted;
use super::error::ApiError;
use super::file_answer::{self, Form};
use super::json::{Body, Params};
use super::places::In;
use crate::domain::FolderPath;
use crate::instances::Place;

#[derive(Deserialize)]
pub(super) struct At {
    /// From the folder on; without one it is the folder itself.
    #[serde(default = "FolderPath::root")]
    path: FolderPath,
}

pub(super) async fn list(
    State(panel): State<Panel>,
    In(place): In,
    Params(at): Params<At>,
) -> Result<Response, ApiError> {
    Ok(Json(panel.instances.list_files(place, at.path).await?).into_response())
}

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

#[derive(Deserialize)]
pub(super) struct New {
    path: FolderPath,
}

pub(super) async fn make(
    State(panel): State<Panel>,
    In(place): In,
    Body(new): Body<New>,
) -> Result<Response, ApiError> {
    panel.instances.make_folder(place, new.path.clone()).await?;
    let noted = noted(place, format!("folder {}", new.path));
    Ok((StatusCode::CREATED, Extension(noted), Json(serde_json::json!({ "path": new.path }))).into_response())
}

#[derive(Deserialize)]
pub(super) struct Rename {
    from: FolderPath,
    to: FolderPath,
}

pub(super) async fn rename(
    State(panel): State<Panel>,
    In(place): In,
    Body(what): Body<Rename>,
) -> Result<Response, ApiError> {
    panel.instances.rename_file(place, what.from.clone(), what.to.clone()).await?;
    let noted = noted(place, format!("{} to {}", what.from, what.to));
    Ok((Extension(noted), Json(serde_json::json!({ "path": what.to }))).into_response())
}

/// What was done, to be written down: the models have no name in the path.
pub(super) fn noted(place: Place, detail: String) -> Noted {
    let noted = if place == Place::Models { Noted::about("models") } else { Noted::default() };
    noted.with(detail)
}
