//! Inputs of blueprints: from the header to the environment.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Server, eventually_async};

const HEADER: &str = r#"# aikore.ready = process
# aikore.param.low-memory = bool, false, "Low memory"
# aikore.param.steps = int, 20, "Steps", min=1, max=150, hint="More is finer, and slower"
# aikore.param.mode = enum, fast, "Mode", options=fast|good
# aikore.param.token = secret, , "Token"
# aikore.param.broken = colour, red
"#;
const BODY: &str = "env | grep ^AIKORE_PARAM_ | sort | sed 's/$/;/'; exec sleep 600";
const SECRET: &str = "hunter2-never-to-be-seen";

/// The variables a start was given, as its log has them.
async fn variables(server: &Server, id: i64) -> Vec<String> {
    let path = format!("/api/instances/{id}/logs?offset=0");
    let log = eventually_async("its variables", || async {
        let content = server.client.get(&path).await.json()["content"].as_str().unwrap_or_default().to_owned();
        // The last of them in full.
        content.split("TOKEN=").nth(1).is_some_and(|rest| rest.contains(';')).then_some(content)
    })
    .await;
    log.lines().filter_map(|line| Some(line.trim().strip_prefix("AIKORE_PARAM_")?.replace(';', ""))).collect()
}

async fn put(server: &Server, id: i64, params: Value) -> Answer {
    server.client.call(Method::PUT, &format!("/api/instances/{id}"), Some(&json!({ "params": params }))).await
}

#[tokio::test]
async fn the_catalogue_shows_what_a_blueprint_asks_for() {
    let server = Server::new();
    server.blueprint("asks.sh", HEADER, BODY);
    let list = server.client.get("/api/system/blueprints").await.json();
    let asks = &list["custom"][0];
    let names: Vec<_> = asks["params"].as_array().unwrap().iter().map(|param| param["name"].clone()).collect();
    assert_eq!(names, ["low-memory", "steps", "mode", "token"]);
    let steps = &asks["params"][1];
    assert_eq!(
        (&steps["type"], &steps["default"], &steps["min"], &steps["max"], &steps["variable"]),
        (&json!("int"), &json!(20), &json!(1), &json!(150), &json!("AIKORE_PARAM_STEPS"))
    );
    assert_eq!(asks["params"][2]["options"], json!(["fast", "good"]));
    assert!(asks["param_faults"][0].as_str().unwrap().starts_with("param.broken: "), "{asks}");
}

