//! Server-sent events as they come.

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::{Failed, Server};

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::cli) struct Event {
    pub(in crate::cli) name: String,
    pub(in crate::cli) id: String,
    pub(in crate::cli) data: String,
}

/// The stream of everything that changes.
pub(in crate::cli) struct Events<S> {
    pieces: S,
    reader: Reader,
}

/// Puts pieces of a stream, cut anywhere, together to events.
#[derive(Debug, Default)]
struct Reader {
    heard: Vec<u8>,
    event: Event,
}

impl Server {
    /// Begins to listen.
    pub(in crate::cli) async fn events(
        &self,
    ) -> Result<Events<impl Stream<Item = reqwest::Result<Bytes>> + Unpin + use<>>, Failed> {
        let response = self.open("/api/events").await?;
        Ok(Events { pieces: response.bytes_stream().boxed(), reader: Reader::default() })
    }
}

impl<S: Stream<Item = reqwest::Result<Bytes>> + Unpin> Events<S> {
    /// The next event; `None` at the end of the stream.
    pub(in crate::cli) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.reader.take() {
                return Some(event);
            }
            self.reader.heard.extend(self.pieces.next().await?.ok()?);
        }
    }
}

impl Reader {
    /// The next whole event of what was heard.
    fn take(&mut self) -> Option<Event> {
        while let Some(end) = memchr::memchr(b'\n', &self.heard) {
            let line: Vec<u8> = self.heard.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            if line.is_empty() {
                let event = std::mem::take(&mut self.event);
                if !event.data.is_empty() {
                    return Some(event);
                }
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
            match field {
                "event" => self.event.name = value,
                "id" => self.event.id = value,
                "data" => self.event.data.push_str(&value),
                // A comment, or what nobody here waits for.
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_cut_anywhere() {
        let text =
            b"event: snapshot\nid: a-1\ndata: {}\n\n: ping\n\nevent: log\r\nid: a-2\r\ndata: [1]\r\n\r\nevent: x";
        let event = |name: &str, id: &str, data: &str| Event { name: name.into(), id: id.into(), data: data.into() };
        for size in 1..text.len() {
            let mut reader = Reader::default();
            let mut heard = Vec::new();
            for piece in text.chunks(size) {
                reader.heard.extend(piece);
                heard.extend(std::iter::from_fn(|| reader.take()));
            }
            assert_eq!(heard, [event("snapshot", "a-1", "{}"), event("log", "a-2", "[1]")], "{size}");
        }
    }
}
