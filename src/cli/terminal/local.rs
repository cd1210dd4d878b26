//! The terminal we sit at: its size, and raw as long as somebody else's program draws on it.

use std::io::{self, IsTerminal, Stdin};

use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};

use crate::cli::Failed;

/// Whether there is one, to type at and to see.
pub(in crate::cli) fn is_here() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Its lines and columns.
pub(in crate::cli) fn size() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_row > 0 && size.ws_col > 0).then_some((size.ws_row, size.ws_col))
}

/// The terminal while every key goes to somebody else; whoever drops it puts it back.
#[derive(Debug)]
pub(super) struct Raw {
    terminal: Stdin,
    before: Termios,
}

impl Raw {
    pub(super) fn enter() -> Result<Self, Failed> {
        let terminal = io::stdin();
        let before = tcgetattr(&terminal).map_err(Failed::failure)?;
        let mut modes = before.clone();
        cfmakeraw(&mut modes);
        tcsetattr(&terminal, SetArg::TCSADRAIN, &modes).map_err(Failed::failure)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // An error means that the terminal itself is gone.
        let _ = tcsetattr(&self.terminal, SetArg::TCSADRAIN, &self.before);
    }
}
