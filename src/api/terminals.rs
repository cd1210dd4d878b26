//! `/api/instances/{id}/terminals`: the sessions of an instance. What is typed and printed goes through `socket`.

pub(super) mod socket;
mod wire;

use axum::Json;
use axum::extract::{Extension, FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Panel;
use super::audit::Noted;
use super::error::ApiError;
use super::json::{Body, Id, OptionalBody, parse_id};
use crate::domain::{InstanceId, Timestamp};
use crate::instances::OpenTerminal;
use crate::terminal::Summary;

/// A session in a list.
#[derive(Serialize)]
struct View {
    id: String,
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

pub(super) async fn list(State(panel): State<Panel>, Id(id): Id) -> Result<Response, ApiError> {
    let all: Vec<View> = panel.instances.terminals(id).await?.into_iter().map(View::from).collect();
    Ok(Json(all).into_response())
}

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rename {
    name: String,
}

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

/// Answers at once: its processes end by themselves.
pub(super) async fn end(State(panel): State<Panel>, ids: Ids) -> Result<Response, ApiError> {
    let session = panel.instances.terminal(ids.instance, &ids.terminal)?;
    session.end();
    let noted = Noted::default().with(format!("ended {}", session.name()));
    Ok((StatusCode::NO_CONTENT, Extension(noted)).into_response())
}
