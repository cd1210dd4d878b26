//! `/api/notices`: what people were told, and who hears of it outside the dashboard.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::Panel;
use super::audit::{Noted, NothingDone};
use super::error::ApiError;
use super::json::{Body, Number, OptionalBody, Params};
use crate::domain::{NoticeKind, TargetKind};
use crate::notices::{Error, NewTarget, TargetChange, TargetView};
use crate::store::{KeptNotice, Reading};

/// Notices in one answer: as many as are kept.
const MOST: u32 = 500;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Only notices older than this one.
    before: Option<i64>,
    /// At most so many; 500 unless said, and no more.
    limit: Option<u32>,
}

/// What people were told.
#[derive(Serialize, ToSchema)]
pub(super) struct Notices {
    /// The newest first.
    notices: Vec<KeptNotice>,
    /// How many nobody has read, on all pages.
    unread: u32,
}

/// How many are unread.
#[derive(Serialize, ToSchema)]
pub(super) struct Unread {
    /// How many.
    unread: u32,
}

/// List the notices.
///
/// What people were told: instances that became ready or failed, jobs that ended, disks that fill. The newest first.
#[utoipa::path(
    get,
    path = "",
    params(Page),
    responses(
        (status = 200, description = "The notices.", body = Notices),
    )
)]
pub(super) async fn list(State(panel): State<Panel>, Params(page): Params<Page>) -> Result<Response, ApiError> {
    let notices = panel.notices.list(page.before, page.limit.unwrap_or(MOST).min(MOST)).await?;
    Ok(Json(Notices { notices, unread: panel.notices.unread() }).into_response())
}

/// Without either, all are meant.
#[derive(Deserialize, Default, ToSchema)]
#[schema(as = ReadNotices)]
pub(super) struct Read {
    /// These.
    ids: Option<Vec<i64>>,
    /// All that are not newer than this one.
    up_to: Option<i64>,
}

/// Mark notices as read.
///
/// Those named by `ids`, or all up to one; without a body, all.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Option<Read>, example = json!({"up_to": 12})),
    responses(
        (status = 200, description = "How many are unread now.", body = Unread),
    )
)]
pub(super) async fn read(
    State(panel): State<Panel>,
    OptionalBody(Read { ids, up_to }): OptionalBody<Read>,
) -> Result<Response, ApiError> {
    let which = match (ids, up_to) {
        (Some(ids), None) if ids.len() > MOST as usize => {
            let detail = format!("At most {MOST} notices can be named at once.");
            return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
        }
        (Some(ids), None) => Reading::These(ids),
        (None, up_to) => Reading::UpTo(up_to.unwrap_or(i64::MAX)),
        (Some(_), Some(_)) => {
            return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "Give either \"ids\" or \"up_to\"."));
        }
    };
    let unread = panel.notices.read(which).await?;
    Ok((Extension(NothingDone), Json(Unread { unread })).into_response())
}

/// List who hears of notices.
///
/// Where notices are sent besides the dashboard, without secrets, and how the last delivery went.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The targets.", body = Vec<TargetView>),
    )
)]
pub(super) async fn targets(State(panel): State<Panel>) -> Result<Json<Vec<TargetView>>, ApiError> {
    Ok(Json(panel.notices.targets().await?))
}

/// Who is to hear of notices.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewTarget)]
pub(super) struct Target {
    /// What a person calls it.
    name: String,
    kind: TargetKind,
    /// Where it is.
    url: String,
    /// What proves to it who sends; never shown again.
    secret: Option<String>,
    /// What it hears of; everything unless said.
    wants: Option<Vec<NoticeKind>>,
    /// Whether anything is sent to it; yes unless said.
    enabled: Option<bool>,
}

/// Add who hears of notices.
///
/// An address that notices are sent to.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Target, example = json!({"name": "My phone", "kind": "ntfy", "url": "https://ntfy.example.org/aikore"})),
    responses(
        (status = 201, description = "The target.", body = TargetView),
        (status = 409, description = "The name is taken, or there are as many as can be."),
    )
)]
pub(super) async fn add(State(panel): State<Panel>, Body(target): Body<Target>) -> Result<Response, ApiError> {
    let Target { name, kind, url, secret, wants, enabled } = target;
    let new = NewTarget { name, kind, url, secret, wants, enabled: enabled.unwrap_or(true) };
    let added = panel.notices.add_target(new).await?;
    let noted = noted(&added, "notice.target.create");
    Ok((StatusCode::CREATED, Extension(noted), Json(added)).into_response())
}

/// What is to be another about a target; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[schema(as = ChangeTarget)]
pub(super) struct Change {
    name: Option<String>,
    kind: Option<TargetKind>,
    url: Option<String>,
    /// Null: none any more.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    secret: Option<Option<String>>,
    wants: Option<Vec<NoticeKind>>,
    enabled: Option<bool>,
}

fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Change who hears of notices.
///
/// What is absent stays; a `secret` of null takes it away.
#[utoipa::path(
    put,
    path = "",
    request_body(content = Change, example = json!({"enabled": false})),
    responses(
        (status = 200, description = "The target.", body = TargetView),
        (status = 404, description = "There is no such target."),
        (status = 409, description = "The name is taken."),
    )
)]
pub(super) async fn change(
    State(panel): State<Panel>,
    Number(id): Number,
    Body(change): Body<Change>,
) -> Result<Response, ApiError> {
    let Change { name, kind, url, secret, wants, enabled } = change;
    let changed = panel.notices.change_target(id, TargetChange { name, kind, url, secret, wants, enabled }).await?;
    Ok((Extension(noted(&changed, "notice.target.change")), Json(changed)).into_response())
}

/// Remove who hears of notices.
///
/// Nothing is sent there any more.
#[utoipa::path(
    delete,
    path = "",
    responses(
        (status = 204, description = "It is removed."),
        (status = 404, description = "There is no such target."),
    )
)]
pub(super) async fn remove(State(panel): State<Panel>, Number(id): Number) -> Result<Response, ApiError> {
    let removed = panel.notices.remove_target(id).await?;
    Ok((StatusCode::NO_CONTENT, Extension(noted(&removed, "notice.target.delete"))).into_response())
}

/// Send a test notice.
///
/// At once. What the other side refuses is the answer, no error of this call.
#[utoipa::path(
    post,
    path = "",
    responses(
        (status = 200, description = "What came of it.", body = crate::notices::Tested),
        (status = 404, description = "There is no such target."),
    )
)]
pub(super) async fn test(State(panel): State<Panel>, Number(id): Number) -> Result<Response, ApiError> {
    let (target, tested) = panel.notices.test_target(id).await?;
    let noted = noted(&target, "notice.target.test");
    Ok((Extension(noted), Json(tested)).into_response())
}

/// Never with its address, which may be a secret.
fn noted(target: &TargetView, action: &'static str) -> Noted {
    Noted::about(target.name.clone()).with(target.kind.as_str()).called(action)
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::NoTarget => StatusCode::NOT_FOUND,
            Error::Invalid(..) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Taken | Error::Full(_) => StatusCode::CONFLICT,
            Error::Leaving => StatusCode::SERVICE_UNAVAILABLE,
            Error::Failed(_) => {
                tracing::error!("{error}");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self::new(status, error.to_string()).blaming(error.field().map(Into::into))
    }
}
