//! Bodies: the one type of everything this server answers.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Frame, SizeHint};

use super::traffic::UnderWay;
use super::upstream::AnswerBody;
pub use super::upstream::BodyError;
use crate::net::paced::Busy;

/// A response body: a child's stream, a page, or the dashboard's.
pub struct Body {
    content: Content,
    /// Sees what passes, and is dropped with the body: when it has been sent whole, or can't be.
    observer: Option<Box<dyn Observer>>,
    /// The connection is busy, and a request under way, until the body is over.
    busy: Option<Busy>,
    under_way: Option<UnderWay>,
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
        Self { under_way: Some(under_way), ..Content::Answer(answer).into() }
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
        Self { content, observer: None, busy: None, under_way: None }
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
        if let Some(Ok(frame)) = &frame {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            if let Some(under_way) = &this.under_way {
                under_way.sent(bytes);
            }
            if let Some(observer) = &mut this.observer {
                observer.passed(bytes);
            }
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
