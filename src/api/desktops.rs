//! The desktops of instances in persistent mode: what they are made of here, a picture, and the screen itself, as a websocket that
//! speaks RFB with whoever draws it.

use std::path::Path;

use axum::Json;
use axum::body::Body;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Extension, Path as InPath, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use futures_util::{SinkExt, Stream, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::oneshot;
use tokio::time::{Duration, Instant, MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::Panel;
use super::error::ApiError;
use super::instances::by_slug;
use super::json::{Id, Params};
use crate::auth::Caller;
use crate::domain::{Access, DesktopEngine, Screen};
use crate::runtime::desktop::rfb::OnlyLooks;
use crate::runtime::socket_path::SocketPath;

/// A ping this often: outer proxies cut what is silent for a minute or less, and a screen can stand still for hours.
const PING: Duration = Duration::from_secs(25);
/// A viewer may take so long for one piece.
const SENDING: Duration = Duration::from_secs(60);
/// And so long to say goodbye.
const FAREWELL: Duration = Duration::from_secs(3);
/// How much of the screen's stream is sent at once.
const PIECE: usize = 64 * 1024;
/// The longest message of a viewer: a clipboard.
const LONGEST: usize = 16 << 20;
/// The widest picture, in pixels.
const WIDEST: u32 = 1280;
/// How wide a picture is if nobody says.
const USUAL: u32 = 320;

/// What desktops are made of on this machine.
#[derive(Serialize, ToSchema)]
#[schema(as = DesktopMeans)]
pub(super) struct MeansView {
    engine: Option<DesktopEngine>,
    /// The browser that shows web UIs on a desktop.
    browser: Option<String>,
    /// Who draws: a sentence.
    acceleration: Option<String>,
    /// What to install before persistent mode can be had; `None`: it can.
    missing: Option<String>,
}

/// Find out whether there are desktops.
///
/// What persistent mode uses on this machine, or what has to be installed before.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The means.", body = MeansView),
    )
)]
pub(super) async fn means(State(panel): State<Panel>) -> Result<Response, ApiError> {
    let view = match panel.instances.desktop_means().await?.tools {
        Ok(tools) => MeansView {
            engine: Some(tools.engine.kind),
            browser: tools.browser.map(|browser| browser.name()),
            acceleration: Some(tools.engine.acceleration()),
            missing: None,
        },
        Err(missing) => MeansView { engine: None, browser: None, acceleration: None, missing: Some(missing) },
    };
    Ok(Json(view).into_response())
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Pixels: 320 unless said, 1280 at most. The height follows.
    width: Option<u32>,
}

/// Look at a desktop.
///
/// A small picture of the screen of an instance in persistent mode, as it is now.
#[utoipa::path(
    get,
    path = "",
    params(Wanted),
    responses(
        (status = 200, description = "The picture.", body = Vec<u8>, content_type = "image/png"),
        (status = 404, description = "There is no such instance."),
        (status = 409, description = "It has no screen now."),
    )
)]
pub(super) async fn picture(
    State(panel): State<Panel>,
    Id(id): Id,
    Params(wanted): Params<Wanted>,
) -> Result<Response, ApiError> {
    let width = wanted.width.unwrap_or(USUAL).clamp(1, WIDEST);
    let png = panel.instances.desktop_picture(id, width).await?;
    let mut response = Response::new(Body::from(png));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("image/png"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Use a desktop.
///
/// A websocket that speaks RFB (what VNC viewers speak, binary messages in both directions) with the screen of a
/// running instance in persistent mode. Who may only look is heard no further than that takes. It closes with 1001
/// when the screen or the server goes, with 1008 when the login ends.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 101, description = "It goes on as a websocket."),
        (status = 400, description = "The call asks for no websocket."),
        (status = 404, description = "There is no such instance."),
        (status = 426, description = "The connection can't become a websocket."),
        (status = 503, description = "It has no screen now."),
    )
)]
pub(super) async fn screen(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    InPath(slug): InPath<String>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|rejection| {
        ApiError::new(rejection.status(), format!("This address speaks websockets: {}.", rejection.body_text()))
    })?;
    let gone = || ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "It has no screen now.");
    let instance = by_slug(&panel, &slug)?;
    let Some(Screen::Socket(path)) = instance.desktop.as_ref().map(|desktop| &desktop.screen) else {
        return Err(gone());
    };
    let screen = connect(path).await.map_err(|_| gone())?;
    let only_looks = instance.chosen.access != Access::Public && caller.only_looks(instance.id);
    let ended = caller.ended().cloned().unwrap_or_default();
    let closing = panel.closing.clone();
    // Served by a task that is waited for; a client that fails to upgrade drops the sender.
    let (sender, receiver) = oneshot::channel();
    panel.followers.spawn("viewer of a desktop", async move {
        if let Ok(socket) = receiver.await {
            join(socket, screen, only_looks.then(OnlyLooks::default), &ended, &closing).await;
        }
    });
    let upgrade = upgrade.protocols(["binary"]).max_message_size(LONGEST).max_frame_size(LONGEST);
    Ok(upgrade.on_upgrade(|socket| async move {
        // An error means that the server is gone.
        let _ = sender.send(socket);
    }))
}

