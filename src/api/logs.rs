//! `/api/instances/{id}/logs`: by offset, as a file, and as it is written.

use axum::Json;
use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use tokio_util::io::ReaderStream;

use super::Panel;
use super::error::ApiError;
use super::json::{Id, Params};
use super::log_follow::{self, Wanted};
use crate::auth::Caller;
use crate::instances::LogQuestion;

#[derive(Deserialize)]
pub(super) struct Logs {
    #[serde(default)]
    offset: i64,
    #[serde(default)]
    download: bool,
    #[serde(default)]
    times: bool,
    /// The run the offset is about.
    run: Option<String>,
}

/// A piece of a log. `size` is where the next one begins, as in the earlier system; `start` is where this one does, and
/// `end` how much the run has written.
pub(super) async fn read(
    State(panel): State<Panel>,
    Id(id): Id,
    Params(logs): Params<Logs>,
) -> Result<Response, ApiError> {
    if logs.download {
        return download(&panel, id, logs.run).await;
    }
    let offset = u64::try_from(logs.offset)
        .map_err(|_| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "offset must not be negative."))?;
    let chunk = panel.instances.log(id, LogQuestion { run: logs.run, offset, times: logs.times }).await?;
    let mut answer = serde_json::json!({
        "content": chunk.content,
        "size": chunk.next,
        "run": chunk.run,
        "start": chunk.start,
        "end": chunk.end,
    });
    if let Some(members) = answer.as_object_mut().filter(|_| logs.times) {
        members.insert("times".to_owned(), serde_json::json!(chunk.times));
    }
    Ok(Json(answer).into_response())
}

/// A log by websocket: what there is, then what comes.
pub(super) async fn follow(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
    Params(wanted): Params<Wanted>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let follower = panel.instances.follow_log(id, wanted.follow())?;
    log_follow::answer(&panel, &caller, upgrade, follower, wanted.window)
}

/// The runs whose logs are kept, the newest first.
pub(super) async fn runs(State(panel): State<Panel>, Id(id): Id) -> Result<Response, ApiError> {
    Ok(Json(panel.instances.log_runs(id).await?).into_response())
}

/// The whole log of a run as a file, streamed.
async fn download(panel: &Panel, id: i64, run: Option<String>) -> Result<Response, ApiError> {
    let slug = panel.instances.get(id)?.chosen.slug.clone();
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{slug}.log\"")),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    let mut files = Vec::new();
    // All at once: what is open stays readable when the run drops its oldest part meanwhile.
    for part in panel.instances.log_parts(id, run).await? {
        let file = tokio::fs::File::open(&part.path).await.map_err(|error| {
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{} can't be read: {error}.", part.path.display()))
        })?;
        files.push(Ok::<_, std::io::Error>(ReaderStream::with_capacity(file, 64 * 1024)));
    }
    Ok((headers, Body::from_stream(stream::iter(files).boxed().try_flatten())).into_response())
}
