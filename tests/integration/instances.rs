//! Creating, listing, changing and deleting: what is refused, and that nothing is lost.

use std::collections::HashSet;
use std::fs;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Server, Start};

#[tokio::test]
async fn a_new_instance_has_every_member_and_no_folder() {
    let server = Server::new();
    let answer = server
        .client
        .post("/api/instances", &json!({ "name": "My Äpp", "base_blueprint": "hello.sh", "unknown": 1 }))
        .await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let text = answer.text();
    let order = [
        "\"name\"",
        "\"base_blueprint\"",
        "\"gpu_ids\"",
        "\"output_path\"",
        "\"autostart\"",
        "\"persistent_mode\"",
        "\"hostname\"",
        "\"use_custom_hostname\"",
        "\"python_version\"",
        "\"cuda_version\"",
        "\"torch_version\"",
        "\"id\"",
        "\"parent_instance_id\"",
        "\"status\"",
        "\"pid\"",
        "\"port\"",
        "\"persistent_port\"",
        "\"persistent_display\"",
        "\"slug\"",
    ];
    let places: Vec<usize> =
        order.iter().map(|member| text.find(member).unwrap_or_else(|| panic!("{member}"))).collect();
    assert!(places.is_sorted(), "{text}");
    let instance = answer.json();
    assert_eq!(instance["slug"], "my-app");
    assert_eq!(instance["urls"]["path"], "/instance/my-app/");
    assert_eq!(instance["status"], "stopped");
    assert_eq!(instance["port"], server.pool.0);
    assert!(!server.config().join("instances").exists(), "creating writes no folder");
    assert_eq!(server.client.get("/api/instances/").await.json()[0]["id"], instance["id"]);
    assert_eq!(server.instance(99).await["detail"], "There is no instance 99.");
}

#[tokio::test]
async fn names_that_could_leave_their_folder_are_refused() {
    // earlier-defects.md 2, 3, 4
    let server = Server::new();
    fs::create_dir_all(server.config().join("instances")).unwrap();
    for name in ["", "   ", ".", "..", "a/b", "../x", "/etc", "a\nb", ".wheels", "a\\b", &"x".repeat(256)] {
        let answer =
            server.client.post("/api/instances/", &json!({ "name": name, "base_blueprint": "hello.sh" })).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
        assert!(
            answer.detail().starts_with("An instance's name must not be empty") || answer.detail().contains("name"),
            "{name:?}: {}",
            answer.detail()
        );
        assert_eq!(answer.json()["field"], "name");
    }
    for blueprint in ["../../../etc/passwd", "/etc/passwd", "..", "a/b.sh"] {
        let answer = server.client.post("/api/instances/", &json!({ "name": "x", "base_blueprint": blueprint })).await;
        assert!(answer.status.is_client_error(), "{blueprint}");
    }
    for (member, value) in [
        ("output_path", "../elsewhere"),
        ("output_path", "/etc"),
        ("python_version", "3; touch /tmp/x"),
        ("cuda_version", "$(id)"),
        ("torch_version", "`id`"),
        ("gpu_ids", "0;1"),
        ("hostname", "\"><script>alert(1)</script>"),
    ] {
        let answer = server
            .client
            .post("/api/instances/", &json!({ "name": "x", "base_blueprint": "hello.sh", member: value }))
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{member}");
        assert_eq!(answer.json()["field"], member);
    }
    assert_eq!(server.client.get("/api/instances/").await.json(), json!([]));
    assert!(server.config().join("aikore.db").exists() && server.config().join("instances").exists());
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    let server = Start::new().pool(2).serve();
    server.create("one", "hello.sh").await;
    let create = |body: Value| async move { (body.clone(), body) };
    for (body, status, words) in [
        (json!({ "name": "two", "base_blueprint": "Nope.sh" }), 404, "hello.sh"),
        (json!({ "name": "one", "base_blueprint": "hello.sh" }), 409, "already exists"),
        (json!({ "name": "ONE!", "base_blueprint": "hello.sh" }), 409, "/instance/one/"),
        (json!({ "name": "two", "base_blueprint": "hello.sh", "port": 99 }), 400, "not within the allowed range"),
        (json!({ "name": "two", "base_blueprint": "hello.sh", "port": 99999 }), 400, "not a port"),
        (
            json!({ "name": "two", "base_blueprint": "hello.sh", "port": server.pool.0 }),
            409,
            "in use by instance 'one'",
        ),
        (json!({ "base_blueprint": "hello.sh" }), 422, "name"),
        (json!({ "name": 5, "base_blueprint": "hello.sh" }), 422, "string"),
        (json!([]), 422, "fit"),
        (json!({ "name": "two", "base_blueprint": "hello.sh", "restart_policy": "sometimes" }), 422, "sometimes"),
    ] {
        let (shown, body) = create(body).await;
        let answer = server.client.post("/api/instances/", &body).await;
        assert_eq!(answer.status.as_u16(), status, "{shown}: {}", answer.text());
        assert!(answer.detail().contains(words), "{shown}: {}", answer.detail());
    }
    server.create("two", "hello.sh").await;
    let answer = server.client.post("/api/instances/", &json!({ "name": "three", "base_blueprint": "hello.sh" })).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.detail().contains("AIKORE_INSTANCE_PORT_RANGE"), "{}", answer.detail());
    for (method, path, status) in [
        (Method::GET, "/api/instances/x", 422),
        (Method::GET, "/api/nothing", 404),
        (Method::PATCH, "/api/instances/1", 405),
        (Method::GET, "/nothing", 404),
    ] {
        let answer = server.client.call(method, path, None).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        answer.detail();
    }
}

