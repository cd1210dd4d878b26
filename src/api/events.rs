//! `GET /api/events`: everything that changes, as server-sent events. The dashboard lives from this one stream.
//!
//! A stream begins with a `snapshot`, and gets another one when it fell too far behind: so a client never has to ask for
//! what it missed. One that says what it heard last (`Last-Event-ID`, or `?after=` where it can't set a field) gets
//! `resumed` and what it missed instead, as long as that is known.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::feed::{Follower, Numbered, Told};
use super::json::Params;
use super::stats::StatsView;
use super::view::InstanceView;
use super::{Origin, Panel, Seen};
use crate::assets;
use crate::auth::Caller;
use crate::domain::Notice;
use crate::instances::Event;
use crate::monitor::Watching;
use crate::notices;

/// A comment this often: outer proxies cut what is silent for a minute or less.
const PING: Duration = Duration::from_secs(15);

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct From {
    /// The id of the last event heard.
    #[serde(default)]
    after: Option<String>,
}

/// Follow everything that changes.
///
/// A stream of server-sent events (`text/event-stream`); what they carry is JSON.
///
/// The first is `snapshot` (`version`, `boot`, `assets`, `auth`, `gpu_count`, `jobs`, `unread_notices`, `instances`),
/// or `resumed` for a client that says what it heard last, by `Last-Event-ID` or `after`, as long as that is known.
/// Then `instance` (an instance), `removed` (`id`), `log` (`id`, `size`), `job` (a job), `notice` (a notice, with
/// `unread`), `notices_read` (`unread`), and `stats` (as `GET /api/system/stats`), every few seconds. A client that
/// falls behind gets another `snapshot`. A comment comes every 15 seconds. The stream ends with the server, or with
/// the login.
#[utoipa::path(
    get,
    path = "",
    params(From),
    responses(
        (status = 200, description = "The events.", body = String, content_type = "text/event-stream"),
    )
)]
pub(super) async fn events(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Extension(caller): Extension<Caller>,
    Params(from): Params<From>,
    headers: HeaderMap,
) -> Response {
    // What the browser itself says of a stream it reopens is newer than the address it was opened with.
    let heard = headers.get("last-event-id").and_then(|id| id.to_str().ok()).or(from.after.as_deref());
    // Subscribed before the snapshot is taken: a change between the two comes twice rather than never.
    let Follower { changes, missed, last } =
        panel.feed.follow(heard.and_then(|id| id.strip_prefix(&*panel.boot)?.strip_prefix('-')?.parse().ok()));
    let stats = panel.monitor.watch();
    let ended = caller.ended().cloned().unwrap_or_default();
    let mut stream = Stream { stats, origin: panel.origin(&seen), changes, ended, panel, last, ahead: VecDeque::new() };
    match missed {
        Some(missed) => {
            let begun = stream.resumed();
            stream.ahead.push_back(begun);
            stream.ahead.extend(missed.iter().map(|change| stream.told(change)).collect::<Vec<_>>());
        }
        None => stream.ahead.push_back(stream.snapshot()),
    }
    // The latest figures at once: the next ones may be seconds away.
    let latest = stream.stats.present();
    if latest.ram.total > 0 {
        stream.ahead.push_back(stream.piece("stats", &StatsView::new(&latest)));
    }
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

/// A notice, and how many are unread with it.
#[derive(Serialize)]
struct NoticeView<'a> {
    #[serde(flatten)]
    notice: &'a Notice,
    unread: u32,
}

struct Stream {
    panel: Panel,
    origin: Origin,
    changes: broadcast::Receiver<Numbered>,
    stats: Watching,
    /// Whoever asked is let in no more.
    ended: CancellationToken,
    /// What is to be sent before anything else.
    ahead: VecDeque<Bytes>,
    /// The number of the last change told.
    last: u64,
}

impl Stream {
    /// The next piece; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(piece) = self.ahead.pop_front() {
            return Some(piece);
        }
        let closing = self.panel.closing.clone();
        tokio::select! {
            () = closing.cancelled() => None,
            () = self.ended.cancelled() => None,
            change = self.changes.recv() => match change {
                Ok(change) => {
                    self.last = change.number;
                    Some(self.told(&change))
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    let Follower { changes, last, .. } = self.panel.feed.follow(None);
                    (self.changes, self.last) = (changes, last);
                    Some(self.snapshot())
                }
                Err(broadcast::error::RecvError::Closed) => None,
            },
            stats = self.stats.next() => Some(self.piece("stats", &StatsView::new(&*stats?))),
            () = tokio::time::sleep(PING) => Some(Bytes::from_static(b": ping\n\n")),
        }
    }

    fn snapshot(&self) -> Bytes {
        let all = self.panel.instances.list();
        let gpu_count = self.stats.present().gpus.len();
        let snapshot = serde_json::json!({
            "version": env!("CARGO_PKG_VERSION"),
            "boot": &*self.panel.boot,
            "assets": assets::bundle(),
            "auth": super::sessions::mode(&self.panel.login),
            "gpu_count": gpu_count,
            "jobs": self.panel.instances.jobs().list(),
            "unread_notices": self.panel.notices.unread(),
            "instances": all.iter().map(|instance| InstanceView::new(instance, &self.origin)).collect::<Vec<_>>(),
        });
        self.piece("snapshot", &snapshot)
    }

    /// Instead of a snapshot: what the client knows still holds.
    fn resumed(&self) -> Bytes {
        self.piece("resumed", &serde_json::json!({ "boot": &*self.panel.boot }))
    }

    fn told(&self, Numbered { number, told }: &Numbered) -> Bytes {
        match told {
            Told::Change(Event::Instance(instance)) => {
                self.numbered("instance", *number, &InstanceView::new(instance, &self.origin))
            }
            Told::Change(Event::Removed(id)) => self.numbered("removed", *number, &serde_json::json!({ "id": id })),
            Told::Change(Event::Log(id, size)) => {
                self.numbered("log", *number, &serde_json::json!({ "id": id, "size": size }))
            }
            Told::Notices(notices::Told::Notice(notice, unread)) => {
                self.numbered("notice", *number, &NoticeView { notice, unread: *unread })
            }
            Told::Notices(notices::Told::Read(unread)) => {
                self.numbered("notices_read", *number, &serde_json::json!({ "unread": unread }))
            }
            Told::Job(job) => self.numbered("job", *number, job),
            // The feed leaves those out: they are told as notices that are kept.
            Told::Change(Event::Notice(_)) | Told::Gap => self.snapshot(),
        }
    }

    /// What is no change of its own carries the number of the last one.
    fn piece(&self, name: &str, data: &impl Serialize) -> Bytes {
        self.numbered(name, self.last, data)
    }

    /// One event. JSON holds no line breaks, so it is one `data` line.
    fn numbered(&self, name: &str, number: u64, data: &impl Serialize) -> Bytes {
        let data = serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned());
        Bytes::from(format!("event: {name}\nid: {}-{number}\ndata: {data}\n\n", self.panel.boot))
    }
}
