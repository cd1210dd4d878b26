//! The command line against a server elsewhere: by URL and token, with TLS and below a path.

use std::process::Command;

use serde_json::json;

use crate::cli::Told;
use crate::support::{Server, Start, binary};

/// A command that knows nothing of the server but what it is told.
fn far(server: &Server, url: &str, token: Option<&str>, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AIKORE_")) {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .env("AIKORE_CONFIG_DIR", "/nowhere/at/all")
        .env("AIKORE_URL", url)
        .env("SSL_CERT_FILE", server.config().join("tls/ca.pem"))
        .current_dir(server.config());
    if let Some(token) = token {
        command.env("AIKORE_TOKEN", token);
    }
    command
}

fn ask(server: &Server, url: &str, token: Option<&str>, arguments: &[&str]) -> Told {
    far(server, url, token, arguments).output().unwrap().into()
}

fn here(server: &Server, arguments: &[&str]) -> Told {
    server.run(arguments).into()
}

#[test]
fn by_tls_and_below_a_path() {
    let server = Start::new().with_login().env("AIKORE_TLS", "self-signed").env("AIKORE_BASE_PATH", "/ai").serve();
    let port = server.client.address.port();
    let url = format!("https://localhost:{port}/ai");
    // Made on the machine itself, where nobody is asked for one.
    let token = here(&server, &["token", "create", "laptop"]).well();
    let secret = token.trim();
    let token = Some(secret);
    let ask = |arguments: &[&str]| ask(&server, &url, token, arguments);
    assert_eq!(ask(&["health"]).well(), "ok\n");
    assert_eq!(ask(&["create", "hello", "--start", "--wait"]).well(), "1\thello\tstarted\n");
    assert!(ask(&["ps"]).well().contains(&format!("\thttps://localhost:{}/\t", server.pool.0)));
    let addresses = ask(&["open", "hello"]).well();
    assert!(
        addresses.lines().any(|line| line == format!("https://localhost:{port}/ai/instance/hello/")),
        "{addresses}"
    );
    assert_eq!(here(&server, &["open", "hello"]).well(), addresses, "the same on the machine itself");

    // Websockets take the same way.
    assert!(ask(&["logs", "hello"]).out.contains("GET /") || ask(&["logs", "hello"]).code == 0);
    let told = ask(&["exec", "hello", "--", "bash", "-c", "pwd; exit 7"]);
    assert_eq!((told.code, &*told.out), (7, &*format!("{}\n", server.config().join("instances/hello").display())));
    assert!(ask(&["events", "--once"]).well().contains("hello is started"));
    assert_eq!(ask(&["copy", "hello", "second", "--json"]).json()["name"], "second");
    assert_eq!(ask(&["stop", "hello", "--wait"]).well(), "hello\tstopped\n");
    // With a slash at its end it is the same address, and flags do what variables do.
    let with_slash = format!("{url}/");
    let flags = ["ps", "--json", "--url", &with_slash, "--token", secret];
    let told: Told = far(&server, "http://localhost:1", None, &flags).output().unwrap().into();
    assert_eq!(told.json()[0]["slug"], "hello");

    // Whom this machine does not trust, and what is no TLS.
    let mut stranger = far(&server, &url, token, &["ps"]);
    let other = Start::new().env("AIKORE_TLS", "self-signed").serve();
    let told: Told = stranger.env("SSL_CERT_FILE", other.config().join("tls/ca.pem")).output().unwrap().into();
    told.failed(4, "tls/ca.pem");
    let mut stranger = far(&server, &url, token, &["logs", "hello"]);
    let told: Told = stranger.env("SSL_CERT_FILE", other.config().join("tls/ca.pem")).output().unwrap().into();
    told.failed(4, "certificate");
    let plain = format!("http://localhost:{port}/ai");
    self::ask(&server, &plain, token, &["ps"]).failed(1, "the server sends us to https://");
}

