//! What goes through to an app, and what comes back.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::Full;
use serde_json::json;

use crate::support::{Server, send_raw};

/// An app that says which path it saw, and redirects where its query says.
pub(crate) const PATHS: &str = "exec python3 -c \"
import http.server, os
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        to = self.path.partition('?to=')[2]
        body = (self.path + ' ' + str(self.headers.get('x-forwarded-prefix')) + ' ' + str(os.environ.get('GRADIO_ROOT_PATH'))).encode()
        self.send_response(302 if to else 200)
        if to: self.send_header('location', to)
        self.send_header('content-length', str(len(body))); self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['WEBUI_PORT'])), H).serve_forever()\"";

#[tokio::test]
async fn path_and_query_arrive_byte_for_byte() {
    let server = Server::new();
    server.started("a", "", PATHS).await;
    for (sent, seen) in [
        ("/instance/a/", "/"),
        ("/instance/a/x?y=%20+%2B&z=/", "/x?y=%20+%2B&z=/"),
        ("/instance/a/%2F/..%2f/%zz/;p=1", "/%2F/..%2f/%zz/;p=1"),
        ("/instance/a/x?", "/x?"),
    ] {
        assert_eq!(server.client.get(sent).await.text(), format!("{seen} /instance/a /instance/a"));
    }
}

#[tokio::test]
async fn an_app_is_told_who_asks_and_where() {
    let server = Server::new();
    server.hello("a").await;
    let address = server.client.address;
    let echo = server.client.get("/instance/a/api/echo").await.json();
    assert_eq!(echo["headers"]["host"], address.to_string(), "with its port");
    assert_eq!(echo["headers"]["x-forwarded-prefix"], "/instance/a");
    assert_eq!(echo["headers"]["x-forwarded-host"], address.to_string());
    assert_eq!(echo["headers"]["x-forwarded-proto"], "http");
    let request = server.client.request(Method::GET, "/instance/a/api/echo");
    let request = request
        .header("x-forwarded-for", "1.2.3.4")
        .header("connection", "x-secret, keep-alive")
        .header("x-secret", "1")
        .header("proxy", "evil");
    let echo = server.client.send(request.body(Full::default()).unwrap()).await.json();
    assert_eq!(echo["headers"]["x-forwarded-for"], "127.0.0.1");
    for gone in ["x-secret", "proxy", "keep-alive"] {
        assert_eq!(echo["headers"][gone], json!(null), "{gone}");
    }
}

#[tokio::test]
async fn bodies_of_every_framing_arrive_whole() {
    let server = Server::new();
    server.hello("a").await;
    let body = Bytes::from(vec![b'x'; 3 * 1024 * 1024]);
    let request = server.client.request(Method::POST, "/instance/a/api/echo").body(Full::new(body)).unwrap();
    let echo = server.client.send(request).await.json();
    assert_eq!(echo["body"]["size"], 3 * 1024 * 1024, "no limit as in the earlier system");
    for method in ["POST", "GET", "DELETE"] {
        let raw = format!(
            "{method} /instance/a/api/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        );
        let answer = send_raw(server.client.address, raw.as_bytes());
        assert!(answer.contains("\"size\": 5"), "{method}: {answer}");
    }
    let odd = "POST /instance/a/api/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n0\r\n\r\n";
    assert!(send_raw(server.client.address, odd.as_bytes()).starts_with("HTTP/1.1 501"));
}

#[tokio::test]
async fn answers_stream_as_they_come() {
    let server = Server::new();
    server.hello("a").await;
    let address = server.client.address;
    let arrivals = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .write_all(
                b"GET /instance/a/api/stream?n=5&ms=200 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            )
            .unwrap();
        let (mut arrivals, mut buffer) = (Vec::new(), [0; 4096]);
        loop {
            let read = stream.read(&mut buffer).unwrap();
            if read == 0 {
                return arrivals;
            }
            arrivals.push(Instant::now());
        }
    });
    let arrivals = arrivals.await.unwrap();
    let spread = *arrivals.last().unwrap() - arrivals[0];
    assert!(arrivals.len() >= 4 && spread > Duration::from_millis(500), "{} pieces in {spread:?}", arrivals.len());
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed_by_the_app() {
    let server = Server::new();
    let body = "exec python3 -c \"
import http.server, os, time
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        try:
            while self.path == '/endless':
                self.wfile.write(b'x' * 1024); time.sleep(0.02)
        except OSError:
            open('gone', 'w').write('1')
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['WEBUI_PORT'])), H).serve_forever()\"";
    server.started("a", "", body).await;
    let mut stream = TcpStream::connect(server.client.address).unwrap();
    stream.write_all(b"GET /instance/a/endless HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    stream.read_exact(&mut [0; 2000]).unwrap();
    drop(stream);
    crate::support::eventually("the app's notice", || server.config().join("instances/a/gone").exists().then_some(()));
}

