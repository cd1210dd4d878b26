//! Every change is written down: who, what, when, from where, and how it went. `GET /api/audit` reads it.

use std::time::SystemTime;

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::ApiError;
use super::json::Params;
use super::{Panel, Seen};
use crate::auth::Caller;
use crate::domain::Timestamp;
use crate::store::AuditEntry;

/// Entries in one answer.
const MOST: u32 = 500;

/// What a handler adds to the entry of its call.
#[derive(Debug, Clone, Default)]
pub(super) struct Noted {
    action: Option<&'static str>,
    actor: Option<String>,
    target: Option<String>,
    detail: Option<String>,
}

impl Noted {
    /// To what it was done.
    pub(super) fn about(target: impl Into<String>) -> Self {
        Self { target: Some(target.into()), ..Self::default() }
    }

    /// Who it turned out to be.
    pub(super) fn by(actor: impl Into<String>) -> Self {
        Self { actor: Some(actor.into()), ..Self::default() }
    }

    /// What was done, where the route says it in the words of a protocol.
    pub(super) fn called(mut self, action: &'static str) -> Self {
        self.action = Some(action);
        self
    }

    /// What else there is to say.
    pub(super) fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// Marks the answer to a call that only said what would happen.
#[derive(Debug, Clone)]
pub(super) struct NothingDone;

/// Writes down what changes something. Questions and dry runs are nobody's business; a login that was refused for its haste is
/// not written down: whoever guesses would fill the disk.
pub(super) async fn record(State(panel): State<Panel>, request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let (true, Some(matched)) = (changes, matched) else { return next.run(request).await };
    let action = action(request.method(), &matched);
    let caller = request.extensions().get::<Caller>().map(Caller::name).unwrap_or_default();
    let address = request.extensions().get::<Seen>().map(|seen| seen.address.to_canonical().to_string());
    // Before it is done: what is deleted has no name afterwards.
    let target = target(&panel, &matched, request.uri().path());
    let response = next.run(request).await;
    let status = response.status();
    // By the word of the handler alone: what a caller writes into the query keeps nothing out.
    if status == StatusCode::TOO_MANY_REQUESTS || response.extensions().get::<NothingDone>().is_some() {
        return response;
    }
    let noted = response.extensions().get::<Noted>().cloned().unwrap_or_default();
    panel.audit.write(AuditEntry {
        id: 0,
        at: Timestamp::of(SystemTime::now()),
        actor: noted.actor.unwrap_or(caller),
        address: address.unwrap_or_default(),
        action: noted.action.map_or(action, str::to_owned),
        target: noted.target.or(target),
        detail: noted.detail,
        status: status.as_u16(),
    });
    response
}

/// `instance.start` for `POST /api/instances/{id}/start`: a thing, and what is done with it.
fn action(method: &Method, matched: &str) -> String {
    let words =
        matched.split('/').filter(|word| !matches!(*word, "" | "api" | ".aikore" | "auth" | "system" | "custom"));
    let words: Vec<&str> = words.filter(|word| !word.starts_with('{')).collect();
    let verb = match *method {
        Method::POST => "create",
        Method::DELETE => "delete",
        _ => "change",
    };
    let thing = |word: &str| word.strip_suffix('s').unwrap_or(word).to_owned();
    match (words.as_slice(), *method == Method::POST) {
        ([], _) => verb.to_owned(),
        // `login`, `logout`, `setup`.
        ([word], true) if !word.ends_with('s') => (*word).to_owned(),
        ([word], _) => format!("{}.{verb}", thing(word)),
        ([first, .., last], true) => format!("{}.{last}", thing(first)),
        ([first, .., last], false) => format!("{}.{last}.{verb}", thing(first)),
    }
}

/// What a path names: an instance by its name, anything else by what stands in the path.
fn target(panel: &Panel, matched: &str, path: &str) -> Option<String> {
    let (at, _) = matched.split('/').enumerate().find(|(_, word)| word.starts_with('{'))?;
    // A path that was cut off its outer prefix has as many parts as the route.
    let text = path.split('/').nth(at)?;
    if matched.starts_with("/api/instances/") {
        return text.parse().ok().and_then(|id| panel.instances.get(id).ok()).map(|one| one.chosen.name.to_string());
    }
    Some(text.to_owned())
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Only entries older than this one: `next` of the answer before.
    before: Option<i64>,
    /// At most so many; 100 unless said, 500 at most.
    limit: Option<u32>,
}

/// A page of the audit.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditPage {
    /// The newest first.
    entries: Vec<AuditEntry>,
    /// What `before` asks for the next page with; null: there is none.
    next: Option<i64>,
}

/// Read the audit.
///
/// Who changed what, when, from where, and how it went: every call that changes something, and every terminal that is
/// opened. Secrets are never in it. Page back with `next`.
#[utoipa::path(
    get,
    path = "",
    params(Page),
    responses(
        (status = 200, description = "A page of entries.", body = AuditPage),
    )
)]
pub(super) async fn read(State(panel): State<Panel>, Params(page): Params<Page>) -> Result<Response, ApiError> {
    let limit = page.limit.unwrap_or(100).clamp(1, MOST);
    let entries = panel.audit.read(page.before, limit).await.map_err(|error| {
        tracing::error!("{error}");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, format!("The audit can't be read: {error}."))
    })?;
    let full = u32::try_from(entries.len()).is_ok_and(|count| count == limit);
    let next = entries.last().map(|last| last.id).filter(|_| full);
    Ok(Json(AuditPage { entries, next }).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_have_names() {
        for (method, path, name) in [
            (Method::POST, "/api/instances/", "instance.create"),
            (Method::POST, "/api/instances", "instance.create"),
            (Method::PUT, "/api/instances/{id}", "instance.change"),
            (Method::DELETE, "/api/instances/{id}", "instance.delete"),
            (Method::POST, "/api/instances/{id}/start", "instance.start"),
            (Method::POST, "/.aikore/instances/{slug}/start", "instance.start"),
            (Method::DELETE, "/api/trash/{name}", "trash.delete"),
            (Method::POST, "/api/trash/{name}/restore", "trash.restore"),
            (Method::DELETE, "/api/jobs/{id}", "job.delete"),
            (Method::POST, "/api/auth/login", "login"),
            (Method::POST, "/api/auth/setup", "setup"),
            (Method::PUT, "/api/auth/password", "password.change"),
            (Method::POST, "/api/auth/tokens", "token.create"),
            (Method::DELETE, "/api/auth/sessions", "session.delete"),
            (Method::PUT, "/api/instances/{id}/file", "instance.file.change"),
            (Method::POST, "/api/instances/{id}/file/history/{n}/restore", "instance.restore"),
            (Method::POST, "/api/system/blueprints/custom", "blueprint.create"),
            (Method::PUT, "/api/system/blueprints/custom/{filename}", "blueprint.change"),
            (Method::DELETE, "/api/system/blueprints/custom/{filename}", "blueprint.delete"),
            (Method::POST, "/api/system/blueprints/custom/{filename}/rename", "blueprint.rename"),
            (Method::POST, "/api/system/blueprints/custom/{filename}/restore", "blueprint.restore"),
            (Method::POST, "/api/system/blueprints/custom/{filename}/history/{n}/restore", "blueprint.restore"),
        ] {
            assert_eq!(action(&method, path), name, "{method} {path}");
        }
    }
}
