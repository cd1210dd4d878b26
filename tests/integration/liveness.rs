//! What is seen of an app's port, before it is ready and for the rest of its life.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::json;

use crate::support::{Server, Start, eventually, eventually_async, port, vitals};

/// Waits longer than `wait_status` does.
async fn status_within(server: &Server, seconds: u64, id: i64, status: &str) -> serde_json::Value {
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        let instance = server.instance(id).await;
        if instance["status"] == status {
            return instance;
        }
        assert!(Instant::now() < end, "never {status}: {instance} / {}", server.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn target(server: &Server, slug: &str, address: &str) {
    eventually_async(&format!("target {address}"), || async {
        server.route(slug).await["target"].as_str().unwrap_or_default().contains(address).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_port_that_falls_silent_stalls_and_is_well_again_when_it_answers() {
    let server = Server::new();
    let id = server.started("a", "", &port::script()).await;
    let pid = server.instance(id).await["pid"].clone();
    server.put("a", "address", "");
    let begun = Instant::now();
    let stalled = status_within(&server, 40, id, "stalled").await;
    assert!(begun.elapsed() >= Duration::from_secs(10), "apps restart themselves: {:?}", begun.elapsed());
    let reason = stalled["reason"].as_str().unwrap();
    assert!(reason.contains("Nothing has listened") && reason.contains("live on"), "{reason}");
    assert_eq!(stalled["pid"], pid);
    assert_eq!(server.client.get("/instance/a/").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let asked = server.lines("a", "requests").len();
    server.put("a", "address", "127.0.0.1");
    let well = server.wait_status(id, "started").await;
    assert_eq!((&well["pid"], &well["reason"]), (&pid, &json!(null)));
    assert_eq!(server.lines("a", "requests").len(), asked, "nobody asks an app that has been ready");
    assert_eq!(server.client.get("/instance/a/").await.text(), "the app itself");
}

#[tokio::test]
async fn a_listener_that_moves_is_followed() {
    let server = Server::new();
    let id = server.started("a", "", &port::script()).await;
    for address in ["::1", "0.0.0.0", "::", "127.0.0.1"] {
        server.put("a", "address", address);
        target(&server, "a", if address == "::1" { "[::1]" } else { "127.0.0.1" }).await;
        eventually_async("its page", || async {
            (server.client.get("/instance/a/").await.status == StatusCode::OK).then_some(())
        })
        .await;
        assert_eq!(server.instance(id).await["status"], "started", "{address}");
    }
}

#[tokio::test]
async fn a_stranger_on_the_port_of_a_silent_app_gets_no_request() {
    let server = Server::new();
    let id = server.started("a", "", &port::script()).await;
    let app_port = server.instance(id).await["app_port"].as_u64().unwrap();
    server.put("a", "address", "::1");
    target(&server, "a", "[::1]").await;
    // The app's own listener is on the other address: a stranger on this one comes first to whoever asks for the port.
    let stranger = TcpListener::bind(("127.0.0.1", u16::try_from(app_port).unwrap())).unwrap();
    stranger.set_nonblocking(true).unwrap();
    server.put("a", "address", "");
    let stalled = server.wait_status(id, "stalled").await;
    assert!(stalled["reason"].as_str().unwrap().contains("another program"), "{}", stalled["reason"]);
    assert_eq!(server.client.get("/instance/a/").await.status, StatusCode::SERVICE_UNAVAILABLE);
    while let Ok((mut connection, _)) = stranger.accept() {
        connection.set_nonblocking(false).unwrap();
        connection.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let mut asked = String::new();
        let _ = connection.read_to_string(&mut asked);
        assert!(!asked.contains("/instance/") && !asked.contains("GET"), "{asked}");
    }
    // It stays while the app comes back beside it: only the app is forwarded to.
    server.put("a", "address", "::1");
    server.wait_status(id, "started").await;
    assert_eq!(server.client.get("/instance/a/").await.text(), "the app itself");
}

#[tokio::test]
async fn who_takes_the_leaders_place_is_shown() {
    let mut server = Server::new();
    // The app forks a successor, which listens once the leader has gone.
    let body = "( setsid bash -c 'while [ ! -e gone ]; do sleep 0.05; done; sleep 0.5; exec python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1' & )\n\
                python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1 &\nwhile [ ! -e go ]; do sleep 0.05; done\nkill $!; wait; touch gone; exit 0";
    let id = server.started("a", "", body).await;
    let before = server.instance(id).await;
    server.put("a", "go", "");
    let after = eventually_async("the successor", || async {
        let now = server.instance(id).await;
        (now["pid"] != before["pid"]).then_some(now)
    })
    .await;
    assert_eq!((&after["status"], &after["run"]), (&json!("started"), &before["run"]));
    let command = std::fs::read_to_string(format!("/proc/{}/cmdline", after["pid"])).unwrap();
    assert!(command.contains("http.server"), "{command:?}");
    eventually_async("its page", || async {
        (server.client.get("/instance/a/").await.status == StatusCode::OK).then_some(())
    })
    .await;
    server.end("KILL");
    server.start();
    let adopted = server.wait_status(id, "started").await;
    assert_eq!((&adopted["pid"], &adopted["run"]), (&after["pid"], &before["run"]), "the next server shows the same");
}

#[tokio::test]
async fn an_app_on_the_wrong_port_is_found_out() {
    let server = Server::new();
    let wrong = crate::support::free_ports(1);
    let body = format!("exec python3 -m http.server {wrong} --bind 127.0.0.1");
    server.blueprint("a.sh", "", &body);
    let id = server.create("a", "a.sh").await;
    server.ask(id, "start").await;
    // Long before its allowance of three minutes is over.
    let stalled = status_within(&server, 40, id, "stalled").await;
    let reason = stalled["reason"].as_str().unwrap();
    let words = format!("at port {wrong} instead of {}", stalled["app_port"]);
    assert!(reason.contains(&words) && reason.contains("WEBUI_PORT"), "{reason}");
}

#[tokio::test]
async fn an_app_that_accepts_and_never_answers_stalls() {
    // earlier-defects.md 19
    let server = Start::new().env("AIKORE_STALLED_AFTER", "1s").serve();
    let body = "exec python3 -c \"
import os, socket, time
s = socket.socket(); s.bind(('127.0.0.1', int(os.environ['WEBUI_PORT']))); s.listen(50); time.sleep(1000)\"";
    server.blueprint("mute.sh", "", body);
    let id = server.create("mute", "mute.sh").await;
    server.ask(id, "start").await;
    let begun = Instant::now();
    let stalled = server.wait_status(id, "stalled").await;
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "not only when the question has timed out: {:?}",
        begun.elapsed()
    );
    assert!(stalled["reason"].as_str().unwrap().contains("Not ready after 1s"), "{}", stalled["reason"]);
    let end = Instant::now() + Duration::from_secs(40);
    while !server.instance(id).await["reason"].as_str().unwrap().contains("does not answer") {
        assert!(Instant::now() < end, "the reason is made more precise");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn an_app_that_loads_is_asked_politely() {
    // earlier-defects.md 18
    let server = Start::new().env("AIKORE_STALLED_AFTER", "4s").serve();
    server.blueprint("a.sh", "", &format!("touch busy\n{}", port::script()));
    let id = server.create("a", "a.sh").await;
    server.ask(id, "start").await;
    eventually("the first question", || (!server.lines("a", "requests").is_empty()).then_some(()));
    let begun = Instant::now();
    let stalled = server.wait_status(id, "stalled").await;
    let (asked, took) = (server.lines("a", "requests").len(), begun.elapsed().as_secs_f64());
    println!("an app that answers 503 is asked {:.1} times a second", asked as f64 / took);
    assert!(asked >= 2 && (asked as f64) < 4.0 * took.max(1.0), "{asked} in {took} s");
    assert!(stalled["reason"].as_str().unwrap().contains("503"), "{}", stalled["reason"]);
    std::fs::remove_file(server.config().join("instances/a/busy")).unwrap();
    server.wait_status(id, "started").await;
}

#[tokio::test]
async fn twenty_instances_cost_next_to_nothing() {
    let server = Start::new().pool(20).serve();
    let body = "exec python3 -c \"
import os, socket, time
s = socket.socket(); s.bind(('127.0.0.1', int(os.environ['WEBUI_PORT']))); s.listen(50); time.sleep(1000)\"";
    server.blueprint("idle.sh", "# aikore.ready = tcp", body);
    let mut ids = Vec::new();
    for number in 0..20 {
        let id = server.create(&format!("idle{number}"), "idle.sh").await;
        server.ask(id, "start").await;
        ids.push(id);
    }
    for id in ids {
        status_within(&server, 60, id, "started").await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await; // the starts have their echoes
    let (before, begun) = (vitals::ticks(server.pid()), Instant::now());
    tokio::time::sleep(Duration::from_secs(20)).await;
    let used = (vitals::ticks(server.pid()) - before) as f64 / 100.0;
    let share = used / begun.elapsed().as_secs_f64() * 100.0;
    println!("20 idle instances: {share:.3} % of a core");
    assert!(share < 1.0, "{share} %");
}

#[tokio::test]
async fn a_connection_that_outlives_its_listener_goes_on() {
    let server = Server::new();
    // The app closes its listener and goes on with the connection it has.
    let body = "exec python3 -u -c \"
import os, socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(os.environ['WEBUI_PORT']))); s.listen(50)
while True:
    c, _ = s.accept()
    head = c.recv(65536)
    if b'GET /long' in head: break
    c.close()
s.close()
c.sendall(b'HTTP/1.1 200 OK\\r\\ncontent-type: text/plain\\r\\n\\r\\n')
while c.recv(1) != b'never':
    pass\"";
    let id = server.started("a", "# aikore.ready = tcp", body).await;
    let mut browser = std::net::TcpStream::connect(server.client.address).unwrap();
    browser.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    browser.write_all(b"GET /instance/a/long HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut head = [0; 12];
    browser.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    let stalled = status_within(&server, 40, id, "stalled").await;
    assert!(stalled["reason"].as_str().unwrap().contains("Nothing has listened"), "{}", stalled["reason"]);
    browser.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut rest = [0; 4096];
    loop {
        match browser.read(&mut rest) {
            Ok(0) => panic!("its connection was cut"),
            Ok(_) => {}
            Err(silence) => {
                assert!(matches!(silence.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut));
                break;
            }
        }
    }
}

#[tokio::test]
async fn an_app_that_needs_no_port_may_open_and_close_one() {
    let mut server = Server::new();
    let id = server.started("a", "# aikore.ready = process", &port::script()).await;
    target(&server, "a", "127.0.0.1").await;
    server.end("KILL");
    server.start();
    let begun = Instant::now();
    target(&server, "a", "127.0.0.1").await;
    println!("the address of an adopted app without need of a port: after {:?}", begun.elapsed());
    server.put("a", "address", "");
    eventually_async("no target", || async { server.route("a").await["target"].is_null().then_some(()) }).await;
    assert_eq!(server.instance(id).await["status"], "started");
    server.put("a", "address", "::1");
    target(&server, "a", "[::1]").await;
}
