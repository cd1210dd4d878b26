//! Closed loops over HTTP/1.1: each connection has one request under way at any time.

use std::sync::Arc;

use tokio::io::AsyncWriteExt;

use super::{Plan, Shared};
use crate::failure::{Context, Failure, Result};
use crate::http1::{AnswerHead, Reader};
use crate::upstream::SMALL;
use crate::websocket;
use crate::wire::{Dial, Wire};

/// How much a client reads at once. Large, so that the client is as cheap as it can be.
const READ: usize = 256 * 1024;
/// What an upload's connection is warmed up with.
const WARM_UP: u64 = 64 * 1024;

/// A GET that is asked for again and again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fetch {
    /// How long its answer is.
    pub(crate) length: u64,
    /// Whether each has a connection of its own.
    pub(crate) fresh: bool,
    /// Whether a browser's fields come with it.
    pub(crate) browser: bool,
    /// Whether bytes are counted, not answers.
    pub(crate) bytes: bool,
}

/// What Chromium sends for a script of an app, with the cookies of a few apps: about 1.2 KB in all.
fn browser_fields(host: &str, referer: &str) -> String {
    let cookies: String = (0..6).map(|n| format!("session_{n}={:x<80}; ", format!("{n}abcdef"))).collect();
    format!(
        "sec-ch-ua: \"Chromium\";v=\"137\", \"Not/A)Brand\";v=\"24\"\r\nsec-ch-ua-mobile: ?0\r\n\
         sec-ch-ua-platform: \"Linux\"\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36\r\n\
         Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r\n\
         Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n\
         Referer: http://{host}{referer}\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\
         Accept-Language: en-US,en;q=0.9,de;q=0.8\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n\
         Cookie: {cookies}theme=dark\r\n"
    )
}

/// GETs over so many connections.
pub(crate) fn fetches(dial: Dial, prefix: &str, path: &str, fetch: Fetch, connections: usize) -> Plan {
    let host = dial.host();
    let extra = if fetch.browser { browser_fields(&host, &format!("{prefix}/")) } else { String::new() };
    let connection = if fetch.fresh { "Connection: close\r\n" } else { "" };
    let request = |path: &str| -> Arc<str> {
        format!("GET {prefix}{path} HTTP/1.1\r\nHost: {host}\r\n{connection}{extra}\r\n").into()
    };
    let (request, warm_up) = (request(path), request("/small"));
    let make = move |shared: Arc<Shared>, _| -> super::Task {
        let (dial, request, warm_up) = (dial.clone(), Arc::clone(&request), Arc::clone(&warm_up));
        Box::pin(async move {
            let mut first = Reader::new(dial.connect().await?, buffer_for(fetch.length));
            get(&mut first, warm_up.as_bytes(), SMALL as u64).await?;
            let mut kept: Option<Reader<Wire>> = Some(first).filter(|_| !fetch.fresh);
            let round = async || {
                let mut reader = match kept.take() {
                    Some(reader) => reader,
                    None => Reader::new(dial.connect().await?, buffer_for(fetch.length)),
                };
                let units = get(&mut reader, request.as_bytes(), fetch.length).await?;
                if fetch.fresh {
                    // To the end of the connection: the proxy closes first, as it was asked to.
                    while matches!(reader.more().await, Ok(1..)) {}
                } else {
                    kept = Some(reader);
                }
                Ok(if fetch.bytes { units } else { 1 })
            };
            shared.closed_loop(round).await
        })
    };
    Plan { tasks: connections, loops: connections, closed: true, make: Arc::new(make) }
}

fn buffer_for(length: u64) -> usize {
    if length > 16 * 1024 { READ } else { 8 * 1024 }
}

/// One request and its whole answer, which must be a 200 of this length.
pub(super) async fn get(reader: &mut Reader<Wire>, request: &[u8], length: u64) -> Result<u64> {
    reader.stream.write_all(request).await?;
    let head = reader.head(AnswerHead::parse).await?.context("the connection was closed instead of an answer")?;
    if head.status != 200 {
        return Err(Failure::new(format!("status {}", head.status)));
    }
    let got = reader.body(head.framing, |_| {}).await?;
    if got == length { Ok(got) } else { Err(Failure::new(format!("{got} bytes instead of {length}"))) }
}

/// Uploads of so many bytes; bytes are counted.
pub(crate) fn uploads(dial: Dial, prefix: &str, length: u64, connections: usize) -> Plan {
    let prefix: Arc<str> = prefix.into();
    let make = move |shared: Arc<Shared>, _| -> super::Task {
        let (dial, prefix) = (dial.clone(), Arc::clone(&prefix));
        let host = dial.host();
        let head = move |length| {
            format!(
                "POST {prefix}/sink HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/octet-stream\r\n\
                 Content-Length: {length}\r\n\r\n"
            )
        };
        Box::pin(async move {
            let mut reader = Reader::new(dial.connect().await?, 8 * 1024);
            let piece = vec![0; READ];
            upload(&mut reader, &head(WARM_UP), &piece, WARM_UP).await?;
            let head = head(length);
            let round = async || upload(&mut reader, &head, &piece, length).await.map(|()| length);
            shared.closed_loop(round).await
        })
    };
    Plan { tasks: connections, loops: connections, closed: true, make: Arc::new(make) }
}

/// One upload. The upstream says how much has arrived: all of it, or the upload failed.
async fn upload(reader: &mut Reader<Wire>, head: &str, piece: &[u8], length: u64) -> Result<()> {
    reader.stream.write_all(head.as_bytes()).await?;
    let mut left = length;
    while left > 0 {
        let some = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
        reader.stream.write_all(piece.get(..some).unwrap_or_default()).await?;
        left -= some as u64;
    }
    let head = reader.head(AnswerHead::parse).await?.context("the connection was closed instead of an answer")?;
    let arrived = reader.text(head.framing).await?;
    if head.status == 200 && arrived == length.to_string() {
        Ok(())
    } else {
        Err(Failure::new(format!("an upload of {length} bytes: status {}, {arrived:?} arrived", head.status)))
    }
}

/// Websockets that send a message and wait for its echo.
pub(crate) fn echoes(dial: Dial, prefix: &str, payload: usize, connections: usize) -> Plan {
    let path: Arc<str> = format!("{prefix}/echo").into();
    let make = move |shared: Arc<Shared>, _| -> super::Task {
        let (dial, path) = (dial.clone(), Arc::clone(&path));
        Box::pin(async move {
            let mut reader = Reader::new(dial.connect().await?, 8 * 1024);
            websocket::open(&mut reader, &dial.host(), &path).await?;
            let message = websocket::message(&vec![b'x'; payload], true);
            websocket::echo(&mut reader, &message, payload).await?;
            let round = async || websocket::echo(&mut reader, &message, payload).await.map(|()| 1);
            shared.closed_loop(round).await
        })
    };
    Plan { tasks: connections, loops: connections, closed: true, make: Arc::new(make) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browsers_request_is_about_as_long_as_said() {
        let length = browser_fields("127.0.0.1:12345", "/instance/bench/").len();
        assert!((1050..1250).contains(&length), "{length}");
    }
}
