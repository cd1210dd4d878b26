//! The accept loop of one address, and the life of a connection.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::dispatch::{Entrance, Front};
use crate::proxy::Peer;
use crate::tasks::Tasks;

/// How long a client may take for a request's head; hyper uses the same clock for an idle connection, and proxies in
/// front of us keep theirs for a minute.
const HEADERS: Duration = Duration::from_secs(75);

/// Connections at once per address; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 16_384;

/// Fields of a request; hyper's own limit is 100, which browsers behind a few proxies can pass.
const MAX_HEADERS: usize = 200;

/// After an error that will not pass by itself at once (out of descriptors).
const BACK_OFF: Duration = Duration::from_millis(50);

pub(super) struct Acceptor {
    listener: TcpListener,
    front: Arc<Front>,
    entrance: Entrance,
    closing: CancellationToken,
    connections: Tasks,
    room: Arc<Semaphore>,
}

impl Acceptor {
    pub(super) fn new(
        listener: TcpListener,
        front: Arc<Front>,
        entrance: Entrance,
        closing: CancellationToken,
        connections: Tasks,
    ) -> Self {
        Self { listener, front, entrance, closing, connections, room: Arc::new(Semaphore::new(MAX_CONNECTIONS)) }
    }

    /// Accepts until the server goes; no error ends it.
    pub(super) async fn run(self) {
        loop {
            let Ok(place) = Arc::clone(&self.room).acquire_owned().await else { return };
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = self.closing.cancelled() => return,
            };
            match accepted {
                Ok((stream, address)) => {
                    let (front, entrance, closing) = (Arc::clone(&self.front), self.entrance, self.closing.clone());
                    self.connections.spawn("connection", async move {
                        serve(stream, address, front, entrance, closing).await;
                        drop(place);
                    });
                }
                Err(error) if is_the_peers(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "accept failed; trying again");
                    tokio::time::sleep(BACK_OFF).await;
                }
            }
        }
    }
}

/// The connection was gone before we had it (accept(2)).
fn is_the_peers(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

async fn serve(
    stream: TcpStream,
    address: SocketAddr,
    front: Arc<Front>,
    entrance: Entrance,
    closing: CancellationToken,
) {
    // An error only costs latency.
    let _ = stream.set_nodelay(true);
    let local_port = stream.local_addr().map_or(0, |local| local.port());
    let peer = Peer { address, local_port, tls: false };
    let service = service_fn(move |request| {
        let front = Arc::clone(&front);
        async move { Ok::<_, Infallible>(front.dispatch(request, peer, entrance).await) }
    });
    // The HTTP/1 builder, not hyper-util's automatic one: that one has no timeout before the first byte and takes
    // HTTP/2 with prior knowledge (proxy.md B1 2).
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .preserve_header_case(true)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%address, %error, "a connection ended early");
    }
}
