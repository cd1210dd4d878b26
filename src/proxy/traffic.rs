//! What goes through to an instance, counted for whoever looks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use http::StatusCode;
use serde::Serialize;

use crate::domain::Timestamp;
use crate::net::pipe::Moved;

/// The counters of one instance; they outlive its processes.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    requests: AtomicU64,
    failures: AtomicU64,
    active: AtomicU64,
    tunnels: AtomicU64,
    tunnels_opened: AtomicU64,
    /// Answers, by the first digit of their status.
    answers: [AtomicU64; 6],
    /// Connections to the app, in use or kept for the next request.
    connections: AtomicU64,
    /// How many processes, or addresses of one, there have been to forward to.
    generation: AtomicU64,
    /// Bodies and what went through tunnels, from clients and to them; heads don't count.
    moved: Moved,
    last_failure: Mutex<Option<Failure>>,
}

/// A request that no app answered.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// What the client got.
    pub status: u16,
    /// Why: a sentence.
    pub detail: String,
    /// Which request: the access log and the client's answer name it so.
    pub request_id: String,
}

/// The counters at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Counted {
    /// Requests that came for it since the server started.
    pub requests: u64,
    /// Those that no app answered.
    pub failures: u64,
    /// Requests under way now, answers still flowing included.
    pub active: u64,
    /// Websockets open now.
    pub tunnels: u64,
    /// Websockets opened since the server started.
    pub tunnels_opened: u64,
    /// Answers by the first digit of their status (1xx, 2xx, …), the server's own in the app's place included.
    #[serde(skip)]
    pub answers: [u64; 6],
    /// Connections to the app that are open now, those kept for the next request included.
    pub connections: u64,
    /// The how many-th process (or address of one) since the server started it is that requests go to.
    pub generation: u64,
    /// Bytes that clients sent: bodies and what went through websockets.
    pub bytes_in: u64,
    /// Bytes that went to clients.
    pub bytes_out: u64,
    /// The last one that no app answered.
    pub last_error: Option<Failure>,
}

/// Something under way: counted until it is dropped.
#[derive(Debug)]
pub(super) struct UnderWay {
    traffic: Arc<Traffic>,
    gauge: fn(&Traffic) -> &AtomicU64,
}

impl UnderWay {
    /// So many bytes of its answer have gone to the client.
    pub(super) fn sent(&self, bytes: usize) {
        self.traffic.moved.back.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Where what goes either way is counted.
    pub(super) fn moved(&self) -> &Moved {
        &self.traffic.moved
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        (self.gauge)(&self.traffic).fetch_sub(1, Ordering::Relaxed);
    }
}

impl Traffic {
    /// A request has come.
    pub(super) fn request(self: &Arc<Self>) -> UnderWay {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.under_way(|traffic| &traffic.active)
    }

    /// A websocket has been opened.
    pub(super) fn tunnel(self: &Arc<Self>) -> UnderWay {
        self.tunnels_opened.fetch_add(1, Ordering::Relaxed);
        self.under_way(|traffic| &traffic.tunnels)
    }

    /// A connection to the app has been opened.
    pub(super) fn connection(self: &Arc<Self>) -> UnderWay {
        self.under_way(|traffic| &traffic.connections)
    }

    /// There is another process, or address of it, to forward to.
    pub(super) fn next_generation(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// A request has got an answer.
    pub(super) fn answered(&self, status: StatusCode) {
        if let Some(class) = self.answers.get(usize::from(status.as_u16() / 100)) {
            class.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// So many bytes of a request's body have come.
    pub(super) fn received(&self, bytes: usize) {
        self.moved.there.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// A request got no answer from its app.
    pub(super) fn failure(&self, status: StatusCode, detail: String, request_id: String) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        self.answered(status);
        let at = Timestamp::of(SystemTime::now());
        let failure = Failure { at, status: status.as_u16(), detail, request_id };
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    fn under_way(self: &Arc<Self>, gauge: fn(&Self) -> &AtomicU64) -> UnderWay {
        gauge(self).fetch_add(1, Ordering::Relaxed);
        UnderWay { traffic: Arc::clone(self), gauge }
    }

    pub(super) fn counted(&self) -> Counted {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counted {
            requests: read(&self.requests),
            failures: read(&self.failures),
            active: read(&self.active),
            tunnels: read(&self.tunnels),
            tunnels_opened: read(&self.tunnels_opened),
            answers: self.answers.each_ref().map(read),
            connections: read(&self.connections),
            generation: read(&self.generation),
            bytes_in: read(&self.moved.there),
            bytes_out: read(&self.moved.back),
            last_error: self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}