#[tokio::test]
async fn redirects_and_the_slash() {
    let server = Server::new();
    server.hello("a").await;
    let answer = server.client.get("/instance/a?x=1").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::PERMANENT_REDIRECT, "/instance/a/?x=1"));
    server.started("paths", "", PATHS).await;
    let own = format!("http://{}/x", server.client.address);
    for (to, location) in [
        ("/x", "/instance/paths/x"),
        ("x", "x"),
        (own.as_str(), "/instance/paths/x"),
        ("https://example.com/x", "https://example.com/x"),
        ("/instance/paths/x", "/instance/paths/x"),
    ] {
        let answer = server.client.get(&format!("/instance/paths/?to={to}")).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::FOUND, location), "{to}");
    }
    for status in [204, 404, 500, 503] {
        let answer = server.client.get(&format!("/instance/a/api/status/{status}")).await;
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!(answer.header("x-aikore-answer"), "", "the app's own answer is not ours");
    }
}

#[tokio::test]
async fn an_app_that_keeps_its_prefix_gets_it() {
    let server = Server::new();
    server.started("a", "# aikore.proxy = preserve", PATHS).await;
    assert_eq!(server.client.get("/instance/a/x?y").await.text(), "/instance/a/x?y None None");
    assert_eq!(server.client.get("/instance/a").await.text(), "/instance/a None None", "no slash is added");
    assert_eq!(server.client.get("/instance/a/?to=/x").await.header("location"), "/x", "its redirects are its own");
}

#[tokio::test]
async fn pages_instead_of_an_app() {
    let server = Server::new();
    let id = server.create("My <b>App", "hello.sh").await;
    let page = |accept: &'static str| {
        let request = server.client.request(Method::GET, "/instance/my-b-app/").header("accept", accept);
        server.client.send(request.body(Full::default()).unwrap())
    };
    let html = page("text/html,*/*;q=0.8").await;
    assert_eq!(html.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(html.header("content-type").starts_with("text/html") && html.header("cache-control") == "no-store");
    assert!(html.text().contains("My &lt;b&gt;App") && !html.text().contains("<b>App"), "{}", html.text());
    assert_eq!(html.header("retry-after"), "", "nothing is under way");
    let json = page("*/*").await;
    assert_eq!((json.detail().as_str(), json.header("x-aikore-answer")), ("'My <b>App' is stopped.", "not-ready"));
    let state = server.client.get("/.aikore/instances/my-b-app/state").await.json();
    assert_eq!((&state["id"], &state["status"]), (&json!(id), &json!("stopped")));
    let unknown = server.client.get("/instance/my-b-ap/").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(unknown.detail().contains("my-b-app"), "near names: {}", unknown.detail());
    let request = server.client.request(Method::GET, "/instance/my-b-ap/").header("sec-fetch-mode", "navigate");
    let page = server.client.send(request.body(Full::default()).unwrap()).await.text();
    assert!(page.contains("<a href=\"/instance/my-b-app/\">"), "{page}");
    let request = server.client.request(Method::GET, "/no/such/page").header("sec-fetch-mode", "navigate");
    assert!(
        server
            .client
            .send(request.body(Full::default()).unwrap())
            .await
            .header("content-type")
            .starts_with("text/html")
    );
    assert!(server.client.get("/favicon.ico").await.header("content-type").starts_with("image/"));
}

