//! Bodies: the one type of everything this server answers, and what becomes of an upload that nobody wants.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::EXPECT;
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};

use super::traffic::UnderWay;
use super::upstream::AnswerBody;
use crate::net::paced::Busy;

/// Why a body broke off.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// A response body: a child's stream, a page, or the dashboard's.
pub struct Body {
    content: Content,
    /// Sees what passes, and is dropped with the body: when it has been sent whole, or can't be.
    observer: Option<Box<dyn Observer>>,
    /// The connection is busy, and a request under way, until the body is over.
    busy: Option<Busy>,
    _under_way: Option<UnderWay>,
}

enum Content {
    /// All of it at once; `None` once it was taken.
    Whole(Option<Bytes>),
    /// What a child sends.
    Answer(Box<AnswerBody>),
    /// It broke off, and that is still to be told.
    Broken(Option<BodyError>),
    /// Anything else.
    Stream(UnsyncBoxBody<Bytes, BodyError>),
}

/// Somebody who wants to know what became of an answer.
pub trait Observer: Send {
    /// So many bytes of the body have been handed on.
    fn passed(&mut self, bytes: usize);
}

impl Body {
    pub(super) fn answer(answer: Box<AnswerBody>, under_way: UnderWay) -> Self {
        Self { _under_way: Some(under_way), ..Content::Answer(answer).into() }
    }

    /// A body of another kind.
    pub fn stream(body: impl hyper::body::Body<Data = Bytes, Error: Into<BodyError>> + Send + 'static) -> Self {
        Content::Stream(body.map_err(Into::into).boxed_unsync()).into()
    }

    /// Keeps the connection's clocks from running until the body is over.
    pub fn holding(mut self, busy: Busy) -> Self {
        self.busy = Some(busy);
        self
    }

    /// Has somebody see what passes from now on.
    pub fn observed(mut self, observer: Box<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }
}

impl From<Content> for Body {
    fn from(content: Content) -> Self {
        Self { content, observer: None, busy: None, _under_way: None }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let frame = match &mut this.content {
            Content::Broken(error) => return Poll::Ready(error.take().map(Err)),
            Content::Whole(bytes) => bytes.take().map(|bytes| Ok(Frame::data(bytes))),
            Content::Answer(answer) => ready!(Pin::new(answer).poll_frame(context)),
            Content::Stream(body) => ready!(Pin::new(body).poll_frame(context)),
        };
        if let Some(Err(error)) = frame {
            // hyper cuts the connection at once, with what it has not sent yet. A moment later it has sent that.
            this.content = Content::Broken(Some(error));
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let (Some(observer), Some(Ok(frame))) = (&mut this.observer, &frame) {
            observer.passed(frame.data_ref().map_or(0, Bytes::len));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(bytes) => bytes.is_none(),
            Content::Answer(answer) => answer.is_end_stream(),
            Content::Broken(_) => false,
            Content::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Content::Answer(answer) => answer.size_hint(),
            Content::Broken(_) => SizeHint::default(),
            Content::Stream(body) => body.size_hint(),
        }
    }
}

/// No body.
pub fn empty() -> Body {
    Content::Whole(None).into()
}

/// A whole body.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Content::Whole(Some(bytes.into()).filter(|bytes| !bytes.is_empty())).into()
}

/// How much of an upload that nobody wants is read, and for how long.
const DISCARDED: usize = 16 * 1024 * 1024;
const DISCARDING: Duration = Duration::from_secs(2);

/// Reads the rest of a request that is answered early. Closing with bytes unread makes the kernel send a reset, which can
/// overtake the answer (RFC 9112 §9.6). A client that waits for `100 Continue` has sent nothing and will not.
pub fn discard(request: Request<Incoming>) {
    if !request.headers().contains_key(EXPECT) {
        drain(request.into_body());
    }
}

/// The same for a body alone.
pub fn drain(mut body: Incoming) {
    if body.is_end_stream() {
        return;
    }
    // Ends by its own clock.
    tokio::spawn(tokio::time::timeout(DISCARDING, async move {
        let mut left = DISCARDED;
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return;
            }
        }
    }));
}
