//! A client's connection with its patience: how long it may be idle, how long a request's head may take once its first
//! byte has come (hyper has one clock for both), and how long it may take nothing of an answer. The clocks are looked at only
//! when nothing moves: a busy connection pays for a few stores.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::alarm::Alarm;
use super::streams::Open;

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Between two requests, and before the first.
    pub idle: Duration,
    /// From a request's first byte to the end of its head.
    pub head: Duration,
    /// Without taking a byte of an answer.
    pub stall: Duration,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goodbye {
    /// By being closed: TCP says the rest, and a shutdown before it is a call for nothing.
    Close,
    /// With a word of its own layer, as TLS does.
    Say,
}

/// What a connection is doing; shared with whoever answers its requests.
#[derive(Debug, Clone, Default)]
pub struct Phase(Arc<AtomicU8>);

const IDLE: u8 = 0;
const HEAD: u8 = 1;
const BUSY: u8 = 2;
const UPGRADED: u8 = 3;

/// A request is being answered: neither of a connection's first two clocks runs until this is dropped.
#[derive(Debug)]
pub enum Busy {
    /// The only one of its connection.
    Alone(Phase),
    /// One of several.
    Stream(Open),
}

impl Phase {
    /// A request's head is there.
    pub fn busy(&self) -> Busy {
        self.0.store(BUSY, Ordering::Relaxed);
        Busy::Alone(self.clone())
    }

    /// Another protocol is spoken from now on, which has clocks of its own.
    pub fn upgraded(&self) {
        self.0.store(UPGRADED, Ordering::Relaxed);
    }

    fn is(&self, phase: u8) -> bool {
        self.0.load(Ordering::Relaxed) == phase
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if let Self::Alone(phase) = self {
            // An error means that it speaks another protocol now.
            let _ = phase.0.compare_exchange(BUSY, IDLE, Ordering::Relaxed, Ordering::Relaxed);
        }
    }
}

/// A connection that is given up when its client takes too long.
pub struct Paced<T> {
    inner: T,
    phase: Phase,
    patience: Patience,
    goodbye: Goodbye,
    /// Since when it is idle, or a head is on its way.
    since: Instant,
    was_busy: bool,
    reading: Alarm,
    /// Since when the client takes nothing.
    stalled: Option<Instant>,
    writing: Alarm,
    /// What is kept as long as the connection.
    held: Held,
}

/// Anything that is to be dropped when a connection is over, whatever it has become.
pub type Held = Option<Box<dyn Send + Sync>>;

impl<T> Paced<T> {
    /// A new connection: idle from now on.
    pub fn new(inner: T, patience: Patience, goodbye: Goodbye, held: Held) -> (Self, Phase) {
        let phase = Phase::default();
        let since = Instant::now();
        let paced = Self {
            inner,
            phase: phase.clone(),
            patience,
            goodbye,
            since,
            was_busy: false,
            reading: Alarm::default(),
            stalled: None,
            writing: Alarm::default(),
            held,
        };
        (paced, phase)
    }

    /// The connection itself, with all the time in the world, and what is kept as long as it.
    pub fn into_inner(self) -> (T, Held) {
        (self.inner, self.held)
    }

    /// Nothing came: has it been too long? Otherwise there will be a wake-up when it is.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.phase.is(BUSY) || self.phase.is(UPGRADED) {
            self.was_busy = true;
            return Poll::Pending;
        }
        if std::mem::take(&mut self.was_busy) {
            self.since = Instant::now();
        }
        let allowed = if self.phase.is(HEAD) { self.patience.head } else { self.patience.idle };
        self.reading.poll(self.since + allowed, context)
    }

    /// What came of writing; an error once the client has taken nothing for too long.
    fn taken<R>(&mut self, result: Poll<io::Result<R>>, context: &mut Context<'_>) -> Poll<io::Result<R>> {
        if result.is_ready() {
            self.stalled = None;
            return result;
        }
        let since = *self.stalled.get_or_insert_with(Instant::now);
        ready!(self.writing.poll(since + self.patience.stall, context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Paced<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let this = &mut *self;
        if Pin::new(&mut this.inner).poll_read(context, buffer)?.is_pending() {
            ready!(this.poll_late(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if buffer.filled().len() > before && this.phase.is(IDLE) {
            this.phase.0.store(HEAD, Ordering::Relaxed);
            this.since = Instant::now();
            this.was_busy = false;
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Paced<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.taken(result, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.taken(result, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.inner).poll_flush(context);
        self.taken(result, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.goodbye {
            Goodbye::Close => Poll::Ready(Ok(())),
            Goodbye::Say => {
                let result = Pin::new(&mut self.inner).poll_shutdown(context);
                self.taken(result, context)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    fn connection() -> (DuplexStream, Paced<DuplexStream>, Phase) {
        let (client, server) = duplex(64);
        let (idle, head, stall) = (Duration::from_secs(60), Duration::from_secs(10), Duration::from_secs(300));
        let (paced, phase) = Paced::new(server, Patience { idle, head, stall }, Goodbye::Close, None);
        (client, paced, phase)
    }

    async fn read(paced: &mut Paced<DuplexStream>) -> io::Result<usize> {
        paced.read(&mut [0; 16]).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_given_up() {
        let (_client, mut paced, _phase) = connection();
        let begun = Instant::now();
        assert_eq!(read(&mut paced).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed().as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_drips_is_given_up_sooner() {
        let (mut client, mut paced, _phase) = connection();
        tokio::time::sleep(Duration::from_secs(50)).await;
        let begun = Instant::now();
        let dripping = tokio::spawn(async move {
            while client.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        while read(&mut paced).await.is_ok() {}
        assert_eq!(begun.elapsed().as_secs(), 10);
        drop(paced);
        dripping.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_may_take_its_time() {
        let (mut client, mut paced, phase) = connection();
        client.write_all(b"x").await.unwrap();
        read(&mut paced).await.unwrap();
        let busy = phase.busy();
        let long = tokio::time::timeout(Duration::from_secs(7200), read(&mut paced)).await;
        assert!(long.is_err(), "no clock runs while it is answered");
        drop(busy);
        let begun = Instant::now();
        assert!(read(&mut paced).await.is_err());
        assert_eq!(begun.elapsed().as_secs(), 60, "idle from the end of the answer on");
    }
    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_given_up() {
        let (mut client, mut paced, phase) = connection();
        let _busy = phase.busy();
        let reading = tokio::spawn(async move {
            // Slowly, but it does: the pipe holds 64 bytes.
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_secs(200)).await;
                client.read_exact(&mut [0; 64]).await.unwrap();
            }
            client
        });
        for _ in 0..11 {
            paced.write_all(&[0; 64]).await.unwrap();
        }
        let _client = reading.await.unwrap();
        let begun = Instant::now();
        let error = paced.write_all(&[0; 64]).await.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed().as_secs()), (io::ErrorKind::TimedOut, 300));
    }
}
