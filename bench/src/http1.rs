//! Just enough HTTP/1.1 for a load client and its upstream: heads, bodies by length or by chunks. It is written by hand
//! because whatever the client costs is taken from the proxy under test: both run on the same few cores.

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::failure::{Context, Failure, Result};

/// A head that is longer than this is none of ours.
const LONGEST_HEAD: usize = 32 * 1024;
/// A text that is longer than this neither: the longest is a piece of a log, which is 1 MB before JSON escapes it.
const LONGEST_TEXT: usize = 4 * 1024 * 1024;

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// By its last chunk.
    Chunked,
    /// Neither was said: an answer goes on until the connection ends, a request has no body.
    Unsaid,
}

/// The head of an answer, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AnswerHead {
    /// The status.
    pub(crate) status: u16,
    /// How the body ends.
    pub(crate) framing: Framing,
    /// Whether the other side will close.
    pub(crate) close: bool,
}

/// The head of a request, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestHead {
    /// The path with its query.
    pub(crate) path: String,
    /// How the body ends.
    pub(crate) framing: Framing,
    /// Whether the other side wants the connection closed after the answer.
    pub(crate) close: bool,
}

impl AnswerHead {
    /// Reads a head without the empty line at its end.
    pub(crate) fn parse(head: &[u8]) -> Result<Self> {
        let mut lines = lines(head);
        let first = lines.next().unwrap_or_default();
        let status = first.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2..5)).and_then(number);
        let status = status.context(format!("not an HTTP answer: {:?}", String::from_utf8_lossy(first)))?;
        let (framing, close) = fields(lines)?;
        Ok(Self { status: u16::try_from(status).unwrap_or(0), framing, close })
    }
}

impl RequestHead {
    /// Reads a head without the empty line at its end.
    pub(crate) fn parse(head: &[u8]) -> Result<Self> {
        let mut lines = lines(head);
        let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
        let mut words = first.split(' ');
        let path = words.nth(1).context(format!("not a request: {first:?}"))?.to_owned();
        let old = words.next() != Some("HTTP/1.1");
        let (framing, close) = fields(lines)?;
        Ok(Self { path, framing, close: close || old })
    }
}

fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn fields<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<(Framing, bool)> {
    let (mut framing, mut close) = (Framing::Unsaid, false);
    for line in lines {
        if let Some(value) = field(line, b"content-length:") {
            framing = Framing::Length(number(value).context("a Content-Length that is no number")?);
        } else if let Some(value) = field(line, b"transfer-encoding:") {
            if value.eq_ignore_ascii_case(b"chunked") {
                framing = Framing::Chunked;
            }
        } else if let Some(value) = field(line, b"connection:") {
            close = value.eq_ignore_ascii_case(b"close");
        }
    }
    Ok((framing, close))
}

/// The value of a line, if it is this field.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then(|| rest.trim_ascii())
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Follows the chunks of a body as they come.
#[derive(Debug)]
pub(crate) struct Chunks {
    state: State,
}

#[derive(Debug)]
enum State {
    Size { value: u64, over: bool },
    Data(u64),
    AfterData,
    Trailer { empty: bool },
    Done,
}

/// What a piece of a chunked body was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fed {
    /// Bytes of the body proper.
    pub(crate) data: usize,
    /// Bytes that belong to the body at all.
    pub(crate) taken: usize,
    /// Whether the body is over.
    pub(crate) done: bool,
}

impl Chunks {
    /// At the start of a body.
    pub(crate) fn new() -> Self {
        Self { state: State::Size { value: 0, over: false } }
    }

    /// Takes what has arrived.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<Fed> {
        let (mut at, mut data) = (0, 0);
        while let Some(&byte) = bytes.get(at) {
            if let State::Data(left) = &mut self.state {
                let some = (bytes.len() - at).min(usize::try_from(*left).unwrap_or(usize::MAX));
                (at, data, *left) = (at + some, data + some, *left - some as u64);
                if *left == 0 {
                    self.state = State::AfterData;
                }
                continue;
            }
            at += 1;
            self.state = match (&self.state, byte) {
                (State::Size { value: 0, .. }, b'\n') => State::Trailer { empty: true },
                (State::Size { value, .. }, b'\n') => State::Data(*value),
                (State::Size { value, over }, _) => match char::from(byte).to_digit(16) {
                    Some(digit) if !over => State::Size { value: value * 16 + u64::from(digit), over: false },
                    None if !over && !matches!(byte, b'\r' | b';' | b' ') => {
                        return Err(Failure::new(format!("byte {byte} in the size of a chunk")));
                    }
                    _ => State::Size { value: *value, over: true },
                },
                (State::AfterData, b'\n') => State::Size { value: 0, over: false },
                (State::AfterData, _) => State::AfterData,
                (State::Trailer { empty: true }, b'\n') => State::Done,
                (State::Trailer { .. }, b'\n') => State::Trailer { empty: true },
                (State::Trailer { empty }, b'\r') => State::Trailer { empty: *empty },
                (State::Trailer { .. }, _) => State::Trailer { empty: false },
                (State::Data(_) | State::Done, _) => State::Done,
            };
            if matches!(self.state, State::Done) {
                return Ok(Fed { data, taken: at, done: true });
            }
        }
        Ok(Fed { data, taken: at, done: false })
    }
}

