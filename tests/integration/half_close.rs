//! What goes through a websocket's pipe, byte for byte: both directions, both ends, bulk and small talk.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::support::{Server, Start, Wire, eventually_async, secure};

async fn tunnel(server: &Server, path: &str) -> Wire {
    Wire::tunnel(server.client.address, &format!("/instance/a{path}"), b"").await
}

/// Bytes that show when a piece is lost, doubled or out of its place.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|_| fastrand::u8(..)).collect()
}

#[tokio::test]
async fn a_half_that_is_closed_leaves_the_other_one_open() {
    let server = Server::new();
    let rough = server.rough("a").await;
    // The client ends first: the child hears that, answers, and ends.
    let mut wire = tunnel(&server, "/ws").await;
    wire.send("one").await;
    wire.end().await;
    assert_eq!(wire.rest().await, b"onebye");
    // The child ends first: what the client says afterwards still arrives.
    let mut wire = tunnel(&server, "/ws-ends-first").await;
    assert_eq!(wire.rest().await, b"that was all");
    for _ in 0..10 {
        wire.send(vec![b'x'; 100_000]).await;
    }
    wire.send("x").await;
    wire.end().await;
    eventually_async("what the child heard", || async { (rough.count("heard").await == 1_000_001).then_some(()) })
        .await;
    eventually_async("the end of both", || async { (server.route("a").await["tunnels"] == 0).then_some(()) }).await;
}

#[tokio::test]
async fn what_is_said_with_the_handshake_arrives() {
    let server = Server::new();
    server.rough("a").await;
    for size in [1, 1000, 8 * 1024, 100_000, 1_000_000] {
        let behind = pattern(size);
        let path = format!("/instance/a/ws-talks-first?size={size}");
        let mut wire = Wire::tunnel(server.client.address, &path, &behind).await;
        let rest = wire.rest().await;
        assert_eq!(rest.len(), 2 * size + 1, "of {size}");
        assert!(rest[..size].iter().all(|byte| *byte == b'x') && rest[size] == b'!', "with its 101, of {size}");
        assert!(rest[size + 1..] == behind, "behind the client's handshake, of {size}");
    }
}

#[tokio::test]
async fn both_ways_at_once_nothing_is_lost() {
    const TOTAL: usize = 64 * 1024 * 1024;
    const BLOCK: usize = 1_000_003;
    let server = Server::new();
    server.rough("a").await;
    let block = pattern(BLOCK);
    let mut wire = tunnel(&server, &format!("/ws-mirror?total={TOTAL}&block={BLOCK}")).await;
    wire.send(&block).await;
    let (mut incoming, mut outgoing) = wire.stream.into_split();
    let send = async {
        let mut at = 0;
        while at < TOTAL {
            let part = &block[at % BLOCK..];
            let part = &part[..part.len().min(TOTAL - at)];
            outgoing.write_all(part).await.unwrap();
            at += part.len();
        }
    };
    let receive = async {
        use tokio::io::AsyncReadExt;
        let (mut at, mut room) = (0, vec![0; 256 * 1024]);
        while at < TOTAL {
            let wanted = room.len().min(TOTAL - at);
            let read = incoming.read(&mut room[..wanted]).await.unwrap();
            assert!(read > 0, "it ended after {at}");
            let mut seen = &room[..read];
            while !seen.is_empty() {
                let expected = &block[at % BLOCK..];
                let length = expected.len().min(seen.len());
                assert!(seen[..length] == expected[..length], "other bytes near {at}");
                (seen, at) = (&seen[length..], at + length);
            }
        }
        let mut verdict = [0; 4];
        incoming.read_exact(&mut verdict).await.unwrap();
        assert_eq!(&verdict, b"GOOD", "what the child got");
    };
    tokio::time::timeout(Duration::from_secs(18), async { tokio::join!(send, receive) }).await.expect("it got stuck");
}

