//! The way to one process of one instance: dialling it, keeping idle connections, and everything that must end with it.

mod lease;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{Either, Empty};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::error::ProxyError;
use crate::domain::RunId;

pub(super) use lease::{Lease, LeasedBody};

/// Loopback answers at once or not at all; a full accept queue drops the SYN and has it sent again after a second.
const CONNECT: Duration = Duration::from_secs(5);

/// Fields an app may send: some set dozens of cookies, hyper's own limit is 100.
const MAX_HEADERS: usize = 500;

/// Idle connections kept per process and worker.
const MAX_IDLE: usize = 32;

/// How long one is kept: less than what servers keep theirs for (gunicorn 2 s, uvicorn and Node 5 s), so that few of
/// them are closed just as they are used.
const MAX_IDLE_TIME: Duration = Duration::from_millis(1500);

/// What goes to a child: the client's body, or none.
type RequestBody = Either<Incoming, Empty<Bytes>>;

/// One generation of an instance's process.
#[derive(Debug)]
pub(super) struct Upstream {
    address: SocketAddr,
    run: RunId,
    ended: CancellationToken,
    tasks: TaskTracker,
    /// Connections belong to the worker that dialled them: used by another one, each answer would wake two threads.
    idle: [Mutex<Vec<Idle>>; SHARDS],
}

#[derive(Debug)]
struct Idle {
    sender: SendRequest<RequestBody>,
    since: Instant,
}

impl Upstream {
    pub(super) fn new(address: SocketAddr, run: RunId) -> Self {
        let (ended, tasks, idle) = (CancellationToken::new(), TaskTracker::new(), Default::default());
        Self { address, run, ended, tasks, idle }
    }

    /// Whether it is this run at this address.
    pub(super) fn is(&self, address: SocketAddr, run: &RunId) -> bool {
        self.address == address && self.run == *run
    }

    /// Where the process listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every tunnel and closes what is idle: the process is going.
    pub(super) fn end(&self) {
        self.ended.cancel();
        self.tasks.close();
        for shard in &self.idle {
            locked(shard).clear();
        }
    }

    /// Whether it has been ended.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_cancelled()
    }

    /// Cancelled when the process is going.
    pub(super) fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    /// Owns the connections and tunnels to this process.
    pub(super) fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Sends a request. The connection lives as long as somebody holds the answer: dropping the future or the body
    /// closes it, which is how a child learns that its client is gone.
    pub(super) async fn send(
        self: &Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<(Response<Incoming>, Lease), ProxyError> {
        if is_repeatable(&request) {
            let (head, _) = request.into_parts();
            return self.send_repeatable(head).await;
        }
        // What must not be sent twice goes over a connection that can't have been closed meanwhile (RFC 9110 §9.2.2).
        let mut sender = self.dial().await?;
        let answer = sender.send_request(request.map(Either::Left)).await;
        self.leased(answer, sender)
    }

    async fn send_repeatable(
        self: &Arc<Self>,
        head: http::request::Parts,
    ) -> Result<(Response<Incoming>, Lease), ProxyError> {
        let request = |head| Request::from_parts(head, Either::Right(Empty::new()));
        if let Some(mut sender) = self.reuse().await {
            match sender.send_request(request(head.clone())).await {
                Ok(answer) => return self.leased(Ok(answer), sender),
                // It was closed or reset as we used it: it is asked again, once and on a new one. Only an answer that came
                // and made no sense is the child's last word.
                Err(error) if !error.is_parse() && !error.is_user() => {
                    tracing::debug!(%error, "an idle connection was gone");
                }
                Err(error) => return Err(ProxyError::from_exchange(&error)),
            }
        }
        let mut sender = self.dial().await?;
        let answer = sender.send_request(request(head)).await;
        self.leased(answer, sender)
    }

    fn leased(
        self: &Arc<Self>,
        answer: hyper::Result<Response<Incoming>>,
        sender: SendRequest<RequestBody>,
    ) -> Result<(Response<Incoming>, Lease), ProxyError> {
        let answer = answer.map_err(|error| ProxyError::from_exchange(&error))?;
        Ok((answer, Lease::new(Arc::clone(self), sender)))
    }

    /// The freshest idle connection that still stands.
    async fn reuse(&self) -> Option<SendRequest<RequestBody>> {
        loop {
            let Idle { mut sender, since } = self.idle().pop()?;
            if since.elapsed() <= MAX_IDLE_TIME && sender.ready().await.is_ok() {
                return Some(sender);
            }
        }
    }

    /// Keeps a connection for the next request.
    fn keep(&self, sender: SendRequest<RequestBody>) {
        let mut idle = self.idle();
        idle.retain(|idle| idle.since.elapsed() <= MAX_IDLE_TIME);
        if !self.has_ended() && !sender.is_closed() && idle.len() < MAX_IDLE {
            idle.push(Idle { sender, since: Instant::now() });
        }
    }

    /// This worker's idle connections.
    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        let shard = WORKER.with(|worker| *worker);
        locked(self.idle.get(shard).unwrap_or(&self.idle[0]))
    }

    async fn dial(&self) -> Result<SendRequest<RequestBody>, ProxyError> {
        let stream = match tokio::time::timeout(CONNECT, TcpStream::connect(self.address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(ProxyError::Connect(error.to_string())),
            Err(_) => return Err(ProxyError::Connect("it does not accept connections".to_owned())),
        };
        // Without it each small write would wait for the ACK of the one before. An error only costs latency.
        let _ = stream.set_nodelay(true);
        let (sender, connection) = http1::Builder::new()
            .max_headers(MAX_HEADERS)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| ProxyError::from_exchange(&error))?;
        // Ends when sender and body are gone. Its error reaches us there.
        self.tasks.spawn(async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!(%error, "a connection to a child ended");
            }
        });
        Ok(sender)
    }
}

/// Whole whatever happened: every change is one push or pop.
fn locked(shard: &Mutex<Vec<Idle>>) -> MutexGuard<'_, Vec<Idle>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    /// This thread's shard: threads are numbered as they first send something.
    static WORKER: usize = NEXT_WORKER.fetch_add(1, Ordering::Relaxed) % SHARDS;
}

static NEXT_WORKER: AtomicUsize = AtomicUsize::new(0);

/// As many as there are workers at most.
const SHARDS: usize = 16;

/// A request that may be sent again when nothing came back: idempotent, without body, and no handshake.
fn is_repeatable(request: &Request<Incoming>) -> bool {
    let idempotent = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    idempotent && request.body().is_end_stream() && !request.headers().contains_key(http::header::UPGRADE)
}
