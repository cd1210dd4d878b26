//! `WS /api/instances/{id}/terminal`. Without a query the form of the earlier system (compat.md §3): a shell of its own that ends
//! with the connection. With `?session=` one attaches to a session, and may say where one had left off (`&offset=`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Extension, State};
use axum::response::Response;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use serde::Deserialize;
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;

use super::super::error::ApiError;
use super::super::json::{Id, Params};
use super::super::{Panel, Seen};
use super::wire::{self, FromClient, ToClient};
use crate::auth::Caller;
use crate::domain::{InstanceId, Timestamp};
use crate::instances::Error;
use crate::store::AuditEntry;
use crate::terminal::{Acknowledge, Attachment, Begin, Ended, Piece, Session, Typing};

/// A ping this often: outer proxies cut what is silent for a minute or less. Whoever did not answer the one before is gone.
const PING: Duration = Duration::from_secs(25);
/// A client may take so long for one message.
const SENDING: Duration = Duration::from_secs(60);
/// And so long to say goodbye.
const FAREWELL: Duration = Duration::from_secs(3);
/// The longest message: a paste comes in one piece in the older form.
const LONGEST: usize = 16 << 20;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Wanted {
    /// Which terminal; without one a new one is opened that ends with the connection.
    session: Option<String>,
    /// What of its output was seen, in bytes since it was opened: what follows is sent.
    offset: Option<u64>,
}

/// Use a terminal.
///
/// A websocket. With `session`: binary messages are what is printed and typed; texts are JSON, `attached`, `gap`,
/// `typed` and `ended` from the server, `resize` (`rows`, `cols`), `ack` (`offset`) and `end` from the client
/// (docs/terminals.md). Without it, the form of the earlier system: texts both ways, and the shell ends with the
/// connection.
#[utoipa::path(
    get,
    path = "",
    params(Wanted),
    responses(
        (status = 101, description = "It goes on as a websocket."),
        (status = 400, description = "The call asks for no websocket."),
        (status = 404, description = "There is no such instance, or no such terminal."),
        (status = 426, description = "The connection can't become a websocket."),
        (status = 503, description = "There are as many as can be."),
    )
)]
pub(in crate::api) async fn open(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    Extension(seen): Extension<Seen>,
    Id(id): Id,
    Params(wanted): Params<Wanted>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|rejection| {
        ApiError::new(rejection.status(), format!("This address speaks websockets: {}.", rejection.body_text()))
    })?;
    let client = match &wanted.session {
        Some(session) => {
            let session = panel.instances.terminal(id, session)?;
            let from = wanted.offset.map_or(Begin::Start, Begin::Place);
            Ok(Client::of_session(&session, wanted.offset, Attachment::new(&session, from)))
        }
        None => {
            let opened = panel.instances.open_passing_terminal(id).await;
            write_down(&panel, id, &caller, &seen, opened.is_ok());
            match opened {
                Ok(session) => Ok(Client::alone(&session)),
                // So the older form has it: the reason is printed.
                Err(Error::Failed(why)) => Err(why),
                Err(other) => return Err(other.into()),
            }
        }
    };
    let ended = caller.ended().cloned().unwrap_or_default();
    let closing = panel.closing.clone();
    // Served by a task that is waited for; a client that fails to upgrade drops the sender.
    let (sender, receiver) = oneshot::channel();
    panel.instances.serve_terminal(async move {
        let Ok(socket) = receiver.await else { return };
        match client {
            Ok(client) => client.serve(socket, &ended, &closing).await,
            Err(why) => refuse(socket, &why).await,
        }
    });
    let upgrade = upgrade.max_message_size(LONGEST).max_frame_size(LONGEST);
    Ok(upgrade.on_upgrade(|socket| async move {
        // An error means that the server is gone.
        let _ = sender.send(socket);
    }))
}

