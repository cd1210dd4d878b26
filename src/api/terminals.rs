//! `/api/instances/{id}/terminals`: the sessions of an instance. What is typed and printed goes through `socket`.

pub(super) mod socket;
mod wire;

use axum::Json;
use axum::extract::{Extension, FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Panel;
use super::audit::Noted;
use super::error::ApiError;
use super::json::{Body, Id, OptionalBody, parse_id};
use crate::domain::{InstanceId, Timestamp};
use crate::instances::OpenTerminal;
use crate::terminal::Summary;

/// A session in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = Terminal)]
pub(super) struct View {
    /// Its id.
    id: String,
    /// What it is called.
    name: String,
    created_at: Timestamp,
    /// How many look at it.
    attached: usize,
    /// What runs in front of it besides the shell.
    program: Option<String>,
}

impl From<Summary> for View {
    fn from(Summary { id, name, created_at, attached, program }: Summary) -> Self {
        Self { id, name, created_at, attached, program }
    }
}

/// An instance and one of its terminals, in the path.
pub(super) struct Ids {
    instance: InstanceId,
    terminal: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Ids {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path((instance, terminal)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| ApiError::new(StatusCode::NOT_FOUND, rejection.body_text()))?;
        Ok(Self { instance: parse_id(&instance)?, terminal })
    }
}

/// List the terminals of an instance.
///
/// Those that are open, with how many look at each and what runs in it.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The terminals.", body = Vec<View>),
        (status = 404, description = "There is no such instance."),
    )
)]
pub(super) async fn list(State(panel): State<Panel>, Id(id): Id) -> Result<Response, ApiError> {
    let all: Vec<View> = panel.instances.terminals(id).await?.into_iter().map(View::from).collect();
    Ok(Json(all).into_response())
}

/// Open a terminal.
///
/// A shell (or a program) in the instance's folder and environment. It stays until it ends, is ended, or nobody looks
/// at it for long; look at it by websocket, `GET …/terminal?session=`.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Option<OpenTerminal>, example = json!({"name": "Shell", "rows": 24, "cols": 80})),
    responses(
        (status = 201, description = "The terminal.", body = View),
        (status = 404, description = "There is no such instance."),
        (status = 503, description = "There are as many as can be."),
    )
)]
pub(super) async fn create(
    State(panel): State<Panel>,
    Id(id): Id,
    OptionalBody(wanted): OptionalBody<OpenTerminal>,
) -> Result<Response, ApiError> {
    let session = panel.instances.open_terminal(id, wanted).await?;
    let view = View {
        id: session.id.clone(),
        name: session.name(),
        created_at: session.created_at,
        attached: 0,
        program: None,
    };
    let noted = Noted::default().with(format!("opened {}", view.name));
    Ok((StatusCode::CREATED, Extension(noted), Json(view)).into_response())
}

/// Another name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RenameTerminal)]
pub(super) struct Rename {
    /// The new one.
    name: String,
}

/// Rename a terminal.
///
/// For all who look at it.
#[utoipa::path(
    put,
    path = "",
    request_body(content = Rename, example = json!({"name": "Training"})),
    responses(
        (status = 200, description = "The terminal.", body = View),
        (status = 404, description = "There is no such instance, or no such terminal."),
    )
)]
pub(super) async fn rename(
    State(panel): State<Panel>,
    ids: Ids,
    Body(wanted): Body<Rename>,
) -> Result<Response, ApiError> {
    let before = panel.instances.terminal(ids.instance, &ids.terminal)?.name();
    let summary = panel.instances.rename_terminal(ids.instance, &ids.terminal, &wanted.name).await?;
    let noted = Noted::default().with(format!("{before} is {} now", summary.name));
    Ok((Extension(noted), Json(View::from(summary))).into_response())
}

/// End a terminal.
///
/// Answers at once; its processes are asked to end, then made to.
#[utoipa::path(
    delete,
    path = "",
    responses(
        (status = 204, description = "It ends."),
        (status = 404, description = "There is no such instance, or no such terminal."),
    )
)]
pub(super) async fn end(State(panel): State<Panel>, ids: Ids) -> Result<Response, ApiError> {
    let session = panel.instances.terminal(ids.instance, &ids.terminal)?;
    session.end();
    let noted = Noted::default().with(format!("ended {}", session.name()));
    Ok((StatusCode::NO_CONTENT, Extension(noted)).into_response())
}
