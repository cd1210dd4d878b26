//! A client of a terminal, in the older form or attached to a session.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};

use super::{Client, Server};

/// What a terminal says.
#[derive(Debug)]
pub(crate) enum Said {
    Output(Vec<u8>),
    Word(Value),
    Closed(Option<u16>),
}

pub(crate) struct Shell {
    pub(crate) socket: WebSocketStream<TcpStream>,
    /// The place of the next byte, where that is told.
    pub(crate) place: u64,
    /// Whether what was read is said to be read.
    pub(crate) acknowledges: bool,
    /// Everything heard and not yet looked at.
    heard: Vec<u8>,
}

impl Shell {
    pub(crate) async fn try_open(client: Client, path: &str, fields: &[(&str, &str)]) -> Result<Self, u16> {
        let mut request = format!("ws://{}{path}", client.address).into_client_request().unwrap();
        if let Some(token) = client.token {
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        for (name, value) in fields {
            request
                .headers_mut()
                .insert(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        let stream = TcpStream::connect(client.address).await.unwrap();
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        match tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await {
            Ok((socket, _)) => Ok(Self { socket, place: 0, acknowledges: false, heard: Vec::new() }),
            Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(other) => panic!("{path}: {other}"),
        }
    }

    /// A shell of its own.
    pub(crate) async fn alone(server: &Server, id: i64) -> Self {
        Self::try_open(server.client, &format!("/api/instances/{id}/terminal"), &[]).await.unwrap()
    }

    /// Attached to a session, and its first word.
    pub(crate) async fn attach(server: &Server, id: i64, session: &str, offset: Option<u64>) -> (Self, Value) {
        let offset = offset.map_or_else(String::new, |offset| format!("&offset={offset}"));
        let path = format!("/api/instances/{id}/terminal?session={session}{offset}");
        let mut shell = Self::try_open(server.client, &path, &[]).await.unwrap();
        shell.acknowledges = true;
        let Said::Word(word) = shell.next().await else { panic!("no greeting") };
        assert_eq!(word["type"], "attached", "{word}");
        shell.place = word["offset"].as_u64().unwrap();
        (shell, word)
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// Types, in the form of this connection.
    pub(crate) async fn type_in(&mut self, text: &str) {
        let message =
            if self.acknowledges { Message::binary(text.as_bytes().to_vec()) } else { Message::text(text.to_owned()) };
        self.send(message).await;
    }

    pub(crate) async fn next(&mut self) -> Said {
        // Pings are no word.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        loop {
            let message = tokio::time::timeout_at(deadline, self.socket.next()).await.expect("silence");
            match message {
                Some(Ok(Message::Binary(bytes))) => {
                    self.place += bytes.len() as u64;
                    if self.acknowledges {
                        let word = json!({ "type": "ack", "offset": self.place }).to_string();
                        self.send(Message::text(word)).await;
                    }
                    return Said::Output(bytes.to_vec());
                }
                Some(Ok(Message::Text(text))) => {
                    return Said::Word(serde_json::from_str(&text).unwrap_or(json!(text.to_string())));
                }
                Some(Ok(Message::Close(frame))) => return Said::Closed(frame.map(|frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Said::Closed(None),
            }
        }
    }

    /// Reads until this was printed, and gives everything up to its end.
    pub(crate) async fn until(&mut self, wanted: &str) -> String {
        let mut from = 0;
        loop {
            let found = self.heard.get(from..).unwrap_or_default();
            let found = found.windows(wanted.len()).position(|part| part == wanted.as_bytes()).map(|at| at + from);
            if let Some(at) = found {
                let rest = self.heard.split_off(at + wanted.len());
                return String::from_utf8_lossy(&std::mem::replace(&mut self.heard, rest)).into_owned();
            }
            from = self.heard.len().saturating_sub(wanted.len());
            match self.next().await {
                Said::Output(bytes) => self.heard.extend(bytes),
                Said::Word(word) if word["type"] == "typed" => {}
                other => panic!("{other:?} instead of {wanted:?} after {:?}", String::from_utf8_lossy(&self.heard)),
            }
        }
    }

    /// What a command prints, between marks that its own line does not hold.
    pub(crate) async fn run(&mut self, command: &str) -> String {
        self.type_in(&format!("echo be''gin; {command}; echo en''d\r")).await;
        self.until("begin\r\n").await;
        let text = self.until("end\r\n").await;
        text.strip_suffix("end\r\n").unwrap().trim_end().to_owned()
    }

    /// Takes what was heard and not looked at.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.heard)
    }

    /// Reads to the close frame; gives its code, and the last word before it.
    pub(crate) async fn close_code(&mut self) -> (Option<u16>, Option<Value>) {
        let mut last = None;
        loop {
            match self.next().await {
                Said::Closed(code) => return (code, last),
                Said::Word(word) if word["type"] != "typed" => last = Some(word),
                _ => {}
            }
        }
    }
}

impl Server {
    /// Opens a session that stays; gives its id.
    pub(crate) async fn terminal(&self, id: i64) -> String {
        let answer = self.client.post(&format!("/api/instances/{id}/terminals"), &json!({})).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn terminals(&self, id: i64) -> Value {
        self.client.get(&format!("/api/instances/{id}/terminals")).await.json()
    }

    pub(crate) async fn end_terminal(&self, id: i64, session: &str) -> StatusCode {
        self.client.call(Method::DELETE, &format!("/api/instances/{id}/terminals/{session}"), None).await.status
    }
}
