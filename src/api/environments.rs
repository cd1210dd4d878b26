//! `/api/instances/{id}/environment` and what changes it: `…/update`, `…/rebuild`, `…/rollback`, `…/environment/prune`.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::audit::{Noted, NothingDone};
use super::error::ApiError;
use super::json::{Body, Id, OptionalBody};
use super::view::InstanceView;
use super::{Panel, Seen};
use crate::environments::SnapshotId;

/// Look at an instance's environment.
///
/// Its Python, its packages by number, its git repositories, what is being tried with it, and the earlier states that
/// can be gone back to.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The environment.", body = crate::instances::EnvironmentState),
        (status = 404, description = "There is no such instance."),
    )
)]
pub(super) async fn read(State(panel): State<Panel>, Id(id): Id) -> Result<Response, ApiError> {
    Ok(Json(panel.instances.environment(id).await?).into_response())
}

/// Update an instance.
///
/// At its next start (at once if it runs) its repositories and packages become the newest ones. What was before is
/// kept: if the app is not ready with the new ones, it is put back.
#[utoipa::path(
    post,
    path = "",
    responses(
        (status = 200, description = "The instance.", body = InstanceView<'_>),
        (status = 404, description = "There is no such instance."),
        (status = 409, description = "Something is being tried already, or it is a satellite."),
    )
)]
pub(super) async fn update(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let (instance, note) = panel.instances.update(id).await?;
    Ok(Json(InstanceView::new(&instance, &panel.origin(&seen)).note(note)).into_response())
}

/// Make an environment anew.
///
/// At its next start (at once if it runs) the environment is made from nothing, with the same app. What was before is
/// kept until the app is ready.
#[utoipa::path(
    post,
    path = "",
    responses(
        (status = 200, description = "The instance.", body = InstanceView<'_>),
        (status = 404, description = "There is no such instance."),
        (status = 409, description = "Something is being tried already, or it is a satellite."),
    )
)]
pub(super) async fn rebuild(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let (instance, note) = panel.instances.rebuild(id).await?;
    Ok(Json(InstanceView::new(&instance, &panel.origin(&seen)).note(note)).into_response())
}

/// Which earlier state is wanted.
#[derive(Deserialize, Default, ToSchema)]
pub(super) struct Rollback {
    /// Its id; without one the latest.
    snapshot: Option<String>,
}

/// Go back to an earlier environment.
///
/// The latest earlier state, or the one `snapshot` names.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Option<Rollback>, example = json!({})),
    responses(
        (status = 200, description = "The instance.", body = InstanceView<'_>),
        (status = 404, description = "There is no such instance, or no such state."),
        (status = 409, description = "There is nothing to go back to, or something is being tried already."),
    )
)]
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

/// Which earlier states are to go.
#[derive(Deserialize, ToSchema)]
pub(super) struct Prune {
    /// Which; all when absent.
    snapshots: Option<Vec<String>>,
    /// Not only the environments: the lists of packages and the commits too.
    #[serde(default)]
    whole: bool,
    /// Only say what it would free.
    #[serde(default)]
    dry_run: bool,
}

/// Free what earlier environments take.
///
/// The environments of earlier states, or, with `whole`, their lists too. `dry_run` only says what it would free.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Prune, example = json!({"dry_run": true})),
    responses(
        (status = 200, description = "What is freed.", body = crate::instances::Pruned),
        (status = 404, description = "There is no such instance, or no such state."),
        (status = 409, description = "Something is being tried with it."),
    )
)]
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
