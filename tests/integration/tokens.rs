//! Tokens of programs, and what is written down of every change.

use http::Method;
use serde_json::{Value, json};

use crate::login::{by, log_in};
use crate::support::{PASSWORD, Start, eventually_async};

#[tokio::test]
async fn tokens_are_made_seen_and_revoked() {
    let mut server = Start::new().with_login().serve();
    let session = server.log_in().await;
    server.manage().await;
    let a = server.create("a", "hello.sh").await;
    let make = async |name: &str, scopes: &[&str]| {
        by(&server, &session, "POST", "/api/auth/tokens", Some(&json!({ "name": name, "scopes": scopes }))).await
    };
    let made = make("  build  ", &["instance:a", "read", "read"]).await;
    assert_eq!((made.status.as_u16(), made.header("cache-control")), (201, "no-store"));
    let secret = made.json()["token"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("ak_") && secret.len() == 46, "{secret}");
    let find = async |name: &str| {
        let listed = by(&server, &session, "GET", "/api/auth/tokens", None).await;
        assert!(!listed.text().contains(&secret), "shown once");
        listed.json().as_array().unwrap().iter().find(|one| one["name"] == name).cloned()
    };
    let listed = find("build").await.unwrap();
    assert_eq!((&listed["scopes"], &listed["last_used_at"]), (&json!(["read", "instance:a"]), &json!(null)));
    let bearer = format!("Bearer {secret}");
    let ask = async |method: &str, path: &str| {
        server.client.ask(method, path, &[("authorization", &bearer)], None).await.status
    };
    assert_eq!(ask("GET", "/api/instances/").await, 200);
    let listed = find("build").await.unwrap();
    assert!(listed["last_used_at"].is_string() && listed["last_used_from"] == "127.0.0.1", "{listed}");

    for (name, scopes, status, field) in [
        ("build", &["read"][..], 409, "name"),
        ("", &["read"], 422, "name"),
        ("a\nb", &["read"], 422, "name"),
        (&"x".repeat(101), &["read"], 422, "name"),
        ("other", &[], 422, "scopes"),
        ("other", &["all"], 422, "scopes"),
        ("other", &["instance:none"], 422, "scopes"),
        ("other", &["view:"], 422, "scopes"),
        ("other", &["instance:1"], 422, "scopes"),
        ("other", &["Manage"], 422, "scopes"),
    ] {
        let refused = make(name, scopes).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["field"].as_str()),
            (status, Some(field)),
            "{name} {scopes:?}"
        );
    }

    // A scope means an instance, whatever that is called.
    assert_eq!(
        server.client.call(Method::PUT, &format!("/api/instances/{a}"), Some(&json!({ "name": "moved" }))).await.status,
        200
    );
    let impostor = server.create("a", "hello.sh").await;
    let moved = server.instance(a).await["slug"].as_str().unwrap().to_owned();
    assert_eq!(find("build").await.unwrap()["scopes"], json!(["read", format!("instance:{moved}")]));
    assert_eq!(ask("POST", &format!("/api/instances/{impostor}/start")).await, 403);
    assert_eq!(server.instance(impostor).await["status"], "stopped");
    assert_eq!(ask("POST", &format!("/api/instances/{a}/start")).await, 200);
    server.wait_status(a, "started").await;
    assert_eq!(ask("POST", &format!("/api/instances/{a}/stop?wait=true")).await, 200);
    for (method, path) in [
        ("DELETE", format!("/api/instances/{a}")),
        ("POST", "/api/auth/tokens".to_owned()),
        ("GET", "/api/audit".to_owned()),
    ] {
        assert_eq!(ask(method, &path).await, 403, "{method} {path}");
    }
    // One whose instance is deleted opens nothing, by whatever id comes next.
    server.client.call(Method::DELETE, &format!("/api/instances/{a}"), Some(&json!({ "mode": "permanent" }))).await;
    eventually_async("the end of the instance", || async {
        (ask("GET", &format!("/api/instances/{a}")).await == 404).then_some(())
    })
    .await;
    assert_eq!(find("build").await.unwrap()["scopes"], json!(["read", "instance:(deleted)"]));

    let id = find("build").await.unwrap()["id"].clone();
    let revoke = async || by(&server, &session, "DELETE", &format!("/api/auth/tokens/{id}"), None).await.status;
    assert_eq!((revoke().await.as_u16(), revoke().await.as_u16()), (204, 404));
    assert_eq!(ask("GET", "/api/instances/").await, 401);
}

