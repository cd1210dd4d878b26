//! The way to one process of one instance: dialling it, and everything that must end with it.
//!
//! First form: a connection of its own per request. On loopback that costs microseconds, and no request can meet a
//! connection that the child is just closing.

use std::net::SocketAddr;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::error::ProxyError;
use crate::domain::RunId;

/// Loopback answers at once or not at all; a full accept queue drops the SYN and has it sent again after a second.
const CONNECT: Duration = Duration::from_secs(5);

/// Fields an app may send: some set dozens of cookies, hyper's own limit is 100.
const MAX_HEADERS: usize = 500;

/// One generation of an instance's process.
#[derive(Debug)]
pub(super) struct Upstream {
    address: SocketAddr,
    run: RunId,
    ended: CancellationToken,
    tunnels: TaskTracker,
}

impl Upstream {
    pub(super) fn new(address: SocketAddr, run: RunId) -> Self {
        Self { address, run, ended: CancellationToken::new(), tunnels: TaskTracker::new() }
    }

    /// Whether it is this run at this address.
    pub(super) fn is(&self, address: SocketAddr, run: &RunId) -> bool {
        self.address == address && self.run == *run
    }

    /// Where the process listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every tunnel: the process is going.
    pub(super) fn end(&self) {
        self.ended.cancel();
        self.tunnels.close();
    }

    /// Whether it has been ended.
    #[cfg(test)]
    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_cancelled()
    }

    /// Cancelled when the process is going.
    pub(super) fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    /// Owns the tunnels to this process.
    pub(super) fn tunnels(&self) -> &TaskTracker {
        &self.tunnels
    }

    /// Sends a request on a fresh connection. The connection lives as long as somebody holds the answer: dropping the
    /// future or the body closes it, which is how a child learns that its client is gone.
    pub(super) async fn send(&self, request: Request<Incoming>) -> Result<Response<Incoming>, ProxyError> {
        let stream = match tokio::time::timeout(CONNECT, TcpStream::connect(self.address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(ProxyError::Connect(error.to_string())),
            Err(_) => return Err(ProxyError::Connect("it does not accept connections".to_owned())),
        };
        // Without it each small write would wait for the ACK of the one before. An error only costs latency.
        let _ = stream.set_nodelay(true);
        // A body's end can't be told from an upgrade's beginning by hyper: both halves need `with_upgrades`.
        let (mut sender, connection) = http1::Builder::new()
            .preserve_header_case(true)
            .max_headers(MAX_HEADERS)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| ProxyError::from_exchange(&error))?;
        // Ends with the exchange it carries: hyper stops when sender and body are gone. Its error reaches us there.
        self.tunnels.spawn(async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!(%error, "a connection to a child ended");
            }
        });
        sender.send_request(request).await.map_err(|error| ProxyError::from_exchange(&error))
    }
}
