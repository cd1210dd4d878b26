//! One exchange: a request goes out while its answer is awaited; the answer's head comes back with the rest to be read.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::response::Parts;
use http::{Method, StatusCode};
use tokio_util::io::poll_read_buf;

use super::answer::AnswerBody;
use super::encode::Sending;
use super::parse::{self, Framing, Head, Malformed};
use super::upload::{Content, Outgoing};
use super::{Connection, Upstream};
use crate::proxy::drain::{Upload, UploadError};
use crate::proxy::error::ProxyError;

/// How much room is made for a head; most answers fit whole.
const READ: usize = 8 * 1024;

/// Informational answers before the real one; more are a child gone wrong.
const MAX_INFORMATIONAL: usize = 64;

/// A request, ready to be sent.
pub(in crate::proxy) struct Message {
    pub(super) head: Bytes,
    pub(super) content: Option<Content>,
    pub(super) asked: Asked,
}

impl Message {
    /// A head as [`super::encode::head`] made it for this method, and the body that follows it in that way.
    pub(in crate::proxy) fn new(head: Bytes, method: &Method, to_switch: bool, body: Upload, sending: Sending) -> Self {
        let content = (sending != Sending::Nothing).then(|| Content::new(body, sending == Sending::Chunked));
        let idempotent = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        Self { head, content, asked: Asked { to_head: *method == Method::HEAD, to_switch, idempotent } }
    }
}

/// What decides how an answer is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    to_head: bool,
    to_switch: bool,
    idempotent: bool,
}

impl Asked {
    /// A request that may be sent again when nothing came back: idempotent, without body, and no handshake.
    pub(super) fn is_repeatable(self, content: Option<&Content>) -> bool {
        self.idempotent && content.is_none() && !self.to_switch
    }
}

/// What a child made of a request.
pub(in crate::proxy) enum Answered {
    /// It answered, and the whole answer is here already.
    Whole(Head, Bytes),
    /// It answered, and its body is to be read.
    Answer(Head, Box<AnswerBody>),
    /// It switched protocols as it was asked to: the connection is a pipe now.
    Switched(Parts, Connection),
}

/// An exchange that came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The connection ended before a byte of an answer.
    #[error("the connection ended without an answer: {0}")]
    BeforeAnswer(io::Error),
    /// What came is no answer.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// The client's body did not come whole.
    #[error("the client's body broke off: {0}")]
    Client(#[from] UploadError),
}

impl From<Broken> for ProxyError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Client(UploadError::Late(_)) => Self::SlowBody,
            other => Self::Upstream(other.to_string()),
        }
    }
}

struct Exchange {
    connection: Connection,
    outgoing: Outgoing,
    informational: usize,
}

/// Sends the request and reads the head of its answer. Dropping the future closes the connection.
pub(super) async fn run(
    connection: Connection,
    head: Bytes,
    content: Option<Content>,
    asked: Asked,
    upstream: &Arc<Upstream>,
) -> Result<Answered, Broken> {
    let mut exchange = Exchange { connection, outgoing: Outgoing::new(head, content), informational: 0 };
    let head = poll_fn(|context| exchange.poll_head(context)).await?;
    if head.parts.status == StatusCode::SWITCHING_PROTOCOLS {
        if !asked.to_switch {
            return Err(Malformed("it switched protocols without being asked").into());
        }
        return Ok(Answered::Switched(head.parts, exchange.connection));
    }
    let framing = parse::framing(asked.to_head, &head)?;
    let Exchange { mut connection, outgoing, .. } = exchange;
    // Most answers are small: the connection is free before the client has heard anything.
    if framing == Framing::Length(connection.buffer.len() as u64) && outgoing.is_complete() {
        let body = connection.buffer.split().freeze();
        if head.persistent {
            upstream.keep(connection);
        }
        return Ok(Answered::Whole(head, body));
    }
    let keeper = head.persistent.then(|| Arc::clone(upstream));
    Ok(Answered::Answer(head, Box::new(AnswerBody::new(connection, outgoing, framing, keeper))))
}

impl Exchange {
    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<Result<Head, Broken>> {
        let Connection { stream, buffer, .. } = &mut self.connection;
        if let Poll::Ready(Err(error)) = self.outgoing.poll_send(stream, context) {
            return Poll::Ready(Err(error.into()));
        }
        loop {
            if let Some(head) = parse::head(buffer)? {
                if !head.parts.status.is_informational() || head.parts.status == StatusCode::SWITCHING_PROTOCOLS {
                    return Poll::Ready(Ok(head));
                }
                // hyper's server can't send them on (proxy.md B7 49).
                self.informational += 1;
                if self.informational > MAX_INFORMATIONAL {
                    return Poll::Ready(Err(Malformed("it never comes to its answer").into()));
                }
                continue;
            }
            // What is left of it does for most answers: room made anew each time would cost an allocation each time.
            if buffer.capacity() - buffer.len() < READ / 2 {
                buffer.reserve(READ);
            }
            let read = match ready!(poll_read_buf(Pin::new(stream), context, buffer)) {
                Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
                other => other,
            };
            if let Err(error) = read {
                let begun = self.informational > 0 || !buffer.is_empty();
                let broken =
                    if begun { Malformed("it ended within its head").into() } else { Broken::BeforeAnswer(error) };
                return Poll::Ready(Err(broken));
            }
        }
    }
}
