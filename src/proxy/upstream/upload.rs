//! The sending half of an exchange: the head, and the client's body as it comes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::HeaderMap;
use hyper::body::Body;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

use crate::proxy::drain::{Upload, UploadError};

/// A client's body on its way to the child.
pub(super) struct Content {
    body: Upload,
    chunked: bool,
}

impl Content {
    pub(super) fn new(body: Upload, chunked: bool) -> Self {
        Self { body, chunked }
    }
}

/// Everything that is still to be sent.
pub(super) struct Outgoing {
    /// At most a head, a chunk's size, its data, and its end; the front is the first that isn't empty.
    pending: [Bytes; 4],
    content: Option<Content>,
    /// The child takes no more. What it has answered may still be read: an app refuses an upload before its end
    /// (proxy.md B5 36).
    refused: Option<io::Error>,
}

impl Outgoing {
    pub(super) fn new(head: Bytes, content: Option<Content>) -> Self {
        Self { pending: [head, Bytes::new(), Bytes::new(), Bytes::new()], content, refused: None }
    }

    /// Whether the child got everything.
    pub(super) fn is_complete(&self) -> bool {
        self.refused.is_none() && self.content.is_none() && self.pending.iter().all(Bytes::is_empty)
    }

    /// Sends what can be sent now; ready when there is nothing more to send, for whatever reason.
    ///
    /// # Errors
    /// The client's body broke off: then the request must not look complete to the child.
    pub(super) fn poll_send(
        &mut self,
        stream: &mut TcpStream,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), UploadError>> {
        if self.refused.is_some() {
            return Poll::Ready(Ok(()));
        }
        loop {
            if self.pending.iter().all(Bytes::is_empty) {
                let Some(content) = &mut self.content else { return Poll::Ready(Ok(())) };
                let frame = ready!(Pin::new(&mut content.body).poll_frame(context)).transpose()?;
                let chunked = content.chunked;
                match frame.map(hyper::body::Frame::into_data) {
                    Some(Ok(data)) => self.queue(data, chunked),
                    Some(Err(frame)) => self.finish(chunked, frame.into_trailers().ok().as_ref()),
                    None => self.finish(chunked, None),
                }
                continue;
            }
            if let Err(error) = ready!(self.poll_write(stream, context)) {
                self.refused = Some(error);
                return Poll::Ready(Ok(()));
            }
        }
    }

    fn queue(&mut self, data: Bytes, chunked: bool) {
        // An empty chunk would end the body.
        if data.is_empty() {
            return;
        }
        let (size, end) = if chunked {
            (Bytes::from(format!("{:x}\r\n", data.len())), Bytes::from_static(b"\r\n"))
        } else {
            (Bytes::new(), Bytes::new())
        };
        self.pending = [Bytes::new(), size, data, end];
    }

    fn finish(&mut self, chunked: bool, trailers: Option<&HeaderMap>) {
        self.content = None;
        if chunked {
            let mut end = BytesMut::from(&b"0\r\n"[..]);
            for (name, value) in trailers.into_iter().flatten() {
                for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                    end.put_slice(part);
                }
            }
            end.put_slice(b"\r\n");
            self.pending[0] = end.freeze();
        }
    }

    fn poll_write(&mut self, stream: &mut TcpStream, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut full = self.pending.iter().filter(|bytes| !bytes.is_empty());
        let mut written = match (full.next(), full.next()) {
            // A head alone, as most requests are.
            (Some(only), None) => ready!(Pin::new(stream).poll_write(context, only))?,
            _ => {
                let slices = self.pending.each_ref().map(|bytes| IoSlice::new(bytes));
                ready!(Pin::new(stream).poll_write_vectored(context, &slices))?
            }
        };
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        for bytes in &mut self.pending {
            let part = written.min(bytes.len());
            bytes.advance(part);
            written -= part;
        }
        Poll::Ready(Ok(()))
    }
}
