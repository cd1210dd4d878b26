//! One instance, three ways in: path, public port, host name.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::json;

use crate::proxy::PATHS;
use crate::support::{Client, Server, Start, eventually_async};

fn at(port: u64) -> Client {
    Client::at(([127, 0, 0, 1], u16::try_from(port).unwrap()).into())
}

async fn get(client: Client, host: &str, path: &str) -> crate::support::Answer {
    client.send(Request::get(path).header("host", host).body(Full::<Bytes>::default()).unwrap()).await
}

/// Waits until the public port of an instance is served.
async fn public(server: &Server, id: i64) -> Client {
    let client = at(server.instance(id).await["port"].as_u64().unwrap());
    eventually_async("the public port", || async { tokio::net::TcpStream::connect(client.address).await.ok() }).await;
    client
}

#[tokio::test]
async fn a_stripped_app_by_all_three() {
    let server = Server::new();
    let id = server.started("a", "", PATHS).await;
    let port = public(&server, id).await;
    let own = port.address.to_string();
    assert_eq!(server.client.get("/instance/a/x?y").await.text(), "/x?y /instance/a /instance/a");
    assert_eq!(get(port, &own, "/x?y").await.text(), "/x?y None /instance/a");
    // An app that was told its prefix writes it on every way in.
    assert_eq!(get(port, &own, "/instance/a/x").await.text(), "/x /instance/a /instance/a");
    assert_eq!(
        get(port, &own, "/?to=/login").await.header("location"),
        "/login",
        "nothing was cut, nothing is put back"
    );
    for host in ["a.localhost", "A.LOCALHOST:9000"] {
        assert_eq!(get(server.client, host, "/x").await.text(), "/x None /instance/a", "{host}");
    }
    let urls = server.instance(id).await["urls"].clone();
    let dashboard = server.client.address.port();
    assert_eq!(
        urls,
        json!({ "app": null, "path": "/instance/a/", "port": format!("http://{own}/"), "host": format!("http://a.localhost:{dashboard}/") })
    );
}

#[tokio::test]
async fn a_preserving_app_is_led_to_its_prefix() {
    let server = Server::new();
    let id = server.started("a", "# aikore.proxy = preserve", PATHS).await;
    let port = public(&server, id).await;
    let own = port.address.to_string();
    let answer = get(port, &own, "/").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::TEMPORARY_REDIRECT, "/instance/a/"));
    assert_eq!(get(port, &own, "/instance/a/x").await.text(), "/instance/a/x None None");
}

#[tokio::test]
async fn an_app_that_needs_the_root_is_led_to_its_port() {
    let server = Server::new();
    let id = server.started("a", "# aikore.proxy = root-only", PATHS).await;
    let port = public(&server, id).await;
    let answer = get(server.client, "localhost:1", "/instance/a/deep/link?x=1").await;
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(answer.header("location"), format!("http://localhost:{}/deep/link?x=1", port.address.port()));
    assert_eq!(get(port, &port.address.to_string(), "/deep/link?x=1").await.text(), "/deep/link?x=1 None None");
}

