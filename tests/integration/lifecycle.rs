//! Starting, failing, stopping: what really happens to processes.

use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::json;

use crate::support::{Server, Start, eventually, eventually_async};

/// An app of one line, for what Hello can't do.
const SERVE: &str = "exec python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1";

#[tokio::test]
async fn it_installs_starts_answers_and_stops() {
    let server = Server::new();
    server.blueprint(
        "phases.sh",
        "# aikore.name = Phases",
        "source \"$AIKORE_LIB/functions.sh\"\nphase 'Installing PyTorch' 3 7\nwhile [ ! -e go ]; do sleep 0.05; done\nphase_done\n\
         exec python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1",
    );
    let id = server.create("a", "phases.sh").await;
    assert_eq!(server.client.get("/instance/a/").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(server.ask(id, "start").await.json()["desired"], "running");
    let installing = server.wait_status(id, "installing").await;
    assert_eq!(installing["progress"]["phase"], "Installing PyTorch");
    assert_eq!((&installing["progress"]["step"], &installing["progress"]["steps"]), (&json!(3), &json!(7)));
    let waiting = server.client.get("/instance/a/").await;
    assert_eq!((waiting.status, waiting.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "2"));
    std::fs::write(server.config().join("instances/a/go"), "").unwrap();
    let started = server.wait_status(id, "started").await;
    assert_eq!(started["progress"], json!(null));
    assert_eq!(server.client.get("/instance/a/").await.status, StatusCode::OK);
    let log = server.client.get(&format!("/api/instances/{id}/logs")).await.json();
    assert!(!log["content"].as_str().unwrap().contains('\u{1b}'), "no escape sequence in the log: {log}");
    let answer = server.ask(id, "stop").await;
    assert_eq!((answer.status, answer.json()["desired"].as_str()), (StatusCode::OK, Some("stopped")));
    let stopped = server.wait_status(id, "stopped").await;
    assert_eq!((&stopped["pid"], &stopped["app_port"], &stopped["reason"]), (&json!(null), &json!(null), &json!(null)));
    assert_eq!(server.ask(id, "stop").await.status, StatusCode::OK, "stopping what is stopped is fine");
}

#[tokio::test]
async fn a_script_that_fails_at_once_says_why() {
    // earlier-defects.md 9
    let server = Server::new();
    server.blueprint("seven.sh", "", "echo first\necho -e '\\e[31mthe reason\\e[0m' >&2\nexit 7");
    let id = server.create("seven", "seven.sh").await;
    let begun = Instant::now();
    server.ask(id, "start").await;
    let failed = server.wait_status(id, "error").await;
    assert!(begun.elapsed() < Duration::from_secs(3));
    let reason = failed["reason"].as_str().unwrap();
    assert!(reason.contains("exit code 7") && reason.contains("the reason") && !reason.contains('\u{1b}'), "{reason}");
    assert_eq!((&failed["exit"]["code"], &failed["exit"]["signal"]), (&json!(7), &json!(null)));
    assert!(server.config().join("instances/seven/launch.sh").exists(), "the folder is kept");
    let page = server.client.get("/instance/seven/").await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(page.detail().contains("exit code 7"));
    // From error it can be started again, and deleted (31).
    assert_eq!(server.ask(id, "start").await.status, StatusCode::OK);
    server.wait_status(id, "error").await;
}

#[tokio::test]
async fn ends_are_told_apart() {
    let server = Server::new();
    for (name, body, status, words) in [
        ("early", "exit 0", "error", "before it was ready"),
        ("killed", "kill -9 $$", "error", "SIGKILL"),
        ("missing", "exec /no/such/program", "error", "127"),
    ] {
        server.blueprint(&format!("{name}.sh"), "", body);
        let id = server.create(name, &format!("{name}.sh")).await;
        server.ask(id, "start").await;
        let ended = server.wait_status(id, status).await;
        assert!(ended["reason"].as_str().unwrap().contains(words), "{name}: {}", ended["reason"]);
    }
    let body = "python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1 & while [ ! -e quit ]; do sleep 0.05; done; kill $!; wait; exit 0";
    let id = server.started("quits", "", body).await;
    std::fs::write(server.config().join("instances/quits/quit"), "").unwrap();
    let ended = server.wait_status(id, "stopped").await;
    assert!(ended["reason"].as_str().unwrap().contains("by itself"), "{}", ended["reason"]);
    assert_eq!(ended["desired"], "running", "only a person's Stop changes what is wanted");
}

#[tokio::test]
async fn a_crash_is_seen_at_once() {
    let server = Server::new();
    let id = server.started("a", "", SERVE).await;
    let pid = server.instance(id).await["pid"].as_u64().unwrap();
    let begun = Instant::now();
    std::process::Command::new("kill").args(["-SEGV", &pid.to_string()]).status().unwrap();
    let failed = server.wait_status(id, "error").await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(failed["exit"]["signal"], 11);
}

#[tokio::test]
async fn a_stop_leaves_nothing_behind() {
    // earlier-defects.md 12: setsid, a double fork, and processes that ignore SIGTERM
    let server = Start::new().env("AIKORE_STOP_GRACE", "1s").serve();
    let body = format!(
        "setsid sleep 1000 &\n( trap '' TERM; sleep 1001 ) &\n( setsid bash -c 'trap \"\" TERM HUP; sleep 1002; sleep 1003' & )\n{SERVE}"
    );
    let id = server.started("a", "", &body).await;
    eventually("the grandchildren", || (server.processes().len() >= 6).then_some(()));
    let stopped = server.ask(id, "stop?wait=true").await.json();
    assert_eq!(stopped["status"], "stopped");
    server.assert_nothing_left();
}

#[tokio::test]
async fn a_child_gets_its_signals() {
    let server = Server::new();
    let body = format!("trap 'echo got INT > signal; exit 0' INT\n{} & wait", &SERVE[5..]);
    let id = server.started("a", "# aikore.stop_signal = INT", &body).await;
    let begun = Instant::now();
    server.ask(id, "stop?wait=true").await;
    assert!(begun.elapsed() < Duration::from_secs(2), "an app that obeys needs no grace: {:?}", begun.elapsed());
    assert_eq!(std::fs::read_to_string(server.config().join("instances/a/signal")).unwrap(), "got INT\n");
}

#[tokio::test]
async fn two_starts_make_one_process() {
    // earlier-defects.md 13
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let starts = futures_util::future::join_all((0..8).map(|_| server.ask(id, "start"))).await;
    assert!(starts.iter().all(|answer| answer.status == StatusCode::OK));
    server.wait_status(id, "started").await;
    let pids: std::collections::HashSet<u64> =
        starts.iter().filter_map(|answer| answer.json()["pid"].as_u64()).collect();
    assert_eq!(pids.len(), 1);
    // The shim and its leader, which the script has replaced by the app.
    assert_eq!(server.processes().len(), 2, "{:?}", server.processes());
}

#[tokio::test]
async fn an_app_that_restarts_itself_is_followed() {
    let server = Server::new();
    // The leader ends; what it forked takes over its port.
    let body = "( setsid python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1 & )\nfor i in $(seq 100); do sleep 0.1; \
                (exec 3<>/dev/tcp/127.0.0.1/$WEBUI_PORT) 2>/dev/null && break; done; exit 0";
    let id = server.started("a", "", body).await;
    tokio::time::sleep(Duration::from_secs(3)).await; // longer than a leaderless tree without listener may live
    assert_eq!(server.instance(id).await["status"], "started");
    assert_eq!(server.client.get("/instance/a/").await.status, StatusCode::OK);
    server.ask(id, "stop?wait=true").await;
    server.assert_nothing_left();
}

#[tokio::test]
async fn not_ready_is_not_started() {
    let server = Start::new().env("AIKORE_STALLED_AFTER", "1s").serve();
    let busy = "exec python3 -c \"
import http.server, os
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if os.path.exists('ready') else 503); self.send_header('content-length', '0'); self.end_headers()
http.server.HTTPServer(('127.0.0.1', int(os.environ['WEBUI_PORT'])), H).serve_forever()\"";
    server.blueprint("busy.sh", "", busy);
    let id = server.create("busy", "busy.sh").await;
    server.ask(id, "start").await;
    let stalled = server.wait_status(id, "stalled").await;
    assert!(stalled["reason"].as_str().unwrap().contains("503"), "{}", stalled["reason"]);
    assert_eq!(server.client.get("/instance/busy/").await.status, StatusCode::SERVICE_UNAVAILABLE);
    std::fs::write(server.config().join("instances/busy/ready"), "").unwrap();
    server.wait_status(id, "started").await;
}

