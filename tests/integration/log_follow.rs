//! Logs by push: every byte once, whoever is slow, cut off, or behind a restart; bounded memory; refusals and ends in words.

use std::collections::HashMap;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::{Client, Server, Start, vitals};

const AT_ONCE: &str = "# aikore.ready = process";

/// Lines of the flood: about 60 MB.
const LINES: u64 = 7_500_000;

/// A follower as a client has it.
struct Ear {
    socket: WebSocketStream<TcpStream>,
    /// Where the next byte belongs.
    run: String,
    offset: u64,
    begins: Vec<Value>,
    /// What was said besides.
    words: HashMap<String, Value>,
    closed: Option<(u16, String)>,
    bytes: u64,
}

async fn connect(client: Client, path: &str, fields: &[(&str, &str)]) -> Result<WebSocketStream<TcpStream>, Error> {
    let stream = TcpStream::connect(client.address).await.unwrap();
    let mut request = format!("ws://{}{path}", client.address).into_client_request().unwrap();
    for (name, value) in fields {
        let name = http::HeaderName::try_from(*name).unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    tokio_tungstenite::client_async(request, stream).await.map(|(socket, _)| socket)
}

impl Ear {
    async fn at(client: Client, path: &str) -> Self {
        Self::with(client, path, &[]).await
    }

    async fn with(client: Client, path: &str, fields: &[(&str, &str)]) -> Self {
        let socket = connect(client, path, fields).await.unwrap();
        Self {
            socket,
            run: String::new(),
            offset: 0,
            begins: Vec::new(),
            words: HashMap::new(),
            closed: None,
            bytes: 0,
        }
    }

    async fn of(server: &Server, id: i64, query: &str) -> Self {
        Self::at(server.client, &format!("/api/instances/{id}/logs/follow?{query}")).await
    }

    /// The next bytes; `None` when it is over.
    async fn hear(&mut self) -> Option<Vec<u8>> {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(60), self.socket.next()).await.expect("silence");
            match next {
                Some(Ok(Message::Binary(bytes))) => {
                    self.offset += bytes.len() as u64;
                    self.bytes += bytes.len() as u64;
                    return Some(bytes.to_vec());
                }
                Some(Ok(Message::Text(text))) => {
                    let said: Value = serde_json::from_str(&text).unwrap();
                    if let Some(begins) = said.get("begins") {
                        begins["run"].as_str().unwrap().clone_into(&mut self.run);
                        self.offset = begins["offset"].as_u64().unwrap();
                        self.begins.push(begins.clone());
                    }
                    self.words.extend(said.as_object().unwrap().clone());
                    if said.get("begins").is_none() {
                        return Some(Vec::new());
                    }
                }
                Some(Ok(Message::Close(frame))) => {
                    self.closed = frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    async fn until(&mut self, what: &str) -> String {
        let mut text = Vec::new();
        while !String::from_utf8_lossy(&text).contains(what) {
            text.extend(self.hear().await.unwrap_or_else(|| panic!("over before {what}: {:?}", self.closed)));
        }
        String::from_utf8(text).unwrap()
    }

    async fn the_rest(&mut self) -> String {
        let mut text = Vec::new();
        while let Some(bytes) = self.hear().await {
            text.extend(bytes);
        }
        String::from_utf8(text).unwrap()
    }
}

/// Checks that lines are the numbers from one on, whatever the pieces they come in.
#[derive(Default)]
struct Numbers {
    lines: u64,
    carry: Vec<u8>,
}

impl Numbers {
    fn take(&mut self, bytes: &[u8]) {
        self.carry.extend(bytes);
        let whole = self.carry.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let rest = self.carry.split_off(whole);
        for line in
            std::mem::replace(&mut self.carry, rest).split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
        {
            self.lines += 1;
            assert_eq!(std::str::from_utf8(line).unwrap(), self.lines.to_string(), "a line is lost or doubled");
        }
    }
}

#[tokio::test]
async fn a_flood_comes_without_loss_to_the_quick_and_the_slow_and_costs_no_memory() {
    let server = Start::new().env("AIKORE_LOG_FILE_SIZE", "16M").serve();
    let body = format!("read -t 600 < <(while [ ! -e go ]; do sleep 0.1; done; echo); seq {LINES}; exec sleep 600");
    let id = server.started("a", AT_ONCE, &body).await;
    let mut quick = Ear::of(&server, id, "offset=0").await;
    let mut slow = Ear::of(&server, id, "offset=0&window=100000").await;
    let calm = vitals::memory(server.pid());
    fs::write(server.config().join("instances/a/go"), "").unwrap();
    let begun = Instant::now();
    let (mut all, mut some) = (Numbers::default(), Numbers::default());
    let mut most = calm;
    while all.lines < LINES {
        all.take(&quick.hear().await.unwrap());
        if quick.bytes % 64 == 0 {
            most = most.max(vitals::memory(server.pid()));
        }
    }
    let took = begun.elapsed();
    most = most.max(vitals::memory(server.pid()));
    println!(
        "  {} MB to a quick follower in {took:.1?}; memory {calm} MiB, at most {most} MiB",
        quick.bytes / 1_000_000
    );
    assert!(most < calm + 32, "{calm} MiB became {most} MiB");
    // The slow one has taken nothing yet, and was sent no more than its window.
    while slow.bytes < 100_000 {
        some.take(&slow.hear().await.unwrap());
    }
    assert_eq!(slow.bytes, 100_000);
    let silence = tokio::time::timeout(Duration::from_millis(300), slow.socket.next()).await;
    assert!(silence.is_err(), "more than it has room for: {silence:?}");
    // It goes on where it was, by another connection with all the room there is.
    let mut rest = Ear::of(&server, id, &format!("run={}&offset={}", slow.run, slow.offset)).await;
    slow.socket.send(Message::text(json!({ "taken": slow.bytes }).to_string())).await.unwrap();
    some.take(&slow.hear().await.unwrap());
    assert!(slow.bytes > 100_000, "having taken them, it gets more");
    drop(slow);
    let from = rest.hear().await.unwrap();
    assert!(!from.is_empty() && rest.begins[0]["why"] == "start", "{:?}", rest.begins);
    assert_eq!((rest.begins[0]["offset"].as_u64(), rest.begins.len()), (Some(100_000), 1));
    while rest.offset < quick.offset {
        rest.hear().await.unwrap();
    }
    assert_eq!(rest.bytes + 100_000, quick.bytes, "the rest, to the byte");
    drop((quick, rest));
    server.ask(id, "stop?wait=true").await;
}

#[tokio::test]
async fn who_is_cut_off_again_and_again_gets_every_byte_once() {
    let mut server = Server::new();
    let body = "for n in $(seq 30000); do echo $n; [ $((n % 1000)) -ne 0 ] || sleep 0.05; done; exec sleep 600";
    let id = server.started("a", AT_ONCE, body).await;
    let mut numbers = Numbers::default();
    let (mut run, mut offset, mut cuts) = (String::new(), 0, 0);
    while numbers.lines < 30_000 {
        let mut ear = Ear::of(&server, id, &format!("run={run}&offset={offset}&window=5000")).await;
        while ear.bytes < 5000 && numbers.lines < 30_000 {
            // A server that goes is a connection that ends.
            let Some(bytes) = ear.hear().await else { break };
            numbers.take(&bytes);
            (run, offset) = (ear.run.clone(), ear.offset);
        }
        cuts += 1;
        if cuts % 10 == 5 {
            server.end("KILL");
            server.start();
        }
    }
    println!("  {} bytes over {cuts} connections", offset);
    assert!(cuts > 20 && numbers.carry.is_empty(), "{cuts} {:?}", numbers.carry);
    let log = server.client.get(&format!("/api/instances/{id}/logs?offset={offset}")).await.json();
    assert_eq!((&log["content"], log["end"].as_u64()), (&json!(""), Some(offset)));
}

#[tokio::test]
async fn a_follower_is_led_through_restarts() {
    let server = Server::new();
    let program = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: (print('bye'), sys.exit(0)))\nprint('hello <b>')\ntime.sleep(600)";
    let body = &format!("exec python3 -u -c \"{program}\"");
    let id = server.started("a", AT_ONCE, body).await;
    let mut ear = Ear::of(&server, id, "tail=1000&times=true").await;
    ear.until("hello <b>\n").await;
    assert!(ear.words["times"][0][1].as_u64().unwrap() > 1_600_000_000_000, "{:?}", ear.words);
    for n in 1..3 {
        server.ask(id, "restart?wait=true").await;
        // With its end: Python writes that by itself.
        let text = ear.until("hello <b>\n").await;
        assert!(text.starts_with("bye\n") && text.contains("hello"), "first the end of the former run: {text:?}");
        assert_eq!(ear.begins.len(), n + 1);
        let begins = &ear.begins[n];
        assert_eq!(
            (&begins["why"], &begins["offset"], begins["number"].as_u64()),
            (&json!("run"), &json!(0), Some(n as u64 + 1))
        );
        assert_eq!(begins["run"], server.instance(id).await["run"]);
    }
    // Whoever was away for both is led through both.
    let first = ear.begins[0]["run"].as_str().unwrap();
    let mut late = Ear::of(&server, id, &format!("run={first}&offset=6")).await;
    let text = late.until("hello <b>\nbye\nhello <b>\n").await;
    assert!(text.starts_with("<b>\nbye\nhello <b>\nbye\n"), "{text:?}");
    // One run alone, which is over.
    let mut only = Ear::of(&server, id, &format!("run={first}&only=true")).await;
    assert_eq!(only.the_rest().await, "hello <b>\nbye\n");
    assert_eq!(only.closed, Some((1000, "That was all of it.".to_owned())));
    let mut part = Ear::of(&server, id, &format!("run={first}&only=true&offset=6&until=9")).await;
    assert_eq!(part.the_rest().await, "<b>");
}

#[tokio::test]
async fn a_log_of_a_gigabyte_opens_at_its_end_at_once() {
    const SIZE: u64 = 1 << 30;
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let folder = server.config().join("instances/a/output.logs");
    fs::create_dir_all(&folder).unwrap();
    let mut file = fs::File::create(folder.join("1.abc.0.log")).unwrap();
    file.write_all(b"the first line\n").unwrap();
    file.seek(SeekFrom::Start(SIZE - 300_000)).unwrap();
    let lines: String = (0..50_000).map(|n| format!("{n:05}\n")).collect();
    file.write_all(&lines.as_bytes()[..300_000]).unwrap();
    let calm = vitals::memory(server.pid());
    let begun = Instant::now();
    let mut ear = Ear::of(&server, id, "tail=1048576&lines=20000").await;
    let text = ear.until("49999\n").await;
    while !ear.words.contains_key("caught_up") {
        assert_eq!(ear.hear().await, Some(vec![]));
    }
    let took = begun.elapsed();
    println!("  the end of 1 GiB after {took:.1?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!((text.lines().next(), text.len()), (Some("30000"), 120_000), "so many lines and no more");
    assert_eq!((&ear.begins[0]["end"], &ear.begins[0]["first"]), (&json!(SIZE), &json!(0)));
    let mut start = Ear::of(&server, id, "offset=0&until=15").await;
    assert_eq!(start.the_rest().await, "the first line\n");
    let answer = server.client.get(&format!("/api/instances/{id}/logs?offset=0")).await;
    assert!(answer.json()["size"].as_u64().unwrap() <= 1 << 20, "an answer is bounded");
    // Followers that read nothing hold nothing.
    let mut idle = Vec::new();
    for _ in 0..8 {
        idle.push(connect(server.client, &format!("/api/instances/{id}/logs/follow?offset=0"), &[]).await.unwrap());
    }
    // Until it has taken what it will take.
    let mut held = vitals::memory(server.pid());
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = vitals::memory(server.pid());
        if now == held {
            break;
        }
        held = held.max(now);
    }
    println!("  {calm} MiB, with eight followers that don't read {held} MiB");
    assert!(held < calm + 32, "{calm} MiB became {held} MiB");
}

#[tokio::test]
async fn what_vanishes_is_said_in_words() {
    let server = Server::new();
    let id = server.started("a", AT_ONCE, "echo here; exec sleep 600").await;
    let mut ear = Ear::of(&server, id, "").await;
    ear.until("here\n").await;
    while !ear.words.contains_key("caught_up") {
        ear.hear().await;
    }
    server.ask(id, "stop?wait=true").await;
    fs::remove_dir_all(server.config().join("instances/a/output.logs")).unwrap();
    let _ = fs::remove_file(server.config().join("instances/a/output.log"));
    let mut anew = Ear::of(&server, id, &format!("run={}&offset=5", ear.run)).await;
    anew.hear().await;
    assert!(anew.words["gone"].as_str().unwrap().contains("not there any more"), "{:?}", anew.words);
    // The next run is followed by whoever waits.
    server.ask(id, "start").await;
    assert_eq!(ear.until("here\n").await, "here\n");
    server.ask(id, "stop?wait=true").await;
    let gone = server
        .client
        .call(http::Method::DELETE, &format!("/api/instances/{id}"), Some(&json!({ "mode": "permanent" })))
        .await;
    assert!(gone.status.is_success(), "{}", gone.text());
    ear.the_rest().await;
    assert_eq!(ear.closed, Some((4410, "a was deleted, and its log with it.".to_owned())));
    let refused = connect(server.client, &format!("/api/instances/{id}/logs/follow"), &[]).await.unwrap_err();
    assert!(matches!(&refused, Error::Http(answer) if answer.status() == 404), "{refused}");
    let unknown = Ear::of(&server, server.create("b", "hello.sh").await, "run=x&only=true").await.the_rest().await;
    assert_eq!(unknown, "");
}

#[tokio::test]
async fn a_log_that_cannot_be_read_is_said_in_words() {
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let folder = server.config().join("instances/a");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("output.logs"), "no folder").unwrap();
    let mut ear = Ear::of(&server, id, "").await;
    ear.the_rest().await;
    let fault = ear.words["fault"].as_str().unwrap();
    assert!(fault.contains("output.log can't be read"), "{fault}");
    assert_eq!(ear.closed.unwrap().0, 1011);
    let plain = server.client.get(&format!("/api/instances/{id}/logs/follow")).await;
    assert_eq!(plain.status, 426);
    assert!(plain.detail().contains("websocket"), "{}", plain.detail());
    let odd = server.client.get(&format!("/api/instances/{id}/logs/follow?offset=-1")).await;
    assert_eq!(odd.status, 422);
    let mut rude = Ear::of(&server, server.create("b", "hello.sh").await, "").await;
    rude.socket.send(Message::text("{\"taken\": 99}")).await.unwrap();
    rude.the_rest().await;
    assert_eq!(rude.closed.unwrap().1, "Only {\"taken\": n} is understood here.");
}

#[tokio::test]
async fn logs_are_followed_by_who_may_read_them_from_our_own_pages_alone() {
    let server = Start::new().guarded().await;
    let id = server.started("a", AT_ONCE, "echo here; exec sleep 600").await;
    let other = server.create("b", "hello.sh").await;
    let session = server.log_in().await;
    let own = server.own_origin();
    let mut tokens = Vec::new();
    for scope in ["read", "view:a", "instance:a", "instance:b", "manage"] {
        tokens.push(format!("Bearer {}", server.token(&session, scope, &[scope]).await));
    }
    let [read, view, of_a, of_b, manage] = tokens.try_into().unwrap();
    let follow = |id: i64| format!("/api/instances/{id}/logs/follow");
    let system = "/api/system/log/follow".to_owned();
    let by = |token: &str| vec![("authorization", token.to_owned())];
    let cookie = |origin: &str| vec![("cookie", session.clone()), ("origin", origin.to_owned())];
    for (path, fields, status) in [
        (follow(id), vec![], 401),
        (follow(id), cookie(&own), 101),
        (follow(id), cookie("https://evil.example"), 403),
        (follow(id), cookie("null"), 403),
        (follow(id), vec![("cookie", session.clone())], 403),
        (follow(id), by(&read), 101),
        (follow(id), by(&view), 403),
        (follow(id), by(&of_a), 101),
        (follow(id), by(&of_b), 403),
        (follow(other), by(&of_a), 403),
        (follow(id), [by(&read), vec![("origin", "https://evil.example".to_owned())]].concat(), 403),
        (follow(id), [cookie(&own), vec![("referer", format!("{own}/instance/b/x"))]].concat(), 403),
        (system.clone(), vec![], 401),
        (system.clone(), cookie(&own), 101),
        (system.clone(), cookie("https://evil.example"), 403),
        (system.clone(), by(&read), 403),
        (system.clone(), by(&of_a), 403),
        (system.clone(), by(&manage), 101),
    ] {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let client = Client { token: None, ..server.client };
        let got = match connect(client, &path, &fields).await {
            Ok(_) => 101,
            Err(Error::Http(answer)) => answer.status().as_u16(),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(got, status, "{path} with {fields:?}");
    }
    // Whoever is let in no more hears no more.
    let client = Client { token: None, ..server.client };
    let fields = [("cookie", session.as_str()), ("origin", own.as_str())];
    let mut ear = Ear::with(client, &follow(id), &fields).await;
    ear.until("here\n").await;
    let out = client.ask("POST", "/api/auth/logout", &fields, None).await;
    assert!(out.status.is_success(), "{}", out.text());
    ear.the_rest().await;
    assert_eq!(ear.closed, Some((1008, "The login this was opened with has ended.".to_owned())));
}

#[tokio::test]
async fn the_servers_own_log_is_there_to_be_read_and_followed() {
    let mut server = Server::new();
    let mut ear = Ear::at(server.client, "/api/system/log/follow?tail=100000").await;
    ear.until("ready").await;
    server.create("newcomer", "hello.sh").await;
    let text = ear.until("newcomer").await;
    assert!(text.contains("created"), "{text}");
    let log = server.client.get("/api/system/log").await.json();
    assert!(log["content"].as_str().unwrap().contains("newcomer"), "{log}");
    assert_eq!((&log["start"], &log["size"], &log["run"]), (&json!(0), &log["end"], &json!(ear.run)));
    let none = server.client.get(&format!("/api/system/log?offset={}", log["size"])).await.json();
    assert_eq!(none["content"], "");
    let file = server.client.get("/api/system/log?download=true").await;
    assert!(file.header("content-disposition").contains("aikore.log") && file.text().contains("newcomer"));
    // It ends with the server, in words, and the next server's is another run.
    let (run, offset) = (ear.run.clone(), ear.offset);
    assert_eq!(server.end("TERM").code(), Some(0));
    ear.the_rest().await;
    assert_eq!(ear.closed, Some((1001, "AiKore is closing.".to_owned())));
    server.start();
    let mut next =
        Ear::at(server.client, &format!("/api/system/log/follow?run={run}&offset={offset}&tail=100000")).await;
    next.until("ready").await;
    assert_eq!((&next.begins[0]["why"], next.run != run), (&json!("run"), true));
}
