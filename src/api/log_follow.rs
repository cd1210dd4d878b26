//! A log by websocket. What the client hears, in this order:
//!
//! * `{"begins": {"why", "run", "number", "offset", "first", "end"}}`: the bytes that follow are those of this run from this
//!   offset on; again whenever they don't go on where they ended (`why`: `start`, `run`, `gap`, `cut`).
//! * `{"times": [[offset, Unix milliseconds], …]}`: of lines in the next bytes, if asked for.
//! * Binary messages: the bytes as they were written, cut anywhere.
//! * `{"caught_up": true}`: once, when everything there was has been sent.
//! * `{"gone": "…"}`, `{"fault": "…"}`: sentences.
//!
//! A client that was cut off comes back with its run and offset and misses nothing. It may ask for a window: then it says how
//! many bytes it has taken (`{"taken": n}`), and is never sent more than the window beyond that.

use std::future::Future;
use std::time::Duration;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::Panel;
use super::error::ApiError;
use crate::auth::Caller;
use crate::instances::{LogFollower, NoMore};
use crate::runtime::log::{Follow, Piece, Start};

/// The most that is read at once: all that the server holds of a log for one follower.
const PIECE: u64 = 256 * 1024;

/// How much of its end a log begins with if nobody says.
const TAIL: u64 = 1024 * 1024;

/// So often a silent connection says that it is there: outer proxies cut what is silent for a minute or less.
const PING: Duration = Duration::from_secs(25);

/// How long a client may take to hear that it is over.
const FAREWELL: Duration = Duration::from_secs(5);

/// The longest a client has to say.
const LONGEST: usize = 4096;

/// The close code of an instance that was removed: of those that are free for own use (RFC 6455 §7.4.2).
const REMOVED: u16 = 4410;

/// What is to be followed.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The run that the offset is about; of another one it begins near the end.
    run: Option<String>,
    /// From where on; without it, from near the end.
    offset: Option<u64>,
    /// Begin with a whole line.
    #[serde(default)]
    align: bool,
    /// How near to the end, in bytes.
    tail: Option<u64>,
    /// And in lines.
    lines: Option<usize>,
    /// Not beyond this place.
    until: Option<u64>,
    /// Stay with the run.
    #[serde(default)]
    only: bool,
    /// Say when lines were written.
    #[serde(default)]
    times: bool,
    /// How far ahead of what the client has taken the server may be.
    pub(super) window: Option<u64>,
}

impl Wanted {
    pub(super) fn follow(&self) -> Follow {
        let tail = Start::Tail { bytes: self.tail.unwrap_or(TAIL), lines: self.lines.unwrap_or(usize::MAX) };
        let start = match self.offset {
            Some(offset) if self.align => Start::LineAt(offset),
            Some(offset) => Start::At(offset),
            None => tail,
        };
        let otherwise = if self.tail.is_some() { tail } else { Start::At(0) };
        Follow { run: self.run.clone(), start, otherwise, until: self.until, only: self.only, times: self.times }
    }
}

/// Where the pieces come from.
pub(super) trait Source: Send + 'static {
    /// The next piece, at most so many bytes; an empty one when there is nothing more now. May be given up and asked again.
    fn next(&mut self, most: u64) -> impl Future<Output = Result<Piece, NoMore>> + Send;
    /// Waits until there may be more.
    fn more(&mut self) -> impl Future<Output = Result<(), NoMore>> + Send;
}

impl Source for LogFollower {
    async fn next(&mut self, most: u64) -> Result<Piece, NoMore> {
        Self::next(self, most).await
    }

    async fn more(&mut self) -> Result<(), NoMore> {
        Self::more(self).await
    }
}

/// Opens the websocket. Its task ends with the client, with whoever opened it, with the server, or with the source: whichever
/// is first, and each is waited for in it.
pub(super) fn answer(
    panel: &Panel,
    caller: &Caller,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    source: impl Source,
    window: Option<u64>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|_| {
        ApiError::new(
            StatusCode::UPGRADE_REQUIRED,
            "This address is a websocket. A log is read piece by piece without one at …/logs?offset=.",
        )
    })?;
    let (closing, ended) = (panel.closing.clone(), caller.ended().cloned().unwrap_or_default());
    let upgrade = upgrade.max_message_size(LONGEST).max_frame_size(LONGEST);
    // Served by a task that the end of the server waits for; a client that fails to upgrade drops the sender.
    let (sender, receiver) = oneshot::channel();
    panel.followers.spawn("a follower of a log", async move {
        if let Ok(socket) = receiver.await {
            serve(socket, source, window, closing, ended).await;
        }
    });
    Ok(upgrade.on_upgrade(|socket| async move {
        // An error means that the server is gone.
        let _ = sender.send(socket);
    }))
}

