//! What goes through to an instance, counted for whoever looks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use http::StatusCode;
use serde::Serialize;

use crate::domain::Timestamp;

/// The counters of one instance; they outlive its processes.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    requests: AtomicU64,
    failures: AtomicU64,
    active: AtomicU64,
    tunnels: AtomicU64,
    last_failure: Mutex<Option<Failure>>,
}

/// A request that no app answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Counted {
    /// Requests that came for it since the server started.
    pub requests: u64,
    /// Those that no app answered.
    pub failures: u64,
    /// Requests under way now, answers still flowing included.
    pub active: u64,
    /// Websockets open now.
    pub tunnels: u64,
    /// The last one that no app answered.
    pub last_error: Option<Failure>,
}

/// Something under way: counted until it is dropped.
#[derive(Debug)]
pub(super) struct UnderWay {
    traffic: Arc<Traffic>,
    gauge: fn(&Traffic) -> &AtomicU64,
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
        self.under_way(|traffic| &traffic.tunnels)
    }

    /// A request got no answer from its app.
    pub(super) fn failure(&self, status: StatusCode, detail: String, request_id: String) {
        self.failures.fetch_add(1, Ordering::Relaxed);
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
            last_error: self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}
