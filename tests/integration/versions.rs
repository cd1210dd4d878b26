//! Servers and shims of different versions: whoever comes later understands whoever was there before.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Server, Start, binary, eventually, eventually_async};

/// What a shim of the first protocol says, and no more.
const FIRST_HELLO: [&str; 10] =
    ["kind", "version", "run", "instance", "shim", "leader", "app_port", "started_at", "log_size", "exit"];
const FIRST_REPORTS: [&str; 4] = ["hello", "progress", "log", "ended"];

/// The version the real shim is made to look like.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Age {
    First,
    FromTheFuture,
}

impl Age {
    /// A line of the shim, as one of this age would have said it.
    fn said(self, line: &str) -> Vec<Value> {
        let mut report: Value = serde_json::from_str(line).unwrap();
        let kind = report["kind"].as_str().unwrap().to_owned();
        let members = report.as_object_mut().unwrap();
        match self {
            Self::First if !FIRST_REPORTS.contains(&kind.as_str()) => return Vec::new(),
            Self::First if kind == "hello" => {
                // A member without a value may be missing altogether.
                members.retain(|name, value| FIRST_HELLO.contains(&name.as_str()) && !value.is_null());
                assert_eq!(members["version"], 1);
            }
            Self::First => {}
            Self::FromTheFuture => {
                if kind == "hello" {
                    members.insert("version".to_owned(), json!(99));
                }
                members.insert("weather".to_owned(), json!({ "sunny": true }));
                return vec![report, json!({ "kind": "weather", "sunny": true })];
            }
        }
        vec![report]
    }
}

/// Takes a shim's place at its socket and passes on what is said, as a shim of another age would. Returns what servers
/// asked for.
fn stand_between(shims: &Path, run: &str, age: Age) -> Arc<Mutex<Vec<Value>>> {
    let (socket, real) = (shims.join(format!("{run}.sock")), shims.join(format!("{run}.real")));
    fs::rename(&socket, &real).unwrap();
    let listener = UnixListener::bind(&socket).unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    std::thread::spawn(move || {
        for server in listener.incoming().flatten() {
            let Ok(shim) = UnixStream::connect(&real) else { return };
            let (mut to_shim, mut to_server, log) =
                (shim.try_clone().unwrap(), server.try_clone().unwrap(), Arc::clone(&log));
            std::thread::spawn(move || {
                for line in BufReader::new(server).lines().map_while(Result::ok) {
                    log.lock().unwrap().push(serde_json::from_str(&line).unwrap());
                    if writeln!(to_shim, "{line}").is_err() {
                        break;
                    }
                }
                let _ = to_shim.shutdown(std::net::Shutdown::Both);
            });
            std::thread::spawn(move || {
                for line in BufReader::new(shim).lines().map_while(Result::ok) {
                    for said in age.said(&line) {
                        let _ = writeln!(to_server, "{said}");
                    }
                }
                let _ = to_server.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    asked
}

#[tokio::test]
async fn shims_of_other_versions_are_adopted() {
    for age in [Age::First, Age::FromTheFuture] {
        let mut server = Server::new();
        let body =
            "( while sleep 0.05; do echo tick; done ) & exec python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1";
        let id = server.started("a", "", body).await;
        let before = server.instance(id).await;
        server.end("KILL");
        let asked = stand_between(&server.config().join("run/shims"), before["run"].as_str().unwrap(), age);
        server.start();
        let adopted = server.wait_status(id, "started").await;
        assert_eq!((&adopted["pid"], &adopted["run"]), (&before["pid"], &before["run"]), "{age:?}");
        eventually_async("its page", || async {
            (server.client.get("/instance/a/").await.status == StatusCode::OK).then_some(())
        })
        .await;
        // What it says is understood, among what is not.
        let size = adopted["log_size"].as_u64().unwrap();
        eventually_async("a growing log", || async {
            (server.instance(id).await["log_size"].as_u64().unwrap() > size).then_some(())
        })
        .await;
        // And it understands what it is asked.
        server.ask(id, "stop?wait=true").await;
        assert_eq!(server.instance(id).await["status"], "stopped", "{age:?}");
        server.assert_nothing_left();
        let kinds: Vec<Value> = asked.lock().unwrap().iter().map(|request| request["kind"].clone()).collect();
        assert_eq!(kinds, ["stop", "collected"], "the requests of the first protocol");
    }
}

#[tokio::test]
async fn a_replaced_binary_adopts_what_the_old_one_started() {
    let start = Start::new();
    let program = start.folder().join("aikore");
    fs::copy(binary(), &program).unwrap();
    let mut server = start.command([&program]).serve();
    let first = server.hello("first").await;
    for by in ["handover", "KILL"] {
        // As an update does it: the new file takes the place of the old one while that runs.
        let new = program.with_extension("new");
        fs::copy(binary(), &new).unwrap();
        fs::rename(&new, &program).unwrap();
        // The old server starts shims of its own image, whose file has gone.
        let late = server.hello(&format!("late-{}", by.to_lowercase())).await;
        let pids = [server.instance(first).await["pid"].clone(), server.instance(late).await["pid"].clone()];
        let image = fs::read_link(format!("/proc/{}/exe", server.shim(late).await)).unwrap();
        assert!(image.to_str().unwrap().ends_with(" (deleted)"), "{}", image.display());
        if by == "KILL" {
            server.end("KILL");
        } else {
            assert!(server.run(&["handover"]).status.success());
            server.wait_for_end();
        }
        server.start();
        for (id, pid) in [first, late].into_iter().zip(pids) {
            assert_eq!(server.wait_status(id, "started").await["pid"], pid, "after {by}");
        }
        server.ask(late, "stop?wait=true").await;
    }
    server.ask(first, "stop?wait=true").await;
    eventually("the end of all", || server.processes().is_empty().then_some(()));
}