async fn serve(
    mut socket: WebSocket,
    mut source: impl Source,
    window: Option<u64>,
    closing: CancellationToken,
    ended: CancellationToken,
) {
    let farewell = tokio::select! {
        biased;
        () = closing.cancelled() => Some((close_code::AWAY, "AiKore is closing.".to_owned())),
        () = ended.cancelled() => Some((close_code::POLICY, "The login this was opened with has ended.".to_owned())),
        farewell = talk(&mut socket, &mut source, window) => farewell,
    };
    let Some((code, reason)) = farewell else { return };
    let frame = CloseFrame { code, reason: shortened(&reason).into() };
    // Whoever does not take it will see that the connection is gone.
    let _ = tokio::time::timeout(FAREWELL, socket.send(Message::Close(Some(frame)))).await;
}

/// Sends pieces and hears what was taken, until one side has enough. `None`: the client has gone.
async fn talk(socket: &mut WebSocket, source: &mut impl Source, window: Option<u64>) -> Option<(u16, String)> {
    let mut ping = tokio::time::interval_at(tokio::time::Instant::now() + PING, PING);
    let (mut sent, mut taken) = (0_u64, 0_u64);
    let (mut is_waiting, mut caught_up) = (false, false);
    loop {
        let room = window.map_or(PIECE, |window| window.max(1).saturating_sub(sent - taken).min(PIECE));
        tokio::select! {
            heard = socket.recv() => match heard?.ok()? {
                Message::Text(text) => match taken_of(&text) {
                    Some(count) if (taken..=sent).contains(&count) => taken = count,
                    _ => return Some((close_code::INVALID, "Only {\"taken\": n} is understood here.".to_owned())),
                },
                Message::Close(_) => return None,
                _ => {}
            },
            // Also without a word: nothing that was written stays unseen because a word of it was lost.
            _ = ping.tick() => {
                is_waiting = false;
                socket.send(Message::Ping("aikore".into())).await.ok()?;
            }
            step = step(source, is_waiting, room), if room > 0 => match step {
                Ok(None) => is_waiting = false,
                Ok(Some(piece)) => {
                    is_waiting = piece.bytes.is_empty();
                    sent += piece.bytes.len() as u64;
                    let over = piece.over;
                    tell(socket, piece).await?;
                    if is_waiting && !caught_up {
                        caught_up = true;
                        say(socket, &json!({ "caught_up": true })).await?;
                    }
                    if over {
                        return Some((close_code::NORMAL, "That was all of it.".to_owned()));
                    }
                }
                Err(NoMore::Removed(name)) => return Some((REMOVED, format!("{name} was deleted, and its log with it."))),
                Err(NoMore::Unreadable(why)) => {
                    say(socket, &json!({ "fault": why })).await?;
                    return Some((close_code::ERROR, why));
                }
            },
        }
    }
}

async fn step(source: &mut impl Source, is_waiting: bool, room: u64) -> Result<Option<Piece>, NoMore> {
    if is_waiting {
        return source.more().await.map(|()| None);
    }
    source.next(room).await.map(Some)
}

async fn tell(socket: &mut WebSocket, piece: Piece) -> Option<()> {
    if let Some(begins) = piece.begins {
        say(socket, &json!({ "begins": begins })).await?;
    }
    if piece.gone {
        let gone = "The log is not there any more: its files were removed. It begins anew with the next start.";
        say(socket, &json!({ "gone": gone })).await?;
    }
    if !piece.times.is_empty() {
        say(socket, &json!({ "times": piece.times })).await?;
    }
    if !piece.bytes.is_empty() {
        socket.send(Message::Binary(piece.bytes.into())).await.ok()?;
    }
    Some(())
}

async fn say(socket: &mut WebSocket, what: &Value) -> Option<()> {
    socket.send(Message::Text(what.to_string().into())).await.ok()
}

/// How much the client has taken.
fn taken_of(text: &str) -> Option<u64> {
    serde_json::from_str::<Value>(text).ok()?.get("taken")?.as_u64()
}

/// As much of a reason as fits into a closing frame (RFC 6455 §5.5).
fn shortened(reason: &str) -> &str {
    reason.get(..reason.floor_char_boundary(123)).unwrap_or(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for() {
        let follow = |wanted: Wanted| wanted.follow().start;
        let wanted = Wanted::default;
        assert_eq!(follow(wanted()), Start::Tail { bytes: TAIL, lines: usize::MAX });
        assert_eq!(follow(Wanted { offset: Some(7), tail: Some(9), ..wanted() }), Start::At(7));
        assert_eq!(follow(Wanted { offset: Some(7), align: true, ..wanted() }), Start::LineAt(7));
        let tail = Start::Tail { bytes: 9, lines: 5 };
        let resumed = Wanted { offset: Some(7), tail: Some(9), lines: Some(5), ..wanted() }.follow();
        assert_eq!((resumed.start, resumed.otherwise), (Start::At(7), tail));
    }

    #[test]
    fn what_a_client_says_and_hears() {
        assert_eq!(taken_of(r#"{"taken": 12}"#), Some(12));
        for odd in ["", "{", "12", r#"{"taken": -1}"#, r#"{"taken": "12"}"#] {
            assert_eq!(taken_of(odd), None, "{odd}");
        }
        assert_eq!(shortened(&"ü".repeat(100)).len(), 122);
        assert_eq!(shortened("short"), "short");
    }
}
