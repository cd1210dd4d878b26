//! The terminal (PTY) that the run believes it prints to.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::pty::{Winsize, openpty};
use nix::sys::termios::{OutputFlags, SetArg, tcgetattr, tcsetattr};

/// Wide enough that progress bars fit, as in a big terminal window.
const SIZE: Winsize = Winsize { ws_row: 50, ws_col: 160, ws_xpixel: 0, ws_ypixel: 0 };

/// Our side of the terminal.
pub(super) struct Terminal {
    /// `None` once every process has closed its side.
    master: Option<OwnedFd>,
}

impl Terminal {
    /// A terminal whose output passes unchanged (`\n` stays `\n`), and the child's side of it.
    pub(super) fn open() -> nix::Result<(Self, OwnedFd)> {
        let pty = openpty(Some(&SIZE), None)?;
        for fd in [&pty.master, &pty.slave] {
            fcntl(fd, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        }
        let mut settings = tcgetattr(&pty.slave)?;
        settings.output_flags.remove(OutputFlags::OPOST);
        tcsetattr(&pty.slave, SetArg::TCSANOW, &settings)?;
        fcntl(&pty.master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        Ok((Self { master: Some(pty.master) }, pty.slave))
    }

    /// What to wait for; `None` when nothing will come any more.
    pub(super) fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.master.as_ref().map(AsFd::as_fd)
    }

    /// Reads what is there; 0 when there is nothing now.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> usize {
        let Some(master) = &self.master else { return 0 };
        match nix::unistd::read(master, buffer) {
            Ok(0) | Err(Errno::EIO) => {
                // EIO is how Linux says that no process holds the other side (pty(7)).
                self.master = None;
                0
            }
            Ok(read) => read,
            Err(_) => 0,
        }
    }
}
