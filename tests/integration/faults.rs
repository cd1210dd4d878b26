//! Children that break every rule there is (proxy.md, "tests to write first"): what the client gets, and that nobody else
//! is hurt. After each fault the same instance and another one answer as if nothing had been.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::support::{Reply, Rough, Server, Wire, eventually_async, vitals};

struct Stage {
    server: Server,
    rough: Rough,
}

impl Stage {
    async fn new() -> Self {
        let server = Server::new();
        let rough = server.rough("a").await;
        server.hello("healthy").await;
        Self { server, rough }
    }

    async fn wire(&self) -> Wire {
        Wire::to(self.server.client.address).await
    }

    async fn ask(&self, method: &str, path: &str) -> Option<Reply> {
        self.wire().await.ask(method, &format!("/instance/a{path}"), "", b"").await
    }

    /// Nobody was hurt.
    async fn is_well(&self, after: &str) {
        let fresh = self.ask("GET", "/fresh").await.unwrap();
        assert!(fresh.status == 200 && fresh.body.starts_with("GET /fresh 0"), "after {after}: {fresh:?}");
        let other = self.server.client.get("/instance/healthy/api/echo").await;
        assert_eq!(other.status, 200, "the other instance after {after}");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_502() {
    let stage = Stage::new().await;
    for path in [
        "/close",
        "/reset",
        "/reset-in-head",
        "/garbage",
        "/silence-then-lines",
        "/http2",
        "/http2-frames",
        "/no-status",
        "/status-99",
        "/control",
        "/nul",
        "/bare-cr",
        "/folded",
        "/space-before-colon",
        "/two-lengths",
        "/length-list",
        "/negative-length",
        "/huge-length",
        "/gzip-coding",
        "/two-codings",
        "/coding-of-1.0",
        "/101",
        "/endless-head",
        "/endless-line",
        "/endless-1xx",
    ] {
        for method in ["GET", "POST"] {
            let answer = stage.ask(method, path).await.unwrap_or_else(|| panic!("nothing for {path}"));
            assert_eq!(answer.status, 502, "{method} {path}: {answer:?}");
            assert!(answer.head.contains("x-aikore-answer: upstream") && answer.whole, "{path}: {answer:?}");
        }
        stage.is_well(path).await;
    }
    let memory = vitals::memory(stage.server.pid());
    assert!(memory < 150, "an endless head is not kept: {memory} MiB");
}

#[tokio::test]
async fn what_is_odd_and_allowed_passes() {
    let stage = Stage::new().await;
    for path in [
        "/length-and-coding",
        "/same-lengths",
        "/bare-lf",
        "/no-reason",
        "/http1.0",
        "/until-close",
        "/early-hints",
        "/extension",
    ] {
        let answer = stage.ask("GET", path).await.unwrap_or_else(|| panic!("nothing for {path}"));
        assert_eq!((answer.status, answer.body.as_str(), answer.whole), (200, "ok", true), "{path}: {answer:?}");
        let length = answer.head.matches("content-length:").count();
        assert!(length <= 1 && !(length == 1 && answer.head.contains("transfer-encoding:")), "{path}: {answer:?}");
        stage.is_well(path).await;
    }
    let slow = stage.ask("GET", "/slow").await.unwrap();
    assert_eq!((slow.body.as_str(), slow.whole), ("slow!", true), "byte by byte: {slow:?}");
}

#[tokio::test]
async fn what_breaks_off_never_looks_complete() {
    let stage = Stage::new().await;
    for path in [
        "/cut-length",
        "/cut-chunks",
        "/cut-in-chunk",
        "/cut-trailers",
        "/reset-in-body",
        "/bad-chunk-size",
        "/huge-chunk-size",
        "/chunk-without-end",
        "/chunk-line-of-lf",
        "/endless-chunk-line",
        "/endless-trailers",
    ] {
        // hyper may not have sent the head yet when the body is found to be broken: then there is no answer at all.
        if let Some(answer) = stage.ask("GET", path).await {
            assert!(!answer.whole, "{path}: {answer:?}");
            assert_eq!(answer.status, 200);
        }
        stage.is_well(path).await;
    }
}

/// Whatever a child says after an answer, no other request is ever given.
#[tokio::test]
async fn what_nobody_asked_for_is_given_to_nobody() {
    let stage = Stage::new().await;
    for (method, path) in [
        ("GET", "/second"),
        ("GET", "/second-chunked"),
        ("HEAD", "/body-after-head"),
        ("GET", "/body-after-204"),
        ("GET", "/body-after-304"),
        ("GET", "/chunks-after-304"),
    ] {
        for pause in [None, Some(20), Some(100)] {
            let path = match pause {
                None => format!("/instance/a{path}"),
                Some(pause) => format!("/instance/a{path}?later=0.{pause:03}"),
            };
            // One connection of a client keeps to one worker, and so to one set of connections to the child.
            let mut wire = stage.wire().await;
            for round in 0..5 {
                let said = stage.rough.count("said.more").await;
                let answer = wire.ask(method, &path, "", b"").await.unwrap();
                assert!(answer.body == "ok" || answer.body.is_empty(), "{path}: {answer:?}");
                if pause.is_some() {
                    eventually_async("more than was asked for", || async {
                        (stage.rough.count("said.more").await > said).then_some(())
                    })
                    .await;
                }
                let next = wire.get(&format!("/instance/a/next{round}")).await;
                assert_eq!(next.status, 200, "after {path}: {next:?}");
                assert!(next.body.starts_with(&format!("GET /next{round} ")), "after {path}: {next:?}");
                if pause == Some(100) {
                    break;
                }
            }
        }
        stage.is_well(path).await;
    }
}

#[tokio::test]
async fn lengths_of_answers_without_body() {
    let stage = Stage::new().await;
    let lengths = async |method, path| {
        let answer = stage.ask(method, path).await.unwrap();
        assert!(answer.body.is_empty(), "{path}: {answer:?}");
        answer.head.matches("content-length: 50").count()
    };
    assert_eq!(lengths("HEAD", "/body-after-head").await, 1);
    assert_eq!(lengths("GET", "/body-after-204").await, 0, "RFC 9110 §8.6 forbids it");
    // hyper's server leaves it out, which §8.6 allows.
    assert_eq!(lengths("GET", "/body-after-304").await, 0);
}

/// The connection is kept, and closed or reset before it is used again. A POST must not go over it at all.
#[tokio::test]
async fn an_idle_connection_that_was_closed_costs_nobody_an_answer() {
    let stage = Stage::new().await;
    for path in ["/instance/a/close-after", "/instance/a/reset-after"] {
        let mut wire = stage.wire().await;
        for round in 0..200 {
            let answer = wire.get(path).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, "ok"), "{path}, round {round}");
            if round % 10 == 0 {
                let answer = wire.ask("POST", path, "Content-Length: 2\r\n", b"hi").await.unwrap();
                assert_eq!(answer.status, 200, "POST {path}, round {round}");
            }
        }
    }
    stage.is_well("connections closed while idle").await;
}

