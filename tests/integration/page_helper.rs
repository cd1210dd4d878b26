//! The script that is put into the pages of apps that don't know their prefix.

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode};
use http_body_util::Full;
use serde_json::json;

use crate::support::{Answer, Server, Start};

/// An app whose answers are described by the query: `coding`, `csp`, `type`, `cache`, `status`; `/cut` breaks off.
const APP: &str = "exec python3 -c \"
import gzip, http.server, os, urllib.parse, zlib
PAGE = b'<!doctype html><html><head><title>x</title><link rel=icon href=/icon.png></head><body><a href=/next>n</a>' + b'<p>text</p>' * 9000 + b'</body></html>'
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        ask = dict(urllib.parse.parse_qsl(url.query))
        body = PAGE
        if url.path == '/told': body = b'<script src=' + os.environ['GRADIO_ROOT_PATH'].encode() + b'/x.js></script>' + PAGE
        if ask.get('coding') == 'gzip': body = gzip.compress(body)
        if ask.get('coding') == 'deflate': body = zlib.compress(body)
        self.send_response(int(ask.get('status', 200)))
        self.send_header('Content-Type', ask.get('type', 'text/html; charset=utf-8'))
        self.send_header('Content-Length', str(len(body) + (100 if url.path == '/cut' else 0)))
        self.send_header('ETag', '\\\"one\\\"')
        self.send_header('X-Asked', str(self.headers.get('accept-encoding')))
        if 'coding' in ask: self.send_header('Content-Encoding', ask['coding'])
        if 'csp' in ask: self.send_header('Content-Security-Policy', ask['csp'])
        if 'cache' in ask: self.send_header('Cache-Control', ask['cache'])
        self.end_headers()
        if self.command == 'GET': self.wfile.write(body)
        if url.path == '/cut': self.close_connection = True
    do_HEAD = do_GET
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['WEBUI_PORT'])), H).serve_forever()\"";

const SCRIPT: &str = "<script src=\"/instance/a/.aikore/page-helper.js\"";

/// As a browser opens a page.
async fn open(server: &Server, method: Method, path: &str) -> Answer {
    let request = server.client.request(method, path);
    let request = request
        .header("sec-fetch-mode", "navigate")
        .header("accept", "text/html,*/*;q=0.8")
        .header("accept-encoding", "gzip, br");
    server.client.send(request.body(Full::default()).unwrap()).await
}

#[tokio::test]
async fn pages_below_a_prefix_get_it() {
    let server = Server::new();
    server.started("a", "", APP).await;
    let page = open(&server, Method::GET, "/instance/a/").await;
    let head = format!(
        "<!doctype html><html><head>{SCRIPT} data-address=\"hide\"></script><script type=\"importmap\" data-aikore>"
    );
    assert!(page.text().starts_with(&head), "{}", &page.text()[..400]);
    assert!(page.text().contains("<link rel=icon href=\"/instance/a/icon.png\">"));
    assert!(page.text().contains("<a href=\"/instance/a/next\">") && page.text().ends_with("</body></html>"));
    assert_eq!(page.header("x-asked"), "identity", "what is read is not compressed first");
    assert_eq!((page.header("content-length"), page.header("etag")), ("", ""), "it is no longer that body");
    let told = open(&server, Method::GET, "/instance/a/told").await.text();
    assert!(told.starts_with(&format!("{SCRIPT} data-address=\"keep\"")), "its address stays: it knows its prefix");
    let error = open(&server, Method::GET, "/instance/a/?status=404").await;
    assert!(error.status == StatusCode::NOT_FOUND && error.text().contains(SCRIPT), "the app's own error page too");
    let head = open(&server, Method::HEAD, "/instance/a/").await;
    assert!(head.status == StatusCode::OK && head.header("content-length").is_empty() && head.body.is_empty());
}

#[tokio::test]
async fn whatever_it_was_compressed_with() {
    let server = Server::new();
    server.started("a", "", APP).await;
    for coding in ["gzip", "deflate"] {
        let page = open(&server, Method::GET, &format!("/instance/a/?coding={coding}")).await;
        assert!(page.text().contains(SCRIPT) && page.text().ends_with("</body></html>"), "{coding}");
        assert_eq!(page.header("content-encoding"), "");
    }
    let unknown = open(&server, Method::GET, "/instance/a/?coding=x-own").await;
    assert!(!unknown.text().contains(SCRIPT) && unknown.header("content-encoding") == "x-own", "passes as it is");
}

#[tokio::test]
async fn everything_else_passes_untouched() {
    let server = Server::new();
    let id = server.started("a", "", APP).await;
    let plain = server.client.get("/instance/a/").await;
    assert!(!plain.text().contains(SCRIPT) && plain.header("etag") == "\"one\"", "a program gets what the app sent");
    for query in [
        "type=text/plain",
        "type=text/html;charset=utf-16",
        "cache=no-transform",
        "csp=script-src%20'none'",
        "csp=sandbox",
        "status=206",
    ] {
        let page = open(&server, Method::GET, &format!("/instance/a/?{query}")).await;
        assert!(!page.text().contains(SCRIPT) && page.header("etag") == "\"one\"", "{query}");
    }
    let port = server.instance(id).await["port"].as_u64().unwrap();
    let own = crate::support::Client::at(([127, 0, 0, 1], u16::try_from(port).unwrap()).into());
    let request = own.request(Method::GET, "/").header("sec-fetch-mode", "navigate");
    let page = own.send(request.body(Full::default()).unwrap()).await;
    assert!(!page.text().contains(SCRIPT), "on its own origin there is no prefix");
    let answer =
        server.client.call(Method::PUT, &format!("/api/instances/{id}"), Some(&json!({ "helper": "off" }))).await;
    assert_eq!(answer.json()["applied"], "hot");
    assert!(!open(&server, Method::GET, "/instance/a/").await.text().contains(SCRIPT), "it can be switched off");
}