#[tokio::test]
async fn a_port_of_another_program_is_not_given_away() {
    let server = Start::new().pool(3).serve();
    let _other = std::net::TcpListener::bind(("127.0.0.1", server.pool.0)).unwrap();
    let available = server.client.get("/api/system/available-ports").await.json();
    assert_eq!(available, json!({ "available_ports": [server.pool.0 + 1, server.pool.0 + 2] }));
    server.create("a", "hello.sh").await;
    let port = server.client.get("/api/instances/1").await.json()["port"].as_u64().unwrap();
    assert_eq!(port, u64::from(server.pool.0) + 1);
}

#[tokio::test]
async fn eight_creates_at_once_get_eight_ports_and_one_name_wins_once() {
    // earlier-defects.md 14
    let server = Start::new().pool(16).serve();
    let client = server.client;
    let create = |name: String| async move {
        client.post("/api/instances/", &json!({ "name": name, "base_blueprint": "hello.sh" })).await
    };
    let answers = futures_util::future::join_all((0..8).map(|n| create(format!("n{n}")))).await;
    let ports: HashSet<u64> = answers.iter().map(|answer| answer.json()["port"].as_u64().unwrap()).collect();
    assert_eq!(ports.len(), 8);
    let answers = futures_util::future::join_all((0..8).map(|_| create("same".to_owned()))).await;
    let created = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    let refused = answers.iter().filter(|answer| answer.status == StatusCode::CONFLICT).count();
    assert_eq!((created, refused), (1, 7));
}

#[tokio::test]
async fn ids_are_never_used_again() {
    let server = Server::new();
    let first = server.create("a", "hello.sh").await;
    server.client.call(Method::DELETE, &format!("/api/instances/{first}"), None).await;
    assert!(server.create("a", "hello.sh").await > first);
}

