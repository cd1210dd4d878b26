//! Websockets to a server, by the same way as every other call.

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use http::header::AUTHORIZATION;
use http::{HeaderValue, StatusCode};
use rustls_pki_types::ServerName;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};

use super::answer::refusal;
use super::{CONNECTING, Failed, Server, Way, connect};

/// Bytes both ways.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

type Stream = WebSocketStream<Box<dyn Wire>>;

/// A websocket.
pub(in crate::cli) struct Socket {
    sink: SplitSink<Stream, Message>,
    stream: SplitStream<Stream>,
}

/// What comes over it.
#[derive(Debug)]
pub(in crate::cli) enum Heard {
    Bytes(bytes::Bytes),
    Word(Value),
    /// Its end, as the server says it.
    Closed {
        code: u16,
        reason: String,
    },
    /// The connection is gone, without a word.
    Lost,
}

/// Says something over it.
pub(in crate::cli) struct Mouth<'a>(&'a mut SplitSink<Stream, Message>);

/// Hears what comes over it.
pub(in crate::cli) struct Ear<'a>(&'a mut SplitStream<Stream>);

impl Server {
    /// Opens a websocket.
    pub(in crate::cli) async fn websocket(&self, path: &str) -> Result<Socket, Failed> {
        let url = self.url(path)?;
        let address = url.as_str().replacen("http", "ws", 1);
        let mut request = address.into_client_request().map_err(Failed::failure)?;
        if let Some(token) = self.token() {
            let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
                .map_err(|_| Failed::bad_settings("AIKORE_TOKEN holds what no token holds"))?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        let opened = async {
            let wire = self.wire().await?;
            tokio_tungstenite::client_async(request, wire).await.map_err(|error| self.not_opened(error))
        };
        let opened = tokio::time::timeout(CONNECTING, opened).await;
        let (socket, _) = opened.map_err(|_| Failed::no_server("the server does not answer in time"))??;
        let (sink, stream) = socket.split();
        Ok(Socket { sink, stream })
    }

    async fn wire(&self) -> Result<Box<dyn Wire>, Failed> {
        let (base, host) = match &self.way {
            Way::Socket { folder, socket } => {
                let stream = UnixStream::connect(socket.as_path()).await;
                return Ok(Box::new(stream.map_err(|error| connect::nobody(folder, &error))?));
            }
            // A host of IPv6 stands in brackets there, and without them everywhere else.
            Way::Url { base, .. } => (base, base.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned()),
        };
        let port = base.port_or_known_default().unwrap_or(80);
        let unreached = |error: &dyn std::fmt::Display| Failed::no_server(format!("{base} can't be reached: {error}"));
        let stream = TcpStream::connect((host.as_str(), port)).await.map_err(|error| unreached(&error))?;
        // What is typed goes out at once; that it can't be said costs nothing but time.
        let _ = stream.set_nodelay(true);
        if base.scheme() != "https" {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from(host).map_err(|error| unreached(&error))?;
        let stream = TlsConnector::from(connect::trusted()?).connect(name, stream).await;
        Ok(Box::new(stream.map_err(|error| unreached(&error))?))
    }

    fn not_opened(&self, error: tungstenite::Error) -> Failed {
        match error {
            tungstenite::Error::Http(response) => {
                let said = response.body().as_deref().and_then(|body| serde_json::from_slice(body).ok());
                let status = StatusCode::from_u16(response.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
                refusal(status, None, self.token().is_some(), said)
            }
            other => Failed::no_server(format!("the server does not speak with us: {other}")),
        }
    }
}

impl Socket {
    /// Both directions, to be used at once.
    pub(in crate::cli) fn parts(&mut self) -> (Mouth<'_>, Ear<'_>) {
        (Mouth(&mut self.sink), Ear(&mut self.stream))
    }

    /// What comes next.
    pub(in crate::cli) async fn hear(&mut self) -> Heard {
        Ear(&mut self.stream).hear().await
    }

    /// Says goodbye, as far as anybody still listens.
    pub(in crate::cli) async fn close(mut self) {
        let _ = tokio::time::timeout(CONNECTING / 10, self.sink.close()).await;
    }
}

impl Mouth<'_> {
    /// Sends bytes; `None`: nobody is there any more, which the ear hears too.
    pub(in crate::cli) async fn bytes(&mut self, bytes: Vec<u8>) -> Option<()> {
        self.0.send(Message::binary(bytes)).await.ok()
    }

    /// Sends a word.
    pub(in crate::cli) async fn word(&mut self, word: &Value) -> Option<()> {
        self.0.send(Message::text(word.to_string())).await.ok()
    }
}

impl Ear<'_> {
    /// What comes next. May be given up and asked again.
    pub(in crate::cli) async fn hear(&mut self) -> Heard {
        loop {
            return match self.0.next().await {
                Some(Ok(Message::Binary(bytes))) => Heard::Bytes(bytes),
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                    Ok(word) => Heard::Word(word),
                    Err(_) => continue,
                },
                Some(Ok(Message::Close(Some(CloseFrame { code, reason })))) => {
                    Heard::Closed { code: code.into(), reason: reason.to_string() }
                }
                // A ping is answered below us, when we listen on.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Ok(Message::Close(None)) | Err(_)) | None => Heard::Lost,
            };
        }
    }
}
