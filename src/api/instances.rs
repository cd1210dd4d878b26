//! `/api/instances`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answers::Done;
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

/// List the instances.
///
/// All that the caller may ask about, in the order of the list, with what they are doing: a token for one instance is
/// told of that one. To follow changes, use `GET /api/events` instead of asking again.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The instances.", body = Vec<InstanceView<'_>>),
    )
)]
pub(super) async fn list(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    Extension(seen): Extension<Seen>,
) -> Response {
    let origin = panel.origin(&seen);
    let all = panel.instances.list();
    let shown = all.iter().filter(|instance| caller.may(Need::Ask(instance.id)));
    let views: Vec<_> = shown.map(|instance| InstanceView::new(instance, &origin)).collect();
    Json(views).into_response()
}

/// Make an instance.
///
/// From a blueprint, or as a copy of another instance (`source_instance_id`). Nothing is installed before its first
/// start. Members nobody knows are ignored.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Create, example = json!({"name": "My app", "base_blueprint": "hello.sh"})),
    responses(
        (status = 201, description = "The instance.", body = InstanceView<'_>, headers(("x-aikore-job" = String, description = "The job that goes on behind the answer."))),
        (status = 400, description = "A value is not allowed here."),
        (status = 404, description = "There is no such blueprint."),
        (status = 409, description = "The name, port or host name is taken."),
        (status = 501, description = "This can't be made yet."),
        (status = 503, description = "Every port of the pool is taken, or the server is stopping."),
        (status = 507, description = "The disk is too full."),
    )
)]
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

/// Read an instance.
///
/// What it is, and what it is doing.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The instance.", body = InstanceView<'_>),
        (status = 404, description = "There is no such instance."),
    )
)]
pub(super) async fn read(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let instance = panel.instances.get(id)?;
    Ok(show(&panel, &instance, &seen))
}

/// Change an instance.
///
/// What is absent stays, what is null goes back to its default. What a running app meets only at a start makes it
/// start anew; `dry_run=true` says what would happen and does nothing. Put what you saw into `base`, and what
/// somebody else changed meanwhile is not replaced: the answer is 409 with `conflicts`.
#[utoipa::path(
    put,
    path = "",
    params(HowToChange),
    request_body(content = Change, example = json!({"autostart": true})),
    responses(
        (status = 200, description = "The instance as it is now; with `dry_run`, as it would be.", body = OneOrPlanned<'_>),
        (status = 400, description = "A value is not allowed here."),
        (status = 404, description = "There is no such instance."),
        (status = 409, description = "A name, port or host name is taken; or somebody changed it meanwhile; or it is busy."),
    )
)]
pub(super) async fn change(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
    Params(how): Params<HowToChange>,
    Body(change): Body<Change>,
) -> Result<Response, ApiError> {
    if how.dry_run {
        let planned = panel.instances.plan_change(id, &change).await?;
        let mut answer = Json(OneOrPlanned::Planned(PlannedView::new(&planned, &panel.origin(&seen)))).into_response();
        answer.extensions_mut().insert(NothingDone);
        return Ok(answer);
    }
    let before = panel.instances.get(id)?;
    let (instance, applied) = panel.instances.change(id, change).await?;
    let noted = Noted::about(before.chosen.name.to_string()).with(in_words(&before.chosen, &instance.chosen));
    let view = InstanceView::new(&instance, &panel.origin(&seen)).applied(applied);
    Ok((Extension(noted), Json(OneOrPlanned::One(view))).into_response())
}

/// What a change answers: the instance, or what would become of it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ChangedInstance)]
pub(super) enum OneOrPlanned<'a> {
    /// The instance.
    One(InstanceView<'a>),
    /// What would become of it.
    Planned(PlannedView<'a>),
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HowToChange {
    /// Only say what would happen.
    #[serde(default)]
    dry_run: bool,
}

/// Arrange the list.
///
/// The order of the instances, and which groups they stand in.
#[utoipa::path(
    put,
    path = "",
    request_body(content = Arrange, example = json!({"ids": [1]})),
    responses(
        (status = 200, description = "The list as it is now.", body = Vec<InstanceView<'_>>),
        (status = 404, description = "There is no such instance."),
    )
)]
pub(super) async fn arrange(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    Extension(seen): Extension<Seen>,
    Body(wanted): Body<Arrange>,
) -> Result<Response, ApiError> {
    panel.instances.arrange(wanted).await?;
    Ok(list(State(panel), Extension(caller), Extension(seen)).await)
}

/// Make a satellite.
///
/// Another instance that runs from this one's folder, environment and script, with settings of its own.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Instantiate, example = json!({"new_name": "A satellite"})),
    responses(
        (status = 200, description = "The satellite.", body = InstanceView<'_>),
        (status = 400, description = "A value is not allowed here."),
        (status = 404, description = "There is no such instance."),
        (status = 409, description = "The name is taken, or it is a satellite itself."),
        (status = 503, description = "Every port of the pool is taken, or the server is stopping."),
    )
)]
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

