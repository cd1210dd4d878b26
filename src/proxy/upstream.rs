//! The way to one process of one instance: dialling it, keeping idle connections, and everything that must end with it.
//!
//! HTTP/1.1 is spoken by hand here (`encode`, `parse`, `chunked`, `exchange`, `answer`): the other side is a child of ours
//! on the loopback, and hyper's client would cost a task, two channels and a wake-up per request (performance.md).

mod answer;
pub(super) mod chunked;
pub(super) mod encode;
mod exchange;
pub(super) mod parse;
mod upload;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::error::ProxyError;
use super::traffic::{Traffic, UnderWay};
use crate::domain::RunId;

pub(super) use answer::AnswerBody;
pub use answer::BodyError;
pub(super) use exchange::{Answered, Message};

use exchange::Broken;

/// Loopback answers at once or not at all; a full accept queue drops the SYN and has it sent again after a second.
const CONNECT: Duration = Duration::from_secs(5);

/// Idle connections kept per process and worker.
const MAX_IDLE: usize = 64;

/// How long one is kept: less than what servers keep theirs for (gunicorn 2 s, uvicorn and Node 5 s), so that few of
/// them are closed just as they are used. And no longer, since a server with one thread answers nobody else meanwhile.
const MAX_IDLE_TIME: Duration = Duration::from_millis(1500);

/// One generation of an instance's process.
#[derive(Debug)]
pub(super) struct Upstream {
    address: SocketAddr,
    authority: String,
    run: RunId,
    /// Counts the connections.
    traffic: Arc<Traffic>,
    ended: CancellationToken,
    tasks: TaskTracker,
    /// Connections belong to the worker that dialled them: used by another one, each answer would wake two threads.
    idle: [Mutex<Shard>; SHARDS],
}

/// One worker's idle connections, the freshest last.
#[derive(Debug, Default)]
struct Shard {
    connections: Vec<(Connection, Instant)>,
    /// Whether a task closes what has been idle for too long; there is one as long as there are connections.
    swept: bool,
}

/// A connection to the child, between two exchanges or in one.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    /// What was read and is not used yet.
    pub(super) buffer: BytesMut,
    /// Counts as open until it is dropped.
    pub(super) open: UnderWay,
}

impl Upstream {
    pub(super) fn new(address: SocketAddr, run: RunId, traffic: Arc<Traffic>) -> Self {
        let (ended, tasks, idle) = (CancellationToken::new(), TaskTracker::new(), Default::default());
        Self { address, authority: address.to_string(), run, traffic, ended, tasks, idle }
    }

    /// Whether it is this run at this address.
    pub(super) fn is(&self, address: SocketAddr, run: &RunId) -> bool {
        self.address == address && self.run == *run
    }

    /// Where the process listens, as URLs have it.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Cuts every tunnel and closes what is idle: the process is going.
    pub(super) fn end(&self) {
        self.ended.cancel();
        self.tasks.close();
        for shard in &self.idle {
            locked(shard).connections.clear();
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

    /// Owns the tunnels to this process.
    pub(super) fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Sends a request. The connection lives as long as somebody holds the answer: dropping the future or the body
    /// closes it, which is how a child learns that its client is gone.
    pub(super) async fn send(self: &Arc<Self>, message: Message) -> Result<Answered, ProxyError> {
        let Message { head, content, asked } = message;
        if asked.is_repeatable(content.as_ref())
            && let Some(connection) = self.reuse()
        {
            match exchange::run(connection, head.clone(), None, asked, self).await {
                // It was closed or reset as we used it: it is asked again, once and on a new one. Only an answer that
                // came and made no sense is the child's last word.
                Err(Broken::BeforeAnswer(error)) => tracing::debug!(%error, "an idle connection was gone"),
                answered => return answered.map_err(ProxyError::from),
            }
        }
        // What must not be sent twice goes over a connection that can't have been closed meanwhile (RFC 9110 §9.2.2).
        let connection = Box::pin(self.dial()).await?;
        Ok(exchange::run(connection, head, content, asked, self).await?)
    }

    /// The freshest idle connection on which nothing has happened since. A child that has closed it is seen here if the
    /// poller knows, and otherwise when it is used; one that said something unasked would answer the wrong request.
    fn reuse(&self) -> Option<Connection> {
        let mut shard = self.shard();
        while let Some((connection, since)) = shard.connections.pop() {
            let quiet = connection.stream.try_read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
            if quiet && since.elapsed() <= MAX_IDLE_TIME {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection for the next request.
    fn keep(self: &Arc<Self>, connection: Connection) {
        let mut shard = self.shard();
        if self.has_ended() || shard.connections.len() >= MAX_IDLE {
            return;
        }
        shard.connections.push((connection, Instant::now()));
        if !shard.swept {
            shard.swept = true;
            self.tasks.spawn(sweep(Arc::downgrade(self), self.ended.clone()));
        }
    }

    /// This worker's idle connections.
    fn shard(&self) -> MutexGuard<'_, Shard> {
        let shard = WORKER.with(|worker| *worker);
        locked(self.idle.get(shard).unwrap_or(&self.idle[0]))
    }

    async fn dial(&self) -> Result<Connection, ProxyError> {
        let stream = match tokio::time::timeout(CONNECT, TcpStream::connect(self.address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(ProxyError::Connect(error.to_string())),
            Err(_) => return Err(ProxyError::Connect("it does not accept connections".to_owned())),
        };
        // Without it each small write would wait for the ACK of the one before. An error only costs latency.
        let _ = stream.set_nodelay(true);
        Ok(Connection { stream, buffer: BytesMut::new(), open: self.traffic.connection() })
    }
}

/// Closes this worker's connections that have been idle for too long, until none is left.
async fn sweep(upstream: Weak<Upstream>, ended: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(MAX_IDLE_TIME) => {}
            () = ended.cancelled() => return,
        }
        let Some(upstream) = upstream.upgrade() else { return };
        let mut shard = upstream.shard();
        shard.connections.retain(|(_, since)| since.elapsed() < MAX_IDLE_TIME);
        if shard.connections.is_empty() {
            shard.swept = false;
            return;
        }
    }
}

/// Whole whatever happened: every change is one push or pop.
fn locked(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    /// This thread's shard: threads are numbered as they first send something.
    static WORKER: usize = NEXT_WORKER.fetch_add(1, Ordering::Relaxed) % SHARDS;
}

static NEXT_WORKER: AtomicUsize = AtomicUsize::new(0);

/// As many as there are workers at most.
const SHARDS: usize = 16;