#[tokio::test]
async fn a_change_is_hot_where_it_can_be() {
    let server = Server::new();
    let id = server.hello("a").await;
    let path = format!("/api/instances/{id}");
    let pid = server.instance(id).await["pid"].clone();
    let change = |body: Value| {
        let path = path.clone();
        async move { server.client.call(Method::PUT, &path, Some(&body)).await.json() }
    };
    // earlier-defects.md 11: ticking Autostart restarted the instance.
    let all = server.instance(id).await;
    let answer = change(
        json!({ "name": all["name"], "base_blueprint": all["base_blueprint"], "gpu_ids": null, "autostart": true }),
    )
    .await;
    assert_eq!((&answer["applied"], &answer["autostart"], &answer["pid"]), (&json!("hot"), &json!(true), &pid));
    let answer = change(json!({ "port": server.pool.1, "hostname": "http://Comfy.lan:80/" })).await;
    assert_eq!((&answer["applied"], &answer["port"], &answer["pid"]), (&json!("hot"), &json!(server.pool.1), &pid));
    assert_eq!(answer["hostname"], "comfy.lan");
    let answer = change(json!({ "gpu_ids": "0" })).await;
    assert_eq!(answer["applied"], "cold");
    let restarted = server.wait_status(id, "started").await;
    assert_ne!(restarted["pid"], pid);
    assert_eq!(server.client.get("/instance/a/api/env").await.json()["CUDA_VISIBLE_DEVICES"], "0");
}

#[tokio::test]
async fn a_refused_change_stops_nothing() {
    // earlier-defects.md 10
    let server = Server::new();
    let id = server.hello("a").await;
    server.create("b", "hello.sh").await;
    let before = server.instance(id).await;
    for body in [
        json!({ "name": "b" }),
        json!({ "name": "c", "port": server.pool.0 + 1 }),
        json!({ "name": "../c" }),
        json!({ "base_blueprint": "Nope.sh" }),
        json!({ "name": "c", "output_path": ".." }),
    ] {
        let answer = server.client.call(Method::PUT, &format!("/api/instances/{id}"), Some(&body)).await;
        assert!(answer.status.is_client_error(), "{body}: {}", answer.text());
        let after = server.instance(id).await;
        assert_eq!(
            (&after["pid"], &after["status"], &after["name"]),
            (&before["pid"], &before["status"], &before["name"]),
            "{body}"
        );
    }
    assert!(server.config().join("instances/a").exists());
}

#[tokio::test]
async fn a_new_name_takes_folder_and_address_along() {
    let server = Server::new();
    let id = server.hello("old").await;
    let answer = server
        .client
        .call(Method::PUT, &format!("/api/instances/{id}"), Some(&json!({ "name": "New Name" })))
        .await
        .json();
    assert_eq!((&answer["applied"], &answer["slug"]), (&json!("cold"), &json!("new-name")));
    server.wait_status(id, "started").await;
    assert_eq!(server.client.get("/instance/new-name/api/env").await.json()["INSTANCE_NAME"], "New Name");
    assert_eq!(server.client.get("/instance/old/").await.status, StatusCode::NOT_FOUND);
    assert!(
        server.config().join("instances/New Name/launch.sh").exists()
            && !server.config().join("instances/old").exists()
    );
}

#[tokio::test]
async fn deleting_goes_to_the_trash_and_leaves_outputs() {
    let server = Server::new();
    let id = server.hello("a").await;
    let delete = |id: i64, body: Option<Value>| async move {
        server.client.call(Method::DELETE, &format!("/api/instances/{id}"), body.as_ref()).await
    };
    let answer = delete(id, None).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "it runs");
    server.ask(id, "stop?wait=true").await;
    assert_eq!(delete(id, None).await.json(), json!({ "ok": true, "detail": "Instance deleted successfully." }));
    let config = server.config();
    assert!(config.join("trashcan/a/launch.sh").exists() && config.join("outputs/a").exists());
    assert!(!config.join("instances/a").exists());

    let id = server.hello("a").await;
    server.ask(id, "stop?wait=true").await;
    let answer = delete(id, Some(json!({ "mode": "trash" }))).await;
    assert_eq!((answer.status, answer.json()["field"].as_str()), (StatusCode::CONFLICT, Some("overwrite")));
    assert!(config.join("instances/a").exists(), "a refused deletion changes nothing");
    assert_eq!(delete(id, Some(json!({ "mode": "shred" }))).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(delete(id, Some(json!({ "overwrite": true }))).await.status, StatusCode::OK);
    assert_eq!(delete(id, None).await.status, StatusCode::NOT_FOUND);
}
