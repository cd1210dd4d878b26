//! Websockets: after the 101 the two connections are one pipe of bytes (proxy.md B6).

use std::io;
use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http::response;
use hyper::upgrade::{OnUpgrade, Parts, Upgraded};
use hyper_util::rt::TokioIo;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::body::{self, Body};
use super::error::ProxyError;
use super::headers::{hop_by_hop, upgrade};
use super::traffic::UnderWay;
use super::upstream::{Connection, Upstream};
use crate::net::paced::{Held, Paced};
use crate::net::pipe::{self, End};
use crate::net::until::until_cancelled;

/// How long a websocket may be silent before TCP asks after its client.
const SILENCE: Duration = Duration::from_secs(60);

/// Joins the client's and the child's connection, and gives the client the child's 101. The child chose protocol and
/// extensions; nothing of the bytes is ours to read. It lasts no longer than `until`, if there is such an end.
pub(super) fn join(
    client: OnUpgrade,
    mut parts: response::Parts,
    connection: Connection,
    upstream: &Upstream,
    (open, until): (UnderWay, Option<CancellationToken>),
) -> Result<Response<Body>, ProxyError> {
    if !upgrade::asks_for_websocket(&parts.headers) {
        return Err(ProxyError::Upstream("it switched to another protocol than asked".to_owned()));
    }
    let ended = upstream.ended().clone();
    upstream.tasks().spawn(async move {
        let client = client.await.map_err(io::Error::other);
        let mut tunnel = match client.and_then(|client| joined(client, connection, open)) {
            Ok(tunnel) => tunnel,
            Err(error) => return tracing::debug!(%error, "a websocket came to nothing"),
        };
        // No clock ends a quiet socket; TCP asks now and then whether the other end is still there.
        let over = async {
            match &until {
                Some(until) => until_cancelled(until, tunnel.as_mut()).await,
                None => Some(tunnel.as_mut().await),
            }
        };
        if let Some(Some(Err(error))) = until_cancelled(&ended, pin!(over)).await {
            tracing::debug!(%error, "a websocket broke off");
        }
    });
    hop_by_hop::remove(&mut parts.headers);
    upgrade::restore(&mut parts.headers);
    parts.extensions = http::Extensions::new();
    Ok(Response::from_parts(parts, body::empty()))
}

/// The two connections as one pipe. No `async fn`: its future would keep room for every kind of connection that a client can
/// have, and a quiet tunnel is to be as big as what it needs.
fn joined(
    client: Upgraded,
    child: Connection,
    open: UnderWay,
) -> io::Result<Pin<Box<dyn Future<Output = io::Result<()>> + Send>>> {
    let Connection { stream: child, buffer, open: connected } = child;
    let open = [open, connected];
    let from_child = copied(buffer.freeze());
    // Without hyper in between, plain TCP can be moved by the kernel.
    match client.downcast::<TokioIo<Paced<TcpStream>>>() {
        Ok(Parts { io, read_buf, .. }) => {
            let (client, held) = io.into_inner().into_inner();
            ask_after(&client);
            Ok(Box::pin(join_ends((client, held), copied(read_buf), child, from_child, open)))
        }
        Err(client) => match client.downcast::<TokioIo<Paced<TlsStream<TcpStream>>>>() {
            Ok(Parts { io, read_buf, .. }) => {
                let (client, held) = io.into_inner().into_inner();
                ask_after(client.get_ref().0);
                Ok(Box::pin(join_ends((client, held), copied(read_buf), child, from_child, open)))
            }
            Err(_) => Err(io::Error::other("a connection of a kind that is not known")),
        },
    }
}

/// The same bytes without the room that was made for a head: that is not kept as long as a tunnel.
fn copied(bytes: Bytes) -> Bytes {
    let copy = Bytes::copy_from_slice(&bytes);
    drop(bytes);
    copy
}

async fn join_ends<C: End>(
    (mut client, held): (C, Held),
    early: Bytes,
    mut child: TcpStream,
    from_child: Bytes,
    open: [UnderWay; 2],
) -> io::Result<()> {
    let [tunnel, _connection] = &open;
    let joined = pipe::join(&mut client, early, &mut child, from_child, tunnel.moved()).await;
    drop((held, open));
    joined
}

/// Has TCP ask a silent client whether it is still there: one that fell off the network says no goodbye. An error only
/// costs that knowledge.
fn ask_after(client: &TcpStream) {
    let often = TcpKeepalive::new().with_time(SILENCE).with_interval(SILENCE / 4).with_retries(4);
    let _ = SockRef::from(client).set_tcp_keepalive(&often);
}
