//! A connection in use: it goes back to its pool when the answer has been read to its end, and closes otherwise.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::SendRequest;

use super::{RequestBody, Upstream};
use crate::proxy::traffic::UnderWay;

/// The right to a connection.
#[derive(Debug)]
pub(in crate::proxy) struct Lease {
    upstream: Arc<Upstream>,
    sender: SendRequest<RequestBody>,
}

impl Lease {
    pub(super) fn new(upstream: Arc<Upstream>, sender: SendRequest<RequestBody>) -> Self {
        Self { upstream, sender }
    }

    fn give_back(self) {
        self.upstream.keep(self.sender);
    }
}

/// An answer's body, and the connection it comes over.
pub(in crate::proxy) struct LeasedBody {
    body: Incoming,
    lease: Option<Lease>,
    /// The request counts as under way until its answer has been passed on.
    _under_way: UnderWay,
}

impl LeasedBody {
    pub(in crate::proxy) fn new(body: Incoming, lease: Lease, under_way: UnderWay) -> Self {
        let mut leased = Self { body, lease: Some(lease), _under_way: under_way };
        leased.release_at_end();
        leased
    }

    /// hyper's server does not ask a body again once it knows that it has ended.
    fn release_at_end(&mut self) {
        if self.body.is_end_stream()
            && let Some(lease) = self.lease.take()
        {
            lease.give_back();
        }
    }
}

impl Body for LeasedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(Ok(_)) => self.release_at_end(),
            Some(Err(_)) => self.lease = None,
            None => {
                if let Some(lease) = self.lease.take() {
                    lease.give_back();
                }
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
