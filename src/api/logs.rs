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
use serde::{Deserialize, Serialize};
use tokio_util::io::ReaderStream;
use utoipa::ToSchema;

use super::Panel;
use super::error::ApiError;
use super::json::{Id, Params};
use super::log_follow::{self, Wanted};
use crate::auth::Caller;
use crate::domain::RunId;
use crate::instances::LogQuestion;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Logs {
    /// Where to begin: a place in the run's whole output, in bytes. `size` of the answer before.
    #[serde(default)]
    offset: i64,
    /// The whole log of the run as a file instead.
    #[serde(default)]
    download: bool,
    /// Say when its lines were written.
    #[serde(default)]
    times: bool,
    /// The run the offset is about.
    run: Option<String>,
}

/// A piece of a log.
#[derive(Serialize, ToSchema)]
pub(super) struct LogPiece {
    /// What was printed; bytes that are no UTF-8 are replaced.
    pub(super) content: String,
    /// Where the next piece begins.
    pub(super) size: u64,
    /// Which run it is of.
    pub(super) run: Option<RunId>,
    /// Where this piece begins.
    pub(super) start: u64,
    /// How much the run has written.
    pub(super) end: u64,
    /// Of lines in `content`: where they begin, and when they were written (milliseconds since 1970).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Vec<u64>>>)]
    pub(super) times: Option<Vec<(u64, u64)>>,
}

/// Read a log.
///
/// A piece of what an instance prints, from `offset` on: begin with 0 and go on with `size` of the answer before. An
/// offset is a place in the whole output of a run; another run begins anew. With `download` the whole log of a run as
/// text.
#[utoipa::path(
    get,
    path = "",
    params(Logs),
    responses(
        (status = 200, description = "A piece of the log; with `download` all of it.", content((LogPiece = "application/json"), (String = "text/plain"))),
        (status = 404, description = "There is no such instance, or no log of such a run."),
    )
)]
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
    let answer = LogPiece {
        content: chunk.content,
        size: chunk.next,
        run: chunk.run,
        start: chunk.start,
        end: chunk.end,
        times: logs.times.then_some(chunk.times),
    };
    Ok(Json(answer).into_response())
}

/// Follow a log.
///
/// A websocket: what there is, then what comes. Texts are JSON: `{"begins": {"why", "run", "number", "offset",
/// "first", "end"}}` before the bytes that follow, again whenever they go on elsewhere; `{"times": [[offset,
/// milliseconds]]}` if asked for; `{"caught_up": true}` once; `{"gone": "…"}`, `{"fault": "…"}`. Binary messages are
/// the bytes as they were written. A client with a `window` says `{"taken": n}` and is never sent more than that
/// beyond it. It closes with 4410 when the instance is deleted.
#[utoipa::path(
    get,
    path = "",
    params(Wanted),
    responses(
        (status = 101, description = "It goes on as a websocket."),
        (status = 400, description = "The call asks for a websocket, and not as one does."),
        (status = 404, description = "There is no such instance."),
        (status = 426, description = "The call asks for no websocket."),
    )
)]
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

/// List the runs whose logs are kept.
///
/// The newest first, with how each ended.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The runs.", body = Vec<crate::runtime::log::KeptRun>),
        (status = 404, description = "There is no such instance."),
    )
)]
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
