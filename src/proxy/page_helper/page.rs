//! A page's body on its way through the rewriter: decoded when it was compressed, in pieces, pulled by the client.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyDataStream, BodyExt};
use hyper::body::{Body, Frame};
use lol_html::send::HtmlRewriter;
use lol_html::{AsciiCompatibleEncoding, OutputSink};
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};
use tokio_util::io::StreamReader;

use super::markup::{self, Edit};
use crate::proxy::body::{self, BodyError};

/// How much is decoded and rewritten at a time: what a page expands to is never held as a whole.
const PIECE: usize = 16 * 1024;

/// How a body was compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    /// `None` for one we can't undo, or several on top of each other.
    pub(super) fn parse(content_encoding: &[u8]) -> Option<Self> {
        Some(match content_encoding.trim_ascii().to_ascii_lowercase().as_slice() {
            b"" | b"identity" => Self::Identity,
            b"gzip" | b"x-gzip" => Self::Gzip,
            b"deflate" => Self::Deflate,
            b"br" => Self::Brotli,
            b"zstd" => Self::Zstd,
            _ => return None,
        })
    }
}

/// What the rewriter has written and nobody has taken yet.
#[derive(Debug, Clone, Default)]
struct Written(Arc<Mutex<BytesMut>>);

impl Written {
    fn take(&self) -> Bytes {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).split().freeze()
    }
}

impl OutputSink for Written {
    fn handle_chunk(&mut self, chunk: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(chunk);
    }
}

/// The rewritten body.
pub(super) struct Page {
    source: Pin<Box<dyn AsyncRead + Send>>,
    buffer: Box<[u8]>,
    written: Written,
    state: State,
}

enum State {
    /// Nothing read yet: whether the app was told its prefix is seen in the first piece.
    Beginning(Edit, AsciiCompatibleEncoding),
    Rewriting(Box<HtmlRewriter<'static, Written>>),
    Over,
}

impl Page {
    pub(super) fn new(body: body::Body, coding: Coding, edit: Edit, encoding: AsciiCompatibleEncoding) -> Self {
        let reader = StreamReader::new(BodyDataStream::new(body.map_err(std::io::Error::other)));
        Self {
            source: decoder(reader, coding),
            buffer: vec![0; PIECE].into_boxed_slice(),
            written: Written::default(),
            state: State::Beginning(edit, encoding),
        }
    }

    fn feed(&mut self, read: usize) -> Result<(), BodyError> {
        let piece = self.buffer.get(..read).unwrap_or_default();
        match std::mem::replace(&mut self.state, State::Over) {
            State::Beginning(mut edit, encoding) => {
                edit.place.anchored = !markup::names_prefix(piece, &edit.place.prefix);
                edit.allowed.inline &= !markup::has_import_map(piece);
                let mut rewriter = Box::new(markup::rewriter(edit, encoding, self.written.clone()));
                rewriter.write(piece)?;
                self.state = State::Rewriting(rewriter);
            }
            State::Rewriting(mut rewriter) => {
                rewriter.write(piece)?;
                self.state = State::Rewriting(rewriter);
            }
            State::Over => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), BodyError> {
        if let State::Rewriting(rewriter) = std::mem::replace(&mut self.state, State::Over) {
            rewriter.end()?;
        }
        Ok(())
    }
}

impl Body for Page {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            if matches!(self.state, State::Over) {
                return Poll::Ready(None);
            }
            let this = &mut *self;
            let mut buffer = ReadBuf::new(&mut this.buffer);
            let read = ready!(this.source.as_mut().poll_read(context, &mut buffer)).map(|()| buffer.filled().len());
            let step = match read {
                Ok(0) => this.finish(),
                Ok(read) => this.feed(read),
                // What was cut off stays cut off.
                Err(error) => Err(error.into()),
            };
            if let Err(error) = step {
                this.state = State::Over;
                return Poll::Ready(Some(Err(error)));
            }
            let written = this.written.take();
            if !written.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(written))));
            }
        }
    }
}

fn decoder(reader: impl AsyncBufRead + Send + 'static, coding: Coding) -> Pin<Box<dyn AsyncRead + Send>> {
    match coding {
        Coding::Identity => Box::pin(reader),
        Coding::Gzip => Box::pin(GzipDecoder::new(reader)),
        Coding::Deflate => Box::pin(ZlibDecoder::new(reader)),
        Coding::Brotli => Box::pin(BrotliDecoder::new(reader)),
        Coding::Zstd => Box::pin(ZstdDecoder::new(reader)),
    }
}
