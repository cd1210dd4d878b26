//! `/api/auth/session` and `/api/auth/sessions`: who asks, and who else is logged in.

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Panel;
use super::audit::Noted;
use super::error::ApiError;
use super::tokens::scopes;
use crate::auth::{Caller, Login, LoginError, Session};
use crate::domain::Timestamp;

/// Who asks, and what they may do.
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
    Json(serde_json::json!({ "auth": auth, "via": via, "user": user, "scopes": scopes })).into_response()
}

/// How `AIKORE_AUTH` has it.
pub(super) fn mode(login: &Login) -> &'static str {
    if login.is_needed() { "password" } else { "none" }
}

#[derive(Serialize)]
struct SessionView {
    id: i64,
    current: bool,
    created_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
    address: String,
    agent: String,
}

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

pub(super) async fn end_session(State(panel): State<Panel>, Path(id): Path<i64>) -> Result<Response, ApiError> {
    if panel.login.end_sessions(|session| session.id == id).await? == 0 {
        return Err(LoginError::Missing("session").into());
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.extensions_mut().insert(Noted::about(format!("session {id}")));
    Ok(response)
}

/// Ends every session but the one that asks.
pub(super) async fn end_other_sessions(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
) -> Result<StatusCode, ApiError> {
    let own = if let Caller::Session(session) = &caller { Some(session.id) } else { None };
    panel.login.end_sessions(|session| Some(session.id) != own).await?;
    Ok(StatusCode::NO_CONTENT)
}