#[test]
fn who_is_let_in_and_how_far() {
    let server = Start::new().with_login().serve();
    let url = server.own_origin();
    here(&server, &["create", "hello"]).well();
    let token = |scopes: &[&str], name: &str| {
        let scopes = scopes.iter().flat_map(|scope| ["--scope", *scope]);
        let arguments: Vec<&str> = ["token", "create", name].into_iter().chain(scopes).collect();
        here(&server, &arguments).well().trim().to_owned()
    };
    let (reader, one) = (token(&["read"], "reader"), token(&["instance:hello"], "one"));
    ask(&server, &url, None, &["ps"]).failed(5, "AIKORE_TOKEN");
    ask(&server, &url, Some("nothing"), &["ps"]).failed(5, "does not know this token");
    ask(&server, &url, None, &["logs", "1"]).failed(5, "AIKORE_TOKEN");
    ask(&server, &url, Some("a\nb"), &["ps"]).failed(2, "AIKORE_TOKEN");

    let reads = |arguments: &[&str]| ask(&server, &url, Some(&reader), arguments);
    assert!(reads(&["ps"]).well().starts_with("1\thello\tstopped"));
    reads(&["start", "hello"]).failed(5, "manage");
    reads(&["exec", "hello", "--", "true"]).failed(5, "manage");
    reads(&["token", "list"]).failed(5, "manage");
    reads(&["rm", "hello", "--yes"]).failed(5, "manage");
    let told = reads(&["start", "hello", "--json"]);
    assert!(serde_json::from_str::<serde_json::Value>(&told.err).unwrap()["detail"].is_string(), "{}", told.err);

    // A token of one instance is told of that one, and controls it.
    here(&server, &["create", "hello", "--name", "other"]).well();
    let controls = |arguments: &[&str]| ask(&server, &url, Some(&one), arguments);
    let told = controls(&["ps"]).well();
    assert!(told.starts_with("1\thello\tstopped") && told.lines().count() == 1, "{told}");
    assert_eq!(controls(&["start", "hello", "--wait"]).well(), "hello\tstarted\n");
    assert_eq!(controls(&["logs", "1"]).code, 0);
    controls(&["start", "other"]).failed(3, "no instance 'other'");
    assert_eq!(controls(&["stop", "1", "--wait"]).well(), "hello\tstopped\n");

    let listed = here(&server, &["token", "list"]).well();
    assert!(listed.contains("\treader\tread\t") && listed.contains("\tone\tinstance:hello\t"), "{listed}");
    here(&server, &["token", "revoke", "raeder"]).failed(3, "'reader'");
    assert_eq!(here(&server, &["token", "revoke", "reader"]).well(), "reader is revoked\n");
    reads(&["ps"]).failed(5, "revoked");
    let made = here(&server, &["token", "create", "x", "--json"]).json();
    assert_eq!(made["id"].as_i64().map(|id| id > 2), Some(true), "{made}");
    assert_eq!(here(&server, &["token", "list", "--json"]).json()[1]["scopes"], json!(["manage"]));
    here(&server, &["token", "create", "x", "--scope", "everything"]).failed(1, "not a scope");
}

#[test]
fn addresses_where_nobody_is() {
    let server = Server::new();
    ask(&server, "http://127.0.0.1:1", None, &["ps"]).failed(4, "can't be reached");
    ask(&server, "http://127.0.0.1:1", None, &["health"]).failed(1, "can't be reached");
    ask(&server, "http://nobody.invalid", None, &["ps"]).failed(4, "can't be reached");
    for wrong in ["localhost:9000", "ftp://localhost", "http://a:b@localhost"] {
        ask(&server, wrong, None, &["ps"]).failed(2, "AIKORE_URL");
    }
    // Something else answers there: an app of ours, at its own port.
    assert_eq!(here(&server, &["create", "hello", "--start", "--wait"]).code, 0);
    let app = format!("http://127.0.0.1:{}", server.pool.0);
    let told = ask(&server, &app, None, &["ps"]);
    assert!(told.code == 1 || told.code == 3, "{} {}", told.code, told.err);
    assert_eq!(told.err.lines().count(), 1, "{}", told.err);
}
