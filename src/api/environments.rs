//! `/api/instances/{id}/environment` and what changes it: `…/update`, `…/rebuild`, `…/rollback`, `…/environment/prune`.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::audit::{Noted, NothingDone};
use super::error::ApiError;
use super::json::{Body, Id, OptionalBody};
use super::view::InstanceView;
use super::{Panel, Seen};
use crate::environments::SnapshotId;

pub(super) async fn read(State(panel): State<Panel>, Id(id): Id) -> Result<Response, ApiError> {
    Ok(Json(panel.instances.environment(id).await?).into_response())
}

pub(super) async fn update(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let (instance, note) = panel.instances.update(id).await?;
    Ok(Json(InstanceView::new(&instance, &panel.origin(&seen)).note(note)).into_response())
}

pub(super) async fn rebuild(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let (instance, note) = panel.instances.rebuild(id).await?;
    Ok(Json(InstanceView::new(&instance, &panel.origin(&seen)).note(note)).into_response())
}

#[derive(Deserialize, Default)]
pub(super) struct Rollback {
    snapshot: Option<String>,
}

pub(super) async fn roll_back(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
    OptionalBody(wanted): OptionalBody<Rollback>,
) -> Result<Response, ApiError> {
    let to = wanted.snapshot.as_deref().map(snapshot).transpose()?;
    let (instance, note) = panel.instances.roll_back(id, to).await?;
    let noted = wanted.snapshot.map(|to| Extension(Noted::default().with(format!("to {to}"))));
    Ok((noted, Json(InstanceView::new(&instance, &panel.origin(&seen)).note(note))).into_response())
}

#[derive(Deserialize)]
pub(super) struct Prune {
    /// Which; all when absent.
    snapshots: Option<Vec<String>>,
    /// Not only the environments: the lists of packages and the commits too.
    #[serde(default)]
    whole: bool,
    #[serde(default)]
    dry_run: bool,
}

pub(super) async fn prune(
    State(panel): State<Panel>,
    Id(id): Id,
    Body(prune): Body<Prune>,
) -> Result<Response, ApiError> {
    let wanted = prune.snapshots.map(|all| all.iter().map(|text| snapshot(text)).collect()).transpose()?;
    let pruned = panel.instances.prune_environments(id, wanted, prune.whole, prune.dry_run).await?;
    let answer = Json(pruned).into_response();
    Ok(if prune.dry_run { (Extension(NothingDone), answer).into_response() } else { answer })
}

fn snapshot(text: &str) -> Result<SnapshotId, ApiError> {
    SnapshotId::parse(text)
        .ok_or_else(|| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{text:?} names no earlier state.")))
}
