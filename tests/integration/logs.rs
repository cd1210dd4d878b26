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
    // A follower first gets what it has not seen of the old run, then the new one from its beginning.
    let (mut old, mut offset) = (content.to_owned(), size);
    let anew = loop {
        let piece = logs(format!("offset={offset}&run={run}")).await.json();
        if piece["run"] != json!(run) {
            break piece;
        }
        old.push_str(piece["content"].as_str().unwrap());
        offset = piece["size"].as_u64().unwrap();
    };
    assert!(anew["content"].as_str().unwrap().starts_with("line 1") && anew["start"] == 0, "{anew}");
    let runs = logs_runs(&server, id).await;
    assert_eq!(runs.len(), 2, "{runs:?}");
    assert_eq!((&runs[0]["run"], &runs[1]["run"]), (&anew["run"], &json!(run)));
    assert_eq!((&runs[1]["size"], &runs[1]["exit"]["signal"]), (&json!(old.len()), &json!(15)), "{runs:?}");
    assert!(runs[1]["started_at"].is_string() && runs[1]["ended_at"] == runs[1]["exit"]["at"], "{runs:?}");
    assert_eq!((&runs[0]["exit"], &runs[0]["ended_at"]), (&json!(null), &json!(null)));
    let earlier = logs(format!("offset=7&run={run}")).await.json();
    assert_eq!((&earlier["run"], &earlier["start"], &earlier["end"]), (&json!(run), &json!(7), &json!(old.len())));
    assert_eq!(earlier["content"].as_str().unwrap(), &old[7..]);
    let download = logs(format!("download=true&run={run}")).await;
    assert!(download.header("content-disposition").contains("a.log") && download.text() == old);
    assert!(logs("download=true".to_owned()).await.text().starts_with(anew["content"].as_str().unwrap()));
    let unknown = logs("download=true&run=gone".to_owned()).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(unknown.json()["detail"], "No log of a run 'gone' is kept.");
}

async fn logs_runs(server: &Server, id: i64) -> Vec<serde_json::Value> {
    let runs = server.client.get(&format!("/api/instances/{id}/logs/runs")).await.json();
    runs.as_array().unwrap().clone()
}

#[tokio::test]
async fn lines_have_times() {
    let server = Server::new();
    let body = "echo first; sleep 0.4; printf 'a bar'; sleep 0.3; printf '\\r done\\n'; echo last; exec sleep 600";
    let id = server.started("a", "# aikore.ready = process", body).await;
    let log = eventually_async("the last line", || async {
        let log = server.client.get(&format!("/api/instances/{id}/logs?times=true")).await.json();
        log["content"].as_str().unwrap().ends_with("last\n").then_some(log)
    })
    .await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = u64::try_from(now.as_millis()).unwrap();
    let times: Vec<(u64, u64)> = serde_json::from_value(log["times"].clone()).unwrap();
    let at = |place: u64| times.iter().rfind(|(offset, _)| *offset <= place).unwrap().1;
    let (bar, last) = (6, log["content"].as_str().unwrap().find("last").unwrap() as u64);
    assert!(
        at(bar) >= at(0) + 300 && at(last) >= at(bar) + 200 && at(last) <= now && now < at(0) + 60_000,
        "{times:?}"
    );
    let tail = server.client.get(&format!("/api/instances/{id}/logs?times=true&offset={last}")).await.json();
    assert_eq!(tail["times"], json!([[last, at(last)]]), "only what the piece needs");
    let plain = server.client.get(&format!("/api/instances/{id}/logs")).await.json();
    assert_eq!(plain["times"], json!(null), "nobody asked");
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
    assert_eq!(log, json!({ "content": "", "size": 0, "run": null, "start": 0, "end": 0 }));
    assert_eq!(logs_runs(&server, id).await, Vec::<serde_json::Value>::new());
    assert_eq!(server.client.get("/api/instances/99/logs/runs").await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.client.get("/api/instances/99/logs").await.status, StatusCode::NOT_FOUND);
}
