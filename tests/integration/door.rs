//! By which names the panel answers, and whose calls may change something.

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::Full;
use serde_json::json;

use crate::support::{Server, Start, send_raw};

#[tokio::test]
async fn a_foreign_name_is_misdirected_and_told_why() {
    let server = Server::new();
    for (path, accept) in [
        ("/", "text/html"),
        ("/api/instances/", "*/*"),
        ("/instance/a/", "*/*"),
        ("/.aikore/assets/css/app.css", "*/*"),
    ] {
        let request = http::Request::get(path).header("host", "evil.example.com").header("accept", accept);
        let answer = server.client.send(request.body(Full::default()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{path}");
        assert!(answer.text().contains("AIKORE_ALLOWED_HOSTS"), "{}", answer.text());
    }
    for host in ["127.0.0.1", "localhost:1", "gpubox", "gpubox.local", "[::1]:9000"] {
        let request = http::Request::get("/api/status").header("host", host).body(Full::default()).unwrap();
        assert_eq!(server.client.send(request).await.status, StatusCode::OK, "{host}");
    }
    let request = http::Request::get("/healthz").header("host", "evil.example.com").body(Full::default()).unwrap();
    assert_eq!(server.client.send(request).await.status, StatusCode::OK, "health is open");
}

#[tokio::test]
async fn named_hosts_are_let_in() {
    let server = Start::new().env("AIKORE_ALLOWED_HOSTS", "ai.example.com").serve();
    for (host, status) in [("ai.example.com:8080", 200), ("gpubox", 421), ("127.0.0.1", 200)] {
        let request = http::Request::get("/api/status").header("host", host).body(Full::default()).unwrap();
        assert_eq!(server.client.send(request).await.status.as_u16(), status, "{host}");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing() {
    let server = Server::new();
    let body = json!({ "name": "a", "base_blueprint": "hello.sh" }).to_string();
    let create = |fields: &[(&str, &str)]| {
        let mut request =
            server.client.request(Method::POST, "/api/instances/").header("content-type", "application/json");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        server.client.send(request.body(Full::new(Bytes::from(body.clone()))).unwrap())
    };
    for fields in [
        &[("origin", "http://evil.com")][..],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
    ] {
        assert_eq!(create(fields).await.status, StatusCode::FORBIDDEN, "{fields:?}");
    }
    assert_eq!(server.client.get("/api/instances/").await.json(), json!([]));
    let own = format!("http://{}", server.client.address);
    assert_eq!(create(&[("origin", &own), ("sec-fetch-site", "same-origin")]).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_trusted_proxy_says_how_the_client_came() {
    let server =
        Start::new().env("AIKORE_TRUSTED_PROXIES", "127.0.0.0/8").env("AIKORE_ALLOWED_HOSTS", "ai.example.com").serve();
    let call = |host: &'static str| {
        let request = server.client.request(Method::POST, "/api/instances/").header("content-type", "application/json");
        let request = request
            .header("origin", "https://ai.example.com")
            .header("x-forwarded-host", host)
            .header("x-forwarded-proto", "https");
        let body = json!({ "name": "a", "base_blueprint": "hello.sh" }).to_string();
        server.client.send(request.body(Full::new(Bytes::from(body))).unwrap())
    };
    assert_eq!(call("evil.example.com").await.status, StatusCode::MISDIRECTED_REQUEST);
    let created = call("ai.example.com").await;
    assert_eq!(created.status, StatusCode::CREATED);
    let port = format!("https://ai.example.com:{}/", server.pool.0);
    assert_eq!(created.json()["urls"]["port"], port);
}

#[tokio::test]
async fn only_json_is_taken() {
    let server = Server::new();
    for media in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let request = server.client.request(Method::POST, "/api/instances/").header("content-type", media);
        let answer = server.client.send(request.body(Full::new(Bytes::from_static(b"{}"))).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{media}");
        assert!(answer.detail().contains("JSON"));
    }
}

#[test]
fn malformed_requests_are_refused_before_anything_is_routed() {
    let server = Server::new();
    let address = server.client.address;
    for (request, status) in [
        ("GET / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400"),
        ("GET http://u@localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"),
        ("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", "405"),
        ("TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n", "405"),
        ("GET /healthz HTTP/1.0\r\n\r\n", "200"),
    ] {
        let answer = send_raw(address, request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes());
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")) || answer.starts_with(&format!("HTTP/1.0 {status}")),
            "{request:?}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_chunked_or_not() {
    let server = Server::new();
    let big = json!({ "name": "x".repeat(11 * 1024 * 1024), "base_blueprint": "hello.sh" }).to_string();
    let chunked = format!(
        "POST /api/instances/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\
         Connection: close\r\n\r\n{:x}\r\n{big}\r\n0\r\n\r\n",
        big.len()
    );
    let address = server.client.address;
    let answer = tokio::task::spawn_blocking(move || {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(chunked.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    });
    let answer = answer.await.unwrap();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(server.client.get("/api/instances/").await.json(), json!([]));
}
