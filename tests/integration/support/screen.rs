//! A viewer of a desktop: RFB (RFC 6143) over a websocket, by a connection of its own.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

/// Keys that are no letters, as X names them.
const RETURN: u32 = 0xff0d;

pub(crate) struct Viewer {
    socket: WebSocketStream<TcpStream>,
    heard: Vec<u8>,
    /// The screen's size when it was opened.
    pub(crate) size: (u16, u16),
    pub(crate) name: String,
}

impl Viewer {
    /// Opens the screen at this path; what refuses it is its status.
    pub(crate) async fn open(address: SocketAddr, path: &str, fields: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
        for (name, value) in [("sec-websocket-protocol", "binary")].iter().chain(fields) {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let stream = TcpStream::connect(address).await.unwrap();
        let socket = match tokio_tungstenite::client_async(request, stream).await {
            Ok((socket, answer)) => {
                assert_eq!(answer.headers()["sec-websocket-protocol"], "binary");
                socket
            }
            Err(Error::Http(answer)) => return Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        };
        let mut viewer = Self { socket, heard: Vec::new(), size: (0, 0), name: String::new() };
        assert_eq!(viewer.hear(12).await, b"RFB 003.008\n");
        viewer.say(b"RFB 003.008\n").await;
        let kinds = viewer.hear(1).await[0];
        assert!(viewer.hear(kinds.into()).await.contains(&1), "no password of its own: the door is ours");
        viewer.say(&[1]).await;
        assert_eq!(viewer.hear(4).await, [0; 4]);
        viewer.say(&[1]).await;
        let about = viewer.hear(24).await;
        let length = u32::from_be_bytes(about[20..24].try_into().unwrap());
        viewer.size = (u16::from_be_bytes([about[0], about[1]]), u16::from_be_bytes([about[2], about[3]]));
        viewer.name = String::from_utf8(viewer.hear(length as usize).await).unwrap();
        Ok(viewer)
    }

    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        self.socket.send(Message::binary(bytes.to_vec())).await.unwrap();
    }

    async fn hear(&mut self, count: usize) -> Vec<u8> {
        while self.heard.len() < count {
            let message = tokio::time::timeout(Duration::from_secs(10), self.socket.next()).await.expect("silence");
            if let Message::Binary(bytes) = message.expect("the end").unwrap() {
                self.heard.extend(bytes);
            }
        }
        self.heard.drain(..count).collect()
    }

    /// Types a line of ASCII, with Return at its end, into whatever is under the pointer.
    pub(crate) async fn type_line(&mut self, line: &str) {
        for key in line.bytes().map(u32::from).chain([RETURN]) {
            for down in [1, 0] {
                self.say(&[&[4, down, 0, 0][..], &key.to_be_bytes()].concat()).await;
            }
        }
    }

    /// Moves the pointer, and presses its first button if wanted.
    pub(crate) async fn point(&mut self, x: u16, y: u16, pressed: bool) {
        self.say(&[&[5, pressed.into()][..], &x.to_be_bytes(), &y.to_be_bytes()].concat()).await;
    }

    /// Whether the other side has ended it, within some seconds.
    pub(crate) async fn is_ended(&mut self) -> bool {
        let end = async { while let Some(Ok(_)) = self.socket.next().await {} };
        tokio::time::timeout(Duration::from_secs(10), end).await.is_ok()
    }
}
