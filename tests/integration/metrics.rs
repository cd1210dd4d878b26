//! `/metrics`, and the ways in with what went through them.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::{Method, StatusCode};
use http_body_util::Full;
use serde_json::Value;

use crate::support::{Cards, ONE, Server, Start, eventually_async, knock};

/// Each line by its name and labels. Whatever is no line of the format fails.
fn figures(text: &str) -> HashMap<String, f64> {
    assert!(text.ends_with("# EOF\n"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
            (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("{line}")))
        })
        .collect()
}

async fn scrape(server: &Server) -> HashMap<String, f64> {
    let answer = server.client.get("/metrics").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert!(answer.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
    figures(&answer.text())
}

fn of(figures: &HashMap<String, f64>, name: &str) -> f64 {
    *figures.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", figures.keys()))
}

#[tokio::test]
async fn what_happens_is_counted_by_instance() {
    let server = Server::new();
    let id = server.hello("a").await;
    server.create("b", "hello.sh").await;
    let before = scrape(&server).await;
    assert_eq!(server.client.get("/instance/a/").await.status, StatusCode::OK);
    let body = vec![b'x'; 100_000];
    let request = server.client.request(Method::POST, "/instance/a/api/echo").body(Full::new(Bytes::from(body)));
    let echoed = server.client.send(request.unwrap()).await;
    assert_eq!(echoed.status, StatusCode::OK);
    assert_eq!(server.client.get("/instance/b/").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let after = scrape(&server).await;
    let grown = |name: &str| of(&after, name) - of(&before, name);
    assert_eq!(grown(r#"aikore_http_requests_total{instance="a"}"#), 2.0);
    assert_eq!(grown(r#"aikore_http_answers_total{instance="a",code="2xx"}"#), 2.0);
    assert_eq!(grown(r#"aikore_http_answers_total{instance="b",code="5xx"}"#), 1.0);
    assert_eq!(grown(r#"aikore_upstream_errors_total{instance="b"}"#), 1.0);
    assert_eq!(grown(r#"aikore_received_bytes_total{instance="a"}"#), 100_000.0);
    assert!(grown(r#"aikore_sent_bytes_total{instance="a"}"#) > 100.0);
    assert!(grown(r#"aikore_panel_answers_total{code="2xx"}"#) >= 1.0);
    assert_eq!(of(&after, r#"aikore_instance_status{instance="a",status="started"}"#), 1.0);
    assert_eq!(of(&after, r#"aikore_instance_status{instance="b",status="started"}"#), 0.0);
    assert!(of(&after, r#"aikore_instance_memory_bytes{instance="a"}"#) > 1e6);
    assert!(of(&after, r#"aikore_instance_log_bytes_total{instance="a"}"#) > 0.0);
    assert_eq!(of(&after, r#"aikore_instance_restarts_total{instance="a"}"#), 0.0);
    let pid = server.pid();
    let resident = of(&after, "process_resident_memory_bytes");
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let kb = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().trim().trim_end_matches(" kB");
    let said = kb.parse::<f64>().unwrap() * 1024.0;
    assert!((resident / said - 1.0).abs() < 0.2, "{resident} told, {said} said the kernel");
    assert!(of(&after, "process_open_fds") > 5.0 && of(&after, "process_cpu_seconds_total") > 0.0);
    // Who is gone is told no more.
    server.ask(id, "stop?wait=true").await;
    assert_eq!(server.client.call(Method::DELETE, &format!("/api/instances/{id}"), None).await.status, StatusCode::OK);
    let gone = scrape(&server).await;
    assert!(!gone.keys().any(|name| name.contains(r#"instance="a""#)), "{:?}", gone.keys());
}

#[tokio::test]
async fn a_websocket_and_connections_are_seen_while_they_last() {
    let server = Server::new();
    server.hello("a").await;
    let route = async || server.client.get("/api/system/routes").await.json()[0].clone();
    let first = route().await;
    assert_eq!((&first["generation"], &first["tunnels"]), (&Value::from(1), &Value::from(0)), "{first}");
    let address = server.client.address;
    let kinds: Vec<_> = first["ways"].as_array().unwrap().iter().map(|way| way["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["path", "port", "host"], "{first}");
    assert_eq!(first["ways"][0]["address"], "/instance/a/");
    assert_eq!(first["ways"][2]["address"], format!("http://a.localhost:{}/", address.port()));
    let socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let url = format!("ws://localhost:{}/instance/a/ws", address.port());
    let (mut socket, _) = tokio_tungstenite::client_async(url, socket).await.unwrap();
    let open = scrape(&server).await;
    assert_eq!(of(&open, r#"aikore_tunnels{instance="a"}"#), 1.0);
    assert!(of(&open, r#"aikore_upstream_connections{instance="a"}"#) >= 1.0);
    let had = of(&open, r#"aikore_sent_bytes_total{instance="a"}"#);
    socket.send(tokio_tungstenite::tungstenite::Message::text("x".repeat(5000))).await.unwrap();
    while socket.next().await.unwrap().unwrap().len() < 5000 {}
    eventually_async("what went back", || async {
        let now = scrape(&server).await;
        (of(&now, r#"aikore_sent_bytes_total{instance="a"}"#) - had >= 5000.0).then_some(())
    })
    .await;
    drop(socket);
    eventually_async("that it is closed", || async { (route().await["tunnels"] == 0).then_some(()) }).await;
    let after = scrape(&server).await;
    assert_eq!(of(&after, r#"aikore_tunnels_opened_total{instance="a"}"#), 1.0);
    eventually_async("that no connection is kept", || async { (route().await["connections"] == 0).then_some(()) })
        .await;
}

#[tokio::test]
async fn cards_are_told_and_not_by_the_last_word_of_a_silent_driver() {
    let cards = Cards::new(&format!("{ONE} 0 0\n"));
    let labels = r#"{gpu="0",uuid="GPU-one"}"#;
    let told = scrape(&cards.server).await;
    assert_eq!(of(&told, &format!("aikore_gpu_utilization_ratios{labels}")), 0.37);
    assert_eq!(of(&told, &format!("aikore_gpu_power_watts{labels}")), 180.5);
    cards.turn_into("hang\n");
    eventually_async("that nothing is told", || async {
        let told = scrape(&cards.server).await;
        (!told.contains_key(&format!("aikore_gpu_power_watts{labels}"))).then_some(())
    })
    .await;
}

#[tokio::test]
async fn who_may_ask() {
    let server = Start::new().with_login().serve();
    let at = server.client.address;
    let ask = async |fields: &[(&str, &str)]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        StatusCode::from_u16(knock(at, "GET", "/metrics", &fields, "").await.status).unwrap()
    };
    let local = format!("localhost:{}", at.port());
    assert_eq!(ask(&[("host", &local)]).await, StatusCode::OK, "a program at this machine");
    assert_eq!(ask(&[("host", &format!("127.0.0.1:{}", at.port()))]).await, StatusCode::OK);
    assert_eq!(ask(&[("host", &format!("[::1]:{}", at.port()))]).await, StatusCode::OK);
    for refused in [
        &[("host", "rebound.example.com")][..],
        &[("host", &local), ("x-forwarded-for", "10.0.0.1")],
        &[("host", &local), ("forwarded", "for=10.0.0.1")],
        &[("host", &local), ("x-real-ip", "10.0.0.1")],
    ] {
        let status = ask(refused).await;
        assert!(status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN, "{status} {refused:?}");
    }
    let other = knock(at, "GET", "/api/instances", &[("host", local.as_bytes())], "").await;
    assert_ne!(other.status, 200, "nothing but the figures");
    let session = server.log_in().await;
    let token = server.token(&session, "prometheus", &["read"]).await;
    let bearer = format!("Bearer {token}");
    assert_eq!(ask(&[("host", "ai.example.com"), ("authorization", &bearer)]).await, StatusCode::OK);
}

#[tokio::test]
async fn scripts_that_look_for_nginx_find_the_routes() {
    let server = Server::new();
    server.hello("a").await;
    let answer = server.client.get("/api/system/debug-nginx").await.json();
    assert!(answer["nginx_debug_log"].as_str().unwrap().contains("no NGINX"), "{answer}");
    let text = answer["locations_d"]["a.conf"].as_str().unwrap();
    assert!(text.contains("/instance/a/") && text.contains("-> http://127.0.0.1:"), "{text}");
}