/// A connection with what was read ahead of it.
#[derive(Debug)]
pub(crate) struct Reader<S> {
    /// The connection: writing goes past the reader.
    pub(crate) stream: S,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl<S: AsyncRead + Unpin> Reader<S> {
    /// With a buffer of so many bytes, which a head must fit into.
    pub(crate) fn new(stream: S, capacity: usize) -> Self {
        Self { stream, buffer: vec![0; capacity.min(LONGEST_HEAD * 16)], start: 0, end: 0 }
    }

    /// Makes room for larger reads.
    pub(crate) fn grow(&mut self, capacity: usize) {
        self.buffer.resize(capacity.max(self.buffer.len()), 0);
    }

    /// What was read and not taken yet.
    pub(crate) fn present(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Takes bytes that are present.
    pub(crate) fn take(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Waits for more bytes behind those that are present; 0 at the end of the connection.
    pub(crate) async fn more(&mut self) -> Result<usize> {
        if self.start > 0 && self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let room = self.buffer.get_mut(self.end..).filter(|room| !room.is_empty()).context("a head is too long")?;
        let count = self.stream.read(room).await?;
        self.end += count;
        Ok(count)
    }

    /// The next head; `None` when the connection ends before its first byte.
    pub(crate) async fn head<T>(&mut self, parse: impl Fn(&[u8]) -> Result<T>) -> Result<Option<T>> {
        let mut seen = 0;
        loop {
            let from = seen;
            seen = self.present().len().saturating_sub(3);
            let found = self.present().get(from..).unwrap_or_default().windows(4).position(|end| end == b"\r\n\r\n");
            if let Some(end) = found.map(|at| from + at) {
                let head = parse(self.present().get(..end).unwrap_or_default())?;
                self.take(end + 4);
                return Ok(Some(head));
            }
            if self.more().await? == 0 {
                return if self.present().is_empty() {
                    Ok(None)
                } else {
                    Err(Failure::new("the connection ended inside a head"))
                };
            }
        }
    }

    /// Reads a short body of a known length.
    pub(crate) async fn text(&mut self, framing: Framing) -> Result<String> {
        let Framing::Length(length) = framing else { return Err(Failure::new("an answer without a Content-Length")) };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > LONGEST_TEXT {
            return Err(Failure::new(format!("an answer of {length} bytes")));
        }
        self.grow(self.start + length);
        while self.present().len() < length {
            if self.more().await? == 0 {
                return Err(Failure::new("the connection ended inside a body"));
            }
        }
        let text = String::from_utf8_lossy(self.present().get(..length).unwrap_or_default()).into_owned();
        self.take(length);
        Ok(text)
    }

    /// Reads a body to its end and returns its length; `seen` hears of every piece.
    pub(crate) async fn body(&mut self, framing: Framing, mut seen: impl FnMut(usize)) -> Result<u64> {
        let mut chunks = Chunks::new();
        let mut length = 0;
        loop {
            let present = self.present();
            let (data, taken, done) = match framing {
                Framing::Length(whole) => {
                    let left = whole - length;
                    let some = present.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    (some, some, some as u64 == left)
                }
                Framing::Chunked => {
                    let fed = chunks.feed(present)?;
                    (fed.data, fed.taken, fed.done)
                }
                Framing::Unsaid => (present.len(), present.len(), false),
            };
            self.take(taken);
            length += data as u64;
            if data > 0 {
                seen(data);
            }
            if done {
                return Ok(length);
            }
            if self.more().await? == 0 {
                return match framing {
                    Framing::Unsaid => Ok(length),
                    _ => Err(Failure::new(format!("a body ended after {length} bytes"))),
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let answer = AnswerHead::parse(b"HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH:  12\r\nConnection: close");
        assert_eq!(answer.unwrap(), AnswerHead { status: 200, framing: Framing::Length(12), close: true });
        let answer = AnswerHead::parse(b"HTTP/1.0 502 Bad Gateway\r\nTransfer-Encoding: chunked").unwrap();
        assert_eq!((answer.status, answer.framing), (502, Framing::Chunked));
        assert!(AnswerHead::parse(b"SSH-2.0").is_err());
        let request = RequestHead::parse(b"GET /a?b HTTP/1.1\r\nHost: x\r\nConnection: upgrade").unwrap();
        assert_eq!(request, RequestHead { path: "/a?b".to_owned(), framing: Framing::Unsaid, close: false });
        assert!(RequestHead::parse(b"GET / HTTP/1.0\r\nHost: x").unwrap().close);
    }

    #[test]
    fn chunks_however_they_are_cut() {
        let body = b"5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: a\r\n\r\nnext";
        for cut in 1..body.len() {
            let (mut chunks, mut data, mut rest) = (Chunks::new(), 0, Vec::new());
            let mut done = false;
            for piece in body.chunks(cut) {
                if done {
                    rest.extend_from_slice(piece);
                    continue;
                }
                let fed = chunks.feed(piece).unwrap();
                (data, done) = (data + fed.data, fed.done);
                rest.extend_from_slice(&piece[fed.taken..]);
            }
            assert_eq!((data, done, rest.as_slice()), (15, true, b"next".as_slice()), "{cut}");
        }
        assert!(Chunks::new().feed(b"zz\r\n").is_err());
    }

    #[tokio::test]
    async fn one_answer_after_the_other() {
        let wire: &[u8] =
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n0\r\n\r\n";
        let mut reader = Reader::new(wire, 64);
        for length in [3, 2] {
            let head = reader.head(AnswerHead::parse).await.unwrap().unwrap();
            assert_eq!(reader.body(head.framing, |_| {}).await.unwrap(), length);
        }
        assert_eq!(reader.head(AnswerHead::parse).await.unwrap(), None);
    }
}