#[tokio::test]
async fn an_early_refusal_of_an_upload_arrives_whole() {
    let stage = Stage::new().await;
    let upload = vec![b'x'; 8 * 1024 * 1024];
    for round in 0..20 {
        let mut wire = stage.wire().await;
        let framed = round % 2 == 0;
        let fields = if framed {
            format!("Content-Length: {}\r\n", upload.len())
        } else {
            "Transfer-Encoding: chunked\r\n".to_owned()
        };
        wire.send(format!("POST /instance/a/early-413 HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n")).await;
        if !framed {
            wire.send(format!("{:x}\r\n", upload.len())).await;
        }
        // All of it before the answer is looked at, as simple clients do.
        wire.send(&upload).await;
        if !framed {
            wire.send("\r\n0\r\n\r\n").await;
        }
        let answer = wire.answer("POST").await.unwrap_or_else(|| panic!("round {round}: no answer"));
        assert_eq!((answer.status, answer.body.as_str()), (413, "too much, thank you"), "round {round}");
    }
    stage.is_well("early refusals").await;
}

#[tokio::test]
async fn an_early_answer_does_not_wait_for_the_upload() {
    let stage = Stage::new().await;
    let mut wire = stage.wire().await;
    wire.send("POST /instance/a/early-200 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n").await;
    wire.send(vec![b'x'; 1_000_000]).await;
    let answer = wire.answer("POST").await.unwrap();
    assert_eq!((answer.status, answer.body.as_str(), answer.whole), (200, "early", true));
    // The rest may come or not; the connection must not take it for a request.
    let _ = wire.stream.write_all(&vec![b'x'; 1_000_000]).await;
    let _ = wire.stream.write_all(b"GET /instance/a/after HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    if let Some(after) = wire.answer("GET").await {
        assert!(after.body.starts_with("GET /after "), "{after:?}");
    }
    stage.is_well("an early answer").await;
}

