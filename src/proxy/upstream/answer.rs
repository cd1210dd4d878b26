//! An answer's body: read as the client takes it, and the connection given back at its end.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio_util::io::poll_read_buf;

use super::chunked::{Chunked, Piece};
use super::parse::{Framing, Malformed};
use super::upload::Outgoing;
use super::{Connection, Upstream};

/// Why a body broke off.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// How much is read at a time at first, and at most once a child fills what it is given.
const READ: usize = 16 * 1024;
const MAX_READ: usize = 256 * 1024;

/// The body of an answer that is being read.
pub(in crate::proxy) struct AnswerBody {
    /// Gone when everything was read, or nothing more can be.
    link: Option<Link>,
    rest: Rest,
    read_size: usize,
}

/// The connection, as long as the exchange lasts.
struct Link {
    connection: Connection,
    outgoing: Outgoing,
    /// Who takes the connection at the end, if it can be used again.
    keeper: Option<Arc<Upstream>>,
}

/// What is still to come.
enum Rest {
    Length(u64),
    Chunked(Chunked),
    UntilClose,
    Nothing,
}

impl AnswerBody {
    pub(super) fn new(
        connection: Connection,
        outgoing: Outgoing,
        framing: Framing,
        keeper: Option<Arc<Upstream>>,
    ) -> Self {
        let rest = match framing {
            Framing::Length(0) => Rest::Nothing,
            Framing::Length(length) => Rest::Length(length),
            Framing::Chunked => Rest::Chunked(Chunked::default()),
            Framing::UntilClose => Rest::UntilClose,
        };
        let mut body = Self { link: Some(Link { connection, outgoing, keeper }), rest, read_size: READ };
        if matches!(body.rest, Rest::Nothing) {
            body.finish();
        }
        body
    }

    /// Everything was read: hyper's server does not ask a body again once it knows that it has ended.
    fn finish(&mut self) {
        self.rest = Rest::Nothing;
        let Some(Link { connection, outgoing, keeper }) = self.link.take() else { return };
        // Bytes nobody asked for would be taken for the next answer.
        if let Some(keeper) = keeper.filter(|_| outgoing.is_complete() && connection.buffer.is_empty()) {
            keeper.keep(connection);
        }
    }

    /// The next piece of what has been read already.
    fn take(&mut self) -> Result<Option<Frame<Bytes>>, Malformed> {
        let Some(Link { connection: Connection { buffer, .. }, .. }) = &mut self.link else { return Ok(None) };
        match &mut self.rest {
            Rest::Nothing => Ok(None),
            Rest::Length(_) | Rest::UntilClose if buffer.is_empty() => Ok(None),
            Rest::UntilClose => Ok(Some(Frame::data(buffer.split().freeze()))),
            Rest::Length(left) => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
                let data = buffer.split_to(length).freeze();
                *left -= length as u64;
                if *left == 0 {
                    self.finish();
                }
                Ok(Some(Frame::data(data)))
            }
            Rest::Chunked(chunked) => match chunked.next(buffer)? {
                Piece::Nothing => Ok(None),
                Piece::Data(data) => Ok(Some(Frame::data(data))),
                Piece::Trailers(fields) => {
                    self.finish();
                    Ok(Some(Frame::trailers(fields)))
                }
                Piece::End => {
                    self.finish();
                    Ok(None)
                }
            },
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(Link { connection: Connection { stream, buffer, .. }, .. }) = &mut self.link else {
            return Poll::Ready(Ok(0));
        };
        let wanted = match self.rest {
            Rest::Length(left) => usize::try_from(left).unwrap_or(usize::MAX).min(self.read_size),
            _ => self.read_size,
        };
        buffer.reserve(wanted);
        let read = ready!(poll_read_buf(Pin::new(stream), context, buffer))?;
        if read >= self.read_size {
            self.read_size = (self.read_size * 2).min(MAX_READ);
        }
        Poll::Ready(Ok(read))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        if let Some(Link { connection, outgoing, .. }) = &mut this.link
            && let Poll::Ready(Err(error)) = outgoing.poll_send(&mut connection.stream, context)
        {
            return Poll::Ready(Some(Err(this.broken(error))));
        }
        loop {
            match this.take() {
                Ok(Some(frame)) => return Poll::Ready(Some(Ok(frame))),
                Ok(None) if matches!(this.rest, Rest::Nothing) => return Poll::Ready(None),
                Ok(None) => {}
                Err(error) => return Poll::Ready(Some(Err(this.broken(error)))),
            }
            match ready!(this.poll_read(context)) {
                Ok(0) if matches!(this.rest, Rest::UntilClose) => {
                    this.link = None;
                    this.rest = Rest::Nothing;
                    return Poll::Ready(None);
                }
                // What breaks off must break off for the client too (proxy.md B5 35).
                Ok(0) => return Poll::Ready(Some(Err(this.broken(io::Error::from(io::ErrorKind::UnexpectedEof))))),
                Ok(_) => {}
                Err(error) => return Poll::Ready(Some(Err(this.broken(error)))),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.rest, Rest::Nothing)
    }

    fn size_hint(&self) -> SizeHint {
        match self.rest {
            Rest::Nothing => SizeHint::with_exact(0),
            Rest::Length(left) => SizeHint::with_exact(left),
            Rest::Chunked(_) | Rest::UntilClose => SizeHint::default(),
        }
    }
}

impl AnswerBody {
    fn broken(&mut self, error: impl Into<BodyError>) -> BodyError {
        self.link = None;
        self.rest = Rest::Nothing;
        error.into()
    }
}
