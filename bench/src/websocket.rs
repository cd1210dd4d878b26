//! Websockets as bytes: the handshake with fixed words, and frames. No proxy under test looks into a frame, so nothing
//! here is more than a correct endpoint needs.

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use crate::failure::{Context, Failure, Result};
use crate::http1::{AnswerHead, Reader};

/// The example of RFC 6455, section 1.3: every handshake uses it, so that nobody has to hash.
pub(crate) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// The payload of a frame of the bulk source.
pub(crate) const BULK_PAYLOAD: usize = 64 * 1024;

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHead {
    /// How long the head is.
    pub(crate) length: usize,
    /// How long the payload is.
    pub(crate) payload: usize,
    /// What the payload is masked with.
    pub(crate) mask: Option<[u8; 4]>,
}

impl FrameHead {
    /// Reads a head; `None` while it isn't complete.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
        if first != 0x82 {
            return Err(Failure::new(format!("a frame begins with {first:#x}: only whole binary messages are spoken")));
        }
        let (size, payload) = match (second & 0x7f, rest) {
            (126, [a, b, ..]) => (2, usize::from(u16::from_be_bytes([*a, *b]))),
            (127, [0, 0, 0, 0, a, b, c, d, ..]) => (8, u32::from_be_bytes([*a, *b, *c, *d]) as usize),
            (127, long) if long.len() >= 8 => return Err(Failure::new("a frame of more than 4 GB")),
            (126 | 127, _) => return Ok(None),
            (short, _) => (0, usize::from(short)),
        };
        if second & 0x80 == 0 {
            return Ok(Some(Self { length: 2 + size, payload, mask: None }));
        }
        let mask = rest.get(size..size + 4).and_then(|mask| mask.try_into().ok());
        Ok(mask.map(|mask| Self { length: 6 + size, payload, mask: Some(mask) }))
    }
}

/// A binary message. A client's is masked, as it must be: with zeros, which cost nothing to apply.
pub(crate) fn message(payload: &[u8], from_client: bool) -> Vec<u8> {
    let masked = if from_client { 0x80 } else { 0 };
    let length = payload.len();
    let mut frame = vec![0x82];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..126), _) => frame.push(masked | short),
        (_, Ok(medium)) => {
            frame.push(masked | 126);
            frame.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            frame.push(masked | 127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    if from_client {
        frame.extend_from_slice(&[0; 4]);
    }
    frame.extend_from_slice(payload);
    frame
}

/// What a client sends to open one.
pub(crate) fn handshake(host: &str, path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    )
}

/// What a server answers.
pub(crate) fn accept() -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {ACCEPT}\r\n\r\n"
    )
}

/// Opens one over a fresh connection.
pub(crate) async fn open<S>(reader: &mut Reader<S>, host: &str, path: &str) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    reader.stream.write_all(handshake(host, path).as_bytes()).await?;
    let head = reader.head(AnswerHead::parse).await?.context("the connection ended instead of becoming a websocket")?;
    if head.status == 101 { Ok(()) } else { Err(Failure::new(format!("no websocket: status {}", head.status))) }
}

/// Sends a message and waits for its echo, which must be as long.
pub(crate) async fn echo<S>(reader: &mut Reader<S>, message: &[u8], payload: usize) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    reader.stream.write_all(message).await?;
    loop {
        if let Some(head) = FrameHead::parse(reader.present())? {
            if head.payload != payload {
                return Err(Failure::new(format!("an echo of {} bytes instead of {payload}", head.payload)));
            }
            if reader.present().len() >= head.length + payload {
                reader.take(head.length + payload);
                return Ok(());
            }
        }
        if reader.more().await? == 0 {
            return Err(Failure::new("a websocket was dropped"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_size() {
        for (payload, head) in [(0, 2), (125, 2), (126, 4), (1024, 4), (65_535, 4), (65_536, 10)] {
            for (client, mask) in [(false, 0), (true, 4)] {
                let frame = message(&vec![7; payload], client);
                let parsed = FrameHead::parse(&frame).unwrap().unwrap();
                assert_eq!((parsed.length, parsed.payload), (head + mask, payload));
                assert_eq!(frame.len(), parsed.length + payload);
                assert_eq!(FrameHead::parse(&frame[..parsed.length - 1]).unwrap(), None);
            }
        }
        assert!(FrameHead::parse(&[0x88, 0]).is_err(), "a close frame is a dropped websocket");
    }
}
