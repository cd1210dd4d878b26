//! The accept loop of one address, and the life of a connection.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::dispatch::{Entrance, Front};
use super::limits::Limits;
use super::proxy_protocol;
use super::seats::{Seat, Seats};
use super::tls::Tls;
use super::workers::Place;
use crate::net::paced::{Busy, Goodbye, Paced, Patience};
use crate::net::streams::Streams;
use crate::net::until::until_cancelled;
use crate::proxy::Peer;
use crate::proxy::body::Body;
use crate::proxy::headers::forwarded::IpText;
use crate::tasks::Tasks;

/// How long the first byte and the handshake may take under TLS, at most.
const HANDSHAKE: Duration = Duration::from_secs(15);

/// Streams at once of a connection over HTTP/2.
const MAX_STREAMS: u32 = 200;

/// How long a client that was told goodbye over HTTP/2 may take to go.
const GOODBYE: Duration = Duration::from_secs(15);

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
    pub(super) seats: Seats,
    pub(super) limits: Limits,
}

struct Acceptor {
    listener: TcpListener,
    port: u16,
    place: Place,
    entrance: Entrance,
    shared: Shared,
    closing: CancellationToken,
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
    let acceptor = Acceptor { listener, port, place, entrance, shared: shared.clone(), closing: closing.clone() };
    shared.connections.spawn("accept loop", acceptor.run());
    Ok(())
}

impl Acceptor {
    /// No error ends it.
    async fn run(self) {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = self.closing.cancelled() => return self.take_the_rest(),
            };
            match accepted {
                // Taken before there is room for it: a listener that waited with room of its own would keep it from the others.
                Ok((stream, address)) => match self.shared.seats.wait(&self.closing).await {
                    Some(seat) => self.serve(stream, address, seat),
                    None => return self.take_the_rest(),
                },
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
            let Some(seat) = self.shared.seats.now() else { return };
            self.serve(stream, address, seat);
        }
    }

    fn serve(&self, stream: TcpStream, address: SocketAddr, seat: Seat) {
        let Place { crew, home, spread } = &self.place;
        let member = if *spread { crew.least_loaded(*home) } else { *home };
        let load = crew.load(member);
        let connection = Connection {
            address,
            port: self.port,
            entrance: self.entrance,
            front: Arc::clone(&self.shared.front),
            closing: self.closing.clone(),
            seats: self.shared.seats.clone(),
            limits: self.shared.limits,
        };
        let (tls, introduced) = (self.shared.tls.clone(), self.shared.proxy_protocol);
        let serve = async move |stream: TcpStream| {
            connection.serve(stream, tls, introduced, seat).await;
            drop(load);
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
    seats: Seats,
    limits: Limits,
}

impl Connection {
    async fn serve(mut self, mut stream: TcpStream, tls: Option<Tls>, introduced: bool, seat: Seat) {
        if introduced && !self.be_introduced(&mut stream).await {
            return;
        }
        let Some(seat) = self.count(seat) else { return };
        let ip = IpText::new(self.address.ip());
        let peer = Peer {
            address: self.address,
            ip,
            local_port: self.port,
            tls: tls.is_some(),
            patience: self.limits.body_timeout,
        };
        let entrance = self.entrance;
        let dispatch = |request| self.front.dispatch(request, peer, entrance);
        let Some(tls) = tls else { return self.http1(stream, Goodbye::Close, seat, dispatch).await };
        match timeout(self.handshake(), speaks_tls(&stream)).await {
            Ok(Ok(true)) => {}
            // A person who typed http:// is sent to https://.
            Ok(Ok(false)) => {
                let to_https = |request: Request<Incoming>| std::future::ready(self.front.to_https(&request));
                return self.http1(stream, Goodbye::Close, seat, to_https).await;
            }
            Ok(Err(_)) | Err(_) => return,
        }
        match timeout(self.handshake(), tls.accept(stream)).await {
            // The HTTP version is what ALPN agreed on; nothing is guessed from the first bytes.
            Ok(Ok(Some(stream))) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                let front = Arc::clone(&self.front);
                // Each stream is a task of its own.
                let dispatch = move |request| {
                    let front = Arc::clone(&front);
                    async move { front.dispatch(request, peer, entrance).await }
                };
                self.http2(stream, dispatch).await;
                drop(seat);
            }
            Ok(Ok(Some(stream))) => self.http1(stream, Goodbye::Say, seat, dispatch).await,
            Ok(Ok(None)) => tracing::debug!(address = %self.address, "answered a certificate authority"),
            Ok(Err(error)) => tracing::debug!(address = %self.address, %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!(address = %self.address, "a TLS handshake took too long"),
        }
    }

    /// Whether its address may have one more. What others stand behind is not counted: a proxy, and this machine, where the
    /// proxies of containers and tunnels run too.
    fn count(&self, seat: Seat) -> Option<Seat> {
        let address = self.address.ip();
        if address.to_canonical().is_loopback() || self.front.proxy.trusts(address) {
            return Some(seat);
        }
        self.seats.count(seat, address)
    }

    fn handshake(&self) -> Duration {
        HANDSHAKE.min(self.limits.header_timeout)
    }

    /// A balancer says whose connection it is. Where trusted proxies are named, nobody else may.
    async fn be_introduced(&mut self, stream: &mut TcpStream) -> bool {
        if !self.front.proxy.may_introduce(self.address.ip()) {
            tracing::debug!(address = %self.address, "not a trusted proxy: closed");
            return false;
        }
        match timeout(self.handshake(), proxy_protocol::read(stream)).await {
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
    async fn http1<I, F>(&self, io: I, goodbye: Goodbye, seat: Seat, answer: impl Fn(Request<Incoming>) -> F)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        F: Future<Output = Response<Body>>,
    {
        let Limits { idle_timeout: idle, header_timeout: head, body_timeout: stall, .. } = self.limits;
        // A websocket that it becomes takes its seat along.
        let (io, phase) = Paced::new(io, Patience { idle, head, stall }, goodbye, Some(Box::new(seat)));
        let service = service_fn(move |request| {
            let (busy, phase) = (phase.busy(), phase.clone());
            let answer = answer(request);
            async move {
                let answer = answer.await;
                if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
                    phase.upgraded();
                }
                Ok::<_, Infallible>(answer.map(|body| body.holding(busy)))
            }
        });
        let connection = http1::Builder::new()
            // Paced has its own clocks, one for a head and one for an idle connection.
            .header_read_timeout(None)
            .max_headers(self.limits.headers)
            .max_header_size(self.limits.header_size)
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
        let streams = Streams::new();
        let service = service_fn({
            let streams = streams.clone();
            move |request| {
                let open = Busy::Stream(streams.open());
                let answer = answer(request);
                async move { Ok::<_, Infallible>(answer.await.map(|body| body.holding(open))) }
            }
        });
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(u32::try_from(self.limits.header_size).unwrap_or(u32::MAX))
            .keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(Duration::from_secs(20))
            .serve_connection(TokioIo::new(io), service);
        let mut connection = pin!(connection);
        // No clock of HTTP/2 ends a connection on which nothing happens, nor one on which nothing ever has.
        let leave = async {
            tokio::select! {
                () = self.closing.cancelled() => {}
                () = streams.none_for(self.limits.idle_timeout) => {}
            }
        };
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = leave => None,
        };
        if let Some(ended) = ended {
            return self.note(ended);
        }
        connection.as_mut().graceful_shutdown();
        loop {
            match timeout(GOODBYE, connection.as_mut()).await {
                Ok(ended) => return self.note(ended),
                Err(_) if streams.none() => return,
                Err(_) => {}
            }
        }
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
