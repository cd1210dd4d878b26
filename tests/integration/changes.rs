//! Changing an instance: said before, hot where it can be, and taken back where it does not work.

use std::fs;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Server};

async fn put(server: &Server, id: i64, query: &str, body: &Value) -> Answer {
    server.client.call(Method::PUT, &format!("/api/instances/{id}{query}"), Some(body)).await
}

#[tokio::test]
async fn a_dry_run_says_what_would_happen_and_does_nothing() {
    let server = Server::new();
    let id = server.hello("app").await;
    let before = server.instance(id).await;
    let hot = json!({ "autostart": true, "hostname": "app.example", "use_custom_hostname": true, "order": 5, "access": "public", "port": server.pool.1 });
    let cold = json!({ "name": "other", "gpu_ids": "0" });
    for (body, applied, restarts, members) in [
        (&json!({}), "hot", false, &[][..]),
        (&json!({ "autostart": false }), "hot", false, &[]),
        (&hot, "hot", false, &["access", "autostart", "hostname", "order", "port", "urls", "use_custom_hostname"]),
        (&cold, "cold", true, &["gpu_ids", "name", "slug", "urls"]),
    ] {
        let answer = put(&server, id, "?dry_run=true", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let said = answer.json();
        assert_eq!(
            (&said["applied"], &said["restarts"], &said["dry_run"]),
            (&json!(applied), &json!(restarts), &json!(true))
        );
        let changes = said["changes"].as_object().unwrap();
        assert_eq!(changes.keys().map(String::as_str).collect::<Vec<_>>(), members, "{body}");
    }
    let said = put(&server, id, "?dry_run=true", &cold).await.json();
    assert_eq!(said["changes"]["name"], json!({ "old": "app", "new": "other" }));
    let refused = put(&server, id, "?dry_run=true", &json!({ "port": 99 })).await;
    assert_eq!((refused.status, &refused.json()["field"]), (StatusCode::BAD_REQUEST, &json!("port")));
    let after = server.instance(id).await;
    for member in ["name", "pid", "port", "autostart", "gpu_ids", "status"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    // The same for real.
    let done = put(&server, id, "", &hot).await.json();
    assert_eq!((&done["applied"], &done["pid"]), (&json!("hot"), &before["pid"]));
    let done = put(&server, id, "", &cold).await.json();
    assert_eq!((&done["applied"], &done["name"], &done["gpu_ids"]), (&json!("cold"), &json!("other"), &json!("0")));
    assert_ne!(server.wait_status(id, "started").await["pid"], before["pid"]);
}

#[tokio::test]
async fn a_change_it_can_not_start_with_is_taken_back() {
    let server = Server::new();
    let id = server.hello("app").await;
    let home = server.config().join("instances/app");
    fs::write(home.join("launch.sh"), fs::read_to_string(home.join("launch.sh")).unwrap() + "\n# mine\n").unwrap();
    let before = server.instance(id).await;
    // Its output folder can't be made: there is a file.
    fs::create_dir_all(server.config().join("outputs")).unwrap();
    fs::write(server.config().join("outputs/taken"), "x").unwrap();
    server.blueprint("other.sh", "", "exec python3 -m http.server --bind 127.0.0.1 \"$WEBUI_PORT\"");
    let body = json!({ "name": "renamed", "base_blueprint": "other.sh", "output_path": "taken", "gpu_ids": "3" });
    let answer = put(&server, id, "", &body).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", answer.text());
    assert!(answer.detail().contains("runs as before") && answer.detail().contains("taken"), "{}", answer.detail());
    let after = server.wait_status(id, "started").await;
    for member in ["name", "slug", "base_blueprint", "output_path", "gpu_ids", "port"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    assert!(
        fs::read_to_string(home.join("launch.sh")).unwrap().ends_with("# mine\n"),
        "the script is the person's again"
    );
    assert!(!server.config().join("instances/renamed").exists());
    assert_eq!(server.client.get("/instance/app/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_script_that_a_blueprint_replaces_stays_beside_it() {
    let server = Server::new();
    let id = server.hello("app").await;
    let script = server.config().join("instances/app/launch.sh");
    fs::write(&script, "# my own\n").unwrap();
    server.blueprint("other.sh", "", "exec python3 -m http.server --bind 127.0.0.1 \"$WEBUI_PORT\"");
    let answer = put(&server, id, "", &json!({ "base_blueprint": "other.sh" })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    server.wait_status(id, "started").await;
    assert!(fs::read_to_string(&script).unwrap().contains("http.server"));
    assert_eq!(fs::read_to_string(script.with_extension("sh.old")).unwrap(), "# my own\n");
}

#[tokio::test]
async fn what_somebody_else_changed_meanwhile_is_not_overwritten() {
    let server = Server::new();
    let id = server.create("app", "hello.sh").await;
    // Two people see the same; one is quicker.
    let done = put(&server, id, "", &json!({ "gpu_ids": "1", "base": { "gpu_ids": null } })).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    let late = json!({ "gpu_ids": "2", "autostart": true, "base": { "gpu_ids": null, "autostart": false } });
    for query in ["?dry_run=true", ""] {
        let refused = put(&server, id, query, &late).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
        let said = refused.json();
        assert_eq!(said["field"], "gpu_ids");
        assert_eq!(said["conflicts"], json!([{ "field": "gpu_ids", "base": null, "yours": "2", "theirs": "1" }]));
        assert!(refused.detail().contains("changed meanwhile"), "{}", refused.detail());
    }
    let after = server.instance(id).await;
    assert_eq!((&after["gpu_ids"], &after["autostart"]), (&json!("1"), &json!(false)), "nothing of it was done");

    // What the other one did not touch can be changed, and so can this once it was seen.
    let other = json!({ "autostart": true, "base": { "autostart": false, "gpu_ids": null } });
    assert_eq!(put(&server, id, "", &other).await.status, StatusCode::OK);
    let seen = json!({ "gpu_ids": "2", "base": { "gpu_ids": "1" } });
    assert_eq!(put(&server, id, "", &seen).await.json()["gpu_ids"], "2");
    // A port is meant in either mode; who says nothing of what they saw overwrites, as ever.
    let port = server.instance(id).await["port"].clone();
    let moved =
        json!({ "port": server.pool.1, "persistent_mode": true, "base": { "port": port, "persistent_mode": false } });
    let answer = put(&server, id, "", &moved).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.json()["persistent_port"], server.pool.1);
    assert_eq!(put(&server, id, "", &json!({ "gpu_ids": "3" })).await.json()["gpu_ids"], "3");
}

#[tokio::test]
async fn a_dry_run_says_which_members_wait_for_a_start() {
    let server = Server::new();
    let id = server.create("app", "hello.sh").await;
    let body = json!({ "name": "other", "autostart": true, "python_version": "3.11", "group": "Video" });
    let said = put(&server, id, "?dry_run=true", &body).await.json();
    assert_eq!(said["cold"], json!(["name", "python_version"]));
    assert_eq!(said["restarts"], false, "it does not run");
    assert_eq!(said["changes"]["group"], json!({ "old": null, "new": "Video" }));
}
