//! The accept loop of one address, and the life of a connection.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::dispatch::{Entrance, Front};
use super::proxy_protocol;
use super::tls::Tls;
use super::workers::Place;
use crate::net::paced::{Goodbye, Paced, Patience};
use crate::net::until::until_cancelled;
use crate::proxy::Peer;
use crate::proxy::body::Body;
use crate::proxy::headers::forwarded::IpText;
use crate::tasks::Tasks;

/// How long a client may take. Proxies in front of us keep idle connections for a minute: ours must not be the side that
/// closes them.
const PATIENCE: Patience = Patience { idle: Duration::from_secs(75), head: Duration::from_secs(30) };

/// How long the first byte and the handshake may take under TLS.
const HANDSHAKE: Duration = Duration::from_secs(15);

/// Fields of a request; hyper's own limit is 100, which browsers behind a few proxies can pass.
const MAX_HEADERS: usize = 200;

/// The same for HTTP/2, which counts bytes.
const MAX_HEADER_LIST: u32 = 64 * 1024;

/// Connections at once per address; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 16_384;

/// After an error that will not pass by itself at once (out of descriptors).
const BACK_OFF: Duration = Duration::from_millis(50);

/// The first byte of a TLS record that begins a handshake (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// What every accept loop of this server shares.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) front: Arc<Front>,
    pub(super) tls: Option<Tls>,
    /// Whether a connection begins with the PROXY protocol's header.
    pub(super) proxy_protocol: bool,
    pub(super) connections: Tasks,
}

struct Acceptor {
    listener: TcpListener,
    port: u16,
    place: Place,
    entrance: Entrance,
    shared: Shared,
    closing: CancellationToken,
    room: Arc<Semaphore>,
}

/// Accepts from a socket until the server goes.
///
/// # Errors
/// The socket can't be made ready.
pub(super) fn start(
    socket: StdListener,
    place: Place,
    entrance: Entrance,
    shared: &Shared,
    closing: &CancellationToken,
) -> std::io::Result<()> {
    let _inside = place.crew.handle(place.home).map(Handle::enter);
    let listener = TcpListener::from_std(socket)?;
    let port = listener.local_addr()?.port();
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let acceptor = Acceptor { listener, port, place, entrance, shared: shared.clone(), closing: closing.clone(), room };
    shared.connections.spawn("accept loop", acceptor.run());
    Ok(())
}

impl Acceptor {
    /// No error ends it.
    async fn run(self) {
        loop {
            let Ok(permit) = Arc::clone(&self.room).acquire_owned().await else { return };
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = self.closing.cancelled() => return self.take_the_rest(),
            };
            match accepted {
                Ok((stream, address)) => self.serve(stream, address, permit),
                Err(error) if is_the_peers(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "accept failed; trying again");
                    tokio::time::sleep(BACK_OFF).await;
                }
            }
        }
    }

    /// Who is in this socket's queue when it closes was let in by the kernel: they get their one answer.
    fn take_the_rest(&self) {
        let mut context = Context::from_waker(Waker::noop());
        while let Poll::Ready(Ok((stream, address))) = self.listener.poll_accept(&mut context) {
            let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() else { return };
            self.serve(stream, address, permit);
        }
    }

    fn serve(&self, stream: TcpStream, address: SocketAddr, permit: OwnedSemaphorePermit) {
        let Place { crew, home, spread } = &self.place;
        let member = if *spread { crew.least_loaded(*home) } else { *home };
        let load = crew.load(member);
        let connection = Connection {
            address,
            port: self.port,
            entrance: self.entrance,
            front: Arc::clone(&self.shared.front),
            closing: self.closing.clone(),
        };
        let (tls, introduced) = (self.shared.tls.clone(), self.shared.proxy_protocol);
        let serve = async move |stream: TcpStream| {
            connection.serve(stream, tls, introduced).await;
            drop((permit, load));
        };
        let tasks = &self.shared.connections;
        match crew.handle(member) {
            Some(other) if member != *home => {
                // It is watched by the worker that serves it.
                let moved = stream.into_std().and_then(|stream| {
                    let _inside = other.enter();
                    tasks.spawn("connection", serve(TcpStream::from_std(stream)?));
                    Ok(())
                });
                if let Err(error) = moved {
                    tracing::debug!(%address, %error, "a connection could not be handed over");
                }
            }
            _ => tasks.spawn("connection", serve(stream)),
        }
    }
}

