//! What a person can find out afterwards: request ids, the access log, the last error of an instance.

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::Full;
use serde_json::Value;

use crate::support::{Server, Start, eventually, send_raw};

/// The lines of the access log so far.
fn lines(server: &Server, of: impl Fn(&str) -> bool) -> Vec<String> {
    server.log().lines().filter(|line| of(line)).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_request_has_a_name() {
    let server = Server::new();
    server.hello("a").await;
    let given = async |id: &'static str| {
        let request = server.client.request(Method::GET, "/instance/a/api/echo").header("x-request-id", id);
        let echo = server.client.send(request.body(Full::<Bytes>::default()).unwrap()).await.json();
        echo["headers"]["x-request-id"].as_str().unwrap().to_owned()
    };
    assert_eq!(given("mine-1").await, "mine-1");
    assert_eq!(given("not a name").await.len(), 16);
    let ours = server.client.get("/instance/b/").await;
    assert_eq!(ours.header("x-request-id").len(), 16, "an error page of ours says which request it was");
}

#[tokio::test]
async fn the_last_error_of_an_instance_is_kept() {
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let route = async || server.client.get("/api/system/routes").await.json()[0].clone();
    assert_eq!(route().await["last_error"], Value::Null);
    let answer = server.client.get("/instance/a/").await;
    let route = route().await;
    assert_eq!((route["instance_id"].as_i64(), route["failures"].as_u64()), (Some(id), Some(1)));
    assert_eq!(route["last_error"]["status"], 503);
    assert_eq!(route["last_error"]["detail"], "'a' is stopped.");
    assert_eq!(route["last_error"]["request_id"], answer.header("x-request-id"));
}

#[tokio::test]
async fn the_access_log_in_both_forms() {
    for (setting, hides) in [("json", true), ("json+query", false), ("common", true)] {
        let server = Start::new().env("AIKORE_ACCESS_LOG", setting).serve();
        server.hello("a").await;
        let body = server.client.get("/instance/a/?token=secret").await.body.len();
        assert_eq!(server.client.get("/nothing").await.status, StatusCode::NOT_FOUND);
        let line = eventually("the line", || lines(&server, |line| line.contains("/instance/a/")).pop());
        assert_eq!(!line.contains("secret"), hides, "{line}");
        if setting == "common" {
            assert!(line.starts_with("127.0.0.1 - - [") && line.ends_with(&format!("HTTP/1.1\" 200 {body}")), "{line}");
            continue;
        }
        let json: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((json["status"].as_u64(), json["instance"].as_str()), (Some(200), Some("a")));
        assert_eq!((json["bytes"].as_u64(), json["client"].as_str()), (Some(body as u64), Some("127.0.0.1")));
        let ours = eventually("our own answer", || lines(&server, |line| line.contains("/nothing")).pop());
        assert_eq!(serde_json::from_str::<Value>(&ours).unwrap()["instance"], Value::Null);
    }
}

#[tokio::test]
async fn a_balancer_introduces_its_clients() {
    let server = Start::new().env("AIKORE_PROXY_PROTOCOL", "on").env("AIKORE_ACCESS_LOG", "json").serve();
    let ask = |header: &[u8]| {
        let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        send_raw(server.client.address, &[header, request].concat())
    };
    assert!(ask(b"PROXY TCP4 10.1.2.3 10.0.0.2 52953 443\r\n").starts_with("HTTP/1.1 200"));
    let line = eventually("the line", || lines(&server, |line| line.contains("10.1.2.3")).pop());
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["path"], "/healthz");
    let two = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\x09\x08\x07\x0a\0\0\x02\xce\xd9\x01\xbb";
    assert!(ask(two).starts_with("HTTP/1.1 200"));
    eventually("the second one's", || lines(&server, |line| line.contains("10.9.8.7")).pop());
    assert_eq!(ask(b""), "", "a connection nobody introduces is closed");
    assert!(ask(b"PROXY UNKNOWN\r\n").starts_with("HTTP/1.1 200"), "the balancer itself");
}

#[tokio::test]
async fn only_trusted_balancers_may() {
    let server = Start::new().env("AIKORE_PROXY_PROTOCOL", "on").env("AIKORE_TRUSTED_PROXIES", "10.0.0.0/8").serve();
    let request = b"PROXY TCP4 10.1.2.3 10.0.0.2 1 2\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(send_raw(server.client.address, request), "");
}