#[tokio::test]
async fn every_change_is_written_down() {
    let mut server = Start::new().with_login().serve();
    let session = server.log_in().await;
    server.manage().await;
    let token = server.client.token.unwrap();
    let a = server.create("a", "hello.sh").await;
    let own = server.own_origin();
    assert_eq!(log_in(&server, "wrong").await.status, 401);
    by(&server, &session, "PUT", &format!("/api/instances/{a}"), Some(&json!({ "name": "b" }))).await;
    by(&server, &session, "PUT", &format!("/api/instances/{a}?dry_run=true"), Some(&json!({ "name": "c" }))).await;
    // What it says in the query keeps no other change out.
    by(&server, &session, "DELETE", "/api/trash?dry_run=true", None).await;
    by(&server, &session, "POST", "/.aikore/instances/b/start", None).await;
    server.wait_status(a, "started").await;
    by(&server, &session, "POST", &format!("/api/instances/{a}/stop?wait=true"), None).await;
    let made = by(&server, &session, "POST", "/api/auth/tokens", Some(&json!({ "name": "t", "scopes": ["read"] })))
        .await
        .json();
    by(&server, &session, "DELETE", &format!("/api/auth/tokens/{}", made["id"]), None).await;
    server
        .client
        .ask(
            "DELETE",
            &format!("/api/instances/{a}"),
            &[("authorization", &format!("Bearer {token}"))],
            Some(&json!({ "mode": "permanent" })),
        )
        .await;
    by(&server, &session, "POST", "/api/auth/logout", None).await;
    server.client.ask("POST", "/api/instances/", &[("origin", &own)], Some(&json!({}))).await;
    let read = async |query: &str| server.client.get(&format!("/api/audit{query}")).await.json();
    let expected = [
        ("login", "nobody", null(), 401),
        ("instance.change", "session", json!("a"), 200),
        ("trash.delete", "session", null(), 200),
        ("instance.start", "session", json!("b"), 200),
        ("instance.stop", "session", json!("b"), 200),
        ("token.create", "session", json!("t"), 201),
        ("token.delete", "session", json!("t"), 204),
        ("instance.delete", "token the test", json!("b"), 200),
        ("logout", "session", null(), 204),
    ];
    let all = eventually_async("the last entry", || async {
        let all = read("").await;
        (all["entries"][0]["action"] == "logout").then_some(all)
    })
    .await;
    let entries = all["entries"].as_array().unwrap();
    for (entry, (action, actor, target, status)) in entries.iter().zip(expected.into_iter().rev()) {
        assert_eq!(
            (&entry["action"], &entry["target"], &entry["status"]),
            (&json!(action), &target, &json!(status)),
            "{entry}"
        );
        assert!(entry["actor"].as_str().unwrap().starts_with(actor), "{entry}");
        assert_eq!(entry["address"], "127.0.0.1");
        assert!(entry["at"].as_str().unwrap().starts_with("20"), "{entry}");
    }
    assert!(!all.to_string().contains(PASSWORD) && !all.to_string().contains(token));
    // In pages, each entry once.
    let (mut paged, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = read(&query).await;
        paged.extend(page["entries"].as_array().unwrap().clone());
        match page["next"].as_i64() {
            Some(next) => query = format!("?limit=2&before={next}"),
            None => break,
        }
    }
    assert_eq!(&paged, entries);
}

fn null() -> Value {
    Value::Null
}
