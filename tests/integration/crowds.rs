//! Clients that are too many, too slow or too loud: each costs what the limits say, for as long as they say.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Reply, Server, Start, Wire, eventually_async, eventually_async_within, secure, vitals};

const ASK: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A connection from wherever it says, as a balancer introduces it.
async fn from(server: &Server, client: &str) -> Wire {
    let mut wire = Wire::to(server.client.address).await;
    let family = if client.contains(':') { "TCP6" } else { "TCP4" };
    let own = if client.contains(':') { "::1" } else { "127.0.0.1" };
    wire.send(format!("PROXY {family} {client} {own} 1000 9000\r\n")).await;
    wire
}

/// Whether a question is answered; no answer is a connection that ended.
async fn is_answered(wire: &mut Wire) -> bool {
    // It may have been closed before the question was whole.
    let _ = wire.stream.write_all(ASK.as_bytes()).await;
    wire.answer("GET").await.is_some_and(|answer| answer.status == 200)
}

#[tokio::test]
async fn one_address_leaves_room_for_the_others() {
    let server = Start::new().env("AIKORE_PROXY_PROTOCOL", "on").env("AIKORE_MAX_CONNECTIONS_PER_ADDRESS", "3").serve();
    let mut present = Vec::new();
    for _ in 0..3 {
        let mut wire = from(&server, "10.0.0.1").await;
        assert!(is_answered(&mut wire).await);
        present.push(wire);
    }
    for _ in 0..5 {
        assert!(!is_answered(&mut from(&server, "10.0.0.1").await).await, "a fourth one");
    }
    assert!(is_answered(&mut from(&server, "10.0.0.2").await).await, "another address");
    for n in 0..3 {
        let mut wire = from(&server, &format!("2001:db8::{n}")).await;
        assert!(is_answered(&mut wire).await);
        present.push(wire);
    }
    assert!(!is_answered(&mut from(&server, "2001:db8::ffff").await).await, "a network of IPv6 is one address");
    assert!(is_answered(&mut from(&server, "2001:db8:0:1::1").await).await);
    // Who stands for others is not counted: this machine is one of those.
    for _ in 0..5 {
        let mut wire = from(&server, "127.0.0.1").await;
        assert!(is_answered(&mut wire).await);
        present.push(wire);
    }
    drop(present.remove(0));
    eventually_async("room again", || async { is_answered(&mut from(&server, "10.0.0.1").await).await.then_some(()) })
        .await;
    assert_eq!(server.log().matches("AIKORE_MAX_CONNECTIONS_PER_ADDRESS").count(), 1, "said, but not each time");
}

#[tokio::test]
async fn proxies_that_are_believed_are_not_counted() {
    let server = Start::new()
        .env("AIKORE_PROXY_PROTOCOL", "on")
        .env("AIKORE_TRUSTED_PROXIES", "127.0.0.0/8,10.0.0.0/24")
        .env("AIKORE_MAX_CONNECTIONS_PER_ADDRESS", "1")
        .serve();
    let mut present = Vec::new();
    for (client, answered) in
        [("10.0.0.9", true), ("10.0.0.9", true), ("10.0.1.9", true), ("10.0.1.9", false), ("10.0.0.9", true)]
    {
        let mut wire = from(&server, client).await;
        assert_eq!(is_answered(&mut wire).await, answered, "{client}");
        present.push(wire);
    }
}

#[tokio::test]
async fn a_websocket_keeps_its_seat() {
    let mut server = Server::new();
    let _rough = server.rough("a").await;
    server.end("KILL");
    server.set("AIKORE_PROXY_PROTOCOL", "on");
    server.set("AIKORE_MAX_CONNECTIONS_PER_ADDRESS", "1");
    server.start();
    // Adopted a moment after the start.
    let mut tunnel = eventually_async("a websocket", || async {
        let mut wire = from(&server, "10.0.0.1").await;
        let fields = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
        wire.send(format!("GET /instance/a/ws HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n")).await;
        wire.head().await.is_some_and(|head| head.starts_with("http/1.1 101")).then_some(wire)
    })
    .await;
    tunnel.send(b"hello").await;
    assert_eq!(tunnel.take(5).await, b"hello");
    assert!(!is_answered(&mut from(&server, "10.0.0.1").await).await);
    drop(tunnel);
    eventually_async("its seat", || async { is_answered(&mut from(&server, "10.0.0.1").await).await.then_some(()) })
        .await;
}

