//! Server-sent events, as a browser reads them.

use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::failure::{Context, Failure, Result};
use crate::http1::{AnswerHead, Framing, Reader};
use crate::wire::{Dial, Wire};

/// An open stream of events.
pub(crate) struct Events {
    reader: Reader<Wire>,
    parser: Parser,
}

impl Events {
    /// Opens the stream at a path.
    pub(crate) async fn open(dial: &Dial, path: &str) -> Result<Self> {
        let mut reader = Reader::new(dial.connect().await?, 64 * 1024);
        // By HTTP/1.0, which has no chunks: what comes is the events and nothing else.
        let request = format!("GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", dial.host());
        reader.stream.write_all(request.as_bytes()).await.context(path)?;
        let head = reader.head(AnswerHead::parse).await?.context(format!("{path}: no answer"))?;
        if (head.status, head.framing) != (200, Framing::Unsaid) {
            return Err(Failure::new(format!("{path} is no stream: {head:?}")));
        }
        Ok(Self { reader, parser: Parser::default() })
    }

    /// Waits for the first event that `wanted` says something about.
    pub(crate) async fn until<T>(
        &mut self,
        patience: Duration,
        mut wanted: impl FnMut(&str, &Value) -> Option<T>,
    ) -> Result<T> {
        let found = async {
            loop {
                while let Some((name, data)) = self.parser.next() {
                    let data = serde_json::from_str(&data).context(format!("the data of an event {name}"))?;
                    if let Some(found) = wanted(&name, &data) {
                        return Ok(found);
                    }
                }
                if self.reader.present().is_empty() && self.reader.more().await? == 0 {
                    return Err(Failure::new("the stream of events ended"));
                }
                self.parser.feed(self.reader.present());
                self.reader.take(self.reader.present().len());
            }
        };
        timeout(patience, found).await.context("an event did not come")?
    }
}

/// Cuts a stream into events, however its bytes arrive.
#[derive(Debug, Default)]
struct Parser {
    waiting: Vec<u8>,
}

impl Parser {
    fn feed(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next whole event: its name and its data. Comments are none.
    fn next(&mut self) -> Option<(String, String)> {
        loop {
            let end = self.waiting.windows(2).position(|end| end == b"\n\n")?;
            let event: Vec<u8> = self.waiting.drain(..end + 2).collect();
            let text = String::from_utf8_lossy(&event);
            let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
            if let (Some(name), Some(data)) = (field("event: "), field("data: ")) {
                return Some((name.to_owned(), data.to_owned()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_however_they_are_cut() {
        let stream =
            "event: a\nid: 1\ndata: {\"x\":1}\n\n: ping\n\nevent: ü\nid: 2\ndata: []\n\nevent: half\nda".as_bytes();
        for cut in 1..stream.len() {
            let (mut parser, mut events) = (Parser::default(), Vec::new());
            for piece in stream.chunks(cut) {
                parser.feed(piece);
                events.extend(std::iter::from_fn(|| parser.next()));
            }
            let expected = [("a", "{\"x\":1}"), ("ü", "[]")].map(|(name, data)| (name.to_owned(), data.to_owned()));
            assert_eq!(events, expected, "{cut}");
        }
    }
}
