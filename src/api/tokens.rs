//! `/api/auth/tokens`: what programs come in by.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Panel;
use super::audit::Noted;
use super::error::ApiError;
use super::json::{Body, Number};
use crate::auth::{LoginError, Token};
use crate::domain::{Scope, Slug, Timestamp};

/// The longest name of a token.
const LONGEST_NAME: usize = 100;

/// A token, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub(super) struct TokenView {
    /// Its id.
    id: i64,
    /// What a person calls it.
    name: String,
    /// What it may do: `read`, `manage`, `instance:<slug>`, `view:<slug>`.
    scopes: Vec<String>,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    last_used_from: Option<String>,
}

/// List the tokens.
///
/// Without their secrets; when and from where each was used last.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The tokens.", body = Vec<TokenView>),
    )
)]
pub(super) async fn tokens(State(panel): State<Panel>) -> Response {
    let view = |token: &Token| {
        let (last_used_at, last_used_from) = token.last_used().unzip();
        TokenView {
            id: token.id,
            name: token.name.clone(),
            scopes: scopes(&panel, token),
            created_at: token.created_at,
            last_used_at,
            last_used_from,
        }
    };
    Json(panel.login.tokens().iter().map(|token| view(token)).collect::<Vec<_>>()).into_response()
}

/// A new token.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewToken {
    /// What it is called: no other one may be.
    name: String,
    /// What it may do: `read`, `manage`, `instance:<slug>`, `view:<slug>`.
    scopes: Vec<String>,
}

/// A token that was made. It is told once.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeToken {
    /// Its id.
    id: i64,
    /// The token itself.
    token: String,
}

/// Make a token.
///
/// For a program. It is told in this answer and never again.
#[utoipa::path(
    post,
    path = "",
    request_body(content = NewToken, example = json!({"name": "backup script", "scopes": ["read"]})),
    responses(
        (status = 201, description = "The token.", body = MadeToken),
        (status = 409, description = "There is one of this name."),
    )
)]
pub(super) async fn make_token(
    State(panel): State<Panel>,
    Body(NewToken { name, scopes }): Body<NewToken>,
) -> Result<Response, ApiError> {
    let name = name.trim().to_owned();
    let wrong = |field, why: String| ApiError::from(LoginError::Invalid(field, why));
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(wrong("name", format!("A token needs a name of 1 to {LONGEST_NAME} characters.")));
    }
    if scopes.is_empty() {
        let why = "A token needs at least one scope: read, manage, instance:<slug> or view:<slug>.";
        return Err(wrong("scopes", why.to_owned()));
    }
    let mut meant = scopes
        .iter()
        .map(|text| scope(&panel, text).map_err(|why| wrong("scopes", why)))
        .collect::<Result<Vec<Scope>, _>>()?;
    meant.sort();
    meant.dedup();
    let (id, secret) = panel.login.make_token(name.clone(), meant).await?;
    let body = Json(MadeToken { id, token: secret.reveal().to_owned() });
    let mut response = (StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], body).into_response();
    response.extensions_mut().insert(Noted::about(name).with(scopes.join(" ")));
    Ok(response)
}

/// Revoke a token.
///
/// Whoever has it is let in no more, at once.
#[utoipa::path(
    delete,
    path = "",
    responses(
        (status = 204, description = "It is revoked."),
        (status = 404, description = "There is no such token."),
        (status = 422, description = "The id is no number."),
    )
)]
pub(super) async fn revoke_token(State(panel): State<Panel>, Number(id): Number) -> Result<Response, ApiError> {
    let token = panel.login.revoke_token(id).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.extensions_mut().insert(Noted::about(token.name.clone()));
    Ok(response)
}

/// On the wire a scope names its instance by slug, as it is now.
fn scope(panel: &Panel, text: &str) -> Result<Scope, String> {
    let of = |slug: &str| {
        let all = panel.instances.list();
        let found =
            Slug::parse(slug).ok().and_then(|slug| all.iter().find(|one| one.chosen.slug == slug).map(|one| one.id));
        found.ok_or_else(|| format!("There is no instance '{slug}'."))
    };
    match text.split_once(':') {
        None if text == "read" => Ok(Scope::Read),
        None if text == "manage" => Ok(Scope::Manage),
        Some(("instance", slug)) => of(slug).map(Scope::Instance),
        Some(("view", slug)) => of(slug).map(Scope::View),
        _ => Err(format!("{text:?} is not a scope: read, manage, instance:<slug> or view:<slug>.")),
    }
}

pub(super) fn scopes(panel: &Panel, token: &Token) -> Vec<String> {
    let slug = |id| panel.instances.get(id).map_or_else(|_| "(deleted)".to_owned(), |one| one.chosen.slug.to_string());
    let word = |scope: &Scope| match scope {
        Scope::Read | Scope::Manage => scope.to_string(),
        Scope::Instance(id) => format!("instance:{}", slug(*id)),
        Scope::View(id) => format!("view:{}", slug(*id)),
    };
    token.scopes.iter().map(word).collect()
}