#[tokio::test]
async fn beyond_the_most_connections_one_waits() {
    let server = Start::new().env("AIKORE_MAX_CONNECTIONS", "16").serve();
    let mut present = Vec::new();
    for _ in 0..16 {
        let mut wire = Wire::to(server.client.address).await;
        assert!(is_answered(&mut wire).await);
        present.push(wire);
    }
    let mut late = TcpStream::connect(server.client.address).await.unwrap();
    late.write_all(ASK.as_bytes()).await.unwrap();
    let mut first = [0];
    let silence = tokio::time::timeout(Duration::from_millis(700), late.read(&mut first)).await;
    assert!(silence.is_err(), "it was answered, or closed: {silence:?}");
    present.pop();
    let read = tokio::time::timeout(Duration::from_secs(15), late.read(&mut first)).await;
    assert_eq!(read.expect("no answer after room was made").unwrap(), 1);
    assert!(server.log().contains("AIKORE_MAX_CONNECTIONS allows"));
}

/// How long until the server hangs up.
async fn until_closed(stream: &mut (impl AsyncReadExt + Unpin)) -> Duration {
    let begun = Instant::now();
    let mut sink = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut sink)).await;
    assert!(ended.is_ok(), "it is still open");
    begun.elapsed()
}

/// Says a byte now and then, for as long as somebody listens.
async fn drip(address: SocketAddr, begin: &str, byte: &[u8]) -> Duration {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(begin.as_bytes()).await.unwrap();
    let begun = Instant::now();
    let (mut reading, mut writing) = stream.split();
    let dripping = async {
        while writing.write_all(byte).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        _ = until_closed(&mut reading) => {}
        () = dripping => {}
    }
    begun.elapsed()
}

