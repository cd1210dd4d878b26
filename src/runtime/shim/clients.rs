//! The servers that talk to this shim: normally one, none after a crash, two for a moment at a hand-over.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use nix::poll::{PollFd, PollFlags};

use crate::domain::RunId;
use crate::runtime::protocol::{Report, Request, line, socket_name};
use crate::runtime::socket_path::SocketPath;

/// A client that does not read is dropped when this much waits for it; it can connect again and gets the state.
const MAX_WAITING: usize = 256 * 1024;

pub(super) struct Clients {
    listener: UnixListener,
    socket: PathBuf,
    connected: Vec<Client>,
    collected: bool,
}

struct Client {
    stream: UnixStream,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
}

impl Clients {
    pub(super) fn listen(folder: &Path, run: &RunId) -> io::Result<Self> {
        let name = socket_name(run);
        let path = SocketPath::new(folder, &name)?;
        let listener = UnixListener::bind(path.as_path())?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, socket: folder.join(name), connected: Vec::new(), collected: false })
    }

    pub(super) fn fds(&self) -> impl Iterator<Item = PollFd<'_>> {
        let clients = self.connected.iter().map(|client| {
            let write = if client.outgoing.is_empty() { PollFlags::empty() } else { PollFlags::POLLOUT };
            PollFd::new(client.stream.as_fd(), PollFlags::POLLIN | write)
        });
        std::iter::once(PollFd::new(self.listener.as_fd(), PollFlags::POLLIN)).chain(clients)
    }

    /// Lets new clients in; each first hears the whole state.
    pub(super) fn accept(&mut self, hello: impl Fn() -> Report) {
        while let Ok((stream, _)) = self.listener.accept() {
            if stream.set_nonblocking(true).is_err() {
                continue;
            }
            self.connected.push(Client { stream, incoming: Vec::new(), outgoing: line(&hello()) });
        }
    }

    /// What the clients ask for; clients that left are forgotten.
    pub(super) fn read(&mut self) -> Vec<Request> {
        let mut requests = Vec::new();
        self.connected.retain_mut(|client| client.read(&mut requests));
        requests
    }

    pub(super) fn send(&mut self, report: &Report) {
        let line = line(report);
        for client in &mut self.connected {
            client.outgoing.extend_from_slice(&line);
        }
    }

    /// Writes what the sockets take.
    pub(super) fn flush(&mut self) {
        self.connected.retain_mut(Client::flush);
    }

    pub(super) fn set_collected(&mut self) {
        self.collected = true;
    }

    pub(super) fn collected(&self) -> bool {
        self.collected
    }

    pub(super) fn remove_socket(&self) {
        let _ = fs::remove_file(&self.socket);
    }
}

impl Client {
    /// Reads whole lines; false when the client has left. What it said before it left still counts.
    fn read(&mut self, requests: &mut Vec<Request>) -> bool {
        let mut buffer = [0; 4096];
        let mut present = true;
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => {
                    present = false;
                    break;
                }
                Ok(read) => self.incoming.extend_from_slice(buffer.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
            if self.incoming.len() > MAX_WAITING {
                return false;
            }
        }
        while let Some(end) = self.incoming.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.incoming.drain(..=end).collect();
            // A request of a newer server that we do not know is not ours to fulfil.
            requests.extend(serde_json::from_slice::<Request>(&line));
        }
        present
    }

    fn flush(&mut self) -> bool {
        while !self.outgoing.is_empty() {
            match self.stream.write(&self.outgoing) {
                Ok(0) => return false,
                Ok(written) => drop(self.outgoing.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return self.outgoing.len() <= MAX_WAITING,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        true
    }
}
