//! `GET /api/events`: everything that changes, as server-sent events. The dashboard lives from this one stream.
//!
//! A stream begins with a `snapshot`, and gets another one when it fell too far behind: so a client never has to ask for
//! what it missed.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde::Serialize;
use tokio::sync::{broadcast, watch};

use super::view::InstanceView;
use super::{Origin, Panel, Seen};
use crate::instances::Event;
use crate::jobs::Job;
use crate::monitor::Stats;

/// A comment this often: outer proxies cut what is silent for a minute or less.
const PING: Duration = Duration::from_secs(15);

pub(super) async fn events(State(panel): State<Panel>, Extension(seen): Extension<Seen>) -> Response {
    // Subscribed before the snapshot is taken: a change between the two comes twice rather than never.
    let stream = Stream {
        events: panel.instances.subscribe(),
        jobs: panel.instances.jobs().subscribe(),
        stats: panel.monitor.subscribe(),
        origin: panel.origin(&seen),
        panel,
        sent: 0,
    };
    let body = Body::from_stream(stream::unfold(stream, |mut stream| async {
        let piece = stream.next().await?;
        Some((Ok::<_, std::convert::Infallible>(piece), stream))
    }));
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
        // nginx in front of us would hold the events back.
        (http::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, body).into_response()
}

struct Stream {
    panel: Panel,
    origin: Origin,
    events: broadcast::Receiver<Event>,
    jobs: broadcast::Receiver<Job>,
    stats: watch::Receiver<Arc<Stats>>,
    sent: u64,
}

impl Stream {
    /// The next piece; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if self.sent == 0 {
            return Some(self.snapshot());
        }
        let closing = self.panel.closing.clone();
        tokio::select! {
            () = closing.cancelled() => None,
            event = self.events.recv() => match event {
                Ok(event) => Some(self.event(&event)),
                Err(broadcast::error::RecvError::Lagged(_)) => Some(self.snapshot()),
                Err(broadcast::error::RecvError::Closed) => None,
            },
            job = self.jobs.recv() => match job {
                Ok(job) => Some(self.piece("job", &job)),
                Err(broadcast::error::RecvError::Lagged(_)) => Some(self.snapshot()),
                Err(broadcast::error::RecvError::Closed) => None,
            },
            changed = self.stats.changed() => {
                changed.ok()?;
                let stats = Arc::clone(&self.stats.borrow_and_update());
                Some(self.piece("stats", &*stats))
            }
            () = tokio::time::sleep(PING) => Some(Bytes::from_static(b": ping\n\n")),
        }
    }

    fn snapshot(&mut self) -> Bytes {
        let all = self.panel.instances.list();
        let gpu_count = self.stats.borrow().gpus.len();
        let snapshot = serde_json::json!({
            "version": env!("CARGO_PKG_VERSION"),
            "boot": &*self.panel.boot,
            "auth": "none",
            "gpu_count": gpu_count,
            "jobs": self.panel.instances.jobs().list(),
            "instances": all.iter().map(|instance| InstanceView::new(instance, &self.origin)).collect::<Vec<_>>(),
        });
        self.piece("snapshot", &snapshot)
    }

    fn event(&mut self, event: &Event) -> Bytes {
        match event {
            Event::Instance(instance) => {
                let origin = self.origin.clone();
                self.piece("instance", &InstanceView::new(instance, &origin))
            }
            Event::Removed(id) => self.piece("removed", &serde_json::json!({ "id": id })),
            Event::Log(id, size) => self.piece("log", &serde_json::json!({ "id": id, "size": size })),
            Event::Notice(notice) => self.piece("notice", notice),
        }
    }

    /// One event. JSON holds no line breaks, so it is one `data` line.
    fn piece(&mut self, name: &str, data: &impl Serialize) -> Bytes {
        self.sent += 1;
        let data = serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned());
        Bytes::from(format!("event: {name}\nid: {}-{}\ndata: {data}\n\n", self.panel.boot, self.sent))
    }
}