#[tokio::test]
async fn a_child_that_breaks_the_rules_gives_502_and_hurts_nobody() {
    let server = Server::new();
    let body = "exec python3 -c \"
import os, socket, threading
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(os.environ['WEBUI_PORT']))); s.listen(50)
def one(c):
    path = c.recv(65536).split(b' ')[1:2]
    answers = {b'/garbage': b'hello\\r\\n\\r\\n', b'/close': b'', b'/101': b'HTTP/1.1 101 Switching\\r\\nUpgrade: x\\r\\nConnection: upgrade\\r\\n\\r\\n',
               b'/cut': b'HTTP/1.1 200 OK\\r\\nContent-Length: 1000\\r\\n\\r\\nshort'}
    c.sendall(answers.get(path[0] if path else b'', b'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok')); c.close()
while True: threading.Thread(target=one, args=(s.accept()[0],)).start()\"";
    server.started("a", "", body).await;
    for path in ["garbage", "close", "101"] {
        let answer = server.client.get(&format!("/instance/a/{path}")).await;
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{path}");
        assert_eq!(answer.header("x-aikore-answer"), "upstream");
        assert_eq!(server.client.get("/instance/a/").await.text(), "ok", "after {path}");
    }
    // What broke off must not look complete.
    let cut = send_raw(
        server.client.address,
        b"GET /instance/a/cut HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    assert!(cut.contains("content-length: 1000") || cut.contains("Content-Length: 1000"), "{cut}");
    assert!(cut.ends_with("short"), "{cut}");
}

#[tokio::test]
async fn an_early_answer_arrives_although_an_upload_is_under_way() {
    let server = Server::new();
    server.create("a", "hello.sh").await;
    for (path, status) in [("/instance/a/upload", "503"), ("/instance/none/upload", "404")] {
        for _ in 0..10 {
            let address = server.client.address;
            let answer = tokio::task::spawn_blocking(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                let size = 8 * 1024 * 1024;
                let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n");
                stream.write_all(head.as_bytes()).unwrap();
                // All of it before the answer is looked at, as simple clients do.
                stream.write_all(&vec![b'x'; size]).unwrap();
                let mut answer = [0; 12];
                stream.read_exact(&mut answer).unwrap();
                String::from_utf8_lossy(&answer).into_owned()
            });
            assert_eq!(answer.await.unwrap(), format!("HTTP/1.1 {status}"), "{path}");
        }
    }
}

/// An app that counts its connections, keeps them alive, and closes each after its second answer without saying so.
const COUNTING: &str = "exec python3 -c \"
import os, socket, threading
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(os.environ['WEBUI_PORT']))); s.listen(50)
def one(c, n):
    for answer in (1, 2):
        head = b''
        while b'\\r\\n\\r\\n' not in head:
            more = c.recv(65536)
            if not more: return
            head += more
        body = f'{n}.{answer} {head.split()[0].decode()}'.encode()
        c.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n' % len(body) + body)
    c.close()
n = 0
while True: n += 1; threading.Thread(target=one, args=(s.accept()[0], n)).start()\"";

#[tokio::test]
async fn idle_connections_are_used_again_and_none_is_trusted_twice() {
    let server = Server::new();
    server.started("a", "", COUNTING).await;
    // One connection of a client stays on one worker, and so do the connections to children it causes.
    let stream = tokio::net::TcpStream::connect(server.client.address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut seen = Vec::new();
    // Each of the app's connections is closed after two answers; nobody notices.
    for _ in 0..20 {
        let request = server.client.request(Method::GET, "/instance/a/").body(Full::<Bytes>::default()).unwrap();
        sender.ready().await.unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
        seen.push(String::from_utf8_lossy(&body).into_owned());
    }
    assert!(seen.iter().filter(|text| text.contains(".2 GET")).count() >= 5, "{seen:?}");
    // What must not be sent twice gets a connection of its own.
    for _ in 0..5 {
        let answer = server.client.call(Method::POST, "/instance/a/", None).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.text().contains(".1 POST"), "{}", answer.text());
    }
}

#[tokio::test]
async fn an_app_on_the_other_loopback_address_is_found() {
    let server = Server::new();
    server.started("six", "", "exec python3 -m http.server \"$WEBUI_PORT\" --bind ::1").await;
    assert_eq!(server.client.get("/instance/six/").await.status, StatusCode::OK);
}
