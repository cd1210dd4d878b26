//! Routes that change, start and stop while others carry traffic; and many of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;
use http::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::support::{Server, Start, Wire};

/// Asks the same instance again and again over connections that are kept, until it is told to stop.
struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    fn on(address: SocketAddr, path: &'static str, clients: usize) -> Self {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let client = || {
            let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
            async move {
                let mut wire = Wire::to(address).await;
                while !stop.load(Ordering::Relaxed) {
                    let answer = wire.get(path).await;
                    assert!(answer.status == 200 && answer.whole, "{answer:?}");
                    answered.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        };
        let clients = (0..clients).map(|_| tokio::spawn(client())).collect();
        Self { stop, answered, clients }
    }

    /// Every one of them was answered; how many those were.
    async fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.await.unwrap();
        }
        self.answered.load(Ordering::Relaxed)
    }
}

/// From now until something answers at this port.
async fn answers(port: u16) -> Duration {
    let begun = Instant::now();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    while begun.elapsed() < Duration::from_secs(5) {
        if let Ok(stream) = tokio::net::TcpStream::connect(address).await {
            Wire::over(stream).get("/x").await;
            return begun.elapsed();
        }
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    panic!("nothing answers at {port}");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[tokio::test]
async fn changes_elsewhere_touch_no_request_and_no_websocket() {
    let server = Start::new().pool(12).serve();
    let rough = server.rough("a").await;
    let (moved, restarted) = (server.create("moved", "hello.sh").await, server.hello("other").await);
    let pid = server.instance(rough.id).await["pid"].clone();
    let mut sockets = Vec::new();
    for _ in 0..50 {
        sockets.push(Wire::tunnel(server.client.address, "/instance/a/ws", b"").await);
    }
    let load = Load::on(server.client.address, "/instance/a/load", 4);
    let (free, mut waited) = ([server.pool.1, server.pool.1 - 1], Vec::new());
    for round in 0..50 {
        let change = async |body| {
            let answer = server.client.call(Method::PUT, &format!("/api/instances/{moved}"), Some(&body)).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        };
        let port = free[round % 2];
        change(json!({ "port": port })).await;
        waited.push(answers(port).await);
        change(json!({ "name": format!("Moved {round}") })).await;
        let slug = format!("/instance/moved-{round}/");
        assert_eq!(server.client.get(&slug).await.status, StatusCode::SERVICE_UNAVAILABLE, "{slug}");
        if round % 25 == 10 {
            server.ask(restarted, "stop?wait=true").await;
            server.ask(restarted, "start").await;
        }
        let socket = &mut sockets[round];
        socket.send(format!("round {round}")).await;
        assert_eq!(socket.take(format!("round {round}").len()).await, format!("round {round}").as_bytes());
    }
    server.wait_status(restarted, "started").await;
    for socket in &mut sockets {
        socket.send("still here").await;
        assert_eq!(socket.take(10).await, b"still here");
    }
    let answered = load.end().await;
    println!("a new port answers after {:?} (median of 50), {answered} requests meanwhile", median(waited.clone()));
    assert!(answered > 100, "{answered}");
    assert!(median(waited.clone()) < Duration::from_millis(50), "{waited:?}");
    assert_eq!(server.instance(rough.id).await["pid"], pid);
    assert_eq!(server.route("a").await["failures"], 0);
    assert_eq!(server.route("a").await["tunnels"], 50);
}

async fn typical(server: &Server) -> Duration {
    let mut wire = Wire::to(server.client.address).await;
    let mut times = Vec::new();
    for _ in 0..300 {
        let begun = Instant::now();
        assert_eq!(wire.get("/instance/a/x").await.status, 200);
        times.push(begun.elapsed());
    }
    median(times)
}

#[tokio::test]
async fn many_instances_do_not_slow_one_down() {
    // Each has a public port, and a worker a descriptor for it.
    const MANY: u16 = 2000;
    let server = Start::new().pool(usize::from(MANY) + 1).serve();
    server.rough("a").await;
    let alone = typical(&server).await;
    let begun = Instant::now();
    let create = |n: u16| {
        let body = json!({ "name": format!("i{n}"), "base_blueprint": "hello.sh", "port": server.pool.0 + n });
        async move { assert_eq!(server.client.post("/api/instances/", &body).await.status, StatusCode::CREATED) }
    };
    stream::iter(1..=MANY).map(create).buffer_unordered(16).collect::<Vec<()>>().await;
    let created = begun.elapsed();
    let among_many = typical(&server).await;
    println!("alone {alone:?}, among {MANY} {among_many:?}; creating them took {created:?}");
    assert!(among_many < alone * 3 + Duration::from_millis(2), "alone {alone:?}, among {MANY} {among_many:?}");
    let last = answers(server.pool.1).await;
    assert!(last < Duration::from_secs(1), "the last port answers after {last:?}");
}