/// A shell that is opened changes something, though by the method it is a question.
fn write_down(panel: &Panel, id: InstanceId, caller: &Caller, seen: &Seen, opened: bool) {
    panel.audit.write(AuditEntry {
        id: 0,
        at: Timestamp::of(SystemTime::now()),
        actor: caller.name(),
        address: seen.address.to_canonical().to_string(),
        action: "instance.terminal".to_owned(),
        target: panel.instances.get(id).ok().map(|instance| instance.chosen.name.to_string()),
        detail: None,
        status: if opened { 101 } else { 500 },
    });
}

async fn refuse(mut socket: WebSocket, why: &str) {
    let text = format!("\x1b[31m{why}\x1b[0m\r\n");
    let _ = timeout(FAREWELL, async {
        socket.send(Message::Text(text.into())).await?;
        socket.send(Message::Close(Some(CloseFrame { code: close_code::ERROR, reason: "no shell".into() }))).await
    })
    .await;
}

/// Somebody at the other end of a websocket.
struct Client {
    session: Arc<Session>,
    attachment: Attachment,
    typing: Typing,
    acknowledge: Acknowledge,
    /// What is said first; in the older form nothing is said.
    greeting: Option<Message>,
    /// The session ends with the connection.
    is_alone: bool,
    /// It was heard of since the last ping.
    heard: AtomicBool,
}

/// Why a connection ends, as its close frame says it.
type Farewell = (u16, &'static str);

impl Client {
    fn alone(session: &Arc<Session>) -> Self {
        let attachment = Attachment::new(session, Begin::Start);
        Self::new(session, attachment, None, true)
    }

    fn of_session(session: &Arc<Session>, wanted: Option<u64>, attachment: Attachment) -> Self {
        let offset = attachment.position();
        let greeting = say(&ToClient::Attached {
            session: &session.id,
            name: &session.name(),
            offset,
            end: attachment.end(),
            reset: wanted != Some(offset),
        });
        Self::new(session, attachment, Some(greeting), false)
    }

    fn new(session: &Arc<Session>, attachment: Attachment, greeting: Option<Message>, is_alone: bool) -> Self {
        Self {
            session: Arc::clone(session),
            typing: session.typing(),
            acknowledge: attachment.acknowledge(),
            attachment,
            greeting,
            is_alone,
            heard: AtomicBool::new(true),
        }
    }

    async fn serve(mut self, socket: WebSocket, ended: &CancellationToken, closing: &CancellationToken) {
        let (mut sink, mut stream) = socket.split();
        let is_cut = self.attachment.cut();
        let farewell = {
            let Self { session, attachment, typing, acknowledge, greeting, is_alone, heard } = &mut self;
            let listening = Listening { session, typing, acknowledge, heard, is_alone: *is_alone };
            let typed = typing.done();
            let telling = Telling { attachment, acknowledge, typed, heard, is_alone: *is_alone };
            tokio::select! {
                farewell = listening.listen(&mut stream) => farewell,
                farewell = telling.tell(&mut sink, greeting.take()) => farewell,
                () = is_cut => Some((close_code::POLICY, "too slow")),
                () = ended.cancelled() => Some((close_code::POLICY, "logged out")),
                () = closing.cancelled() => Some((close_code::AWAY, "the server stops")),
            }
        };
        if self.is_alone {
            self.session.end();
        }
        // Nobody waits for whoever says goodbye.
        drop(self);
        let Some((code, reason)) = farewell else { return };
        let goodbye = async {
            let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
            if sink.send(Message::Close(Some(frame))).await.is_ok() {
                // Until it has answered: a connection that is dropped before may lose what was sent last.
                while let Some(Ok(_)) = stream.next().await {}
            }
        };
        let _ = timeout(FAREWELL, goodbye).await;
    }
}

/// What comes in.
struct Listening<'a> {
    session: &'a Arc<Session>,
    typing: &'a Typing,
    acknowledge: &'a Acknowledge,
    heard: &'a AtomicBool,
    is_alone: bool,
}