#[tokio::test]
async fn whoever_dawdles_is_given_up_and_leaves_nothing() {
    let quick = [("AIKORE_HEADER_TIMEOUT", "1s"), ("AIKORE_IDLE_TIMEOUT", "1s"), ("AIKORE_TLS", "self-signed")];
    let server = quick.iter().fold(Start::new(), |start, (name, value)| start.env(name, value)).serve();
    let address = server.client.address;
    let connect = async || TcpStream::connect(address).await.unwrap();
    // Once of everything, so that what is made on first use is there.
    drop(secure(&server, connect().await, &["h2"]).await);
    let before = vitals::descriptors(server.pid());
    let mut all = Vec::new();
    for _ in 0..20 {
        // Nothing at all; the beginning of a handshake; the beginning of a head, unencrypted.
        for bytes in [&b""[..], &[0x16, 3, 1, 2, 0, 1], b"GET / HT"] {
            let mut stream = connect().await;
            stream.write_all(bytes).await.unwrap();
            all.push(tokio::spawn(async move { until_closed(&mut stream).await }));
        }
        // A handshake, and then nothing, or a part of a head.
        for (protocol, bytes) in
            [("http/1.1", &b""[..]), ("http/1.1", b"GET / HTTP/1.1\r\nHos"), ("h2", b""), ("h2", b"PRI * HT")]
        {
            let mut wire = secure(&server, connect().await, &[protocol]).await;
            wire.send(bytes).await;
            all.push(tokio::spawn(async move { until_closed(&mut wire.stream).await }));
        }
        all.push(tokio::spawn(drip(address, "GET / HTTP/1.1\r\nHost: ", b"x")));
    }
    for ended in all {
        let after = ended.await.unwrap();
        assert!(after < Duration::from_secs(20), "{after:?}");
    }
    eventually_async("the descriptors of before", || async {
        (vitals::descriptors(server.pid()) <= before + 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_body_that_stops_ends_its_request() {
    let server = Start::new().env("AIKORE_BODY_TIMEOUT", "1s").env("AIKORE_IDLE_TIMEOUT", "2s").serve();
    let rough = server.rough("a").await;
    let before = vitals::descriptors(server.pid());
    for (path, fields, body) in [
        ("/instance/a/sink", "Content-Length: 100\r\n", "half"),
        ("/instance/a/sink", "Transfer-Encoding: chunked\r\n", "4\r\nhalf\r\n5\r\nx"),
        ("/api/instances/", "Content-Type: application/json\r\nContent-Length: 100\r\n", "{\"name\":"),
    ] {
        let mut wire = Wire::to(server.client.address).await;
        let answer = wire.ask("POST", path, fields, body.as_bytes()).await.unwrap();
        assert_eq!(answer.status, 408, "{path}: {}", answer.body);
        assert!(until_closed(&mut wire.stream).await < Duration::from_secs(15));
    }
    assert_eq!((rough.count("came.sink").await, rough.count("left.sink").await), (2, 2), "the app was told");
    // One that goes on, however slowly, is not given up.
    let mut wire = Wire::to(server.client.address).await;
    wire.send("POST /instance/a/sink HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\n").await;
    for _ in 0..6 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        wire.send("x").await;
    }
    assert_eq!(wire.answer("POST").await.unwrap().body, "6");
    drop(wire);
    eventually_async("the descriptors of before", || async {
        (vitals::descriptors(server.pid()) <= before + 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_given_up() {
    let server = Start::new().env("AIKORE_BODY_TIMEOUT", "1s").serve();
    let rough = server.rough("a").await;
    let mut deaf = Vec::new();
    for _ in 0..10 {
        let mut wire = Wire::to(server.client.address).await;
        wire.send("GET /instance/a/flood HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        deaf.push(wire);
    }
    eventually_async_within(30, "the floods, ended", || async {
        let (came, left) = (rough.count("came.flood").await, rough.count("left.flood").await);
        (came == 10 && left == 10 && server.route("a").await["active"] == 0).then_some(())
    })
    .await;
}

async fn list(server: &Server) -> Reply {
    Wire::to(server.client.address).await.get("/api/instances/").await
}

#[tokio::test]
async fn too_many_calls_are_refused_and_streams_take_no_room() {
    let server = Start::new().env("AIKORE_MAX_CALLS", "1").serve();
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut wire = Wire::to(server.client.address).await;
        wire.send("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert!(wire.head().await.unwrap().starts_with("http/1.1 200"));
        streams.push(wire);
    }
    assert_eq!(list(&server).await.status, 200);
    let body = json!({ "name": "a", "base_blueprint": "hello.sh" }).to_string();
    let (first, rest) = body.split_at(5);
    let head = "POST /api/instances/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    // Whichever of the two comes first has the room: until it is the slow one.
    let (mut slow, refused) = eventually_async("a refusal", || async {
        let mut slow = Wire::to(server.client.address).await;
        slow.send(format!("{head}Content-Length: {}\r\n\r\n{first}", body.len())).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let answer = list(&server).await;
        (answer.status == 503).then_some((slow, answer))
    })
    .await;
    assert!(refused.head.contains("retry-after: ") && refused.body.contains("Too many calls"), "{refused:?}");
    assert!(is_answered(&mut Wire::to(server.client.address).await).await, "whoever watches is answered");
    slow.send(rest).await;
    assert_eq!(slow.answer("POST").await.unwrap().status, 201);
    assert_eq!(list(&server).await.status, 200, "room again");
}

#[tokio::test]
async fn strangers_who_dawdle_keep_nobody_from_logging_in() {
    let server = Start::new()
        .env("AIKORE_AUTH", "password")
        .env("AIKORE_PASSWORD", "correct horse")
        .env("AIKORE_MAX_CALLS", "1")
        .env("AIKORE_HEADER_TIMEOUT", "2s")
        .serve();
    let head = "POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut wire = Wire::to(server.client.address).await;
        wire.send(format!("{head}Content-Length: 40\r\n\r\n{{")).await;
        slow.push(wire);
    }
    let answer = server.client.post("/api/auth/login", &json!({ "password": "correct horse" })).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    for wire in &mut slow {
        assert_eq!(wire.answer("POST").await.unwrap().status, 408);
    }
    let long = "x".repeat(20_000);
    let answer = server.client.post("/api/auth/login", &json!({ "password": long })).await;
    assert_eq!(answer.status, 413, "more than any password");
}

#[tokio::test]
async fn heads_and_bodies_are_as_long_as_the_settings_say() {
    let settings = [("AIKORE_MAX_HEADER_SIZE", "8K"), ("AIKORE_MAX_HEADERS", "30"), ("AIKORE_MAX_BODY", "2K")];
    let server = settings.iter().fold(Start::new(), |start, (name, value)| start.env(name, value)).serve();
    let ask = async |fields: String| {
        Wire::to(server.client.address).await.ask("GET", "/api/status", &fields, b"").await.unwrap().status
    };
    assert_eq!(ask(format!("X-Long: {}\r\n", "x".repeat(7000))).await, 200);
    assert_eq!(ask(format!("X-Long: {}\r\n", "x".repeat(9000))).await, 431);
    assert_eq!(ask("X: 1\r\n".repeat(29)).await, 200);
    assert_eq!(ask("X: 1\r\n".repeat(30)).await, 431);
    let create = async |length: usize| {
        let name = json!({ "name": "x".repeat(length), "base_blueprint": "hello.sh" });
        server.client.post("/api/instances/", &name).await.status
    };
    assert_eq!(create(3000).await, 413);
    assert_eq!(create(10).await, 201);
}
