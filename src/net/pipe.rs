//! Two connections made one: what comes from either goes to the other, until both have said that they are done.
//!
//! A quiet pipe holds no buffer: what is read goes into room that all pipes of a thread share, and only what the other
//! side does not take at once is kept. Where both ends are plain TCP and much flows, the bytes stay in the kernel.

mod splice;

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
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

/// Bytes that went each way, for whoever counts them.
#[derive(Debug, Default)]
pub struct Moved {
    /// From the first end to the second.
    pub there: AtomicU64,
    /// From the second end to the first.
    pub back: AtomicU64,
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
    /// Taken by the other side, and perhaps held back there (encryption buffers).
    unflushed: bool,
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

/// Joins two connections. What either side sent earlier (`from_a`, `from_b`) goes first; what is taken by the other side is
/// counted in `moved`.
///
/// # Errors
/// One of them broke off.
pub async fn join<A: End + ?Sized, B: End + ?Sized>(
    a: &mut A,
    from_a: Bytes,
    b: &mut B,
    from_b: Bytes,
    moved: &Moved,
) -> io::Result<()> {
    let (mut there, mut back) = (Flow { kept: from_a, ..Flow::default() }, Flow { kept: from_b, ..Flow::default() });
    poll_fn(|context| {
        let there = there.poll(a, b, &moved.there, context)?;
        let back = back.poll(b, a, &moved.back, context)?;
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
        moved: &AtomicU64,
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
                        written => {
                            self.kept.advance(written);
                            count(moved, written);
                        }
                    }
                    if self.kept.is_empty() {
                        // Holds the memory no longer than what is in it.
                        self.kept = Bytes::new();
                        self.unflushed = true;
                    }
                }
                // Before the next read, and as often as it takes: nothing else would send the rest of a burst on.
                State::Open if self.unflushed => {
                    ready!(Pin::new(&mut *writer).poll_flush(context))?;
                    self.unflushed = false;
                }
                State::Open => {
                    if let Some(splice) = &mut self.splice
                        && let (Some(from), Some(to)) = (reader.socket(), writer.socket())
                    {
                        match ready!(splice.poll(from, to, |bytes| count(moved, bytes), context))? {
                            splice::Next::Bulk => {}
                            splice::Next::Little => (self.splice, self.bulk) = (None, 0),
                            splice::Next::End => self.state = State::Ending,
                        }
                        continue;
                    }
                    ready!(self.poll_copy(reader, writer, moved, context))?;
                }
            }
        }
    }

    fn poll_copy<R: End + ?Sized, W: End + ?Sized>(
        &mut self,
        reader: &mut R,
        writer: &mut W,
        moved: &AtomicU64,
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
            count(moved, written);
            self.kept = Bytes::copy_from_slice(read.get(written..).unwrap_or_default());
            if self.bulk >= 2 && reader.socket().is_some() && writer.socket().is_some() {
                // Without descriptors to spare it goes on as it did.
                self.splice = Splice::new().ok();
                self.bulk = 0;
            }
            self.unflushed = self.kept.is_empty();
            Poll::Ready(Ok(()))
        })
    }
}

fn count(moved: &AtomicU64, bytes: usize) {
    moved.fetch_add(bytes as u64, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    /// An end that takes bytes and sends them on when it is flushed, as encryption does.
    struct Buffering {
        inner: DuplexStream,
        held: Vec<u8>,
    }

    impl End for DuplexStream {}
    impl End for Buffering {}

    impl AsyncRead for Buffering {
        fn poll_read(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            room: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(&mut self.inner).poll_read(context, room)
        }
    }

    impl AsyncWrite for Buffering {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.held.extend_from_slice(bytes);
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            let this = &mut *self;
            while !this.held.is_empty() {
                let written = ready!(Pin::new(&mut this.inner).poll_write(context, &this.held))?;
                this.held.drain(..written);
            }
            Pin::new(&mut this.inner).poll_flush(context)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            ready!(self.as_mut().poll_flush(context))?;
            Pin::new(&mut self.inner).poll_shutdown(context)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_other_side_buffers_is_sent_on_although_nothing_follows() {
        let ((mut client, a), (mut child, mut b)) = (duplex(100), duplex(100_000));
        let mut a = Buffering { inner: a, held: Vec::new() };
        let joined = tokio::spawn(async move {
            // What came with the child's 101 is longer than the client takes at once.
            let moved = Moved::default();
            join(&mut a, Bytes::new(), &mut b, Bytes::from(vec![b'x'; 1000]), &moved).await.map(|()| moved)
        });
        let mut heard = vec![0; 1000];
        tokio::time::timeout(Duration::from_secs(5), client.read_exact(&mut heard)).await.unwrap().unwrap();
        child.write_all(&[b'y'; 50_000]).await.unwrap();
        let mut heard = vec![0; 50_000];
        tokio::time::timeout(Duration::from_secs(5), client.read_exact(&mut heard)).await.unwrap().unwrap();
        drop((client, child));
        let moved = joined.await.unwrap().unwrap();
        assert_eq!((moved.there.into_inner(), moved.back.into_inner()), (0, 51_000));
    }
}