impl Listening<'_> {
    /// Until the client goes, or says what nobody understands.
    async fn listen(self, stream: &mut (impl Stream<Item = Result<Message, axum::Error>> + Unpin)) -> Option<Farewell> {
        while let Some(Ok(message)) = stream.next().await {
            self.heard.store(true, Ordering::Relaxed);
            match (message, self.is_alone) {
                (Message::Close(_), _) => return Some((close_code::NORMAL, "")),
                (Message::Ping(_) | Message::Pong(_), _) => {}
                (Message::Text(text), true) => match wire::resize(&text) {
                    Some(size) => self.session.resize(size),
                    None => self.typing.type_in(text.into()).await,
                },
                (Message::Binary(_), true) => return Some((close_code::UNSUPPORTED, "text is typed here")),
                (Message::Binary(bytes), false) => self.typing.type_in(bytes).await,
                (Message::Text(text), false) => match serde_json::from_str(&text) {
                    Ok(FromClient::Resize { rows, cols }) => {
                        if let Some(size) = crate::terminal::Size::new(rows, cols) {
                            self.session.resize(size);
                        }
                    }
                    Ok(FromClient::Ack { offset }) => self.acknowledge.up_to(offset),
                    Ok(FromClient::End) => self.typing.end(),
                    Err(_) => return Some((close_code::INVALID, "not understood")),
                },
            }
        }
        None
    }
}

/// What goes out.
struct Telling<'a> {
    attachment: &'a mut Attachment,
    acknowledge: &'a Acknowledge,
    typed: tokio::sync::watch::Receiver<u64>,
    heard: &'a AtomicBool,
    is_alone: bool,
}

impl Telling<'_> {
    /// Until there is nothing more to say, or nobody takes it.
    async fn tell(
        mut self,
        sink: &mut (impl Sink<Message, Error = axum::Error> + Unpin),
        greeting: Option<Message>,
    ) -> Option<Farewell> {
        if let Some(greeting) = greeting {
            send(sink, greeting).await?;
        }
        let mut place = self.attachment.position();
        let mut pings = interval_at(Instant::now() + PING, PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                piece = self.attachment.next() => match piece {
                    Piece::Output(from, bytes) => {
                        if from != place && !self.is_alone {
                            send(sink, say(&ToClient::Gap { offset: from })).await?;
                        }
                        place = from + bytes.len() as u64;
                        send(sink, Message::Binary(bytes)).await?;
                        if self.is_alone {
                            // It says nothing itself: what its connection has taken it has had.
                            self.acknowledge.up_to(place);
                        }
                    }
                    Piece::Ended(ended) => {
                        if !self.is_alone {
                            send(sink, over(ended)).await?;
                        }
                        return Some((close_code::NORMAL, ""));
                    }
                    Piece::Cut => return Some((close_code::POLICY, "too slow")),
                },
                Ok(()) = self.typed.changed(), if !self.is_alone => {
                    let total = *self.typed.borrow_and_update();
                    send(sink, say(&ToClient::Typed { total })).await?;
                }
                _ = pings.tick() => {
                    if !self.heard.swap(false, Ordering::Relaxed) {
                        return Some((close_code::POLICY, "no answer"));
                    }
                    send(sink, Message::Ping(bytes::Bytes::new())).await?;
                }
            }
        }
    }
}

/// `None`: it can't be sent, or not in time.
async fn send(sink: &mut (impl Sink<Message, Error = axum::Error> + Unpin), message: Message) -> Option<()> {
    timeout(SENDING, sink.send(message)).await.ok()?.ok()
}

fn over(ended: Ended) -> Message {
    let (why, code, signal) = match ended {
        Ended::Exit { code, signal } => ("exit", code, signal),
        Ended::Asked => ("asked", None, None),
        Ended::Idle => ("idle", None, None),
    };
    say(&ToClient::Ended { why, code, signal })
}

fn say(word: &ToClient<'_>) -> Message {
    // Plain words and numbers: they always are JSON.
    Message::Text(serde_json::to_string(word).unwrap_or_default().into())
}
