//! Requests that fall out of an app's prefix find back.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::{Method, StatusCode};
use http_body_util::Full;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::{Answer, Server};

async fn ask(server: &Server, method: Method, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut request = server.client.request(method, path);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    server.client.send(request.body(Full::<Bytes>::default()).unwrap()).await
}

#[tokio::test]
async fn by_the_page_they_came_from() {
    let server = Server::new();
    server.hello("a").await;
    server.create("down", "hello.sh").await;
    let from = |slug: &str| format!("http://{}/instance/{slug}/deep", server.client.address);
    let (a, down) = (from("a"), from("down"));
    for (method, path) in [
        (Method::GET, "/static/x.js?v=1"),
        (Method::POST, "/api/predict"),
        (Method::GET, "/"),
        (Method::GET, "/api/instances/"),
    ] {
        let answer = ask(&server, method, path, &[("referer", &a)]).await;
        assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{path}");
        assert_eq!(answer.header("location"), format!("/instance/a{path}"));
        assert_eq!((answer.header("cache-control"), answer.header("x-aikore-answer")), ("no-store", "rescued"));
    }
    for (path, fields, status) in [
        ("/nothing", &[("referer", down.as_str())][..], 404),
        ("/nothing", &[("referer", "http://evil.com/instance/a/")], 404),
        ("/sw.js", &[("referer", a.as_str()), ("service-worker", "script")], 404),
        ("/.aikore/assets/css/app.css", &[("referer", a.as_str())], 200),
        ("/api/status", &[], 200),
    ] {
        assert_eq!(ask(&server, Method::GET, path, fields).await.status.as_u16(), status, "{path} {fields:?}");
    }
}

#[tokio::test]
async fn by_the_page_opened_last() {
    let server = Server::new();
    server.hello("a").await;
    let page = ask(&server, Method::GET, "/instance/a/", &[("sec-fetch-mode", "navigate")]).await;
    assert_eq!(page.header("set-cookie"), "aikore_instance=a; Path=/; HttpOnly; SameSite=Lax");
    assert_eq!(server.client.get("/instance/a/").await.header("set-cookie"), "", "only a page is remembered");
    let cookie = ("cookie", "x=1; aikore_instance=a");
    let answer = ask(&server, Method::GET, "/no/route?x", &[cookie]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::TEMPORARY_REDIRECT, "/instance/a/no/route?x"));
    assert_eq!(
        ask(&server, Method::GET, "/api/status", &[cookie]).await.status,
        StatusCode::OK,
        "the panel's own paths are never rescued"
    );
    assert_eq!(
        ask(&server, Method::GET, "/no/route", &[("cookie", "aikore_instance=nobody")]).await.status,
        StatusCode::NOT_FOUND
    );
    let echo = ask(&server, Method::GET, "/instance/a/api/echo", &[cookie]).await.json();
    assert_eq!(echo["headers"]["cookie"], "x=1", "our cookie never reaches a child");
}

#[tokio::test]
async fn websockets_by_the_page_opened_last() {
    let server = Server::new();
    server.hello("a").await;
    let connect = |cookie: &'static str| async move {
        let mut request = format!("ws://{}/ws", server.client.address).into_client_request().unwrap();
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        let stream = tokio::net::TcpStream::connect(server.client.address).await.unwrap();
        tokio_tungstenite::client_async(request, stream).await
    };
    let (mut socket, _) = connect("aikore_instance=a").await.unwrap();
    socket.send(Message::text("found")).await.unwrap();
    while !socket.next().await.unwrap().unwrap().to_string().contains("found") {}
    assert!(connect("aikore_instance=nobody").await.is_err());
}

#[tokio::test]
async fn by_the_script_that_was_itself_rescued() {
    let server = Server::new();
    server.hello("a").await;
    server.hello("b").await;
    let host = server.client.address;
    let page = format!("http://{host}/instance/a/");
    let located = async |path: &'static str, referer: String, agent: &'static str| {
        let cookie = "aikore_instance=b";
        let fields = [("referer", referer.as_str()), ("user-agent", agent), ("cookie", cookie)];
        ask(&server, Method::GET, path, &fields).await.header("location").to_owned()
    };
    assert_eq!(located("/lib/one.js", page, "x").await, "/instance/a/lib/one.js");
    let one = format!("http://{host}/lib/one.js?v=1");
    assert_eq!(located("/lib/two.js", one.clone(), "x").await, "/instance/a/lib/two.js", "it came from a's script");
    assert_eq!(located("/three.js", format!("http://{host}/lib/two.js"), "x").await, "/instance/a/three.js");
    assert_eq!(located("/lib/two.js", one, "other").await, "/instance/b/lib/two.js", "another browser went elsewhere");
    assert_eq!(located("/x.js", format!("http://{host}/"), "x").await, "/instance/b/x.js", "the root is nobody's");
}

#[tokio::test]
async fn an_upload_hears_where_to_go() {
    let server = Server::new();
    server.hello("a").await;
    let referer = format!("http://{}/instance/a/", server.client.address);
    for (field, value) in [("referer", referer.as_str()), ("cookie", "aikore_instance=a")] {
        for attempt in 0..10 {
            let request = server.client.request(Method::POST, "/upload").header(field, value);
            let body = Full::new(Bytes::from(vec![b'x'; 3_000_000]));
            let answer = server.client.send(request.body(body).unwrap()).await;
            let to = (answer.status, answer.header("location"));
            assert_eq!(to, (StatusCode::TEMPORARY_REDIRECT, "/instance/a/upload"), "{field} {attempt}");
        }
    }
}