/// Between copying and the kernel's pipe and back, many times, in both directions.
#[tokio::test]
async fn small_talk_and_bulk_in_turn() {
    let server = Server::new();
    server.rough("a").await;
    let mut wire = tunnel(&server, "/ws").await;
    let sizes = [1, 3, 200_000, 5, 1_000_000, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 300_000, 40_000, 1, 65_536, 65_537, 0];
    for round in 0..4 {
        for size in sizes {
            let message = pattern(size);
            let (sent, heard) = {
                let (mut incoming, mut outgoing) = wire.stream.split();
                let hear = async {
                    use tokio::io::AsyncReadExt;
                    let mut heard = vec![0; size];
                    incoming.read_exact(&mut heard).await.map(|_| heard)
                };
                let both = async { tokio::join!(outgoing.write_all(&message), hear) };
                tokio::time::timeout(Duration::from_secs(10), both).await.unwrap_or_else(|_| panic!("stuck at {size}"))
            };
            sent.unwrap();
            assert!(heard.unwrap() == message, "{size} bytes in round {round}");
        }
    }
    // And without waiting: everything in a row.
    let everything: Vec<Vec<u8>> = sizes.iter().map(|size| pattern(*size)).collect();
    let (mut incoming, mut outgoing) = wire.stream.split();
    let send = async {
        for message in &everything {
            outgoing.write_all(message).await.unwrap();
            tokio::task::yield_now().await;
        }
        outgoing.shutdown().await.unwrap();
    };
    let hear = async {
        use tokio::io::AsyncReadExt;
        let mut heard = Vec::new();
        incoming.read_to_end(&mut heard).await.unwrap();
        heard
    };
    let ((), heard) = tokio::time::timeout(Duration::from_secs(10), async { tokio::join!(send, hear) }).await.unwrap();
    assert!(heard == [everything.concat(), b"bye".to_vec()].concat());
}

#[tokio::test]
async fn a_tunnel_is_cut_with_its_instance_even_when_it_is_stuffed() {
    let server = Server::new();
    let rough = server.rough("a").await;
    let mut idle = tunnel(&server, "/ws").await;
    let mut stuffed = tunnel(&server, "/ws-deaf").await;
    let piece = vec![b'x'; 256 * 1024];
    while tokio::time::timeout(Duration::from_millis(500), stuffed.stream.write(&piece)).await.is_ok() {}
    server.ask(rough.id, "stop?wait=true").await;
    assert_eq!(idle.rest().await, b"");
    assert_eq!(stuffed.rest().await, b"");
    assert_eq!(server.route("a").await["tunnels"], 0);
}

async fn encrypted(server: &Server) -> Wire<TlsStream<TcpStream>> {
    // Room for little, so that the test knows how much is too much.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    secure(server, socket.connect(server.client.address).await.unwrap(), &[]).await
}

/// The last bytes of a burst must not stay behind in the encryption until the child says something more.
#[tokio::test]
async fn an_encrypted_client_that_reads_slowly_gets_the_last_byte() {
    let mut server = Start::new().env("AIKORE_TLS", "off").serve();
    let rough = server.rough("a").await;
    // The app stays; the server comes back encrypted.
    server.end("KILL");
    server.set("AIKORE_TLS", "self-signed");
    server.start();
    let ask = async |request: &'static str| {
        let mut wire = encrypted(&server).await;
        wire.ask("GET", request, "", b"").await.unwrap()
    };
    eventually_async("the app, adopted", || async { (ask("/instance/a/x").await.status == 200).then_some(()) }).await;
    let mut wires = Vec::new();
    for size in (1..=120).map(|n| n * 32_000) {
        let mut wire = encrypted(&server).await;
        wire.switch(&format!("/instance/a/ws-burst?size={size}"), b"").await;
        wires.push((size, wire));
    }
    // The child has said everything it will ever say; of one of them, what fills the client's connection and a little more.
    eventually_async("the bursts", || async { (rough.count("burst").await == 120).then_some(()) }).await;
    for (size, wire) in &mut wires {
        let got = wire.take(*size).await.len();
        assert_eq!(got, *size);
    }
}