#[tokio::test]
async fn policies_decide_what_is_put_in() {
    let server = Server::new();
    server.started("a", "", APP).await;
    let strict = open(&server, Method::GET, "/instance/a/?csp=script-src%20'self'").await;
    assert!(strict.text().contains(SCRIPT) && !strict.text().contains("importmap"), "a file, and nothing inline");
    assert_eq!(strict.header("content-security-policy"), "script-src 'self'", "the policy is the app's");
    let nonce = open(&server, Method::GET, "/instance/a/?csp=script-src%20'nonce-abc'").await.text();
    assert!(
        nonce.contains("nonce=\"abc\"></script><script type=\"importmap\" data-aikore nonce=\"abc\">"),
        "{}",
        &nonce[..300]
    );
}

#[tokio::test]
async fn a_page_that_was_cut_off_stays_cut_off() {
    let server = Server::new();
    server.started("a", "", APP).await;
    let raw = "GET /instance/a/cut HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n";
    let answer = crate::support::send_raw(server.client.address, raw.as_bytes());
    assert!(answer.contains(SCRIPT) && !answer.ends_with("0\r\n\r\n"), "no end that was not there");
}

#[tokio::test]
async fn the_script_is_a_file_below_every_prefix() {
    let server = Server::new();
    server.create("a", "hello.sh").await;
    let script = server.client.get("/instance/a/.aikore/page-helper.js").await;
    assert_eq!((script.status, script.header("content-type")), (StatusCode::OK, "text/javascript; charset=utf-8"));
    assert!(!script.body.is_empty(), "for a stopped one too: its page may still be open");
    let etag = script.headers["etag"].clone();
    let known = server.client.request(Method::GET, "/instance/a/.aikore/page-helper.js").header("if-none-match", etag);
    let answer = server.client.send(known.body(Full::default()).unwrap()).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::NOT_MODIFIED, 0));
}

#[tokio::test]
async fn under_an_outer_proxys_prefix_everything_says_so() {
    let server = Start::new().env("AIKORE_BASE_PATH", "/ai/").serve();
    server.started("a", "", APP).await;
    let id = server.started("kept", "# aikore.proxy = preserve", crate::proxy::PATHS).await;
    assert_eq!(server.instance(id).await["urls"]["path"], "/ai/instance/kept/");
    for way in ["/instance/a/", "/ai/instance/a/"] {
        let page = open(&server, Method::GET, way).await;
        assert!(page.text().contains("<script src=\"/ai/instance/a/.aikore/page-helper.js\""), "{way}");
        assert!(page.text().contains("<a href=\"/ai/instance/a/next\">"));
        let cookies: Vec<&HeaderValue> = page.headers.get_all("set-cookie").iter().collect();
        assert!(cookies.iter().any(|cookie| cookie.to_str().unwrap().contains("aikore_instance=a; Path=/ai/;")));
    }
    for way in ["/instance/kept/x", "/ai/instance/kept/x"] {
        assert!(server.client.get(way).await.text().starts_with("/ai/instance/kept/x "), "{way}");
    }
    for way in ["/healthz", "/ai/healthz", "/api/status", "/ai/api/status", "/", "/ai/"] {
        assert_eq!(server.client.get(way).await.status, StatusCode::OK, "{way}");
    }
    assert_eq!(server.client.get("/ai/instance/a").await.header("location"), "/ai/instance/a/");
    let bare = server.client.get("/ai").await;
    assert_eq!((bare.status.as_u16(), bare.header("location")), (308, "/ai/"), "the dashboard's links are relative");
    let unknown = open(&server, Method::GET, "/ai/instance/b/").await.text();
    assert!(unknown.contains("href=\"/ai/instance/a/\"") && unknown.contains("\"/ai/.aikore/assets"), "{unknown}");
    let request = server.client.request(Method::GET, "/ai/static/x.js");
    let referer = format!("http://{}/ai/instance/a/", server.client.address);
    let rescued = server.client.send(request.header("referer", referer).body(Full::<Bytes>::default()).unwrap()).await;
    assert_eq!((rescued.status.as_u16(), rescued.header("location")), (307, "/ai/instance/a/static/x.js"));
}

#[tokio::test]
async fn without_path_routes_an_instance_has_its_own_origin_only() {
    let server = Start::new().env("AIKORE_PATH_ROUTES", "off").serve();
    let id = server.hello("a").await;
    let instance = server.instance(id).await;
    assert_eq!(instance["urls"]["path"], json!(null));
    let answer = server.client.get("/instance/a/").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.detail().contains("AIKORE_PATH_ROUTES"), "{}", answer.detail());
    let port = u16::try_from(instance["port"].as_u64().unwrap()).unwrap();
    let own = crate::support::Client::at(([127, 0, 0, 1], port).into());
    assert_eq!(own.get("/").await.status, StatusCode::OK);
}
