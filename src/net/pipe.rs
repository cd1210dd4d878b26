//! Two connections made one: what comes from either goes to the other, until both have said that they are done.
//!
//! A quiet pipe holds no buffer: what is read goes into room that all pipes of a thread share, and only what the other
//! side does not take at once is kept. Where both ends are plain TCP and much flows, the bytes stay in the kernel.

mod splice;

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use splice::Splice;

/// How much is read at a time.
const ROOM: usize = 64 * 1024;

/// A read this long is bulk: two in a row, and the kernel moves the bytes. For less, copying is cheaper.
const BULK: usize = 32 * 1024;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; ROOM].into_boxed_slice());
}

/// One end of a pipe.
pub trait End: AsyncRead + AsyncWrite + Unpin + Send {
    /// The socket itself, where nothing (no encryption) stands between.
    fn socket(&self) -> Option<&TcpStream> {
        None
    }
}

impl End for TcpStream {
    fn socket(&self) -> Option<&TcpStream> {
        Some(self)
    }
}

impl End for TlsStream<TcpStream> {}

/// One direction.
#[derive(Debug, Default)]
struct Flow {
    /// Read, and not yet taken by the other side.
    kept: Bytes,
    /// Long reads in a row.
    bulk: u8,
    splice: Option<Splice>,
    state: State,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    /// The reading side has ended; the other one has to be told.
    Ending,
    Over,
}

/// Joins two connections. What either side sent earlier (`from_a`, `from_b`) goes first.
///
/// # Errors
/// One of them broke off.
pub async fn join<A: End + ?Sized, B: End + ?Sized>(
    a: &mut A,
    from_a: Bytes,
    b: &mut B,
    from_b: Bytes,
) -> io::Result<()> {
    let (mut there, mut back) = (Flow { kept: from_a, ..Flow::default() }, Flow { kept: from_b, ..Flow::default() });
    poll_fn(|context| {
        let there = there.poll(a, b, context)?;
        let back = back.poll(b, a, context)?;
        // A half that is closed leaves the other one open until it closes too (proxy.md B6 43).
        if there.is_ready() && back.is_ready() { Poll::Ready(Ok(())) } else { Poll::Pending }
    })
    .await
}

impl Flow {
    fn poll<R: End + ?Sized, W: End + ?Sized>(
        &mut self,
        reader: &mut R,
        writer: &mut W,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            match self.state {
                State::Over => return Poll::Ready(Ok(())),
                State::Ending => {
                    ready!(Pin::new(&mut *writer).poll_shutdown(context))?;
                    self.state = State::Over;
                }
                State::Open if !self.kept.is_empty() => {
                    match ready!(Pin::new(&mut *writer).poll_write(context, &self.kept))? {
                        0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                        written => self.kept.advance(written),
                    }
                    if self.kept.is_empty() {
                        // Holds the memory no longer than what is in it.
                        self.kept = Bytes::new();
                        ready!(Pin::new(&mut *writer).poll_flush(context))?;
                    }
                }
                State::Open => {
                    if let Some(splice) = &mut self.splice
                        && let (Some(from), Some(to)) = (reader.socket(), writer.socket())
                    {
                        match ready!(splice.poll(from, to, context))? {
                            splice::Moved::Bulk => {}
                            splice::Moved::Little => (self.splice, self.bulk) = (None, 0),
                            splice::Moved::End => self.state = State::Ending,
                        }
                        continue;
                    }
                    ready!(self.poll_copy(reader, writer, context))?;
                }
            }
        }
    }

    fn poll_copy<R: End + ?Sized, W: End + ?Sized>(
        &mut self,
        reader: &mut R,
        writer: &mut W,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut room = ReadBuf::new(scratch);
            ready!(Pin::new(&mut *reader).poll_read(context, &mut room))?;
            let read = room.filled();
            if read.is_empty() {
                self.state = State::Ending;
                return Poll::Ready(Ok(()));
            }
            self.bulk = if read.len() >= BULK { self.bulk.saturating_add(1) } else { 0 };
            let written = match Pin::new(&mut *writer).poll_write(context, read) {
                Poll::Ready(written) => written?,
                Poll::Pending => 0,
            };
            self.kept = Bytes::copy_from_slice(read.get(written..).unwrap_or_default());
            if self.bulk >= 2 && reader.socket().is_some() && writer.socket().is_some() {
                // Without descriptors to spare it goes on as it did.
                self.splice = Splice::new().ok();
                self.bulk = 0;
            }
            if self.kept.is_empty() { Pin::new(&mut *writer).poll_flush(context) } else { Poll::Ready(Ok(())) }
        })
    }
}
