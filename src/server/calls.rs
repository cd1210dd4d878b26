//! The dashboard's calls: they cross to the panel's runtime, so many at once, and are finished there.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body as PanelBody;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use tower::ServiceExt;

use super::limits::Limits;
use crate::api::Room;
use crate::auth::Refusal;
use crate::proxy::drain::Upload;
use crate::tasks::Tasks;

/// The longest body of whom nobody knows: a password, or the setup link's token and one.
const STRANGERS_BODY: usize = 16 * 1024;

/// Where the dashboard's calls are answered.
pub(super) struct Calls {
    panel: Router,
    runtime: Handle,
    tasks: Tasks,
    room: Arc<Semaphore>,
    /// How long a stranger's body may take altogether.
    patience: Duration,
}

impl Calls {
    pub(super) fn new(panel: Router, runtime: Handle, tasks: Tasks, limits: &Limits) -> Self {
        let room = Arc::new(Semaphore::new(limits.calls));
        Self { panel, runtime, tasks, room, patience: limits.header_timeout }
    }

    /// The panel's answer. A stream that follows it takes no room any more.
    ///
    /// # Errors
    /// There is no room, or a stranger's body was not to be had.
    pub(super) async fn answer(
        &self,
        request: Request<Upload>,
        is_stranger: bool,
    ) -> Result<Response<PanelBody>, Refusal> {
        let mut request = if is_stranger && !request.body().is_end_stream() {
            // First of all: who dawdles would keep others out.
            self.with_whole_body(request).await?.map(PanelBody::from)
        } else {
            request.map(PanelBody::new)
        };
        let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else {
            return Err(Refusal::plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "Too many calls are under way. Try again in a moment.".to_owned(),
            ));
        };
        let room = Room::new(room);
        // A call that takes hours gives it back before.
        request.extensions_mut().insert(room.clone());
        let (panel, (answer, answered)) = (self.panel.clone(), oneshot::channel());
        // Not cancelled when the client goes: a change that has begun is finished.
        let call = async move {
            let Ok(response) = panel.oneshot(request).await;
            room.leave();
            // The client may be gone.
            let _ = answer.send(response);
        };
        {
            let _inside = self.runtime.enter();
            self.tasks.spawn("call of the dashboard", call);
        }
        answered.await.map_err(|_| {
            Refusal::plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "That went wrong here; the log of the server says how.".to_owned(),
            )
        })
    }

    async fn with_whole_body(&self, request: Request<Upload>) -> Result<Request<Bytes>, Refusal> {
        let (head, body) = request.into_parts();
        let refuse = |status, detail: &str| Refusal::plain(status, detail.to_owned());
        let collected = tokio::time::timeout(self.patience, Limited::new(body, STRANGERS_BODY).collect()).await;
        match collected {
            Ok(Ok(body)) => Ok(Request::from_parts(head, body.to_bytes())),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, "Request body too large."))
            }
            Ok(Err(_)) => Err(refuse(StatusCode::BAD_REQUEST, "The body can't be read.")),
            Err(_) => Err(refuse(StatusCode::REQUEST_TIMEOUT, "The rest of the request did not come.")),
        }
    }
}
