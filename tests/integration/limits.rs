//! The limits of the machine: a store that another program locks, a port that another program takes, and a thousand starts.
//! `SOAK_CYCLES` and `SOAK_LOCK_SECONDS` make it the long form (`make soak`).

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Server, Start, eventually, eventually_async, vitals};

fn soak(name: &str, short: u64) -> u64 {
    std::env::var(name).map_or(short, |text| text.parse().unwrap())
}

/// Longer than the store waits for a lock (10 s), so that writes fail.
#[tokio::test]
async fn what_happens_while_the_store_is_locked_is_stored_afterwards() {
    let mut server = Server::new();
    let stopped = server.hello("stopped").await;
    let crashed = server.hello("crashed").await;
    let waits = server.create("waits", "hello.sh").await;
    let other = rusqlite::Connection::open(server.config().join("aikore.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let locked = Instant::now();
    let pid = server.instance(crashed).await["pid"].clone();
    std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
    server.wait_status(crashed, "error").await;
    let client = server.client;
    let stop = tokio::spawn(async move {
        client.call(http::Method::POST, &format!("/api/instances/{stopped}/stop"), None).await.status
    });
    let start = tokio::spawn(async move {
        client.call(http::Method::POST, &format!("/api/instances/{waits}/start"), None).await.status
    });
    // Nobody waits for the lock but whoever changes something.
    while locked.elapsed() < Duration::from_secs(soak("SOAK_LOCK_SECONDS", 14)) {
        let asked = Instant::now();
        assert_eq!(server.client.get("/api/instances/").await.status, 200);
        assert!(asked.elapsed() < Duration::from_secs(2), "a list took {:?}", asked.elapsed());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(stop.await.unwrap(), 200);
    // It was committed after all, or refused in words; never a process without a row.
    let started = start.await.unwrap();
    assert!(started == 200 || started == 500, "{started}");
    server.wait_status(stopped, "stopped").await;
    let status_of = |id: i64| {
        other.query_row("SELECT status FROM instances WHERE id = ?", [id], |row| row.get::<_, String>(0)).unwrap()
    };
    // Without anybody doing anything more.
    crate::support::eventually_within(30, "the rows", || {
        (status_of(crashed) == "error" && status_of(stopped) == "stopped").then_some(())
    });
    drop(other);
    server.end("KILL");
    server.start();
    assert_eq!(server.instance(stopped).await["desired"], "stopped");
}

/// With nothing else that happens to it, or to any other.
#[tokio::test]
async fn what_the_store_refused_is_tried_again() {
    let server = Server::new();
    let id = server.hello("a").await;
    let other = rusqlite::Connection::open(server.config().join("aikore.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let pid = server.instance(id).await["pid"].clone();
    std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
    server.wait_status(id, "error").await;
    crate::support::eventually_within(30, "a write that fails", || {
        server.log().contains("could not be stored yet").then_some(())
    });
    other.execute_batch("ROLLBACK").unwrap();
    crate::support::eventually_within(30, "the row", || {
        let status = other.query_row("SELECT status FROM instances", [], |row| row.get::<_, String>(0)).unwrap();
        (status == "error").then_some(())
    });
}

#[tokio::test]
async fn a_public_port_that_another_program_took_is_replaced_at_the_next_start() {
    let mut server = Start::new().pool(4).serve();
    let id = server.hello("a").await;
    let port = server.instance(id).await["port"].as_u64().unwrap();
    server.ask(id, "stop?wait=true").await;
    server.end("TERM");
    let _other = std::net::TcpListener::bind(("127.0.0.1", u16::try_from(port).unwrap())).unwrap();
    server.start();
    eventually("the warning", || server.log().contains("a public port is not served yet").then_some(()));
    assert_eq!(server.instance(id).await["port"], port, "it may be given back before it is needed");
    server.ask(id, "start").await;
    let started = server.wait_status(id, "started").await;
    let moved = started["port"].as_u64().unwrap();
    assert_ne!(moved, port);
    assert!(server.log().contains(&format!("a: port {port} can't be used any more; it is at port {moved} now.")));
    let mut client = server.client;
    client.address.set_port(u16::try_from(moved).unwrap());
    eventually_async("its page", || async {
        let listens = tokio::net::TcpStream::connect(client.address).await.is_ok();
        (listens && client.get("/").await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn starts_and_stops_without_end_leave_nothing_behind() {
    let cycles = soak("SOAK_CYCLES", 100);
    let server = Server::new();
    server.blueprint("short.sh", "# aikore.ready = process", "echo begun; exec sleep 1000");
    let id = server.create("short", "short.sh").await;
    let cycle = async || {
        assert_eq!(server.ask(id, "start").await.status, 200);
        server.wait_status(id, "started").await;
        assert_eq!(server.ask(id, "stop?wait=true").await.json()["status"], "stopped");
    };
    for _ in 0..10 {
        cycle().await;
    }
    let pid = server.pid();
    let (descriptors, memory, threads) = (vitals::descriptors(pid), vitals::memory(pid), vitals::threads(pid));
    let begun = Instant::now();
    for _ in 0..cycles {
        cycle().await;
    }
    println!(
        "{cycles} starts and stops in {:?}: {descriptors} -> {} descriptors, {memory} -> {} MiB",
        begun.elapsed(),
        vitals::descriptors(pid),
        vitals::memory(pid)
    );
    server.assert_nothing_left();
    eventually("the descriptors of before", || (vitals::descriptors(pid) <= descriptors + 3).then_some(()));
    assert!(vitals::memory(pid) <= memory + 4, "{} MiB, and {memory} before", vitals::memory(pid));
    assert!(vitals::threads(pid) <= threads + 4);
    assert_eq!(fs::read_dir(server.config().join("run/shims")).unwrap().count(), 0);
    let zombies = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        fields.next() == Some("Z") && fields.next() == Some(&pid.to_string())
    });
    assert_eq!(zombies.count(), 0);
    let runs = server.client.get(&format!("/api/instances/{id}/logs/runs")).await.json();
    assert!(runs.as_array().or(runs["runs"].as_array()).unwrap().len() <= 6, "{runs}");
    assert_eq!(server.instance(id).await["exit"]["signal"], json!(15));
}

#[tokio::test]
async fn the_server_may_open_more_files_and_its_apps_as_many_as_ever() {
    let binary = crate::support::binary();
    let command = ["sh".into(), "-c".into(), "ulimit -Sn 300; exec \"$0\" \"$@\"".into(), binary.into_os_string()];
    let server = Start::new().command(command).serve();
    let soft = |pid: u64| {
        let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
        let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap()
    };
    assert!(soft(u64::from(server.pid())) > 1024, "{}", soft(u64::from(server.pid())));
    let id = server.hello("a").await;
    assert_eq!(soft(server.instance(id).await["pid"].as_u64().unwrap()), 300);
}
