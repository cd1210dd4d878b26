//! `/api/instances`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::audit::{Noted, NothingDone};
use super::error::ApiError;
use super::jobs::with_job;
use super::json::{Body, Id, OptionalBody, Params};
use super::view::{InstanceView, PlannedView, StateView};
use super::{Panel, Seen};
use crate::auth::{Caller, Need};
use crate::domain::Instance;
use crate::instances::{Arrange, Change, Create, Delete, Instantiate, in_words};

/// How many lines the page of an instance that is not ready shows.
const STATE_LINES: usize = 12;

pub(super) async fn list(State(panel): State<Panel>, Extension(seen): Extension<Seen>) -> Response {
    let origin = panel.origin(&seen);
    let all = panel.instances.list();
    let views: Vec<_> = all.iter().map(|instance| InstanceView::new(instance, &origin)).collect();
    Json(views).into_response()
}

pub(super) async fn create(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Body(create): Body<Create>,
) -> Result<Response, ApiError> {
    let (instance, job) = panel.instances.create(create).await?;
    let chosen = &instance.chosen;
    let noted = Noted::about(chosen.name.to_string()).with(format!("from {}", chosen.base_blueprint));
    let view = InstanceView::new(&instance, &panel.origin(&seen));
    let answer = (StatusCode::CREATED, Extension(noted), Json(view)).into_response();
    Ok(with_job(answer, job.as_ref()))
}

pub(super) async fn read(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let instance = panel.instances.get(id)?;
    Ok(show(&panel, &instance, &seen))
}

pub(super) async fn change(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
    Params(how): Params<HowToChange>,
    Body(change): Body<Change>,
) -> Result<Response, ApiError> {
    if how.dry_run {
        let planned = panel.instances.plan_change(id, &change).await?;
        let mut answer = Json(PlannedView::new(&planned, &panel.origin(&seen))).into_response();
        answer.extensions_mut().insert(NothingDone);
        return Ok(answer);
    }
    let before = panel.instances.get(id)?;
    let (instance, applied) = panel.instances.change(id, change).await?;
    let noted = Noted::about(before.chosen.name.to_string()).with(in_words(&before.chosen, &instance.chosen));
    let view = InstanceView::new(&instance, &panel.origin(&seen)).applied(applied);
    Ok((Extension(noted), Json(view)).into_response())
}

#[derive(Deserialize)]
pub(super) struct HowToChange {
    /// Only say what would happen.
    #[serde(default)]
    dry_run: bool,
}

/// The order of the list, and which groups families stand in. The answer is the list as it is then.
pub(super) async fn arrange(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Body(wanted): Body<Arrange>,
) -> Result<Response, ApiError> {
    panel.instances.arrange(wanted).await?;
    Ok(list(State(panel), Extension(seen)).await)
}

pub(super) async fn instantiate(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
    Body(request): Body<Instantiate>,
) -> Result<Response, ApiError> {
    let instance = panel.instances.instantiate(id, request).await?;
    let noted = Noted::default().with(format!("as {}", instance.chosen.name));
    Ok((Extension(noted), show(&panel, &instance, &seen)).into_response())
}

pub(super) async fn delete(
    State(panel): State<Panel>,
    Id(id): Id,
    OptionalBody(how): OptionalBody<Delete>,
) -> Result<Response, ApiError> {
    let noted = Noted::default().with(how.in_words());
    let job = panel.instances.delete(id, how).await?;
    let answer = Json(serde_json::json!({ "ok": true, "detail": "Instance deleted successfully." }));
    let answer = (Extension(noted), answer).into_response();
    Ok(with_job(answer, job.as_ref()))
}

#[derive(Deserialize)]
pub(super) struct Wait {
    #[serde(default)]
    wait: bool,
}

pub(super) async fn start(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let instance = panel.instances.start(id).await?;
    Ok(show(&panel, &instance, &seen))
}

pub(super) async fn stop(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
    Params(wait): Params<Wait>,
) -> Result<Response, ApiError> {
    let instance = panel.instances.stop(id, wait.wait).await?;
    Ok(show(&panel, &instance, &seen))
}

pub(super) async fn restart(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
    Params(wait): Params<Wait>,
) -> Result<Response, ApiError> {
    let instance = panel.instances.restart(id, wait.wait).await?;
    Ok(show(&panel, &instance, &seen))
}

/// What the page of an instance that is not ready polls: small, and no stream, since a browser allows only six
/// connections to an origin.
pub(super) async fn state(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    Path(slug): Path<String>,
) -> Result<Response, ApiError> {
    let instance = by_slug(&panel, &slug)?;
    // Apps write their own secrets there: who may only open the instance does not read it.
    let may_read = caller.may(Need::Ask(instance.id));
    let log = if may_read { panel.instances.log_tail(instance.id, STATE_LINES).await? } else { Vec::new() };
    Ok(([(CACHE_CONTROL, "no-store")], Json(StateView::new(&instance, log))).into_response())
}

/// The Start button of that page. On an instance's own origin `/api` is the app's, so the call has a place of its own.
pub(super) async fn start_by_slug(State(panel): State<Panel>, Path(slug): Path<String>) -> Result<Response, ApiError> {
    let instance = panel.instances.start(by_slug(&panel, &slug)?.id).await?;
    Ok(Json(StateView::new(&instance, Vec::new())).into_response())
}

pub(super) fn by_slug(panel: &Panel, slug: &str) -> Result<Arc<Instance>, ApiError> {
    let all = panel.instances.list();
    let found = all.into_iter().find(|instance| instance.chosen.slug.as_str() == slug);
    found.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, format!("There is no instance '{slug}'.")))
}

fn show(panel: &Panel, instance: &Instance, seen: &Seen) -> Response {
    Json(InstanceView::new(instance, &panel.origin(seen))).into_response()
}
