//! Websockets: after the 101 the two connections are one pipe of bytes (proxy.md B6).

use http::Response;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::body::{self, Body};
use super::error::ProxyError;
use super::headers::{hop_by_hop, upgrade};
use super::traffic::UnderWay;
use super::upstream::Upstream;

/// Room for each direction; a websocket's frames are small, and bulk wants few system calls.
const BUFFER: usize = 32 * 1024;

/// Joins the client's and the child's connection, and gives the client the child's 101. The child chose protocol and
/// extensions; nothing of the bytes is ours to read.
pub(super) fn join(
    client: OnUpgrade,
    mut answer: Response<Incoming>,
    upstream: &Upstream,
    open: UnderWay,
) -> Result<Response<Body>, ProxyError> {
    if !upgrade::asks_for_websocket(answer.headers()) {
        return Err(ProxyError::Upstream("it switched to another protocol than asked".to_owned()));
    }
    let child = hyper::upgrade::on(&mut answer);
    let ended = upstream.ended().clone();
    upstream.tasks().spawn(async move {
        let _open = open;
        let (client, child) = match tokio::try_join!(client, child) {
            Ok(pair) => pair,
            Err(error) => return tracing::debug!(%error, "a websocket came to nothing"),
        };
        let (mut client, mut child) = (TokioIo::new(client), TokioIo::new(child));
        // A half that is closed leaves the other one open until it closes too. No clock ends a quiet socket.
        tokio::select! {
            joined = tokio::io::copy_bidirectional_with_sizes(&mut client, &mut child, BUFFER, BUFFER) => {
                if let Err(error) = joined {
                    tracing::debug!(%error, "a websocket broke off");
                }
            }
            () = ended.cancelled() => {}
        }
    });
    let (mut parts, _) = answer.into_parts();
    hop_by_hop::remove(&mut parts.headers);
    upgrade::restore(&mut parts.headers);
    Ok(Response::from_parts(parts, body::empty()))
}