#[tokio::test]
async fn kinds_of_readiness() {
    let server = Server::new();
    let id = server.started("tcp", "# aikore.ready = tcp", SERVE).await;
    assert_eq!(server.instance(id).await["status"], "started");
    // Ready as soon as it runs; forwarded to once it listens.
    let body = format!("while [ ! -e listen ]; do sleep 0.05; done\n{SERVE}");
    let id = server.started("process", "# aikore.ready = process", &body).await;
    assert_eq!(server.client.get("/instance/process/").await.status, StatusCode::SERVICE_UNAVAILABLE);
    std::fs::write(server.config().join("instances/process/listen"), "").unwrap();
    eventually_async("its page", || async {
        (server.client.get("/instance/process/").await.status == StatusCode::OK).then_some(())
    })
    .await;
    assert_eq!(server.instance(id).await["status"], "started");
    server
        .started("log", "# aikore.ready = log:^Serving .* port \\d+", &format!("export PYTHONUNBUFFERED=1\n{SERVE}"))
        .await;
    assert_eq!(server.client.get("/instance/log/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_url_answers_as_soon_as_the_child_listens() {
    let server = Server::new();
    let body = "exec python3 -c \"
import http.server, os, time
class H(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['WEBUI_PORT'])), H)
open('listening', 'w').write(str(time.time()))
s.serve_forever()\"";
    server.blueprint("a.sh", "", body);
    let id = server.create("a", "a.sh").await;
    let mut took = Vec::new();
    for _ in 0..5 {
        server.ask(id, "start").await;
        let answered = eventually_async("an answer", || async {
            let answer = server.client.get("/instance/a/").await;
            (answer.status == StatusCode::OK).then(std::time::SystemTime::now)
        })
        .await;
        let listening: f64 =
            std::fs::read_to_string(server.config().join("instances/a/listening")).unwrap().parse().unwrap();
        took.push(answered.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64() - listening);
        server.ask(id, "stop?wait=true").await;
    }
    took.sort_by(f64::total_cmp);
    println!("child listens -> URL answers: median {:.0} ms of {took:?}", took[2] * 1000.0);
    // The figure is 50 ms on a quiet machine; the attacks of the other tests may not fail this one.
    assert!(took[0] < 0.25 && took[2] < 1.0, "{took:?}");
}

