//! HTTP/2 said by hand: floods that cost a client nothing and would cost a careless server everything.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::support::{Server, Start, asked, eventually, secure, vitals};

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// GET or POST of a path, in HPACK without its dynamic table.
fn block(post: bool, path: &str) -> Vec<u8> {
    let mut block = vec![if post { 0x83 } else { 0x82 }, 0x87];
    for (name, value) in [(4_u8, path), (1, "localhost")] {
        block.push(name);
        block.push(u8::try_from(value.len()).unwrap());
        block.extend(value.as_bytes());
    }
    block
}

struct Flood {
    server: Server,
}

impl Flood {
    fn new() -> Self {
        let server = Start::new().env("AIKORE_TLS", "self-signed").env("AIKORE_IDLE_TIMEOUT", "2s").serve();
        let flood = Self { server };
        flood.is_well();
        flood
    }

    async fn connect(&self) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(self.server.client.address).await.unwrap();
        let mut stream = secure(&self.server, stream, &["h2"]).await.stream;
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
        stream
    }

    /// Says all of it for as long as the server listens; whether it hung up, and everything it said.
    async fn pour(&self, pieces: impl Iterator<Item = Vec<u8>>) -> (bool, Vec<u8>) {
        let (mut reading, mut writing) = tokio::io::split(self.connect().await);
        let listening = tokio::spawn(async move {
            let mut heard = Vec::new();
            let ended = tokio::time::timeout(Duration::from_secs(30), reading.read_to_end(&mut heard)).await;
            (ended.is_ok(), heard)
        });
        for piece in pieces {
            let written = tokio::time::timeout(Duration::from_secs(10), writing.write_all(&piece)).await;
            // It reads no more, or is gone.
            if !matches!(written, Ok(Ok(()))) {
                break;
            }
        }
        let _ = tokio::time::timeout(Duration::from_secs(5), writing.flush()).await;
        listening.await.unwrap()
    }

    /// Somebody else is answered, and soon.
    fn is_well(&self) {
        let port = self.server.client.address.port();
        let begun = Instant::now();
        for version in ["--http1.1", "--http2"] {
            let answer = asked(&["--insecure", version, &format!("https://localhost:{port}/api/status")]);
            assert!(answer.starts_with("200"), "{answer}");
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}

/// The types of the frames somebody said.
fn kinds(mut said: &[u8]) -> Vec<u8> {
    let mut kinds = Vec::new();
    while let [a, b, c, kind, _, _, _, _, _, rest @ ..] = said {
        kinds.push(*kind);
        let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        said = rest.get(length..).unwrap_or_default();
    }
    kinds
}

/// CVE-2023-44487: streams that are opened and taken back at once, without end.
#[tokio::test]
async fn a_rapid_reset_is_hung_up_on() {
    let flood = Flood::new();
    let opened = |n: u32| {
        let stream = 2 * n + 1;
        let mut both = frame(HEADERS, END_STREAM | END_HEADERS, stream, &block(false, "/api/instances/"));
        both.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
        both
    };
    let (hung_up, said) = flood.pour((0..100_000).map(opened)).await;
    assert!(hung_up, "it listened to a hundred thousand");
    let answered = kinds(&said).iter().filter(|kind| **kind == HEADERS).count();
    assert!(answered < 1000, "{answered} were answered");
    flood.is_well();
}

/// CVE-2024-27316 and its like: a head that never ends.
#[tokio::test]
async fn a_head_without_end_is_hung_up_on() {
    let flood = Flood::new();
    let before = vitals::memory(flood.server.pid());
    // A field that is in no table, with a name of a thousand letters.
    // (Its length is 127 + 105 + 6 · 128.)
    let mut field = vec![0, 0x7f, 0x80 | 105, 6];
    field.extend(vec![b'a'; 1000]);
    field.extend([1, b'b']);
    let long = field.repeat(16);
    let first = frame(HEADERS, END_STREAM, 1, &block(false, "/"));
    let rest = std::iter::repeat_with(|| frame(CONTINUATION, 0, 1, &long)).take(20_000);
    let (hung_up, _) = flood.pour(std::iter::once(first).chain(rest)).await;
    assert!(hung_up, "it took 300 MB of a head");
    let empty = std::iter::repeat_with(|| frame(CONTINUATION, 0, 1, b"")).take(200_000);
    let (hung_up, _) =
        flood.pour(std::iter::once(frame(HEADERS, END_STREAM, 1, &block(false, "/"))).chain(empty)).await;
    assert!(hung_up, "it took 200,000 empty pieces");
    let now = vitals::memory(flood.server.pid());
    assert!(now <= before + 32, "{before} MiB before, {now} MiB after");
    flood.is_well();
}

#[tokio::test]
async fn more_streams_than_are_allowed_are_refused() {
    let flood = Flood::new();
    // Their bodies never come: each waits.
    let opened = |n: u32| frame(HEADERS, END_HEADERS, 2 * n + 1, &block(true, "/api/instances/"));
    let mut stream = flood.connect().await;
    for n in 0..1000 {
        stream.write_all(&opened(n)).await.unwrap();
    }
    stream.flush().await.unwrap();
    flood.is_well();
    let before = vitals::descriptors(flood.server.pid());
    drop(stream);
    eventually("its descriptor", || (vitals::descriptors(flood.server.pid()) < before).then_some(()));
}

#[tokio::test]
async fn pings_and_settings_without_end_hurt_nobody() {
    let flood = Flood::new();
    let before = vitals::memory(flood.server.pid());
    let mut stream = flood.connect().await;
    // The answers are never read: what can't be sent must not pile up.
    let pieces = [frame(PING, 0, 0, &[0; 8]), frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100])];
    for piece in pieces {
        let many = piece.repeat(1000);
        for _ in 0..500 {
            match tokio::time::timeout(Duration::from_secs(2), stream.write_all(&many)).await {
                Ok(Ok(())) => {}
                _ => break,
            }
        }
    }
    let now = vitals::memory(flood.server.pid());
    assert!(now <= before + 32, "{before} MiB before, {now} MiB after");
    flood.is_well();
}

#[tokio::test]
async fn fields_are_counted() {
    let flood = Flood::new();
    let port = flood.server.client.address.port();
    let url = format!("https://localhost:{port}/api/status");
    let fields: Vec<String> = (0..250).map(|n| format!("x-{n}: 1")).collect();
    let mut arguments = vec!["--insecure", "--http2", &url];
    for field in &fields {
        arguments.extend(["--header", field]);
    }
    let answer = asked(&arguments);
    assert!(answer.starts_with("431 2"), "{answer}");
}