/// The connection was gone before we had it (accept(2)).
fn is_the_peers(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

struct Connection {
    address: SocketAddr,
    /// The port it came in by.
    port: u16,
    entrance: Entrance,
    front: Arc<Front>,
    closing: CancellationToken,
}

impl Connection {
    async fn serve(mut self, mut stream: TcpStream, tls: Option<Tls>, introduced: bool) {
        if introduced && !self.be_introduced(&mut stream).await {
            return;
        }
        let ip = IpText::new(self.address.ip());
        let peer = Peer { address: self.address, ip, local_port: self.port, tls: tls.is_some() };
        let entrance = self.entrance;
        let dispatch = |request| self.front.dispatch(request, peer, entrance);
        let Some(tls) = tls else { return self.http1(stream, Goodbye::Close, dispatch).await };
        match timeout(HANDSHAKE, speaks_tls(&stream)).await {
            Ok(Ok(true)) => {}
            // A person who typed http:// is sent to https://.
            Ok(Ok(false)) => {
                let to_https = |request: Request<Incoming>| std::future::ready(self.front.to_https(&request));
                return self.http1(stream, Goodbye::Close, to_https).await;
            }
            Ok(Err(_)) | Err(_) => return,
        }
        match timeout(HANDSHAKE, tls.accept(stream)).await {
            // The HTTP version is what ALPN agreed on; nothing is guessed from the first bytes.
            Ok(Ok(Some(stream))) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                let front = Arc::clone(&self.front);
                // Each stream is a task of its own.
                let dispatch = move |request| {
                    let front = Arc::clone(&front);
                    async move { front.dispatch(request, peer, entrance).await }
                };
                self.http2(stream, dispatch).await;
            }
            Ok(Ok(Some(stream))) => self.http1(stream, Goodbye::Say, dispatch).await,
            Ok(Ok(None)) => tracing::debug!(address = %self.address, "answered a certificate authority"),
            Ok(Err(error)) => tracing::debug!(address = %self.address, %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!(address = %self.address, "a TLS handshake took too long"),
        }
    }

    /// A balancer says whose connection it is. Where trusted proxies are named, nobody else may.
    async fn be_introduced(&mut self, stream: &mut TcpStream) -> bool {
        if !self.front.proxy.may_introduce(self.address.ip()) {
            tracing::debug!(address = %self.address, "not a trusted proxy: closed");
            return false;
        }
        match timeout(HANDSHAKE, proxy_protocol::read(stream)).await {
            Ok(Ok(Some(client))) => self.address = client,
            Ok(Ok(None)) => {}
            Ok(Err(error)) => {
                tracing::debug!(address = %self.address, %error, "no PROXY protocol header (AIKORE_PROXY_PROTOCOL=on)");
                return false;
            }
            Err(_) => return false,
        }
        true
    }

    /// hyper's HTTP/1 builder, not hyper-util's automatic one: that one has no timeout before the first byte and takes
    /// HTTP/2 with prior knowledge (proxy.md B1 2).
    async fn http1<I, F>(&self, io: I, goodbye: Goodbye, answer: impl Fn(Request<Incoming>) -> F)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        F: Future<Output = Response<Body>>,
    {
        let (io, phase) = Paced::new(io, PATIENCE, goodbye);
        let service = service_fn(move |request| {
            let busy = phase.busy();
            let answer = answer(request);
            async move { Ok::<_, Infallible>(answer.await.map(|body| body.holding(busy))) }
        });
        let connection = http1::Builder::new()
            // Paced has its own clocks, one for a head and one for an idle connection.
            .header_read_timeout(None)
            .max_headers(MAX_HEADERS)
            .serve_connection(TokioIo::new(io), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let ended = match until_cancelled(&self.closing, connection.as_mut()).await {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        self.note(ended);
    }

    /// Websockets are not offered over HTTP/2 (RFC 8441): browsers then open an HTTP/1.1 connection for them.
    async fn http2<I, F>(&self, io: I, answer: impl Fn(Request<Incoming>) -> F)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let service = service_fn(move |request| {
            let answer = answer(request);
            async move { Ok::<_, Infallible>(answer.await) }
        });
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(200)
            .max_header_list_size(MAX_HEADER_LIST)
            .keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(Duration::from_secs(20))
            .serve_connection(TokioIo::new(io), service);
        let mut connection = pin!(connection);
        let ended = match until_cancelled(&self.closing, connection.as_mut()).await {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        self.note(ended);
    }

    fn note(&self, ended: hyper::Result<()>) {
        if let Err(error) = ended {
            tracing::debug!(address = %self.address, %error, "a connection ended early");
        }
    }
}

/// Looks at the first byte without taking it.
async fn speaks_tls(stream: &TcpStream) -> std::io::Result<bool> {
    let mut first = [0];
    match stream.peek(&mut first).await? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(first == [TLS_HANDSHAKE]),
    }
}
