//! Clients that leave in every way there is: nothing of them stays, and the child is told of each.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;

use crate::support::{Rough, Server, Wire, eventually_async, vitals};

/// Clients at a time.
const AT_ONCE: usize = 50;

struct House {
    server: Server,
    rough: Rough,
    /// Descriptors, threads, memory.
    before: (usize, usize, u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaving {
    Politely,
    ByReset,
}

impl House {
    async fn new() -> Self {
        let server = Server::new();
        let rough = server.rough("a").await;
        let mut house = Self { server, rough, before: (0, 0, 0) };
        // Once of everything: what is made on first use is there.
        // The memory an allocator keeps for the next crowd is no leak: it has seen one.
        for path in ["/sink", "/flood", "/sse", "/ws"] {
            house.visit(path, 2 * AT_ONCE).await;
        }
        house.quiet().await;
        let pid = house.server.pid();
        house.before = (vitals::descriptors(pid), vitals::threads(pid), vitals::memory(pid));
        house
    }

    /// So many clients, each of which comes and leaves; every other one by reset.
    async fn visit(&self, path: &'static str, clients: usize) {
        let address = self.server.client.address;
        let visits = stream::iter(0..clients).map(|n| {
            let leaving = if n % 2 == 0 { Leaving::Politely } else { Leaving::ByReset };
            async move {
                let mut wire = Wire::to(address).await;
                match path {
                    "/sink" => {
                        let (field, begin) = match n % 4 {
                            0 | 1 => ("Content-Length: 1000000", ""),
                            _ => ("Transfer-Encoding: chunked", "10000\r\n"),
                        };
                        let head = "POST /instance/a/sink HTTP/1.1\r\nHost: localhost\r\n";
                        wire.send(format!("{head}{field}\r\n\r\n{begin}")).await;
                        // Complete chunks and half ones: none of it must look like the end.
                        wire.send(vec![b'x'; if n % 3 == 0 { 0x10000 } else { 50_000 }]).await;
                    }
                    "/ws" => {
                        wire.switch("/instance/a/ws", b"hello").await;
                        assert_eq!(wire.take(5).await, b"hello");
                    }
                    _ => {
                        wire.send(format!("GET /instance/a{path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
                        let head = wire.head().await.unwrap();
                        assert!(head.starts_with("http/1.1 200"), "{head}");
                        wire.take(10).await;
                    }
                }
                match leaving {
                    Leaving::Politely => drop(wire),
                    Leaving::ByReset => wire.reset(),
                }
            }
        });
        visits.buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    }

    /// Nobody is there any more, and idle connections have been closed.
    async fn quiet(&self) {
        eventually_async("nobody left", || async {
            let route = self.server.route("a").await;
            let open = self.rough.count("open").await;
            (route["active"] == 0 && route["tunnels"] == 0 && open == 0).then_some(())
        })
        .await;
    }

    async fn is_empty_again(&self, what: &str, path: &str, came: Option<i64>) {
        self.quiet().await;
        let (all, left) =
            (self.rough.count(&format!("came.{path}")).await, self.rough.count(&format!("left.{path}")).await);
        assert_eq!(all, left, "{what}: the child was told of everybody");
        assert!(came.is_none_or(|came| all >= came), "{what}: {all} of {came:?} came");
        let pid = self.server.pid();
        let (descriptors, threads, memory) = self.before;
        eventually_async(&format!("{what}: descriptors and threads as before"), || async {
            let now = (vitals::descriptors(pid), vitals::threads(pid));
            (now.0 <= descriptors + 2 && now.1 <= threads + 2).then_some(())
        })
        .await;
        let now = vitals::memory(pid);
        println!("{what}: {memory} MiB before, {now} MiB after");
        assert!(now <= memory + 32, "{what}: {memory} MiB before, {now} MiB after");
        let answer = self.server.client.get("/instance/a/well").await;
        assert_eq!(answer.status, 200, "{what}");
    }
}

#[tokio::test]
async fn uploads_that_are_broken_off() {
    let house = House::new().await;
    house.visit("/sink", 1000).await;
    house.is_empty_again("uploads", "sink", None).await;
}

#[tokio::test]
async fn downloads_that_are_broken_off() {
    let house = House::new().await;
    house.visit("/flood", 1000).await;
    house.is_empty_again("downloads", "flood", Some(1000)).await;
}

#[tokio::test]
async fn event_streams_that_are_dropped() {
    let house = House::new().await;
    house.visit("/sse", 1000).await;
    house.is_empty_again("event streams", "sse", Some(1000)).await;
}

#[tokio::test]
async fn websockets_that_are_dropped() {
    let house = House::new().await;
    house.visit("/ws", 1000).await;
    house.is_empty_again("websockets", "ws", Some(1000)).await;
}

#[tokio::test]
async fn clients_that_vanish_while_they_wait() {
    let house = House::new().await;
    let mut waiting = Vec::new();
    for n in 0..300 {
        let mut wire = Wire::to(house.server.client.address).await;
        // A third has a body that is complete, a third one that is not.
        let request = match n % 3 {
            0 => "GET /instance/a/wait HTTP/1.1\r\nHost: localhost\r\n\r\n",
            1 => "POST /instance/a/wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
            _ => "POST /instance/a/wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\nhello",
        };
        wire.send(request).await;
        waiting.push(wire);
    }
    eventually_async("all have come", || async { (house.rough.count("came.wait").await == 300).then_some(()) }).await;
    assert_eq!(house.server.route("a").await["active"], 300);
    for (n, wire) in waiting.into_iter().enumerate() {
        if n % 2 == 0 { drop(wire) } else { wire.reset() }
    }
    house.is_empty_again("clients that waited", "wait", Some(300)).await;
}

/// A handshake that nobody answers leaves nothing either (proxy.md C3 24).
#[tokio::test]
async fn handshakes_that_come_to_nothing() {
    let house = House::new().await;
    house.server.create("down", "hello.sh").await;
    let address = house.server.client.address;
    let paths = ["/instance/down/ws", "/instance/none/ws", "/instance/a/close", "/instance/a/plain"];
    let visits = stream::iter(0..1000).map(|n| async move {
        let mut wire = Wire::to(address).await;
        let fields = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
        let path = paths[n % paths.len()];
        let answer = tokio::time::timeout(Duration::from_secs(10), wire.ask("GET", path, fields, b"")).await;
        let status = answer.unwrap_or_else(|_| panic!("{path}")).unwrap().status;
        assert!([200, 404, 502, 503].contains(&status), "{path}: {status}");
    });
    visits.buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    house.is_empty_again("handshakes", "ws", None).await;
}
