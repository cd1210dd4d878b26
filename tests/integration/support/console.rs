//! A person at a terminal: a command on a PTY, what it shows, and what is typed.

use std::process::{Command, ExitStatus};
use std::time::Duration;

use pty_process::{OwnedReadPty, OwnedWritePty, Size};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;

pub(crate) struct Console {
    read: OwnedReadPty,
    write: OwnedWritePty,
    pub(crate) child: Child,
    /// Everything shown and not yet looked at.
    shown: Vec<u8>,
}

impl Console {
    /// Runs a command on a screen of 24 by 80.
    pub(crate) fn run(command: &Command) -> Self {
        let (pty, pts) = pty_process::open().unwrap();
        pty.resize(Size::new(24, 80)).unwrap();
        let mut on_pty = pty_process::Command::new(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            on_pty = match value {
                Some(value) => on_pty.env(name, value),
                None => on_pty.env_remove(name),
            };
        }
        let child = on_pty.kill_on_drop(true).spawn(pts).unwrap();
        let (read, write) = pty.into_split();
        Self { read, write, child, shown: Vec::new() }
    }

    pub(crate) async fn type_in(&mut self, keys: &str) {
        self.write.write_all(keys.as_bytes()).await.unwrap();
    }

    pub(crate) fn resize(&self, rows: u16, cols: u16) {
        self.write.resize(Size::new(rows, cols)).unwrap();
    }

    /// Waits until this is shown, and gives everything up to its end.
    pub(crate) async fn until(&mut self, wanted: &str) -> String {
        loop {
            let found = self.shown.windows(wanted.len()).position(|part| part == wanted.as_bytes());
            if let Some(at) = found {
                let rest = self.shown.split_off(at + wanted.len());
                return String::from_utf8_lossy(&std::mem::replace(&mut self.shown, rest)).into_owned();
            }
            assert!(self.more().await, "it ended before {wanted:?}: {:?}", String::from_utf8_lossy(&self.shown));
        }
    }

    /// Reads on; false at the end.
    async fn more(&mut self) -> bool {
        let mut buffer = [0; 16 << 10];
        let read = tokio::time::timeout(Duration::from_secs(30), self.read.read(&mut buffer)).await;
        let read = read.unwrap_or_else(|_| panic!("silence after {:?}", String::from_utf8_lossy(&self.shown)));
        // EIO: nobody has the other end open.
        let read = read.unwrap_or_default();
        self.shown.extend(&buffer[..read]);
        read > 0
    }

    /// Waits for its end; gives what was still shown.
    pub(crate) async fn end(mut self) -> (ExitStatus, String) {
        while self.more().await {}
        let status = tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await.expect("it does not end");
        (status.unwrap(), String::from_utf8_lossy(&self.shown).into_owned())
    }
}