#[tokio::test]
async fn values_reach_the_script_and_a_change_is_cold() {
    let server = Server::new();
    server.blueprint("asks.sh", HEADER, BODY);
    let body = json!({ "name": "a", "base_blueprint": "asks.sh", "params": { "low-memory": true, "token": SECRET } });
    let made = server.client.post("/api/instances/", &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!(made.json()["params"], json!({ "low-memory": true, "token": { "set": true } }));
    let id = made.json()["id"].as_i64().unwrap();
    server.ask(id, "start").await;
    server.wait_status(id, "started").await;
    let token = format!("TOKEN={SECRET}");
    assert_eq!(variables(&server, id).await, ["LOW_MEMORY=true", "MODE=fast", "STEPS=20", &token]);

    // As it was shown it changes nothing; another value restarts it, null goes back to the default.
    let same = put(&server, id, json!({ "low-memory": true, "token": { "set": true } })).await.json();
    assert_eq!(same["applied"], "hot");
    let path = format!("/api/instances/{id}?dry_run=true");
    let other = json!({ "params": { "token": "another" } });
    let planned = server.client.call(Method::PUT, &path, Some(&other)).await.json();
    assert!(planned["changes"]["params"].is_object() && planned["restarts"] == true, "{planned}");
    let run = server.instance(id).await["run"].clone();
    let changed = put(&server, id, json!({ "steps": 5, "low-memory": null })).await;
    assert_eq!((changed.status, &changed.json()["applied"]), (StatusCode::OK, &json!("cold")), "{}", changed.text());
    let now = server.wait_status(id, "started").await;
    assert_ne!(now["run"], run);
    assert_eq!(now["params"], json!({ "steps": 5, "token": { "set": true } }));
    assert_eq!(variables(&server, id).await, ["LOW_MEMORY=false", "MODE=fast", "STEPS=5", &token]);

    // A satellite has them of its parent, and nowhere else.
    let satellite =
        server.client.post(&format!("/api/instances/{id}/instantiate"), &json!({ "new_name": "s" })).await.json();
    assert_eq!(satellite["params"], now["params"]);
    let satellite = satellite["id"].as_i64().unwrap();
    assert_eq!(put(&server, satellite, json!({ "steps": 5 })).await.status, StatusCode::OK);
    let locked = put(&server, satellite, json!({ "steps": 6 })).await;
    assert_eq!((locked.status, &locked.json()["field"]), (StatusCode::BAD_REQUEST, &json!("params")));
    server.ask(satellite, "start").await;
    server.wait_status(satellite, "started").await;
    assert!(variables(&server, satellite).await.contains(&token));

    // What is secret is in no answer and no line of the server's own.
    for path in ["/api/instances/", "/api/system/blueprints", "/api/system/routes", "/api/jobs"] {
        assert!(!server.client.get(path).await.text().contains(SECRET), "{path}");
    }
    assert!(!server.log().contains(SECRET));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_at_its_input() {
    let server = Server::new();
    server.blueprint("asks.sh", HEADER, BODY);
    server.blueprint("plain.sh", "# aikore.ready = process", "exec sleep 600");
    let id = server.create("a", "asks.sh").await;
    for (params, field) in [
        (json!({ "steps": "5" }), "params.steps"),
        (json!({ "steps": 151 }), "params.steps"),
        (json!({ "mode": "slow" }), "params.mode"),
        (json!({ "low-memory": "yes" }), "params.low-memory"),
        (json!({ "token": "a\nb" }), "params.token"),
        (json!({ "broken": "red" }), "params.broken"),
        (json!({ "nothing": null }), "params.nothing"),
    ] {
        let refused = put(&server, id, params.clone()).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["field"]), (422, &json!(field)), "{}", refused.text());
        let body = json!({ "name": "b", "base_blueprint": "asks.sh", "params": params });
        let refused = server.client.post("/api/instances/", &body).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["field"]), (422, &json!(field)), "{}", refused.text());
    }
    let body = json!({ "name": "b", "base_blueprint": "plain.sh", "params": { "steps": 5 } });
    let refused = server.client.post("/api/instances/", &body).await;
    assert!(refused.detail().contains("no input 'steps'"), "{}", refused.text());

    // Another blueprint takes over only what it asks for too.
    assert_eq!(put(&server, id, json!({ "steps": 7, "mode": "good" })).await.status, StatusCode::OK);
    server.blueprint("other.sh", "# aikore.param.steps = int, 1, Steps, max=5\n# aikore.param.mode = text", BODY);
    let body = json!({ "base_blueprint": "other.sh" });
    let moved = server.client.call(Method::PUT, &format!("/api/instances/{id}"), Some(&body)).await;
    assert_eq!(moved.json()["params"], json!({ "mode": "good" }), "{}", moved.text());
}

#[tokio::test]
async fn what_must_be_given_is_asked_for() {
    let server = Server::new();
    server.blueprint("needs.sh", "# aikore.param.key = secret, , \"Licence key\", required", "exec sleep 600");
    let body = json!({ "name": "a", "base_blueprint": "needs.sh" });
    let refused = server.client.post("/api/instances/", &body).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["field"]), (422, &json!("params.key")));
    assert_eq!(refused.detail(), "Licence key: it needs a value.");
    let body = json!({ "name": "a", "base_blueprint": "needs.sh", "params": { "key": SECRET } });
    assert_eq!(server.client.post("/api/instances/", &body).await.status, StatusCode::CREATED);
}