#[tokio::test]
async fn a_stopped_instance_shows_its_page_on_its_port_and_starts_from_there() {
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let port = public(&server, id).await;
    let own = port.address.to_string();
    let answer = get(port, &own, "/anything").await;
    assert_eq!((answer.status, answer.header("x-aikore-answer")), (StatusCode::SERVICE_UNAVAILABLE, "not-ready"));
    assert_eq!(get(port, &own, "/.aikore/instances/a/state").await.json()["status"], "stopped");
    assert_eq!(get(port, &own, "/.aikore/assets/css/page.css").await.status, StatusCode::OK);
    let start = |origin: String| {
        let request = Request::post("/.aikore/instances/a/start").header("host", own.clone()).header("origin", origin);
        port.send(request.body(Full::<Bytes>::default()).unwrap())
    };
    assert_eq!(start("http://evil.com".to_owned()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(start(format!("http://{own}")).await.status, StatusCode::OK);
    server.wait_status(id, "started").await;
    assert_eq!(get(port, &own, "/api/echo").await.json()["headers"]["host"], own);
    server.create("other", "hello.sh").await;
    assert_eq!(
        get(port, &own, "/.aikore/instances/other/state").await.status,
        StatusCode::NOT_FOUND,
        "an app sees nothing of another"
    );
    assert_eq!(server.client.get("/.aikore/instances/other/state").await.status, StatusCode::OK);
    assert_eq!(get(port, "evil.example.com", "/api/echo").await.status, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(get(port, &own, "/healthz").await.status, StatusCode::NOT_FOUND, "that path is the app's here");
}

#[tokio::test]
async fn moving_to_another_port_is_hot_and_breaks_no_connection() {
    use futures_util::{SinkExt, StreamExt};
    let server = Server::new();
    let id = server.hello("a").await;
    let old = public(&server, id).await;
    let stream = tokio::net::TcpStream::connect(old.address).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(format!("ws://{}/ws", old.address), stream).await.unwrap();
    let pid = server.instance(id).await["pid"].clone();
    let change = server
        .client
        .call(Method::PUT, &format!("/api/instances/{id}"), Some(&json!({ "port": server.pool.1 })))
        .await
        .json();
    assert_eq!((&change["applied"], &change["pid"]), (&json!("hot"), &pid));
    let new = public(&server, id).await;
    assert_eq!(new.address.port(), server.pool.1);
    assert_eq!(get(new, &new.address.to_string(), "/api/echo").await.status, StatusCode::OK);
    eventually_async("the old port's end", || async {
        tokio::net::TcpStream::connect(old.address).await.is_err().then_some(())
    })
    .await;
    socket.send(tokio_tungstenite::tungstenite::Message::text("still")).await.unwrap();
    while !socket.next().await.unwrap().unwrap().to_string().contains("still") {}
}

#[tokio::test]
async fn the_ways_in_are_listed_with_what_went_through() {
    let server = Server::new();
    let id = server.hello("a").await;
    server.create("b", "hello.sh").await;
    for path in ["/instance/a/api/echo", "/instance/a/api/status/500", "/instance/b/"] {
        server.client.get(path).await;
    }
    let stream = tokio::net::TcpStream::connect(server.client.address).await.unwrap();
    let (socket, _) =
        tokio_tungstenite::client_async(format!("ws://{}/instance/a/ws", server.client.address), stream).await.unwrap();
    let counted = |routes: &serde_json::Value, n: usize| {
        ["requests", "failures", "active", "tunnels"].map(|name| routes[n][name].as_u64().unwrap())
    };
    let routes = server.client.get("/api/system/routes").await.json();
    assert_eq!(
        (&routes[0]["instance_id"], &routes[0]["path"], &routes[0]["mode"]),
        (&json!(id), &json!("/instance/a/"), &json!("strip"))
    );
    assert_eq!(routes[0]["target"], format!("127.0.0.1:{}", server.instance(id).await["app_port"]));
    assert_eq!(counted(&routes, 0), [3, 0, 0, 1], "an app's own 500 is its answer");
    assert_eq!((counted(&routes, 1), &routes[1]["target"]), ([1, 1, 0, 0], &json!(null)));
    drop(socket);
    eventually_async("the tunnel's end", || async {
        let routes = server.client.get("/api/system/routes").await.json();
        (counted(&routes, 0) == [3, 0, 0, 0]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_host_name_of_its_own_is_hot_and_let_in() {
    let server = Start::new().env("AIKORE_BASE_DOMAIN", "ai.example.com").serve();
    let id = server.hello("a").await;
    assert_eq!(get(server.client, "a.ai.example.com", "/api/echo").await.status, StatusCode::OK);
    assert_eq!(get(server.client, "comfy.example.org", "/api/echo").await.status, StatusCode::MISDIRECTED_REQUEST);
    let body = json!({ "hostname": "comfy.example.org", "use_custom_hostname": true });
    let change = server.client.call(Method::PUT, &format!("/api/instances/{id}"), Some(&body)).await.json();
    assert_eq!(change["applied"], "hot");
    assert!(change["urls"]["host"].as_str().unwrap().starts_with("http://comfy.example.org:"), "{}", change["urls"]);
    assert_eq!(get(server.client, "comfy.example.org", "/api/echo").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_deleted_instance_gives_its_port_back() {
    let server = Start::new().pool(1).serve();
    let id = server.create("a", "hello.sh").await;
    let port = public(&server, id).await;
    server.client.call(Method::DELETE, &format!("/api/instances/{id}"), None).await;
    eventually_async("the port's end", || async {
        tokio::net::TcpStream::connect(port.address).await.is_err().then_some(())
    })
    .await;
    server.create("b", "hello.sh").await;
}

#[tokio::test]
async fn a_port_another_program_holds_is_served_when_it_lets_go() {
    let mut server = Start::new().pool(1).serve();
    let id = server.create("a", "hello.sh").await;
    let port = public(&server, id).await;
    server.end("TERM");
    let other = std::net::TcpListener::bind(port.address).unwrap();
    server.start();
    eventually_async("the complaint", || async { server.log().contains("is not served yet").then_some(()) }).await;
    drop(other);
    eventually_async("the public port", || async { tokio::net::TcpStream::connect(port.address).await.ok() }).await;
    assert_eq!(get(port, &port.address.to_string(), "/").await.status, StatusCode::SERVICE_UNAVAILABLE);
}
