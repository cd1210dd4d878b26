//! Streams: they go on by themselves, and what arrives is counted.

use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

use super::{Plan, Shared, Task};
use crate::failure::{Context, Failure, Result};
use crate::http1::{AnswerHead, Chunks, Framing, Reader};
use crate::upstream::EVENT;
use crate::websocket::{self, BULK_PAYLOAD, FrameHead};
use crate::wire::Dial;

/// Server-sent events, counted one by one.
pub(crate) fn events(dial: Dial, prefix: &str, streams: usize) -> Plan {
    let request: Arc<str> =
        format!("GET {prefix}/events HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n\r\n", dial.host()).into();
    plan(streams, move |shared| {
        let (dial, request) = (dial.clone(), Arc::clone(&request));
        Box::pin(async move { follow_events(&dial, &request, &shared).await })
    })
}

async fn follow_events(dial: &Dial, request: &str, shared: &Shared) -> Result<()> {
    let mut reader = Reader::new(dial.connect().await?, 8 * 1024);
    reader.stream.write_all(request.as_bytes()).await?;
    let head = reader.head(AnswerHead::parse).await?.context("the connection was closed instead of an answer")?;
    if head.status != 200 {
        return Err(Failure::new(format!("status {}", head.status)));
    }
    let mut chunks = (head.framing == Framing::Chunked).then(Chunks::new);
    let (mut bytes, mut first) = (0, true);
    loop {
        let present = reader.present();
        let (data, taken, done) = match &mut chunks {
            Some(chunks) => chunks.feed(present).map(|fed| (fed.data, fed.taken, fed.done))?,
            None => (present.len(), present.len(), false),
        };
        reader.take(taken);
        bytes += data;
        shared.count((bytes / EVENT) as u64);
        if first && bytes >= EVENT {
            first = false;
            shared.is_ready();
        }
        bytes %= EVENT;
        if done || reader.more().await? == 0 {
            return Err(Failure::new("a stream of events ended"));
        }
    }
}

/// Websockets that only receive; bytes are counted.
pub(crate) fn bulk(dial: Dial, prefix: &str, connections: usize) -> Plan {
    let path: Arc<str> = format!("{prefix}/bulk").into();
    plan(connections, move |shared| {
        let (dial, path) = (dial.clone(), Arc::clone(&path));
        Box::pin(async move { follow_bulk(&dial, &path, &shared).await })
    })
}

async fn follow_bulk(dial: &Dial, path: &str, shared: &Shared) -> Result<()> {
    let mut reader = Reader::new(dial.connect().await?, 256 * 1024);
    websocket::open(&mut reader, &dial.host(), path).await?;
    shared.is_ready();
    let mut left = 0;
    loop {
        while !reader.present().is_empty() {
            if left == 0 {
                let Some(head) = FrameHead::parse(reader.present())? else { break };
                if head.payload != BULK_PAYLOAD {
                    return Err(Failure::new(format!("a frame of {} bytes", head.payload)));
                }
                reader.take(head.length);
                left = head.payload;
            }
            let some = reader.present().len().min(left);
            reader.take(some);
            shared.count(some as u64);
            left -= some;
        }
        if reader.more().await? == 0 {
            return Err(Failure::new("a websocket was dropped"));
        }
    }
}

/// Websockets that are open and silent. Any word of the other side is an error.
pub(crate) fn idle_websockets(dial: Dial, prefix: &str, count: usize) -> Plan {
    let path: Arc<str> = format!("{prefix}/echo").into();
    // Not all at once: that would fill the queues of listeners and measure the kernel's retransmissions.
    let turns = Arc::new(Semaphore::new(64));
    plan(count, move |shared| {
        let (dial, path, turns) = (dial.clone(), Arc::clone(&path), Arc::clone(&turns));
        Box::pin(async move {
            let turn = turns.acquire().await.context("a turn")?;
            let mut reader = Reader::new(dial.connect().await?, 1024);
            websocket::open(&mut reader, &dial.host(), &path).await?;
            drop(turn);
            shared.is_ready();
            reader.more().await?;
            Err(Failure::new("an idle websocket was dropped"))
        })
    })
}

fn plan(tasks: usize, task: impl Fn(Arc<Shared>) -> Task + Send + Sync + 'static) -> Plan {
    Plan { tasks, loops: tasks, closed: false, make: Arc::new(move |shared, _| task(shared)) }
}
