//! Starting with the store at hand or not, and what a server finds when it comes up.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Server, Start, eventually, eventually_async, port};

fn database(server: &Server) -> rusqlite::Connection {
    rusqlite::Connection::open(server.config().join("aikore.db")).unwrap()
}

async fn change(server: &Server, id: i64, body: Value) -> Value {
    let answer = server.client.call(Method::PUT, &format!("/api/instances/{id}"), Some(&body)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

/// Slow to be ready; notes when it began and when it listened.
const SLOW: &str = "date +%s.%N >> began\n\
    (sleep 1; date +%s.%N >> listened; exec python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1) & wait";

fn last(server: &Server, name: &str, file: &str) -> f64 {
    server.lines(name, file).last().unwrap_or_else(|| panic!("{name} has no {file}")).parse().unwrap()
}

#[tokio::test]
async fn a_stop_of_the_machine_ends_all_and_what_is_wanted_comes_back_in_its_order() {
    let mut server = Start::new().env("AIKORE_STOP_GRACE", "2s").serve();
    server.blueprint("slow.sh", "", SLOW);
    let stubborn =
        server.started("stubborn", "# aikore.ready = process", "trap '' TERM\nwhile true; do sleep 0.1; done").await;
    let mut ids = Vec::new();
    for (place, name) in [(50, "fifth"), (10, "first"), (40, "fourth"), (20, "second"), (30, "third")] {
        let id = server.create(name, "slow.sh").await;
        change(&server, id, json!({ "order": place })).await;
        ids.push((name, id));
    }
    let id_of = |wanted: &str| ids.iter().find(|(name, _)| *name == wanted).unwrap().1;
    for name in ["first", "second", "fourth", "fifth"] {
        server.ask(id_of(name), "start").await;
        server.wait_status(id_of(name), "started").await;
    }
    // Never started by a person: its autostart alone brings it up. And one that a person has stopped stays so.
    change(&server, id_of("third"), json!({ "autostart": true })).await;
    let put_away = server.hello("put-away").await;
    server.ask(put_away, "stop?wait=true").await;
    change(&server, stubborn, json!({ "order": 100 })).await;

    let asked = Instant::now();
    assert_eq!(server.end("TERM").code(), Some(0));
    assert!(asked.elapsed() >= Duration::from_secs(2), "the grace of who ignores the signal: {:?}", asked.elapsed());
    server.assert_nothing_left();
    server.start();
    for name in ["first", "second", "third", "fourth", "fifth"] {
        let end = Instant::now() + Duration::from_secs(40);
        while server.instance(id_of(name)).await["status"] != "started" {
            assert!(Instant::now() < end, "{name}: {}", server.instance(id_of(name)).await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    server.wait_status(stubborn, "started").await;
    assert_eq!(server.instance(put_away).await["status"], "stopped");
    assert_eq!(server.instance(id_of("third")).await["desired"], "stopped", "only a person says what is wanted");
    assert_eq!(server.ask(id_of("third"), "start").await.json()["desired"], "running", "now one does");
    let began: Vec<f64> =
        ["first", "second", "third", "fourth", "fifth"].map(|name| last(&server, name, "began")).into();
    // Two at once may come in either order.
    assert!(began[0].max(began[1]) < began[2] && began[2] < began[4] && began[3] < began[4] + 0.5, "{began:?}");
    let first_place = last(&server, "first", "listened").min(last(&server, "second", "listened"));
    assert!(began[2] > first_place, "the third waits until one of the first two is on its way: {began:?}");
}

#[tokio::test]
async fn a_stop_reaches_what_still_waits_for_its_turn() {
    let mut server = Server::new();
    server.blueprint("slow.sh", "", SLOW);
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let id = server.create(name, "slow.sh").await;
        change(&server, id, json!({ "autostart": true })).await;
        ids.push(id);
    }
    server.end("TERM");
    server.start();
    let stopped = server.ask(ids[3], "stop").await.json();
    assert_eq!(stopped["status"], "stopped", "it had not begun");
    for id in &ids[..3] {
        server.wait_status(*id, "started").await;
    }
    assert!(server.lines("d", "began").is_empty());
    assert_eq!(server.instance(ids[3]).await["status"], "stopped");
}

#[tokio::test]
async fn fifty_runs_are_adopted_at_once() {
    let mut server = Start::new().pool(50).serve();
    server.blueprint("sleeps.sh", "# aikore.ready = process", "exec sleep 1000");
    let mut before = Vec::new();
    for number in 0..50 {
        let id = server.create(&format!("s{number}"), "sleeps.sh").await;
        assert_eq!(server.ask(id, "start").await.status, StatusCode::OK);
        before.push((id, server.wait_status(id, "started").await["pid"].clone()));
    }
    server.end("KILL");
    server.start();
    eventually("the word that all are known", || {
        let log = server.log();
        let line = log.lines().rfind(|line| line.contains("what an earlier server left is known"))?;
        line.contains("running=50")
            .then(|| println!("adoption of 50: {}", line.split("known").nth(1).unwrap_or_default()))
    });
    for (id, pid) in &before {
        let now = server.instance(*id).await;
        assert_eq!((&now["status"], &now["pid"]), (&json!("started"), pid));
    }
}

#[tokio::test]
async fn row_and_process_are_brought_together_when_one_is_lost() {
    // earlier-defects.md 28
    let mut server = Server::new();
    let lost_row = server.started("lost-row", "", &port::script()).await;
    let pid = server.instance(lost_row).await["pid"].clone();
    let ids = [server.create("no-run", "hello.sh").await, server.create("no-process", "hello.sh").await];
    server.end("KILL");
    let store = database(&server);
    store.execute("DELETE FROM instances WHERE id = ?1", [lost_row]).unwrap();
    // Cut off between the two writes of a start, and between the row and the process.
    store.execute("UPDATE instances SET status = 'starting' WHERE id = ?1", [ids[0]]).unwrap();
    store
        .execute(
            "UPDATE instances SET status = 'starting', run_id = 'feedfeedfeed', app_port = 23456 WHERE id = ?1",
            [ids[1]],
        )
        .unwrap();
    drop(store);
    server.start();
    for id in ids {
        let ended = server.wait_status(id, "error").await;
        assert_eq!((&ended["pid"], &ended["app_port"]), (&json!(null), &json!(null)));
        assert_eq!(server.ask(id, "start").await.status, StatusCode::OK, "it can be started");
        server.wait_status(id, "started").await;
    }
    eventually("the end of the run without a row", || {
        (!std::path::Path::new(&format!("/proc/{pid}")).exists()).then_some(())
    });
}

#[tokio::test]
async fn nothing_starts_before_its_row_is_stored() {
    // earlier-defects.md 28
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let other = database(&server);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = server.ask(id, "start");
    let watched = async {
        let end = Instant::now() + Duration::from_secs(2);
        while Instant::now() < end {
            assert!(server.processes().is_empty(), "a process without a row: {:?}", server.processes());
            assert_eq!(server.instance(id).await["status"], "stopped", "others are answered meanwhile");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        other.execute_batch("ROLLBACK").unwrap();
    };
    let (answer, ()) = tokio::join!(start, watched);
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    server.wait_status(id, "started").await;
}

#[tokio::test]
async fn a_start_the_store_refuses_leaves_nothing() {
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let other = database(&server);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = server.ask(id, "start").await;
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", answer.text());
    assert!(answer.detail().contains("could not be stored"), "{}", answer.detail());
    assert!(server.processes().is_empty());
    assert_eq!(server.instance(id).await["status"], "stopped");
    server.ask(id, "start").await;
    server.wait_status(id, "started").await;
    assert_eq!(server.processes().len(), 2, "its shim and the app");
}

#[tokio::test]
async fn ten_starts_at_once_make_one_process_and_are_answered_soon() {
    // earlier-defects.md 13
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let mut took = Vec::new();
    for _ in 0..10 {
        let asked = Instant::now();
        let answer = server.ask(id, "start").await;
        took.push(asked.elapsed());
        assert_eq!(answer.status, StatusCode::OK);
        server.ask(id, "stop?wait=true").await;
    }
    took.sort();
    println!("start answered: median {:?}, slowest {:?}", took[took.len() / 2], took[took.len() - 1]);
    let starts = futures_util::future::join_all((0..10).map(|_| server.ask(id, "start"))).await;
    let runs: std::collections::BTreeSet<String> =
        starts.iter().map(|answer| answer.json()["run"].as_str().unwrap().to_owned()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    server.wait_status(id, "started").await;
    assert_eq!(server.processes().len(), 2, "{:?}", server.processes());
}

#[tokio::test]
async fn an_automatic_port_for_a_running_instance_changes_nothing_else() {
    // earlier-defects.md 39
    let server = Server::new();
    let id = server.hello("a").await;
    let before = server.instance(id).await;
    let after = change(&server, id, json!({ "port": null })).await;
    assert_eq!(
        (&after["pid"], &after["status"], &after["applied"]),
        (&before["pid"], &json!("started"), &json!("hot"))
    );
    let port = after["port"].as_u64().unwrap();
    assert!((u64::from(server.pool.0)..=u64::from(server.pool.1)).contains(&port));
    eventually_async("its page on its port", || async {
        let mut client = server.client;
        client.address.set_port(u16::try_from(port).unwrap());
        let listens = tokio::net::TcpStream::connect(client.address).await.is_ok();
        (listens && client.get("/").await.status == StatusCode::OK).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_crash_is_seen_within_a_fifth_of_a_second() {
    let server = Server::new();
    let id = server.hello("a").await;
    let mut took = Vec::new();
    for _ in 0..5 {
        let pid = server.instance(id).await["pid"].clone();
        std::process::Command::new("kill").args(["-SEGV", &pid.to_string()]).status().unwrap();
        let killed = Instant::now();
        while server.instance(id).await["status"] != "error" {
            assert!(killed.elapsed() < Duration::from_secs(30));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        took.push(killed.elapsed());
        server.ask(id, "start").await;
        server.wait_status(id, "started").await;
    }
    took.sort();
    println!("a crash is seen: median {:?}, slowest {:?}", took[2], took[4]);
    assert!(took[0] < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn a_server_that_goes_while_it_starts_things_leaves_nothing() {
    let mut server = Server::new();
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(server.hello(name).await);
    }
    for round in 0..12 {
        server.end("TERM");
        server.assert_nothing_left();
        server.start();
        // Sometimes before, sometimes in the middle of what starts at boot.
        tokio::time::sleep(Duration::from_millis(round * 7)).await;
    }
    for id in &ids {
        server.wait_status(*id, "started").await;
    }
    // Handed over in the middle: whatever has begun is there for the next one.
    for round in 0..6 {
        server.end("TERM");
        server.start();
        tokio::time::sleep(Duration::from_millis(round * 12)).await;
        server.end("USR2");
        server.start();
        for id in &ids {
            server.wait_status(*id, "started").await;
        }
    }
}
