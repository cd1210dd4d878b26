//! Long work: seen, followed, cancelled.

use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Server, eventually_async, fill};

#[tokio::test]
async fn a_copy_tells_how_far_it_is_and_can_be_cancelled() {
    let server = Server::new();
    let id = server.hello("a").await;
    server.ask(id, "stop?wait=true").await;
    fill(&server.home("a"), 30_000);
    let answer = server.ask_copy(id, "b").await;
    let copy = answer.json()["id"].as_i64().unwrap();
    let job = answer.header("x-aikore-job").to_owned();
    let running = eventually_async("some progress", || async {
        let seen = server.job(&job).await;
        assert_ne!(seen["state"], "done", "it must be slow enough to be seen: {seen}");
        (seen["done"].as_u64().unwrap() > 0).then_some(seen)
    })
    .await;
    assert_eq!((&running["state"], &running["error"]), (&json!("running"), &json!(null)));
    assert!(running["total"].as_u64().unwrap() >= 3_000_000, "{running}");
    assert!(running["message"].as_str().unwrap().contains("Copying 'a' to 'b'"), "{running}");
    let row = server.instance(copy).await;
    assert!(row["progress"]["percent"].as_u64().unwrap() <= 100, "{row}");
    assert_eq!(server.client.get("/api/jobs").await.json()[0]["id"], job);

    let path = format!("/api/jobs/{job}");
    let cancel = || server.client.call(Method::DELETE, &path, None);
    assert_eq!(cancel().await.status, StatusCode::OK);
    let ended = server.job_over(&answer).await;
    assert_eq!(ended["state"], "cancelled");
    assert!(ended["done"].as_u64() < ended["total"].as_u64(), "{ended}");
    assert_eq!(server.client.get(&format!("/api/instances/{copy}")).await.status, StatusCode::NOT_FOUND);
    assert!(!server.config().join(format!("instances/.copying-{copy}")).exists());
    let again = cancel().await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.detail().contains("cancelled already"), "{}", again.detail());
}

#[tokio::test]
async fn names_of_jobs_lead_nowhere_else() {
    let server = Server::new();
    for id in ["1", "x", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%00"] {
        for method in [Method::GET, Method::DELETE] {
            let answer = server.client.call(method, &format!("/api/jobs/{id}"), None).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id}: {}", answer.text());
            answer.detail();
        }
    }
    assert_eq!(server.client.get("/api/jobs").await.json(), json!([]));
}
