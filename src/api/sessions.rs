//! `/api/auth/session` and `/api/auth/sessions`: who asks, and who else is logged in.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Panel;
use super::audit::Noted;
use super::error::ApiError;
use super::json::Number;
use super::tokens::scopes;
use crate::auth::{Caller, Login, LoginError, Session};
use crate::domain::Timestamp;

/// Who asks, and what they may do.
#[derive(Serialize, ToSchema)]
pub(super) struct Asker {
    /// `password` or `none`: whether a login is needed here.
    auth: &'static str,
    /// What they came in by: `session`, `token`, `proxy`, `socket`, `none`.
    via: &'static str,
    /// The user an outer proxy named, or the token's name.
    user: Option<String>,
    /// What they may do.
    scopes: Vec<String>,
}

/// Ask who I am.
///
/// What one came in by, and what one may do.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "Who asks.", body = Asker),
    )
)]
pub(super) async fn session(State(panel): State<Panel>, Extension(caller): Extension<Caller>) -> Response {
    let (via, user, scopes) = match &caller {
        Caller::Anyone => ("none", None, vec!["manage".to_owned()]),
        Caller::Local => ("socket", None, vec!["manage".to_owned()]),
        Caller::Session(_) => ("session", None, vec!["manage".to_owned()]),
        Caller::Proxied(user) => ("proxy", Some(user.to_string()), vec!["manage".to_owned()]),
        Caller::Token(token) => ("token", Some(token.name.clone()), scopes(&panel, token)),
        Caller::Pass(..) | Caller::Nobody => ("none", None, Vec::new()),
    };
    let auth = mode(&panel.login);
    Json(Asker { auth, via, user, scopes }).into_response()
}

/// How `AIKORE_AUTH` has it.
pub(super) fn mode(login: &Login) -> &'static str {
    if login.is_needed() { "password" } else { "none" }
}

/// A browser that is logged in.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionView {
    /// Its id.
    id: i64,
    /// It is the one that asks.
    current: bool,
    created_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
    /// The address it logged in from.
    address: String,
    /// What the browser calls itself.
    agent: String,
}

/// List the sessions.
///
/// Browsers that are logged in.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The sessions.", body = Vec<SessionView>),
    )
)]
pub(super) async fn sessions(State(panel): State<Panel>, Extension(caller): Extension<Caller>) -> Response {
    let own = if let Caller::Session(session) = &caller { Some(session.id) } else { None };
    let view = |session: &Session| SessionView {
        id: session.id,
        current: own == Some(session.id),
        created_at: session.created_at,
        last_used_at: session.last_used_at(),
        expires_at: session.expires_at(),
        address: session.address.clone(),
        agent: session.agent.clone(),
    };
    let views: Vec<_> = panel.login.sessions().iter().map(|session| view(session)).collect();
    Json(views).into_response()
}

/// End a session.
///
/// Its browser is logged out at once, its open connections too.
#[utoipa::path(
    delete,
    path = "",
    responses(
        (status = 204, description = "It is ended."),
        (status = 404, description = "There is no such session."),
        (status = 422, description = "The id is no number."),
    )
)]
pub(super) async fn end_session(State(panel): State<Panel>, Number(id): Number) -> Result<Response, ApiError> {
    if panel.login.end_sessions(|session| session.id == id).await? == 0 {
        return Err(LoginError::Missing("session").into());
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.extensions_mut().insert(Noted::about(format!("session {id}")));
    Ok(response)
}

/// End all other sessions.
///
/// Every one but the one that asks; asked with a token, every one.
#[utoipa::path(
    delete,
    path = "",
    responses(
        (status = 204, description = "They are ended."),
    )
)]
pub(super) async fn end_other_sessions(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
) -> Result<StatusCode, ApiError> {
    let own = if let Caller::Session(session) = &caller { Some(session.id) } else { None };
    panel.login.end_sessions(|session| Some(session.id) != own).await?;
    Ok(StatusCode::NO_CONTENT)
}