async fn connect(path: &Path) -> std::io::Result<UnixStream> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Err(std::io::ErrorKind::InvalidInput.into());
    };
    let path = SocketPath::new(folder, name)?;
    UnixStream::connect(path.as_path()).await
}

/// Passes on what either says until one of them goes.
async fn join(
    socket: WebSocket,
    screen: UnixStream,
    filter: Option<OnlyLooks>,
    ended: &CancellationToken,
    closing: &CancellationToken,
) {
    let (mut sink, mut stream) = socket.split();
    let (from_screen, to_screen) = screen.into_split();
    let (code, reason) = tokio::select! {
        farewell = listen(&mut stream, to_screen, filter) => farewell,
        farewell = show(from_screen, &mut sink) => farewell,
        () = ended.cancelled() => (close_code::POLICY, "logged out"),
        () = closing.cancelled() => (close_code::AWAY, "the server stops"),
    };
    let goodbye = async {
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        if sink.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = stream.next().await {}
        }
    };
    let _ = timeout(FAREWELL, goodbye).await;
}

/// Why a connection ends, as its close frame says it.
type Farewell = (u16, &'static str);

/// From the viewer to the screen.
async fn listen(
    stream: &mut (impl Stream<Item = Result<Message, axum::Error>> + Unpin),
    mut screen: OwnedWriteHalf,
    mut filter: Option<OnlyLooks>,
) -> Farewell {
    while let Some(Ok(message)) = stream.next().await {
        let said = match message {
            Message::Binary(said) => said,
            Message::Close(_) => break,
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Text(_) => return (close_code::UNSUPPORTED, "RFB is binary"),
        };
        let written = match &mut filter {
            None => screen.write_all(&said).await,
            Some(filter) => match filter.pass(&said) {
                Ok(passed) => screen.write_all(&passed).await,
                Err(_) => return (close_code::INVALID, "not understood"),
            },
        };
        if written.is_err() {
            return (close_code::AWAY, "the screen is gone");
        }
    }
    (close_code::NORMAL, "")
}

/// From the screen to the viewer, at the viewer's pace.
async fn show(mut screen: OwnedReadHalf, sink: &mut (impl SinkExt<Message> + Unpin)) -> Farewell {
    let mut ping = interval_at(Instant::now() + PING, PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(PIECE);
        let message = tokio::select! {
            read = screen.read_buf(&mut buffer) => match read {
                Ok(0) | Err(_) => return (close_code::AWAY, "the screen is gone"),
                Ok(_) => Message::Binary(buffer.split().freeze()),
            },
            _ = ping.tick() => Message::Ping(bytes::Bytes::new()),
        };
        match timeout(SENDING, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return (close_code::NORMAL, ""),
            Err(_) => return (close_code::POLICY, "too slow"),
        }
    }
}
