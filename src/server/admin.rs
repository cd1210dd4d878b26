//! The admin socket: the same API for programs of the same user on the same machine, without login.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use axum::Router;
use axum::routing::get;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::api::Seen;
use crate::auth::Caller;
use crate::runtime::socket_path::SocketPath;
use crate::tasks::Tasks;

/// The socket at work.
#[derive(Debug)]
pub struct AdminSocket {
    closing: CancellationToken,
    calls: Tasks,
}

impl AdminSocket {
    /// Opens the socket in the run folder, for its owner only, and serves it on the present runtime. `seen`: how whoever asks
    /// here would reach the dashboard.
    ///
    /// # Errors
    /// It can't be made.
    pub fn open(path: &Path, panel: Router, seen: Seen) -> io::Result<Self> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        // Ours alone by the lock; what lies there is a dead server's.
        let _ = fs::remove_file(path);
        let short = SocketPath::new(folder, name)?;
        let listener = UnixListener::bind(short.as_path())?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        let (closing, calls) = (CancellationToken::new(), Tasks::default());
        let panel = panel.route("/healthz", get(|| async { axum::Json(serde_json::json!({ "status": "ok" })) }));
        calls.spawn("admin socket", accept(listener, panel, seen, closing.clone(), calls.clone()));
        Ok(Self { closing, calls })
    }

    /// Stops serving.
    pub async fn stop(self) {
        self.closing.cancel();
        self.calls.wait().await;
    }
}

async fn accept(listener: UnixListener, panel: Router, seen: Seen, closing: CancellationToken, calls: Tasks) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = closing.cancelled() => return,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        let (panel, seen, closing) = (panel.clone(), seen.clone(), closing.clone());
        calls.spawn("admin call", async move {
            let service = service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
                request.extensions_mut().insert(seen.clone());
                request.extensions_mut().insert(Caller::Local);
                let call = panel.clone().oneshot(request.map(axum::body::Body::new));
                async move { Ok::<_, Infallible>(call.await.unwrap_or_else(|never| match never {})) }
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(%error, "an admin call ended early");
                },
                () = closing.cancelled() => {}
            }
        });
    }
}
