//! Bytes from socket to socket by way of a kernel pipe (splice(2)): nothing is copied to us and back.

use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll, ready};

use nix::errno::Errno;
use nix::fcntl::{OFlag, SpliceFFlags, splice};
use nix::unistd::pipe2;
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::BULK;

/// As much as a pipe holds unless asked for more.
const PIPE: usize = 64 * 1024;

/// So many short moves in a row, and it isn't bulk any more.
const LITTLE: u8 = 8;

/// A kernel pipe and how much is in it.
#[derive(Debug)]
pub(super) struct Splice {
    take: OwnedFd,
    put: OwnedFd,
    inside: usize,
    little: u8,
}

/// What follows a move.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// More may come.
    Bulk,
    /// It has become small talk; nothing is inside.
    Little,
    /// The reading side has ended; nothing is inside.
    End,
}

impl Splice {
    pub(super) fn new() -> io::Result<Self> {
        let (take, put) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        Ok(Self { take, put, inside: 0, little: 0 })
    }

    /// Moves what can be moved now, and says how much the other side has taken.
    pub(super) fn poll(
        &mut self,
        from: &TcpStream,
        to: &TcpStream,
        moved: impl Fn(usize),
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Next>> {
        let flags = SpliceFFlags::SPLICE_F_MOVE | SpliceFFlags::SPLICE_F_NONBLOCK;
        loop {
            if self.inside > 0 {
                ready!(to.poll_write_ready(context))?;
                let put = to.try_io(Interest::WRITABLE, || {
                    splice(&self.take, None, to, None, self.inside, flags).map_err(Errno::into)
                });
                match put {
                    Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    Ok(bytes) => {
                        self.inside = self.inside.saturating_sub(bytes);
                        moved(bytes);
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Poll::Ready(Err(error)),
                }
                if self.inside == 0 {
                    return Poll::Ready(Ok(if self.little >= LITTLE { Next::Little } else { Next::Bulk }));
                }
                continue;
            }
            ready!(from.poll_read_ready(context))?;
            let taken = from
                .try_io(Interest::READABLE, || splice(from, None, &self.put, None, PIPE, flags).map_err(Errno::into));
            match taken {
                Ok(0) => return Poll::Ready(Ok(Next::End)),
                Ok(bytes) => {
                    self.inside = bytes;
                    self.little = if bytes < BULK { self.little.saturating_add(1) } else { 0 };
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}
