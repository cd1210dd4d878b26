//! Stopping: visible, at once, idempotent, and proved.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::json;

use crate::support::{Server, Start, eventually, eventually_async, port};

const IGNORES: &str = "trap '' TERM INT\ntouch deaf\nwhile [ ! -e end ]; do sleep 0.05; done\nexit 0";

#[tokio::test]
async fn a_stop_is_answered_at_once_and_seen_while_it_lasts() {
    let server = Start::new().env("AIKORE_STOP_GRACE", "30s").serve();
    let id = server.started("a", "# aikore.ready = process", IGNORES).await;
    let deaf = server.config().join("instances/a/deaf");
    eventually_async("a script that hears nothing", || async { deaf.exists().then_some(()) }).await;
    let mut took = Vec::new();
    let begun = Instant::now();
    for _ in 0..3 {
        let asked = Instant::now();
        let answer = server.ask(id, "stop").await;
        took.push(asked.elapsed());
        assert_eq!(
            (answer.status, &answer.json()["status"], &answer.json()["desired"]),
            (StatusCode::OK, &json!("stopping"), &json!("stopped"))
        );
    }
    println!("stop answered after {took:?}");
    assert!(took.iter().all(|took| *took < Duration::from_secs(2)), "{took:?}");
    let refused = server.ask(id, "start").await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    server.put("a", "end", "");
    let stopped = server.wait_status(id, "stopped").await;
    assert!(begun.elapsed() < Duration::from_secs(25), "it ended by itself within its grace");
    assert_eq!(stopped["reason"], json!(null));
    assert_eq!(server.ask(id, "stop").await.json()["status"], "stopped");
    server.assert_nothing_left();
}

#[tokio::test]
async fn a_start_is_stopped_half_way() {
    let server = Start::new().env("AIKORE_STOP_GRACE", "1s").serve();
    server.blueprint("slow.sh", "", "sleep 1000");
    server.blueprint("installs.sh", "", "source \"$AIKORE_LIB/functions.sh\"\nphase 'Installing' 1 2\nsleep 1000");
    for (name, status) in [("slow", "starting"), ("installs", "installing")] {
        let id = server.create(name, &format!("{name}.sh")).await;
        server.ask(id, "start").await;
        server.wait_status(id, status).await;
        let stopped = server.ask(id, "stop?wait=true").await.json();
        assert_eq!((&stopped["status"], &stopped["progress"]), (&json!("stopped"), &json!(null)), "{name}");
    }
    server.assert_nothing_left();
}

#[tokio::test]
async fn what_has_left_the_tree_is_found_by_its_mark() {
    let server = Server::new();
    let id = server.started("a", "", &port::script()).await;
    let run = server.instance(id).await["run"].as_str().unwrap().to_owned();
    // As if a daemon of the machine had been asked to start it: no child of ours, but with our environment.
    let mut escaped = std::process::Command::new("sleep").arg("1000").env("AIKORE_RUN_ID", &run).spawn().unwrap();
    let stopped = server.ask(id, "stop?wait=true").await.json();
    assert_eq!(stopped["status"], "stopped");
    assert!(stopped["reason"].as_str().unwrap().contains("had left its tree"), "{}", stopped["reason"]);
    eventually("its end", || escaped.try_wait().unwrap());
}

#[tokio::test]
async fn a_listener_that_stays_behind_is_said() {
    let server = Server::new();
    let id = server.started("a", "", &port::script()).await;
    let app_port = server.instance(id).await["app_port"].as_u64().unwrap();
    server.put("a", "address", "::1");
    let other =
        eventually("the other address", || TcpListener::bind(("127.0.0.1", u16::try_from(app_port).unwrap())).ok());
    let stopped = server.ask(id, "stop?wait=true").await.json();
    let reason = stopped["reason"].as_str().unwrap();
    assert!(reason.contains(&format!("listens at port {app_port}")), "{reason}");
    drop(other);
    // The next start takes another port.
    server.ask(id, "start").await;
    server.put("a", "address", "127.0.0.1");
    server.wait_status(id, "started").await;
}
