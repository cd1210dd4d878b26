//! The app behind every proxy: a process of its own, so that its CPU is nobody else's. It answers
//!
//! * `/small`: 100 bytes · `/bytes/N`: N bytes · `/sink`: takes a body and answers how long it was
//! * `/events`: server-sent events, ten a second on each stream
//! * `/echo`, `/bulk`: websockets, one that sends back what it gets and one that never stops sending

use std::io::Write;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, MissedTickBehavior};

use crate::failure::{Context, Failure, Result};
use crate::http1::{Framing, Reader, RequestHead};
use crate::websocket::{self, FrameHead};

/// The small answer's length.
pub(crate) const SMALL: usize = 100;
/// The length of one event, its empty line included.
pub(crate) const EVENT: usize = 100;
const EVERY: Duration = Duration::from_millis(100);

static ZEROS: [u8; 256 * 1024] = [0; 256 * 1024];
/// Streams begin at different moments of the tenth of a second, as those of different people do.
static STREAMS: AtomicU64 = AtomicU64::new(0);

/// Serves until it is killed. The first line it prints is where it listens.
pub(crate) fn serve(address: SocketAddr, threads: usize) -> Result<()> {
    let listener = listen(address).context(format!("listening on {address}"))?;
    println!("{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let workers: Vec<_> = (0..threads)
        .map(|_| listener.try_clone().map(|listener| std::thread::spawn(move || accept(listener))))
        .collect::<std::io::Result<_>>()?;
    for worker in workers {
        worker.join().map_err(|_| Failure::new("a thread of the upstream panicked"))??;
    }
    Ok(())
}

fn listen(address: SocketAddr) -> std::io::Result<StdListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    // A proxy without connections of its own to keep asks for a new one each time: none of them may wait for a retry.
    socket.listen(4096)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn accept(listener: StdListener) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(async move {
                // Proxies end connections as they please; what matters to the result is checked by the client.
                let _ = talk(Reader::new(stream, 16 * 1024)).await;
            });
        }
    })
}

async fn talk(mut reader: Reader<TcpStream>) -> Result<()> {
    let small = answer(&[b'x'; SMALL]);
    while let Some(head) = reader.head(RequestHead::parse).await? {
        let body = if head.framing == Framing::Unsaid { Framing::Length(0) } else { head.framing };
        match head.path.as_str() {
            "/" | "/small" => {
                reader.body(body, |_| {}).await?;
                reader.stream.write_all(&small).await?;
            }
            "/sink" => {
                reader.grow(ZEROS.len());
                let length = reader.body(body, |_| {}).await?;
                reader.stream.write_all(&answer(length.to_string().as_bytes())).await?;
            }
            "/events" => return events(reader.stream).await,
            "/echo" => return echo(reader).await,
            "/bulk" => return bulk(reader.stream).await,
            other => match other.strip_prefix("/bytes/").and_then(|count| count.parse().ok()) {
                Some(count) => bytes(&mut reader.stream, count).await?,
                None => reader.stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await?,
            },
        }
        if head.close {
            break;
        }
    }
    Ok(())
}

fn answer(body: &[u8]) -> Vec<u8> {
    let mut answer =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

async fn bytes(stream: &mut TcpStream, mut left: usize) -> Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {left}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    while let Some(piece) = ZEROS.get(..left.min(ZEROS.len())).filter(|piece| !piece.is_empty()) {
        stream.write_all(piece).await?;
        left -= piece.len();
    }
    Ok(())
}

async fn events(mut stream: TcpStream) -> Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    let event = format!("data: {:x>width$}\n\n", "", width = EVENT - 8);
    let chunk = format!("{:x}\r\n{event}\r\n", event.len());
    let offset = STREAMS.fetch_add(37, Ordering::Relaxed) % 100;
    let mut clock = tokio::time::interval_at(Instant::now() + Duration::from_millis(offset), EVERY);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        stream.write_all(chunk.as_bytes()).await?;
    }
}

async fn echo(mut reader: Reader<TcpStream>) -> Result<()> {
    reader.stream.write_all(websocket::accept().as_bytes()).await?;
    loop {
        while let Some(head) = FrameHead::parse(reader.present())? {
            let Some(payload) = reader.present().get(head.length..head.length + head.payload) else { break };
            let mut payload = payload.to_vec();
            for (byte, mask) in payload.iter_mut().zip(head.mask.unwrap_or_default().iter().cycle()) {
                *byte ^= mask;
            }
            reader.take(head.length + head.payload);
            reader.stream.write_all(&websocket::message(&payload, false)).await?;
        }
        if reader.more().await? == 0 {
            return Ok(());
        }
    }
}

async fn bulk(mut stream: TcpStream) -> Result<()> {
    stream.write_all(websocket::accept().as_bytes()).await?;
    let frame = websocket::message(&[0; websocket::BULK_PAYLOAD], false);
    loop {
        stream.write_all(&frame).await?;
    }
}
