//! The restart policy: what starts again by itself, how often, and who can stop that.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Server, Start, eventually_async, port};

/// Notes each start and fails.
const FAILS: &str = "echo start >> starts\nexit 7";

async fn set(server: &Server, id: i64, policy: &str) -> Value {
    let path = format!("/api/instances/{id}");
    let answer = server.client.call(Method::PUT, &path, Some(&json!({ "restart_policy": policy }))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

/// An instance of this script with a policy, told to start.
async fn begun(server: &Server, name: &str, policy: &str, body: &str) -> i64 {
    server.blueprint(&format!("{name}.sh"), "", body);
    let id = server.create(name, &format!("{name}.sh")).await;
    assert_eq!(set(server, id, policy).await["applied"], "hot");
    assert_eq!(server.ask(id, "start").await.status, StatusCode::OK);
    id
}

/// Waits until the instance satisfies a condition.
async fn until(server: &Server, id: i64, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + Duration::from_secs(40);
    loop {
        let instance = server.instance(id).await;
        if is_so(&instance) {
            return instance;
        }
        assert!(Instant::now() < end, "never {what}: {instance} / {}", server.log());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn attempt(instance: &Value) -> Option<u64> {
    instance["restart"]["attempt"].as_u64()
}

fn kill(instance: &Value) {
    std::process::Command::new("kill").args(["-SEGV", &instance["pid"].to_string()]).status().unwrap();
}

#[tokio::test]
async fn a_failure_is_tried_again_later_and_later_and_then_given_up() {
    let server = Start::new().env("AIKORE_RESTART_ATTEMPTS", "3").serve();
    let begun_at = Instant::now();
    let id = begun(&server, "a", "on-failure", FAILS).await;
    let mut at = Vec::new();
    for n in 1..=3 {
        let waiting = until(&server, id, "waiting", |now| attempt(now) == Some(n)).await;
        assert_eq!((&waiting["status"], &waiting["restart"]["of"]), (&json!("error"), &json!(3)));
        let reason = waiting["reason"].as_str().unwrap();
        assert!(reason.contains("exit code 7") && reason.contains(&format!("attempt {n} of 3")), "{reason}");
        at.push(waiting["restart"]["at"].as_str().unwrap().to_owned());
        assert_eq!(server.client.get("/instance/a/").await.status, StatusCode::BAD_GATEWAY);
    }
    assert!(at.is_sorted(), "{at:?}");
    let given_up = until(&server, id, "given up", |now| now["reason"].to_string().contains("given up")).await;
    assert_eq!(
        (&given_up["status"], &given_up["restart"], &given_up["desired"]),
        (&json!("error"), &json!(null), &json!("running"))
    );
    assert!(given_up["reason"].as_str().unwrap().contains("exit code 7"), "{}", given_up["reason"]);
    assert!(begun_at.elapsed() >= Duration::from_secs(7), "1 + 2 + 4 s: {:?}", begun_at.elapsed());
    assert_eq!(server.lines("a", "starts").len(), 4);
    // A person's Start begins anew.
    server.ask(id, "start").await;
    until(&server, id, "the first attempt again", |now| attempt(now) == Some(1)).await;
}

#[tokio::test]
async fn without_a_policy_what_ended_stays_ended() {
    let server = Server::new();
    let id = begun(&server, "a", "never", FAILS).await;
    let failed = server.wait_status(id, "error").await;
    assert_eq!((&failed["restart"], &failed["restart_policy"]), (&json!(null), &json!("never")));
    // Exit 0 after it was ready is no failure.
    let id = begun(&server, "b", "on-failure", &port::script()).await;
    server.wait_status(id, "started").await;
    server.put("b", "quit", "0");
    assert_eq!(server.wait_status(id, "stopped").await["restart"], json!(null));
}

#[tokio::test]
async fn a_crashed_app_is_back_by_itself() {
    let server = Server::new();
    let id = begun(&server, "a", "on-failure", &port::script()).await;
    let before = server.wait_status(id, "started").await;
    kill(&before);
    until(&server, id, "waiting", |now| attempt(now) == Some(1)).await;
    let after = until(&server, id, "back", |now| now["status"] == "started").await;
    assert_ne!(after["pid"], before["pid"]);
    assert_eq!((&after["restart"], &after["reason"]), (&json!(null), &json!(null)));
    eventually_async("its page", || async {
        (server.client.get("/instance/a/").await.status == StatusCode::OK).then_some(())
    })
    .await;
    // It has not been well for long: the next crash counts on.
    kill(&after);
    until(&server, id, "the second attempt", |now| attempt(now) == Some(2)).await;
}

#[tokio::test]
async fn always_means_after_a_good_end_too() {
    let server = Server::new();
    let id = begun(&server, "a", "always", &port::script()).await;
    let before = server.wait_status(id, "started").await;
    server.put("a", "quit", "0");
    let waiting = until(&server, id, "waiting", |now| attempt(now) == Some(1)).await;
    assert_eq!(waiting["status"], "stopped", "nothing is wrong");
    assert!(waiting["reason"].as_str().unwrap().contains("starts again"), "{}", waiting["reason"]);
    let after = until(&server, id, "back", |now| now["status"] == "started").await;
    assert_ne!(after["pid"], before["pid"]);
    // A person's Stop is no end by itself.
    server.ask(id, "stop?wait=true").await;
    assert_eq!(server.wait_status(id, "stopped").await["restart"], json!(null));
}

#[tokio::test]
async fn a_persons_word_beats_a_restart_that_is_coming() {
    let server = Server::new();
    let id = begun(&server, "a", "on-failure", FAILS).await;
    until(&server, id, "a wait of 4 s", |now| attempt(now) == Some(3)).await;
    let starts = server.lines("a", "starts").len();
    // Start: at once, and counted anew.
    let asked = Instant::now();
    server.ask(id, "start").await;
    until(&server, id, "the first attempt again", |now| attempt(now) == Some(1)).await;
    assert!(asked.elapsed() < Duration::from_millis(3500), "{:?}", asked.elapsed());
    assert_eq!(server.lines("a", "starts").len(), starts + 1);
    // Stop: never.
    let stopped = server.ask(id, "stop").await.json();
    assert_eq!(
        (&stopped["status"], &stopped["desired"], &stopped["restart"], &stopped["reason"]),
        (&json!("stopped"), &json!("stopped"), &json!(null), &json!(null))
    );
    tokio::time::sleep(Duration::from_millis(5500)).await; // every wait that was begun is over
    assert_eq!(server.lines("a", "starts").len(), starts + 1);
    assert_eq!(server.instance(id).await["status"], "stopped");
}

#[tokio::test]
async fn a_policy_is_changed_while_it_runs_and_while_it_waits() {
    let server = Server::new();
    let id = begun(&server, "a", "never", &port::script()).await;
    let running = server.wait_status(id, "started").await;
    let changed = set(&server, id, "on-failure").await;
    assert_eq!((&changed["applied"], &changed["pid"]), (&json!("hot"), &running["pid"]));
    kill(&running);
    until(&server, id, "waiting", |now| attempt(now) == Some(1)).await;
    let off = set(&server, id, "never").await;
    let reason = off["reason"].as_str().unwrap();
    assert!(off["restart"].is_null() && reason.contains("SIGSEGV") && !reason.contains("again"), "{reason}");
    tokio::time::sleep(Duration::from_millis(1500)).await; // the wait that was begun is over
    assert_eq!(server.instance(id).await["status"], "error");
}

#[tokio::test]
async fn a_server_that_goes_waits_for_no_restart_and_the_next_one_starts_it() {
    let mut server = Server::new();
    let id = begun(
        &server,
        "a",
        "on-failure",
        "if [ ! -e well ]; then exit 7; fi\nexec python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1",
    )
    .await;
    until(&server, id, "a long wait", |now| attempt(now) == Some(4)).await;
    let asked = Instant::now();
    assert_eq!(server.end("TERM").code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
    server.put("a", "well", "");
    server.start();
    until(&server, id, "started", |now| now["status"] == "started").await;
}
