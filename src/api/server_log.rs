//! `/api/system/log`: the server's own log, in the shape of an instance's. A run of the server is a run of its log.

use std::time::Duration;

use axum::Json;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::sync::watch;

use super::Panel;
use super::error::ApiError;
use super::json::Params;
use super::log_follow::{self, Source, Wanted};
use super::logs::LogPiece;
use crate::auth::Caller;
use crate::domain::RunId;
use crate::instances::NoMore;
use crate::journal::{Journal, KEPT, Said};
use crate::runtime::log::{Begins, Begun, Follow, Piece, Start};

/// The most one answer holds.
const CHUNK: usize = 1024 * 1024;

/// What comes within a moment goes out at once.
const MOMENT: Duration = Duration::from_millis(100);

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Question {
    /// Where to begin, in bytes since the server came up.
    #[serde(default)]
    offset: u64,
    /// All that is kept as a file instead.
    #[serde(default)]
    download: bool,
    /// The run of the server that the offset is about.
    run: Option<String>,
}

/// Read the server's log.
///
/// As an instance's: from `offset` on, the latest of it. A run of the server is a run of its log.
#[utoipa::path(
    get,
    path = "",
    params(Question),
    responses(
        (status = 200, description = "A piece of the log; with `download` all of it.", content((LogPiece = "application/json"), (String = "text/plain"))),
    )
)]
pub(super) async fn read(State(panel): State<Panel>, Params(question): Params<Question>) -> Response {
    if question.download {
        let headers = [
            (CONTENT_TYPE, "text/plain; charset=utf-8"),
            (CONTENT_DISPOSITION, "attachment; filename=\"aikore.log\""),
            (CACHE_CONTROL, "no-store"),
        ];
        return (headers, panel.journal.read(0, KEPT).bytes).into_response();
    }
    let of_another = question.run.is_some_and(|run| *run != *panel.boot);
    let Said { bytes, start, end, .. } = panel.journal.read(if of_another { 0 } else { question.offset }, CHUNK);
    Json(LogPiece {
        content: String::from_utf8_lossy(&bytes).into_owned(),
        size: start + bytes.len() as u64,
        run: Some(RunId((*panel.boot).to_owned())),
        start,
        end,
        times: None,
    })
    .into_response()
}

/// Follow the server's log.
///
/// A websocket that speaks as `GET /api/instances/{id}/logs/follow` does.
#[utoipa::path(
    get,
    path = "",
    params(Wanted),
    responses(
        (status = 101, description = "It goes on as a websocket."),
        (status = 400, description = "The call asks for a websocket, and not as one does."),
        (status = 426, description = "The call asks for no websocket."),
    )
)]
pub(super) async fn follow(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    Params(wanted): Params<Wanted>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let source = Own {
        told: panel.journal.follow(),
        journal: panel.journal.clone(),
        run: RunId((*panel.boot).to_owned()),
        wanted: wanted.follow(),
        at: None,
    };
    log_follow::answer(&panel, &caller, upgrade, source, wanted.window)
}

/// A follower of it.
struct Own {
    journal: Journal,
    told: watch::Receiver<u64>,
    run: RunId,
    wanted: Follow,
    /// The next byte.
    at: Option<u64>,
}

impl Own {
    /// Where the reading begins, and why.
    fn begin(&self) -> (u64, Begun) {
        let of_another = self.wanted.run.as_ref().is_some_and(|run| *run != self.run.0);
        let (start, why) =
            if of_another { (self.wanted.otherwise, Begun::Run) } else { (self.wanted.start, Begun::Start) };
        let offset = match start {
            Start::At(offset) | Start::LineAt(offset) => offset,
            Start::Tail { bytes, lines } => {
                let all = self.journal.read(0, KEPT);
                let shown = usize::try_from(bytes).unwrap_or(KEPT).min(all.bytes.len());
                let from = all.bytes.len() - shown;
                let begins = |at: &usize| *at == 0 || all.bytes.get(at - 1) == Some(&b'\n');
                let mut lines_back = (from..all.bytes.len()).rev().filter(begins);
                let at = lines_back.by_ref().take(lines).last().unwrap_or(all.bytes.len());
                all.start + at as u64
            }
        };
        (offset, why)
    }
}

impl Source for Own {
    async fn next(&mut self, most: u64) -> Result<Piece, NoMore> {
        let most = usize::try_from(most).unwrap_or(CHUNK);
        let (wanted, why) = self.at.map_or_else(|| self.begin(), |at| (at, Begun::Gap));
        let is_first = self.at.is_none();
        let Said { bytes, start, first, end } = self.journal.read(wanted, most);
        let begins = (is_first || start != wanted).then(|| Begins {
            why: if start == wanted { why } else { Begun::Gap },
            run: self.run.clone(),
            number: 0,
            offset: start,
            first,
            end,
        });
        let next = start + bytes.len() as u64;
        self.at = Some(next);
        let over = self.wanted.until.is_some_and(|until| next >= until);
        Ok(Piece { begins, bytes, over, ..Piece::default() })
    }

    async fn more(&mut self) -> Result<(), NoMore> {
        // The sender is the journal, of which this has a copy: it is always there.
        let at = self.at.unwrap_or_default();
        let _ = self.told.wait_for(|end| *end > at).await;
        tokio::time::sleep(MOMENT).await;
        Ok(())
    }
}
