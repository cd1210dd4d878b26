//! Satellites: their parent's folder, script and environment; their own port, GPUs, outputs and log.

use std::fs;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Server, eventually};

/// Says in its log where it runs, then serves.
const TELLS: &str = "echo \"in $PWD for $INSTANCE_NAME of $INSTANCE_CONF_DIR to $INSTANCE_OUTPUT_DIR with ${CUDA_VISIBLE_DEVICES-all} python ${PYTHON_VERSION-any}\"\nexec python3 -m http.server --bind 127.0.0.1 \"$WEBUI_PORT\"\n";

async fn satellite(server: &Server, parent: i64, body: Value) -> Value {
    let answer = server.client.post(&format!("/api/instances/{parent}/instantiate"), &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

async fn change(server: &Server, id: i64, body: Value) -> crate::support::Answer {
    server.client.call(Method::PUT, &format!("/api/instances/{id}"), Some(&body)).await
}

fn told(server: &Server, name: &str) -> String {
    let path = server.config().join("instances").join(name).join("output.log");
    eventually("what it told", || {
        let text = fs::read_to_string(&path).ok()?;
        text.lines().find(|line| line.starts_with("in ")).map(str::to_owned)
    })
}

#[tokio::test]
async fn a_satellite_runs_in_its_parents_folder() {
    let server = Server::new();
    server.blueprint("tells.sh", "", TELLS);
    let parent = server.create("parent", "tells.sh").await;
    change(&server, parent, json!({ "python_version": "3.11" })).await;
    let made = satellite(&server, parent, json!({ "new_name": "sat one", "gpu_ids": "1" })).await;
    assert_eq!(made["parent_instance_id"], parent);
    assert_eq!((&made["status"], &made["port"]), (&json!("stopped"), &Value::Null));
    assert_eq!((&made["base_blueprint"], &made["python_version"]), (&json!("tells.sh"), &json!("3.11")));
    assert_eq!((&made["autostart"], &made["hostname"], &made["gpu_ids"]), (&json!(false), &Value::Null, &json!("1")));
    assert!(!server.config().join("instances").exists(), "no folder before the first start");

    let id = made["id"].as_i64().unwrap();
    server.ask(id, "start").await;
    let started = server.wait_status(id, "started").await;
    assert!(started["port"].is_number(), "a port of its own, from its first start on");
    let root = fs::canonicalize(server.config()).unwrap();
    let (parents, own) = (root.join("instances/parent"), root.join("outputs/sat one"));
    assert_eq!(
        told(&server, "sat one"),
        format!(
            "in {parents} for parent of {parents} to {own} with 1 python 3.11",
            parents = parents.display(),
            own = own.display()
        )
    );
    let files: Vec<_> =
        fs::read_dir(root.join("instances/sat one")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(files.iter().all(|name| name.to_string_lossy().starts_with("output.log")), "only its log: {files:?}");
    assert!(parents.join("launch.sh").exists() && !parents.join("output.log").exists());

    // Both at once, each behind its own address.
    server.ask(parent, "start").await;
    server.wait_status(parent, "started").await;
    for slug in ["parent", "sat-one"] {
        assert_eq!(server.client.get(&format!("/instance/{slug}/launch.sh")).await.status, StatusCode::OK, "{slug}");
    }
}

#[tokio::test]
async fn what_it_has_of_its_parent_is_changed_there() {
    let server = Server::new();
    server.blueprint("tells.sh", "", TELLS);
    let parent = server.create("parent", "tells.sh").await;
    let id = satellite(&server, parent, json!({ "new_name": "sat" })).await["id"].as_i64().unwrap();
    for (member, value) in [
        ("base_blueprint", json!("hello.sh")),
        ("output_path", json!("elsewhere")),
        ("python_version", json!("3.12")),
        ("cuda_version", json!("12.4")),
        ("torch_version", json!("2.5.1")),
    ] {
        let refused = change(&server, id, json!({ member: value })).await;
        assert_eq!((refused.status, &refused.json()["field"]), (StatusCode::BAD_REQUEST, &json!(member)));
        // Which blueprint is no member of this call: nobody asks for one.
        if member != "base_blueprint" {
            let made = json!({ "new_name": "another", member: value });
            let refused = server.client.post(&format!("/api/instances/{parent}/instantiate"), &made).await;
            assert_eq!((refused.status, &refused.json()["field"]), (StatusCode::BAD_REQUEST, &json!(member)));
        }
    }
    assert_eq!(change(&server, id, json!({ "gpu_ids": "0" })).await.status, StatusCode::OK, "its own");
    let changed = change(&server, parent, json!({ "output_path": "shared", "python_version": "3.10" })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    let now = server.instance(id).await;
    assert_eq!((&now["output_path"], &now["python_version"]), (&json!("shared"), &json!("3.10")));
    server.ask(id, "start").await;
    server.wait_status(id, "started").await;
    assert!(told(&server, "sat").contains("/outputs/shared with 0 python 3.10"), "{}", told(&server, "sat"));
}

#[tokio::test]
async fn a_parent_is_renamed_and_deleted_only_when_nobody_needs_it() {
    let server = Server::new();
    server.blueprint("tells.sh", "", TELLS);
    let parent = server.create("parent", "tells.sh").await;
    let id = satellite(&server, parent, json!({ "new_name": "sat" })).await["id"].as_i64().unwrap();
    server.ask(id, "start").await;
    server.wait_status(id, "started").await;
    let refused = change(&server, parent, json!({ "name": "renamed" })).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.detail().contains("'sat'"), "{}", refused.detail());
    assert!(server.config().join("instances/parent").exists(), "nothing was touched");
    let refused = server.client.call(Method::DELETE, &format!("/api/instances/{parent}"), Some(&json!({}))).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.detail().contains("'sat'"), "{}", refused.detail());

    server.client.call(Method::POST, &format!("/api/instances/{id}/stop?wait=true"), None).await;
    let renamed = change(&server, parent, json!({ "name": "renamed" })).await;
    assert_eq!((renamed.status, &renamed.json()["slug"]), (StatusCode::OK, &json!("renamed")));
    fs::remove_file(server.config().join("instances/sat/output.log")).unwrap();
    server.ask(id, "start").await;
    server.wait_status(id, "started").await;
    assert!(told(&server, "sat").contains("/instances/renamed for renamed"), "{}", told(&server, "sat"));
}

#[tokio::test]
async fn families_have_two_generations() {
    let server = Server::new();
    let parent = server.create("parent", "hello.sh").await;
    let id = satellite(&server, parent, json!({ "new_name": "sat" })).await["id"].as_i64().unwrap();
    for (of, body, status, words) in [
        (id, json!({ "new_name": "x" }), 400, "'parent'"),
        (parent, json!({ "new_name": "sat" }), 409, "already exists"),
        (parent, json!({ "new_name": "SAT!" }), 409, "/instance/sat/"),
        (parent, json!({ "new_name": "../x" }), 422, "name"),
        (parent, json!({}), 422, "new_name"),
        (99, json!({ "new_name": "x" }), 404, "no instance 99"),
    ] {
        let answer = server.client.post(&format!("/api/instances/{of}/instantiate"), &body).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text());
        assert!(answer.detail().contains(words), "{body}: {}", answer.detail());
    }
    assert_eq!(server.client.get("/api/instances/").await.json().as_array().unwrap().len(), 2);
    let gone = server.client.call(Method::DELETE, &format!("/api/instances/{id}"), Some(&json!({}))).await;
    assert_eq!(gone.status, StatusCode::OK);
    let gone = server.client.call(Method::DELETE, &format!("/api/instances/{parent}"), Some(&json!({}))).await;
    assert_eq!(gone.status, StatusCode::OK, "now nobody needs it");
}

#[tokio::test]
async fn a_whole_family_may_start_at_once() {
    let server = Server::new();
    server.blueprint("tells.sh", "", TELLS);
    let parent = server.create("parent", "tells.sh").await;
    let mut family = vec![parent];
    for n in 1..=5 {
        let made = satellite(&server, parent, json!({ "new_name": format!("sat {n}") })).await;
        family.push(made["id"].as_i64().unwrap());
    }
    for _ in 0..5 {
        let starts = futures_util::future::join_all(family.iter().map(|id| server.ask(*id, "start"))).await;
        for answer in starts {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        }
        futures_util::future::join_all(family.iter().map(|id| server.ask(*id, "stop?wait=true"))).await;
    }
}
