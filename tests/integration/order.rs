//! The order of the list and its groups, kept on the server for everybody.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Server};

async fn arrange(server: &Server, body: &Value) -> Answer {
    server.client.call(Method::PUT, "/api/instances/order", Some(body)).await
}

/// The list as anybody gets it: ids with their groups.
async fn list(server: &Server) -> Vec<(i64, Option<String>)> {
    let all = server.client.get("/api/instances/").await.json();
    let of = |one: &Value| (one["id"].as_i64().unwrap(), one["group"].as_str().map(str::to_owned));
    all.as_array().unwrap().iter().map(of).collect()
}

async fn satellite(server: &Server, parent: i64, name: &str) -> i64 {
    let body = json!({ "new_name": name });
    let answer = server.client.post(&format!("/api/instances/{parent}/instantiate"), &body).await;
    answer.json()["id"].as_i64().unwrap()
}

#[tokio::test]
async fn the_order_and_the_groups_are_everybodys_and_outlive_the_server() {
    let mut server = Server::new();
    let mut ids = Vec::new();
    for name in ["one", "two", "three", "four"] {
        ids.push(server.create(name, "hello.sh").await);
    }
    let [one, two, three, four] = ids[..] else { unreachable!() };
    let child = satellite(&server, three, "three b").await;

    // The others follow as they are.
    let body = json!({ "ids": [three, one], "groups": { (three.to_string()): " Video ", (two.to_string()): "" } });
    let answer = arrange(&server, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let video = Some("Video".to_owned());
    let wanted = vec![(three, video.clone()), (one, None), (two, None), (four, None), (child, video.clone())];
    assert_eq!(list(&server).await, wanted);
    let answered: Vec<_> = answer.json().as_array().unwrap().iter().map(|one| one["id"].as_i64().unwrap()).collect();
    assert_eq!(answered, [three, one, two, four, child]);

    // A restart of the server forgets nothing, and a new one comes last.
    server.end("TERM");
    server.start();
    assert_eq!(list(&server).await, wanted);
    let last = server.create("five", "hello.sh").await;
    assert_eq!(list(&server).await.last().unwrap().0, last);

    // The group is a setting like others, too: at once, and for the satellites as well.
    let answer =
        server.client.call(Method::PUT, &format!("/api/instances/{three}"), Some(&json!({ "group": null }))).await;
    assert_eq!((answer.status, &answer.json()["applied"]), (StatusCode::OK, &json!("hot")), "{}", answer.text());
    assert!(list(&server).await.iter().all(|(_, group)| group.is_none()));
}

#[tokio::test]
async fn what_can_not_be_arranged_changes_nothing() {
    let server = Server::new();
    let one = server.create("one", "hello.sh").await;
    let two = server.create("two", "hello.sh").await;
    let child = satellite(&server, one, "one b").await;
    let before = list(&server).await;
    for (body, status) in [
        (json!({ "ids": [two, two] }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "ids": [two], "groups": { (two.to_string()): "a\nb" } }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "ids": [two], "groups": { (child.to_string()): "x" } }), StatusCode::BAD_REQUEST),
        (json!({ "ids": "all" }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({}), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = arrange(&server, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert!(!answer.detail().is_empty(), "{body}");
        assert_eq!(list(&server).await, before, "{body}");
    }
    // Deleted by somebody else while it was dragged.
    let body = json!({ "ids": [99, two, one], "groups": { "98": "x" } });
    assert_eq!(arrange(&server, &body).await.status, StatusCode::OK);
    assert_eq!(list(&server).await, [(two, None), (one, None), (child, None)]);
    let body = json!({ "group": "x" });
    let refused = server.client.call(Method::PUT, &format!("/api/instances/{child}"), Some(&body)).await;
    assert_eq!((refused.status, &refused.json()["field"]), (StatusCode::BAD_REQUEST, &json!("group")));
}
