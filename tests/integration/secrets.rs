//! What of the login reaches an app, what an app can do to it, and where secrets are never found.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use crate::support::{Client, PASSWORD, Start, Wire, cookie, curl, knock};

#[tokio::test]
async fn apps_never_see_what_is_ours() {
    let server = Start::new().guarded().await;
    let a = server.witness("a").await;
    let session = server.log_in().await;
    let token = server.token(&session, "a", &["instance:a"]).await;
    let bearer = format!("Bearer {token}");
    let link = server.client.ask("GET", &format!("/instance/a/?aikore_token={token}"), &[], None).await;
    let pass = cookie(&link);
    let host = format!("a.localhost:{}", server.client.address.port());
    let ways = [
        (server.client.address, server.client.address.to_string(), "/instance/a"),
        (a.port, a.port.to_string(), ""),
        (server.client.address, host, ""),
    ];
    for (address, host, prefix) in ways {
        for (sent, seen) in [
            (vec![format!("{session}; own=1; x=\"a; b\"")], Some("own=1; x=\"a; b\"")),
            (vec![format!("own=1; {session}")], Some("own=1")),
            (vec![format!("a=1;{session};b=2;  c=3 ")], Some("a=1;b=2;  c=3")),
            (vec!["a=1".to_owned(), session.clone(), "b=2".to_owned()], Some("a=1; b=2")),
            (vec![format!("{session}; {session}; aikore_session=old; aikore_instance=a; {pass}")], None),
            (vec![format!("{session}; =aikore_session=x; = aikore_instance=y; z=1")], Some("z=1")),
            (
                vec![format!("aikore_session_mine=1; {session}; xaikore_session=2; Aikore_Session=3")],
                Some("aikore_session_mine=1; xaikore_session=2; Aikore_Session=3"),
            ),
        ] {
            let mut fields: Vec<(&str, &[u8])> = sent.iter().map(|line| ("cookie", line.as_bytes())).collect();
            fields.push(("host", host.as_bytes()));
            let before = a.heads().await.len();
            let reply = knock(address, "GET", &format!("{prefix}/x"), &fields, "").await;
            assert_eq!(reply.status, 200, "{reply:?}");
            let heads = a.heads().await;
            assert_eq!(heads.len(), before + 1);
            let cookies: Vec<&str> =
                heads[before].lines().filter(|line| line.to_lowercase().starts_with("cookie:")).collect();
            let expected: Vec<String> = seen.iter().map(|seen| format!("cookie: {seen}")).collect();
            assert_eq!(cookies, expected, "of {sent:?}");
        }
        // Bytes that are no text are the app's own affair.
        let odd = [b"own=J\xfcrgen; ".as_slice(), session.as_bytes(), b"; z=\xff"].concat();
        let reply =
            knock(address, "GET", &format!("{prefix}/x"), &[("cookie", &odd), ("host", host.as_bytes())], "").await;
        assert_eq!(reply.status, 200, "an app's cookie hides nobody's login: {reply:?}");
        assert!(a.heads().await.last().unwrap().contains("own=J\u{fc}rgen; z=\u{ff}"));
        // Our token goes, and any other's stays, whoever let the request in.
        for (authorization, seen) in [
            (bearer.as_str(), None),
            ("Basic YTpi", Some("Basic YTpi")),
            ("Bearer the-apps-own", Some("Bearer the-apps-own")),
        ] {
            let fields = [
                ("authorization", authorization.as_bytes()),
                ("cookie", session.as_bytes()),
                ("host", host.as_bytes()),
            ];
            assert_eq!(knock(address, "POST", &format!("{prefix}/x"), &fields, "{}").await.status, 200);
            let head = a.heads().await.pop().unwrap();
            let line = head.lines().find_map(|line| line.strip_prefix("authorization: ").map(str::to_owned));
            assert_eq!(line.as_deref(), seen);
        }
    }
    let all = a.heads().await.join("\n");
    let (session, pass) = (session.split_once('=').unwrap().1, pass.split_once('=').unwrap().1);
    for secret in [session, pass, token.as_str(), "aikore_token", "aikore_instance"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    let environment = a.environment().await.to_string();
    for secret in [PASSWORD, "AIKORE_PASSWORD", "AIKORE_TOKEN", server.client.token.unwrap()] {
        assert!(!environment.contains(secret), "{environment}");
    }
}

#[tokio::test]
async fn an_app_cannot_set_shadow_or_clear_the_login() {
    let server = Start::new().guarded().await;
    let a = server.witness("a").await;
    let session = server.log_in().await;
    let host = format!("a.localhost:{}", server.client.address.port());
    let ways = [
        (server.client.address, server.client.address.to_string(), "/instance/a"),
        (a.port, a.port.to_string(), ""),
        (server.client.address, host, ""),
    ];
    for (address, host, prefix) in ways {
        let plain = knock(
            address,
            "GET",
            &format!("{prefix}/grab"),
            &[("cookie", session.as_bytes()), ("host", host.as_bytes())],
            "",
        )
        .await;
        let mut wire = Wire::to(address).await;
        wire.send(format!(
            "GET {prefix}/socket HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {session}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        ))
        .await;
        let handshake = wire.head().await.unwrap();
        assert!(plain.status == 200 && handshake.contains(" 101 "), "{plain:?} {handshake}");
        for head in [&plain.head, &handshake] {
            assert!(head.contains("x-app: was here"), "{head}");
            let set: Vec<&str> = head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")).collect();
            assert_eq!(set, ["own=1; path=/", "other=2;path=/; httponly"], "{head}");
            for gone in ["stolen", "strict-transport", "alt-svc", "evil", "domain"] {
                assert!(!head.contains(gone), "{gone}: {head}");
            }
            assert!(!head.contains("cookies\""), "{head}");
            if !prefix.is_empty() {
                for gone in ["clear-site-data", "nel:", "report-to"] {
                    assert!(!head.contains(gone), "{gone}: {head}");
                }
                assert!(head.contains("service-worker-allowed: /instance/a/\r\n"), "{head}");
            }
        }
    }
    let fields = [("cookie", session.as_str())];
    assert_eq!(server.client.ask("GET", "/api/auth/session", &fields, None).await.json()["via"], "session");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode() & 0o777
}

/// Everything the server says, in the log at its loudest, in answers and files, while every secret there is is used.
#[tokio::test]
async fn no_secret_is_written_anywhere() {
    let password = "Tr0ub4dor-and-more";
    let mut server = Start::new()
        .env("AIKORE_AUTH", "password")
        .env("AIKORE_LOG", "trace")
        .env("AIKORE_ACCESS_LOG", "json+query")
        .serve();
    let setup = eventually_link(&server);
    let made =
        server.client.ask("POST", "/api/auth/setup", &[], Some(&json!({ "token": setup, "password": password }))).await;
    assert_eq!(made.status, 204, "{}", made.text());
    let mut secrets = vec![("password", password.to_owned())];
    let session = cookie(&made);
    secrets.push(("session", session.split_once('=').unwrap().1.to_owned()));
    let token = server.token(&session, "a token", &["manage"]).await;
    server.client.token = Some(token.clone().leak());
    secrets.push(("token", token.clone()));
    let a = server.witness("a").await;
    let own = server.own_origin();
    let by_session = [("cookie", session.as_str()), ("origin", own.as_str())];
    let mut said = Vec::new();
    for (method, path, body) in [
        ("GET", "/api/system/config".to_owned(), None),
        ("GET", "/api/system/info".to_owned(), None),
        ("GET", "/api/system/log".to_owned(), None),
        ("GET", "/api/auth/tokens".to_owned(), None),
        ("GET", "/api/auth/sessions".to_owned(), None),
        ("GET", "/api/instances/".to_owned(), None),
        ("GET", format!("/api/nothing?aikore_token={token}"), None),
        ("GET", format!("/instance/none/?aikore_token={token}"), None),
        ("GET", format!("/instance/a/x?aikore_token={token}"), None),
        ("POST", format!("/instance/a/x?aikore_token={token}"), None),
        ("PUT", "/api/auth/password".to_owned(), Some(json!({ "current": "wrong", "password": password }))),
        ("POST", "/api/auth/login".to_owned(), Some(json!({ "password": format!("{password}!") }))),
        ("POST", "/api/auth/login".to_owned(), Some(json!({ "passwort": password }))),
        ("POST", "/api/auth/login".to_owned(), Some(json!([password]))),
        ("POST", "/api/auth/setup".to_owned(), Some(json!({ "token": token, "password": password }))),
        ("GET", "/instance/a/x".to_owned(), None),
        ("GET", "/api/audit?limit=500".to_owned(), None),
    ] {
        for fields in [
            &by_session[..],
            &[("authorization", &format!("Bearer {token}"))],
            &[("accept", "text/html"), ("sec-fetch-mode", "navigate")],
        ] {
            if method == "POST" && path.ends_with("/login") && fields.len() > 1 {
                continue;
            }
            let answer = server.client.ask(method, &path, fields, body.as_ref()).await;
            let cookies = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap().to_owned());
            secrets.extend(
                cookies
                    .filter_map(|line| Some(("pass", line.split_once('=')?.1.split(';').next()?.to_owned())))
                    .filter(|(_, value)| value.len() > 20),
            );
            // A person is sent to the login with where they wanted to go: that is theirs to see.
            said.push(answer.text());
        }
    }
    let next: String = form_urlencoded::byte_serialize(format!("http://{}/", a.port).as_bytes()).collect();
    let code = server.client.ask("GET", &format!("/login?next={next}"), &[("cookie", &session)], None).await;
    let code = code.header("location").split_once("code=").unwrap().1.to_owned();
    for _ in 0..2 {
        let host = a.port.to_string();
        let taken =
            Client::at(a.port).ask("GET", &format!("/.aikore/session?code={code}"), &[("host", &host)], None).await;
        said.push(taken.text());
    }
    secrets.push(("code", code));
    // The server's own log, as it is shown: after everything. The setup link stands in it, as in the one outside.
    let journal = server.client.get("/api/system/log?download=true").await.text();
    assert!(journal.contains("ready"), "{journal}");
    said.push(journal);
    let shown = server.run(&["config"]);
    said.push(format!("{}{}", String::from_utf8_lossy(&shown.stdout), String::from_utf8_lossy(&shown.stderr)));
    assert_eq!(server.end("TERM").code(), Some(0));
    said.push(server.log());
    said.push(a_log(&server.config()));
    assert!(server.log().contains("/api/system/info"), "the access log is on");
    let said = said.join("\n");
    for (what, secret) in &secrets {
        let at = said.find(secret.as_str());
        assert!(at.is_none(), "the {what} is told: {}", &said[at.unwrap_or(0).saturating_sub(300)..at.unwrap_or(0)]);
    }
    assert!(secrets.iter().any(|(what, _)| *what == "pass"), "{secrets:?}");
    // The link in the log opens nothing any more; nowhere else it is told.
    let stored = fs::read(server.config().join("aikore.db")).unwrap();
    for (what, secret) in secrets.iter().chain([&("setup link", setup.clone())]) {
        let found = memchr::memmem::find(&stored, secret.as_bytes());
        assert!(found.is_none(), "the {what} is in the store");
    }
}

fn a_log(config: &Path) -> String {
    fs::read_to_string(config.join("instances/a/output.log")).unwrap_or_default()
}

/// The token of the setup link in the log.
pub(crate) fn eventually_link(server: &crate::support::Server) -> String {
    crate::support::eventually("the setup link", || {
        let log = server.log();
        let (_, rest) = log.rsplit_once("/setup?token=")?;
        let token: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        (token.len() == 43).then_some(token)
    })
}

#[tokio::test]
async fn what_holds_secrets_is_the_owners_alone() {
    let mut server = Start::new().with_login().env("AIKORE_TLS", "self-signed").serve();
    let port = server.client.address.port();
    assert!(curl(&["--insecure", &format!("https://localhost:{port}/healthz")]).status.success());
    let config = server.config();
    let present =
        ["aikore.db", "aikore.db-wal", "aikore.db-shm", "run/admin.sock", "tls/ca.key", "tls/leaf-localhost.pem"];
    for file in present {
        assert_eq!(mode(&config.join(file)), 0o600, "{file}");
    }
    // One that was open to all, of an earlier version: closed at the start, and so is the copy made of it.
    server.end("TERM");
    let database = config.join("aikore.db");
    fs::set_permissions(&database, fs::Permissions::from_mode(0o644)).unwrap();
    rusqlite::Connection::open(&database)
        .unwrap()
        .execute_batch(
            "DROP TABLE login; DROP TABLE sessions; DROP TABLE tokens; DROP TABLE audit;
             ALTER TABLE instances DROP COLUMN list_group; ALTER TABLE instances DROP COLUMN gpu_cards;
             DROP TABLE notices; DROP TABLE notice_targets; DELETE FROM refinery_schema_history WHERE version > 1",
        )
        .unwrap();
    server.start();
    for file in ["aikore.db", "aikore.db-wal", "aikore.db.bak-1"] {
        assert_eq!(mode(&config.join(file)), 0o600, "{file}");
    }
}

/// HTTP/2 sends every cookie as a line of its own (RFC 9113 §8.2.3).
#[tokio::test]
async fn crumbs_of_http_2_are_one_line_without_ours() {
    let server = Start::new().env("AIKORE_TLS", "self-signed").serve();
    let port = server.client.address.port();
    let url = |path: &str| format!("https://localhost:{port}{path}");
    server.blueprint("w.sh", "# aikore.ready = tcp\n# aikore.helper = off", &crate::support::witness::script());
    let ask = |arguments: &[&str]| {
        let output = curl(&[&["--insecure", "--http2"][..], arguments].concat());
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    ask(&["--json", r#"{"name":"w","base_blueprint":"w.sh"}"#, &url("/api/instances/")]);
    ask(&["--request", "POST", &url("/api/instances/1/start")]);
    let seen = crate::support::eventually_within(30, "the app", || {
        let crumbs = [
            "Cookie: a=1",
            "Cookie: aikore_session=x",
            "Cookie: b=2",
            "Cookie: aikore_pass_1=y",
            "Cookie: aikore_instance=z",
        ];
        let headers: Vec<&str> = crumbs.iter().flat_map(|crumb| ["--header", crumb]).collect();
        let seen = ask(&[&headers[..], &[&url("/instance/w/x")]].concat());
        seen.starts_with("GET /x").then_some(seen)
    });
    let cookies: Vec<&str> = seen.lines().filter(|line| line.to_lowercase().starts_with("cookie")).collect();
    assert_eq!(cookies, ["cookie: a=1; b=2"], "{seen}");
}
