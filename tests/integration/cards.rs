//! GPUs are chosen by their numbers and remembered by what they are.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Cards, ONE, Server, TWO, eventually_async};

/// Shows what it was given.
const BODY: &str = "echo \"given ${CUDA_VISIBLE_DEVICES-nothing}\"; sleep 600";
const READY: &str = "# aikore.ready = process";

async fn choose(server: &Server, id: i64, gpus: Value) {
    let answer =
        server.client.call(Method::PUT, &format!("/api/instances/{id}"), Some(&json!({ "gpu_ids": gpus }))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

async fn given(server: &Server, id: i64) -> String {
    eventually_async("what it was given", || async {
        let log = server.client.get(&format!("/api/instances/{id}/logs")).await.json();
        let log = log["content"].as_str().unwrap().to_owned();
        log.lines().find_map(|line| line.trim().strip_prefix("given ").map(str::to_owned))
    })
    .await
}

/// The cards as the server has seen them: what is chosen now is known to mean those.
async fn seen(server: &Server, cards: usize) {
    eventually_async("the cards", || async {
        let stats = server.client.get("/api/system/stats").await.json();
        (stats["gpus"].as_array().unwrap().len() == cards).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_card_that_gets_another_number_keeps_its_meaning() {
    let mut cards = Cards::new(&format!("{ONE} 0 0\n{TWO} 0 0\n"));
    seen(&cards.server, 2).await;
    let id = cards.server.started("a", READY, BODY).await;
    choose(&cards.server, id, json!("1")).await;
    let instance = cards.server.instance(id).await;
    assert_eq!((instance["gpu_ids"].as_str(), instance["gpu_uuids"].as_str()), (Some("1"), Some("GPU-two")));
    assert_eq!(given(&cards.server, id).await, "1");
    cards.server.ask(id, "stop?wait=true").await;

    // Another card is plugged in before it.
    cards.server.end("TERM");
    cards.turn_into(&format!("GPU-new 8589934592 0 0 30 20000 0 0\n{ONE} 0 0\n{TWO} 0 0\n"));
    cards.server.start();
    let answer = cards.server.ask(id, "start").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(given(&cards.server, id).await, "2");
    let instance = cards.server.instance(id).await;
    assert_eq!((instance["gpu_ids"].as_str(), instance["gpu_uuids"].as_str()), (Some("2"), Some("GPU-two")));
    cards.server.ask(id, "stop?wait=true").await;

    // It is taken out: nothing starts on a card that nobody chose.
    cards.server.end("TERM");
    cards.turn_into(&format!("{ONE} 0 0\n"));
    cards.server.start();
    let refused = cards.server.ask(id, "start").await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    let detail = refused.detail();
    assert!(
        detail.contains("GPU 2 (NVIDIA Test 3, GPU-two)") && detail.contains("there is GPU 0 (NVIDIA Test 1)"),
        "{detail}"
    );
    assert_eq!(refused.json()["field"], "gpu_ids");
    choose(&cards.server, id, json!("0")).await;
    assert_eq!(cards.server.ask(id, "start").await.status, StatusCode::OK);
    assert_eq!(given(&cards.server, id).await, "0");
}

#[tokio::test]
async fn what_is_no_number_passes_as_it_is_and_a_number_too_high_does_not() {
    let cards = Cards::new(&format!("{ONE} 0 0\n"));
    seen(&cards.server, 1).await;
    let id = cards.server.started("a", READY, BODY).await;
    choose(&cards.server, id, json!("MIG-part")).await;
    assert_eq!(given(&cards.server, id).await, "MIG-part");
    assert_eq!(cards.server.instance(id).await["gpu_uuids"], Value::Null);
    cards.server.ask(id, "stop?wait=true").await;
    choose(&cards.server, id, json!("3")).await;
    let refused = cards.server.ask(id, "start").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.detail().starts_with("GPU 3, which this instance is to use, is not there"), "{}", refused.detail());
}

#[tokio::test]
async fn without_any_card_numbers_pass_as_ever() {
    let cards = Cards::new("");
    let id = cards.server.started("a", READY, BODY).await;
    choose(&cards.server, id, json!("0,1")).await;
    assert_eq!(given(&cards.server, id).await, "0,1");
}
