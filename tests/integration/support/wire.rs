//! A connection on which a test says every byte itself, and sees how it ends.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// No single step of a test takes longer.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) struct Wire<S = TcpStream> {
    pub(crate) stream: S,
    buffer: Vec<u8>,
}

/// An answer, as far as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// In lower case.
    pub(crate) head: String,
    pub(crate) body: String,
    /// Whether the body came to its end.
    pub(crate) whole: bool,
}

impl Wire {
    pub(crate) async fn to(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }

    /// Opens a websocket, or what a proxy takes for one. What is said `behind` goes out with the handshake.
    pub(crate) async fn tunnel(address: SocketAddr, path: &str, behind: &[u8]) -> Self {
        let mut wire = Self::to(address).await;
        wire.switch(path, behind).await;
        wire
    }

    /// Leaves without a goodbye: the other side gets a reset.
    pub(crate) fn reset(self) {
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(crate) fn over(stream: S) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    pub(crate) async fn switch(&mut self, path: &str, behind: &[u8]) {
        let mut handshake = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        .into_bytes();
        handshake.extend(behind);
        self.send(handshake).await;
        let head = self.head().await.expect("no answer to a handshake");
        assert!(head.starts_with("http/1.1 101"), "{head}");
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = tokio::time::timeout(PATIENCE, self.stream.write_all(bytes.as_ref())).await;
        sent.expect("nobody reads").unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Says it has no more to say, and listens on.
    pub(crate) async fn end(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// Reads some more; false at the end, whichever way it comes.
    async fn more(&mut self) -> bool {
        let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await;
        read.expect("silence").is_ok_and(|read| read > 0)
    }

    /// The head of an answer, in lower case.
    pub(crate) async fn head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
                return Some(String::from_utf8_lossy(&head).to_lowercase());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// So many bytes, or what there is.
    pub(crate) async fn take(&mut self, length: usize) -> Vec<u8> {
        while self.buffer.len() < length && self.more().await {}
        self.buffer.drain(..length.min(self.buffer.len())).collect()
    }

    /// Everything up to the end.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.buffer)
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|bytes| bytes == b"\r\n") {
                let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return Some(String::from_utf8_lossy(&line).trim().to_owned());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// Asks, and reads what comes.
    pub(crate) async fn ask(&mut self, method: &str, path: &str, fields: &str, body: &[u8]) -> Option<Reply> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n").into_bytes();
        request.extend(body);
        self.send(request).await;
        self.answer(method).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.ask("GET", path, "", b"").await.unwrap_or_else(|| panic!("no answer to {path}"))
    }

    /// The next answer; `None` if the connection ends instead.
    pub(crate) async fn answer(&mut self, method: &str) -> Option<Reply> {
        let head = self.head().await?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{head}"));
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let (length, coding) = (field("content-length:").map(str::to_owned), field("transfer-encoding:").is_some());
        let (body, whole) = if method == "HEAD" || [101, 204, 304].contains(&status) {
            (Vec::new(), true)
        } else if coding {
            self.chunks().await
        } else if let Some(length) = length {
            let length = length.parse().unwrap();
            let body = self.take(length).await;
            let whole = body.len() == length;
            (body, whole)
        } else {
            (self.rest().await, true)
        };
        Some(Reply { status, head, body: String::from_utf8_lossy(&body).into_owned(), whole })
    }

    /// The rest of a chunked body: whether it came to its end.
    pub(crate) async fn answer_body_ends_well(&mut self) -> bool {
        self.chunks().await.1
    }

    async fn chunks(&mut self) -> (Vec<u8>, bool) {
        let mut body = Vec::new();
        loop {
            let Some(size) = self.line().await else { return (body, false) };
            let size = usize::from_str_radix(&size, 16).unwrap_or_else(|_| panic!("no size of a chunk: {size}"));
            if size == 0 {
                while let Some(line) = self.line().await {
                    if line.is_empty() {
                        return (body, true);
                    }
                }
                return (body, false);
            }
            let data = self.take(size + 2).await;
            body.extend(data.iter().take(size));
            if data.len() < size + 2 {
                return (body, false);
            }
        }
    }
}
