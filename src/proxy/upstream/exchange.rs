//! One exchange: a request goes out while its answer is awaited; the answer's head comes back with the rest to be read.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::response::Parts;
use http::{Method, Response, StatusCode};
use tokio_util::io::poll_read_buf;

use super::answer::AnswerBody;
use super::parse::{self, Head, Malformed};
use super::upload::{Outgoing, Upload};
use super::{Connection, Upstream};
use crate::proxy::error::ProxyError;

/// How much room is made for a head; most answers fit whole.
const READ: usize = 8 * 1024;

/// Informational answers before the real one; more are a child gone wrong.
const MAX_INFORMATIONAL: usize = 64;

/// What decides how an answer is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    to_head: bool,
    to_switch: bool,
}

impl Asked {
    pub(super) fn of(request: &http::request::Parts) -> Self {
        Self { to_head: request.method == Method::HEAD, to_switch: request.headers.contains_key(http::header::UPGRADE) }
    }
}

/// What a child made of a request.
pub(in crate::proxy) enum Answered {
    /// It answered.
    Answer(Response<AnswerBody>),
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
    /// The client's body broke off; nobody waits for an answer.
    #[error("the client's body broke off: {0}")]
    Client(#[from] hyper::Error),
}

impl From<Broken> for ProxyError {
    fn from(broken: Broken) -> Self {
        Self::Upstream(broken.to_string())
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
    upload: Option<Upload>,
    asked: Asked,
    upstream: &Arc<Upstream>,
) -> Result<Answered, Broken> {
    let mut exchange = Exchange { connection, outgoing: Outgoing::new(head, upload), informational: 0 };
    let Head { parts, persistent } = poll_fn(|context| exchange.poll_head(context)).await?;
    if parts.status == StatusCode::SWITCHING_PROTOCOLS {
        if !asked.to_switch {
            return Err(Malformed("it switched protocols without being asked").into());
        }
        return Ok(Answered::Switched(parts, exchange.connection));
    }
    let framing = parse::framing(asked.to_head, &parts)?;
    let keeper = persistent.then(|| Arc::clone(upstream));
    let body = AnswerBody::new(exchange.connection, exchange.outgoing, framing, keeper);
    Ok(Answered::Answer(Response::from_parts(parts, body)))
}

impl Exchange {
    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<Result<Head, Broken>> {
        let Connection { stream, buffer } = &mut self.connection;
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
            buffer.reserve(READ);
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
