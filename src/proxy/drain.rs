//! What becomes of an upload that nobody wants. Closing with bytes unread makes the kernel send a reset, which can overtake
//! the answer (RFC 9112 §9.6): so the rest is read and forgotten, for a while.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::EXPECT;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::traffic::Traffic;
use crate::net::alarm::Alarm;

/// How much of an upload that nobody wants is read, and for how long.
const DISCARDED: usize = 16 * 1024 * 1024;
const DISCARDING: Duration = Duration::from_secs(2);

/// A request's body. Dropped before its end, by whomever and for whatever reason, its rest is read and forgotten.
#[derive(Debug)]
pub struct Upload {
    /// There until it is dropped.
    body: Option<Incoming>,
    /// The client waits for `100 Continue`, which it gets when the body is first read: it has sent nothing and will not.
    waits: bool,
    /// How long the client may send nothing, and since when it does.
    patience: Duration,
    silent: Option<Instant>,
    alarm: Alarm,
    /// Where what comes is counted.
    traffic: Option<Arc<Traffic>>,
}

/// Why a request's body did not come whole.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The connection broke off, or what came is no body.
    #[error(transparent)]
    Broken(#[from] hyper::Error),
    /// The client sent nothing for too long.
    #[error("no more of the request's body has come for {0:?}")]
    Late(Duration),
}

impl Upload {
    /// The body of a request, whose client waits for `100 Continue` or doesn't, and may be silent for `patience` at a time.
    pub fn new(body: Incoming, waits: bool, patience: Duration) -> Self {
        Self { body: Some(body), waits, patience, silent: None, alarm: Alarm::default(), traffic: None }
    }

    /// Counts what comes.
    pub(super) fn counted_by(mut self, traffic: &Arc<Traffic>) -> Self {
        if !self.is_end_stream() {
            self.traffic = Some(Arc::clone(traffic));
        }
        self
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        self.waits = false;
        let Some(body) = self.body.as_mut() else { return Poll::Ready(None) };
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(context) {
            self.silent = None;
            if let (Some(traffic), Some(Ok(frame))) = (&self.traffic, &frame) {
                traffic.received(frame.data_ref().map_or(0, Bytes::len));
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(UploadError::from)));
        }
        let late = *self.silent.get_or_insert_with(Instant::now) + self.patience;
        ready!(self.alarm.poll(late, context));
        Poll::Ready(Some(Err(UploadError::Late(self.patience))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some(mut body) = self.body.take().filter(|body| !self.waits && !body.is_end_stream()) else { return };
        // Without a runtime the connection is gone too.
        let Ok(runtime) = Handle::try_current() else { return };
        // Ends by its own clock.
        runtime.spawn(tokio::time::timeout(DISCARDING, async move {
            let mut left = DISCARDED;
            while let Some(Ok(frame)) = body.frame().await {
                left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
                if left == 0 {
                    return;
                }
            }
        }));
    }
}

/// A request that is answered early.
pub fn discard(request: Request<Incoming>) {
    let waits = request.headers().contains_key(EXPECT);
    drop(Upload::new(request.into_body(), waits, DISCARDING));
}