#[tokio::test]
async fn restart_gives_a_new_process_and_stop_wins() {
    let server = Server::new();
    let id = server.hello("a").await;
    let pid = server.instance(id).await["pid"].clone();
    assert_eq!(server.ask(id, "restart").await.json()["status"], "stopping");
    let again = eventually_async("the new process", || async {
        let now = server.instance(id).await;
        (now["status"] == "started" && now["pid"] != pid).then_some(now)
    })
    .await;
    assert_eq!(again["desired"], "running");
    server.ask(id, "restart").await;
    server.ask(id, "stop?wait=true").await;
    let stopped = server.wait_status(id, "stopped").await;
    assert_eq!(stopped["desired"], "stopped");
    tokio::time::sleep(Duration::from_millis(300)).await; // a restart that was not taken back would show
    assert_eq!(server.instance(id).await["status"], "stopped");
}

#[tokio::test]
async fn a_store_nobody_can_write_keeps_no_process_alive() {
    // earlier-defects.md 27: a stop that depended on the store
    let server = Server::new();
    let id = server.hello("a").await;
    let other = rusqlite::Connection::open(server.config().join("aikore.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let stop = server.ask(id, "stop");
    // The app itself; its shim waits some seconds for its end to be collected, which it can't be now.
    let app = server.instance(id).await["pid"].as_u64().unwrap();
    let gone = eventually_async("the end of the app", || async {
        let lives = server.processes().iter().any(|pid| u64::from(*pid) == app);
        (!lives).then(Instant::now)
    });
    let begun = Instant::now();
    let (answer, gone) = tokio::join!(stop, async {
        let gone = gone.await;
        other.execute_batch("ROLLBACK").unwrap();
        gone
    });
    assert!(gone - begun < Duration::from_secs(2), "{:?}", gone - begun);
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    server.wait_status(id, "stopped").await;
    let stored = || {
        other.query_row("SELECT status || ' ' || desired FROM instances", [], |row| row.get::<_, String>(0)).unwrap()
    };
    eventually("the row", || (stored() == "stopped stopped").then_some(()));
}

#[tokio::test]
async fn the_server_keeps_its_secrets() {
    let server = Start::new().env("AIKORE_TOKEN", "t0ken").env("HF_TOKEN", "mine").serve();
    let id = server.started("a", "", &format!("env > environment\n{SERVE}")).await;
    let environment = std::fs::read_to_string(server.config().join("instances/a/environment")).unwrap();
    assert!(!environment.contains("t0ken") && environment.contains("HF_TOKEN=mine"), "{environment}");
    for line in [
        "SUBFOLDER=/instance/a/",
        "GRADIO_ROOT_PATH=/instance/a",
        "TERM=xterm-256color",
        &format!("AIKORE_INSTANCE_ID={id}"),
    ] {
        assert!(environment.lines().any(|found| found == line), "{line} in {environment}");
    }
}
