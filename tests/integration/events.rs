//! The event stream.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;

use crate::support::{Client, Server, fill};

struct Events {
    body: Incoming,
    text: String,
    /// Came before somebody asked: a log may grow before its instance is told to have started, or after.
    early: Vec<String>,
    /// The id of the last event that came.
    id: String,
}

impl Events {
    async fn open(client: Client) -> Self {
        Self::open_after(client, "/api/events", None).await
    }

    /// A stream that goes on after the event of this id.
    async fn open_after(client: Client, path: &str, id: Option<&str>) -> Self {
        let stream = tokio::net::TcpStream::connect(client.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::get(path).header("host", client.address.to_string());
        if let Some(id) = id {
            request = request.header("last-event-id", id);
        }
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { body: answer.into_body(), text: String::new(), early: Vec::new(), id: String::new() }
    }

    /// The next event of this name that the test wants.
    async fn next(&mut self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let data_of = |event: &str| {
            let field = |key: &str| event.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
            if field("event: ").as_deref() != Some(name) {
                return None;
            }
            assert!(field("id: ").is_some(), "{event}");
            let data: Value = serde_json::from_str(&field("data: ").unwrap()).unwrap();
            wanted(&data).then_some(data)
        };
        if let Some((at, data)) = self.early.iter().enumerate().find_map(|(at, event)| Some((at, data_of(event)?))) {
            self.early.remove(at);
            return data;
        }
        let search = async {
            loop {
                while let Some(end) = self.text.find("\n\n") {
                    let event: String = self.text.drain(..end + 2).collect();
                    if let Some(id) = event.lines().find_map(|line| line.strip_prefix("id: ")) {
                        id.clone_into(&mut self.id);
                    }
                    match data_of(&event) {
                        Some(data) => return data,
                        None => self.early.push(event),
                    }
                }
                let frame = self.body.frame().await.expect("the stream ended").unwrap();
                self.text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
            }
        };
        tokio::time::timeout(Duration::from_secs(15), search).await.unwrap_or_else(|_| panic!("no {name} came"))
    }
}

#[tokio::test]
async fn everything_that_changes_is_told() {
    let server = Server::new();
    let first = server.create("first", "hello.sh").await;
    let mut events = Events::open(server.client).await;
    let snapshot = events.next("snapshot", |_| true).await;
    assert_eq!((snapshot["instances"][0]["name"].as_str(), snapshot["auth"].as_str()), (Some("first"), Some("none")));
    let id = server.create("second", "hello.sh").await;
    events.next("instance", |i| i["name"] == "second" && i["status"] == "stopped").await;
    server.ask(id, "start").await;
    for status in ["starting", "started"] {
        events.next("instance", |i| i["id"] == id && i["status"] == status).await;
    }
    events.next("log", |log| log["id"] == id && log["size"].as_u64() > Some(0)).await;
    server.ask(id, "stop").await;
    for status in ["stopping", "stopped"] {
        events.next("instance", |i| i["id"] == id && i["status"] == status).await;
    }
    server.client.call(Method::DELETE, &format!("/api/instances/{first}"), None).await;
    events.next("removed", |removed| removed["id"] == first).await;
    events.next("stats", |stats| stats["ram"]["total"].as_u64() > Some(0)).await;
    server.blueprint("x.sh", "", "exit 3");
    let id = server.create("x", "x.sh").await;
    server.ask(id, "start").await;
    let notice = events.next("notice", |notice| notice["kind"] == "crashed").await;
    assert!(notice["id"].as_i64().is_some() && notice["unread"].as_u64() > Some(0), "{notice}");
    assert!(notice["text"].as_str().unwrap().starts_with("x: It ended with exit code 3."), "{notice}");
}

#[tokio::test]
async fn a_job_is_told_from_its_beginning_to_its_end() {
    let server = Server::new();
    let id = server.hello("a").await;
    fill(&server.home("a"), 8_000);
    let mut events = Events::open(server.client).await;
    let snapshot = events.next("snapshot", |_| true).await;
    assert_eq!(snapshot["jobs"], serde_json::json!([]));
    let answer = server.ask_copy(id, "b").await;
    let name = answer.header("x-aikore-job");
    events.next("job", |job| job["id"] == name && job["state"] == "queued").await;
    events.next("job", |job| job["state"] == "running" && job["done"].as_u64() > Some(0)).await;
    events.next("instance", |i| i["name"] == "b" && i["progress"]["phase"] == "Copying").await;
    assert_eq!(server.job_over(&answer).await["state"], "done");
    events.next("job", |job| job["id"] == name && job["state"] == "done").await;
    events.next("instance", |i| i["name"] == "b" && i["status"] == "stopped").await;
    events.next("notice", |notice| notice["text"].as_str().unwrap().starts_with("b: Copied.")).await;
    // Thousands of files, and no more than some events a second.
    let progress = events.early.iter().filter(|event| event.contains("event: job")).count();
    assert!(progress < 120, "{progress} events");
    let again = Events::open(server.client).await.next("snapshot", |_| true).await;
    assert_eq!(again["jobs"][0]["id"], name);
}

/// The names of the events, up to the first figures.
async fn beginning(client: Client, path: &str, id: Option<&str>) -> (Vec<String>, Events) {
    let mut events = Events::open_after(client, path, id).await;
    events.next("stats", |_| true).await;
    let name = |event: &String| event.lines().find_map(|line| line.strip_prefix("event: ")).map(str::to_owned);
    (events.early.iter().filter_map(name).collect(), events)
}

#[tokio::test]
async fn a_short_break_is_made_up_for() {
    let mut server = Server::new();
    let first = server.create("first", "hello.sh").await;
    let mut events = Events::open(server.client).await;
    events.next("snapshot", |_| true).await;
    let second = server.create("second", "hello.sh").await;
    events.next("instance", |i| i["name"] == "second").await;
    let heard = events.id.clone();
    drop(events);

    // Nothing missed, then two changes of one instance and the end of another.
    assert_eq!(beginning(server.client, "/api/events", Some(&heard)).await.0, ["resumed"]);
    for autostart in [true, false, true] {
        let change = serde_json::json!({ "autostart": autostart });
        server.client.call(Method::PUT, &format!("/api/instances/{first}"), Some(&change)).await;
    }
    server.client.call(Method::DELETE, &format!("/api/instances/{second}"), None).await;
    for (path, id) in [("/api/events".to_owned(), Some(heard.as_str())), (format!("/api/events?after={heard}"), None)] {
        let (names, mut events) = beginning(server.client, &path, id).await;
        assert_eq!(names.iter().filter(|name| *name == "snapshot").count(), 0, "{names:?}");
        assert_eq!(events.next("instance", |i| i["id"] == first).await["autostart"], true, "only as it is now");
        events.next("removed", |removed| removed["id"] == second).await;
    }

    // What another server told, or nobody, is no place to go on from.
    for id in ["", "nonsense", "0123456789ab-3", heard.split('-').next().unwrap(), &format!("{heard}000")] {
        assert_eq!(beginning(server.client, "/api/events", Some(id)).await.0, ["snapshot"], "{id}");
    }
    server.end("TERM");
    server.start();
    assert_eq!(beginning(server.client, "/api/events", Some(&heard)).await.0[0], "snapshot");
}

#[tokio::test]
async fn an_open_stream_does_not_hold_up_the_end() {
    let mut server = Server::new();
    let mut events = Events::open(server.client).await;
    events.next("snapshot", |_| true).await;
    let begun = std::time::Instant::now();
    assert_eq!(server.end("TERM").code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}
