//! The log of an instance.

use http::StatusCode;
use serde_json::json;

use crate::support::{Server, eventually_async};

#[tokio::test]
async fn a_log_is_read_piece_by_piece_and_survives_a_restart() {
    let server = Server::new();
    let body = "for i in $(seq 5); do echo -e \"line $i \\e[32mü\\e[0m\"; done\nexec python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1";
    let id = server.started("a", "", body).await;
    let logs = |query: String| async move { server.client.get(&format!("/api/instances/{id}/logs?{query}")).await };
    let first = eventually_async("five lines", || async {
        let log = logs("offset=0".to_owned()).await.json();
        log["content"].as_str().unwrap().contains("line 5").then_some(log)
    })
    .await;
    let content = first["content"].as_str().unwrap();
    assert!(content.starts_with("line 1 \u{1b}[32mü\u{1b}[0m\nline 2"), "{content:?}");
    assert!(!content.contains('\r'), "the terminal adds nothing: {content:?}");
    let (size, run) = (first["size"].as_u64().unwrap(), first["run"].as_str().unwrap().to_owned());
    assert_eq!(run, server.instance(id).await["run"].as_str().unwrap());
    assert_eq!(logs(format!("offset={size}")).await.json()["size"], size);
    for bad in ["offset=-5", "offset=x"] {
        assert_eq!(logs(bad.to_owned()).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    // A new run: its log begins anew, the old one is kept beside it (earlier-defects.md 25, 48).
    server.ask(id, "stop?wait=true").await;
    server.ask(id, "start").await;
    server.wait_status(id, "started").await;
    let anew = logs(format!("offset={size}&run={run}")).await.json();
    assert_ne!(anew["run"], json!(run));
    assert!(anew["content"].as_str().unwrap().starts_with("line 1"), "{anew}");
    let kept = std::fs::read_to_string(server.config().join("instances/a/output.log.1")).unwrap();
    assert!(kept.starts_with("line 1"));
    let download = logs("download=true".to_owned()).await;
    assert!(download.header("content-disposition").contains("a.log") && download.text().starts_with("line 1"));
}

#[tokio::test]
async fn a_big_log_comes_in_bounded_pieces_without_loss() {
    let server = Server::new();
    let id = server
        .started("a", "", "seq 1 400000; echo done\nexec python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1")
        .await;
    let mut text = String::new();
    let mut offset = 0;
    loop {
        let piece = server.client.get(&format!("/api/instances/{id}/logs?offset={offset}")).await.json();
        let content = piece["content"].as_str().unwrap();
        assert!(content.len() <= 1024 * 1024);
        if content.is_empty() {
            break;
        }
        text.push_str(content);
        offset = piece["size"].as_u64().unwrap();
    }
    let numbers: Vec<&str> = text.lines().take(400_000).collect();
    assert_eq!(numbers.len(), 400_000);
    assert!(numbers.iter().enumerate().all(|(n, line)| *line == (n + 1).to_string()), "no byte lost or doubled");
    assert_eq!(text.lines().nth(400_000), Some("done"));
}

#[tokio::test]
async fn an_instance_that_never_ran_has_an_empty_log() {
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let log = server.client.get(&format!("/api/instances/{id}/logs?offset=7")).await.json();
    assert_eq!(log, json!({ "content": "", "size": 0, "run": null }));
    assert_eq!(server.client.get("/api/instances/99/logs").await.status, StatusCode::NOT_FOUND);
}
