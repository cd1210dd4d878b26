//! Commands that ask a running server, over its admin socket.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use super::Failed;
use crate::config::{Config, Given};
use crate::domain::Layout;
use crate::runtime::socket_path::SocketPath;

/// How long a healthy server may take.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn health(given: &Given) -> Result<(), Failed> {
    let (status, body) = call(given, Method::GET, "/healthz")?;
    if status == StatusCode::OK {
        println!("ok");
        return Ok(());
    }
    Err(Failed::failure(format!("the server answered {status}: {body}")))
}

pub(super) fn hand_over(given: &Given) -> Result<(), Failed> {
    let (status, body) = call(given, Method::POST, "/handover")?;
    if status.is_success() {
        println!("handed over: the next aikore adopts the running instances");
        return Ok(());
    }
    Err(Failed::failure(format!("the server answered {status}: {body}")))
}

pub(super) fn call(given: &Given, method: Method, path: &str) -> Result<(StatusCode, String), Failed> {
    let layout = Config::check(given)?.layout;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failed::failure)?;
    runtime.block_on(async {
        tokio::time::timeout(PATIENCE, exchange(&layout, method, path))
            .await
            .map_err(|_| Failed::failure("the server does not answer"))?
    })
}

/// Whether a server answers for this folder.
pub(super) fn is_served(layout: &Layout) -> bool {
    let socket = SocketPath::new(&layout.run(), "admin.sock");
    socket.and_then(|socket| std::os::unix::net::UnixStream::connect(socket.as_path())).is_ok()
}

async fn exchange(layout: &Layout, method: Method, path: &str) -> Result<(StatusCode, String), Failed> {
    let nobody = |error: std::io::Error| {
        Failed::failure(format!(
            "no server answers for {}: {error}. Start it with `aikore serve`",
            layout.root().display()
        ))
    };
    let socket = SocketPath::new(&layout.run(), "admin.sock").map_err(nobody)?;
    let stream = UnixStream::connect(socket.as_path()).await.map_err(nobody)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(Failed::failure)?;
    let request = Request::builder().method(method).uri(path).header("host", "aikore").body(Empty::<Bytes>::new());
    let answer = sender.send_request(request.map_err(Failed::failure)?);
    let conversation = async {
        let answer = answer.await.map_err(Failed::failure)?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(Failed::failure)?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    };
    tokio::pin!(conversation, connection);
    tokio::select! {
        result = &mut conversation => result,
        // The answer may be complete although the connection has ended.
        _ = &mut connection => conversation.await,
    }
}
