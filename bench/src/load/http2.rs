//! GETs over HTTP/2: a few connections with a few streams each. hyper's client, since frames and header compression by
//! hand would be a project of their own; it is the same for every proxy.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::{Plan, Shared};
use crate::failure::{Context, Failure, Result};
use crate::wire::Dial;

/// GETs of answers of this length.
pub(crate) fn fetches(dial: Dial, prefix: &str, path: &str, length: usize, connections: usize) -> Plan {
    let uri: Arc<str> = format!("https://{}{prefix}{path}", dial.host()).into();
    let make = move |shared: Arc<Shared>, _| -> super::Task {
        let (dial, uri) = (dial.clone(), Arc::clone(&uri));
        Box::pin(async move {
            let io = TokioIo::new(dial.connect().await?);
            let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.context("HTTP/2")?;
            tokio::task::spawn_local(connection);
            let stream = async || {
                let mut sender = sender.clone();
                get(&mut sender, &uri, length).await?;
                shared.closed_loop(async || get(&mut sender, &uri, length).await).await
            };
            tokio::try_join!(stream(), stream(), stream(), stream()).map(|_| ())
        })
    };
    Plan { tasks: connections, loops: connections * 4, closed: true, make: Arc::new(make) }
}

async fn get(sender: &mut http2::SendRequest<Empty<Bytes>>, uri: &str, length: usize) -> Result<u64> {
    let request = Request::get(uri).body(Empty::new()).context("a request")?;
    sender.ready().await.context("HTTP/2")?;
    let answer = sender.send_request(request).await.context("HTTP/2")?;
    let status = answer.status();
    let mut body = answer.into_body();
    let mut got = 0;
    while let Some(frame) = body.frame().await {
        got += frame.context("HTTP/2")?.data_ref().map_or(0, Bytes::len);
    }
    if status == 200 && got == length {
        Ok(1)
    } else {
        Err(Failure::new(format!("status {status}, {got} bytes instead of {length}")))
    }
}