/// Delete an instance.
///
/// Stops it. Its folder goes to the trash, stays, or is removed for good, as `mode` says; without a body it goes to
/// the trash.
#[utoipa::path(
    delete,
    path = "",
    request_body(content = Option<Delete>, example = json!({"mode": "trash"})),
    responses(
        (status = 200, description = "It is deleted; what takes longer is a job.", body = Done, headers(("x-aikore-job" = String, description = "The job that goes on behind the answer."))),
        (status = 404, description = "There is no such instance."),
        (status = 409, description = "It has satellites, or the trash has one of its name."),
    )
)]
pub(super) async fn delete(
    State(panel): State<Panel>,
    Id(id): Id,
    OptionalBody(how): OptionalBody<Delete>,
) -> Result<Response, ApiError> {
    let noted = Noted::default().with(how.in_words());
    let job = panel.instances.delete(id, how).await?;
    let answer = Json(Done::new("Instance deleted successfully."));
    let answer = (Extension(noted), answer).into_response();
    Ok(with_job(answer, job.as_ref()))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wait {
    /// Answer when its processes have ended, not before.
    #[serde(default)]
    wait: bool,
}

/// Start an instance.
///
/// Answers at once; `status` goes from `starting` to `started` when the app answers. What is missing is installed
/// first. One that runs already stays as it is.
#[utoipa::path(
    post,
    path = "",
    responses(
        (status = 200, description = "The instance.", body = InstanceView<'_>),
        (status = 400, description = "It can't be started with what it is set to."),
        (status = 404, description = "There is no such instance."),
        (status = 409, description = "It is busy."),
        (status = 503, description = "The server is stopping."),
        (status = 507, description = "The disk is too full."),
    )
)]
pub(super) async fn start(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let instance = panel.instances.start(id).await?;
    Ok(show(&panel, &instance, &seen))
}

/// Stop an instance.
///
/// Asks its processes to end and makes them after a while. Answers at once unless `wait` is true. It is not started
/// again by itself.
#[utoipa::path(
    post,
    path = "",
    params(Wait),
    responses(
        (status = 200, description = "The instance.", body = InstanceView<'_>),
        (status = 404, description = "There is no such instance."),
        (status = 409, description = "It is busy."),
    )
)]
pub(super) async fn stop(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
    Params(wait): Params<Wait>,
) -> Result<Response, ApiError> {
    let instance = panel.instances.stop(id, wait.wait).await?;
    Ok(show(&panel, &instance, &seen))
}

/// Restart an instance.
///
/// As a stop and a start.
#[utoipa::path(
    post,
    path = "",
    params(Wait),
    responses(
        (status = 200, description = "The instance.", body = InstanceView<'_>),
        (status = 400, description = "It can't be started with what it is set to."),
        (status = 404, description = "There is no such instance."),
        (status = 409, description = "It is busy."),
        (status = 507, description = "The disk is too full."),
    )
)]
pub(super) async fn restart(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
    Params(wait): Params<Wait>,
) -> Result<Response, ApiError> {
    let instance = panel.instances.restart(id, wait.wait).await?;
    Ok(show(&panel, &instance, &seen))
}

/// Ask how an instance is.
///
/// What the page in the place of an app that is not ready polls: small, on every origin of the instance. The last
/// lines of its log come with it for those who may read it.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "How it is.", body = StateView<'_>),
        (status = 404, description = "There is no such instance."),
    )
)]
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

/// Start an instance from its own page.
///
/// As `POST /api/instances/{id}/start`, on every origin of the instance, where `/api` is the app's.
#[utoipa::path(
    post,
    path = "",
    responses(
        (status = 200, description = "How it is.", body = StateView<'_>),
        (status = 400, description = "It can't be started with what it is set to."),
        (status = 404, description = "There is no such instance."),
        (status = 409, description = "It is busy."),
        (status = 507, description = "The disk is too full."),
    )
)]
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