/// Writes until nothing is taken any more; how much that was.
async fn fill(wire: &mut Wire) -> usize {
    let (piece, mut sent) = (vec![b'x'; 256 * 1024], 0);
    while let Ok(written) =
        tokio::time::timeout(Duration::from_millis(700), wire.stream.write(&piece)).await.map(Result::unwrap)
    {
        sent += written;
        assert!(sent < 256 * 1024 * 1024, "nobody reads this, and yet it is taken");
    }
    sent
}

#[tokio::test]
async fn a_child_that_does_not_read_stops_its_client_and_fills_no_memory() {
    let stage = Stage::new().await;
    let before = vitals::memory(stage.server.pid());
    let (mut uploads, mut sockets) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let mut wire = stage.wire().await;
        wire.send("POST /instance/a/deaf HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000000\r\n\r\n").await;
        uploads.push(wire);
        sockets.push(Wire::tunnel(stage.server.client.address, "/instance/a/ws-deaf", b"").await);
    }
    let filled: Vec<_> = uploads.iter_mut().chain(&mut sockets).map(fill).collect();
    let sent = futures_util::future::join_all(filled).await;
    let memory = vitals::memory(stage.server.pid());
    assert!(memory < before + 24, "{before} MiB before, {memory} MiB with {sent:?} bytes on their way");
    stage.is_well("children that do not read").await;
    drop((uploads, sockets));
}

#[tokio::test]
async fn a_client_that_does_not_read_stops_its_child_and_fills_no_memory() {
    let stage = Stage::new().await;
    let before = vitals::memory(stage.server.pid());
    let mut clients = Vec::new();
    for n in 0..8 {
        if n % 2 == 0 {
            let mut wire = stage.wire().await;
            wire.send("GET /instance/a/flood HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
            assert!(wire.head().await.unwrap().starts_with("http/1.1 200"));
            clients.push(wire);
        } else {
            let path = "/instance/a/ws-burst?size=1000000000";
            clients.push(Wire::tunnel(stage.server.client.address, path, b"").await);
        }
    }
    // Long enough for gigabytes.
    tokio::time::sleep(Duration::from_millis(1000)).await;
    let memory = vitals::memory(stage.server.pid());
    assert!(memory < before + 24, "{before} MiB before, {memory} MiB after");
    stage.is_well("clients that do not read").await;
}

/// As long as its body is not taken, hyper does not look at a client: one that left is noticed with the child's next
/// step, its end at the latest.
#[tokio::test]
async fn a_client_that_left_a_child_that_does_not_read_stays_no_longer_than_that() {
    let stage = Stage::new().await;
    let mut wire = stage.wire().await;
    wire.send("POST /instance/a/deaf HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000000\r\n\r\n").await;
    fill(&mut wire).await;
    wire.reset();
    stage.is_well("a client that left").await;
    stage.server.ask(stage.rough.id, "stop?wait=true").await;
    eventually_async("nobody left", || async { (stage.server.route("a").await["active"] == 0).then_some(()) }).await;
}

#[tokio::test]
async fn a_stopped_child_frees_everybody_who_waits_for_it() {
    let stage = Stage::new().await;
    let mut waiting = stage.wire().await;
    waiting.send("GET /instance/a/wait HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let mut upload = stage.wire().await;
    upload.send("POST /instance/a/deaf HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000000\r\n\r\n").await;
    let mut streaming = stage.wire().await;
    streaming.send("GET /instance/a/sse HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(streaming.head().await.unwrap().starts_with("http/1.1 200"));
    eventually_async("all have come", || async {
        (stage.rough.count("came.wait").await == 1 && stage.rough.count("came.sse").await == 1).then_some(())
    })
    .await;
    stage.server.ask(stage.rough.id, "stop?wait=true").await;
    assert_eq!(waiting.answer("GET").await.unwrap().status, 502);
    assert_eq!(upload.answer("POST").await.unwrap().status, 502);
    assert!(!streaming.answer_body_ends_well().await, "a stream that was cut must not look complete");
    let route = stage.server.route("a").await;
    assert_eq!((&route["active"], &route["tunnels"]), (&0.into(), &0.into()));
}
