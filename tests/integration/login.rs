//! Coming in: the first password, sessions, and how often it may be guessed.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};

use crate::secrets::eventually_link;
use crate::support::{Answer, PASSWORD, Server, Start, asked, cookie, eventually_async, knock};

const CHOSEN: &str = "chosen by a person";

pub(crate) async fn log_in(server: &Server, password: &str) -> Answer {
    server.client.ask("POST", "/api/auth/login", &[], Some(&json!({ "password": password }))).await
}

async fn set_up(server: &Server, token: &str, password: &str) -> Answer {
    let body = json!({ "token": token, "password": password });
    server.client.ask("POST", "/api/auth/setup", &[], Some(&body)).await
}

/// A call by a session, as the dashboard makes it.
pub(crate) async fn by(server: &Server, session: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let own = server.own_origin();
    server.client.ask(method, path, &[("cookie", session), ("origin", &own)], body).await
}

async fn is_in(server: &Server, session: &str) -> bool {
    let answer = server.client.ask("GET", "/api/auth/session", &[("cookie", session)], None).await;
    assert!(answer.status == 200 || answer.status == 401, "{}", answer.text());
    answer.status == 200
}

#[tokio::test]
async fn before_there_is_a_password_nothing_answers() {
    let mut server = Start::new().serve();
    let a = server.witness("a").await;
    let public = json!({ "access": "public" });
    server.client.call(Method::PUT, &format!("/api/instances/{}", a.id), Some(&public)).await;
    server.end("USR2");
    server.set("AIKORE_AUTH", "password");
    server.start();
    let host = format!("a.localhost:{}", server.client.address.port());
    let own = server.client.address.to_string();
    let (seen, dashboard) = (a.heads().await, server.client.address);
    let ways = [(dashboard, own.as_str()), (a.port, &a.port.to_string()), (dashboard, host.as_str())];
    for (address, host) in ways {
        for (method, path) in [
            ("GET", "/"),
            ("GET", "/api/instances/"),
            ("POST", "/api/instances/"),
            ("POST", "/api/auth/login"),
            ("GET", "/api/auth/session"),
            ("GET", "/instance/a/x"),
            ("POST", "/instance/a/x"),
            ("GET", "/x"),
            ("GET", "/.aikore/instances/a/state"),
            ("POST", "/.aikore/instances/a/start"),
            ("GET", "/.aikore/assets/js/main.js"),
        ] {
            for more in
                [&[][..], &[("cookie", &b"aikore_instance=a"[..])], &[("referer", b"http://localhost/instance/a/")]]
            {
                let fields = [&[("host", host.as_bytes())][..], more].concat();
                let reply = knock(address, method, path, &fields, "").await;
                assert_eq!(reply.status, 401, "{host} {method} {path} {more:?}: {reply:?}");
            }
        }
        assert_eq!(
            knock(address, "GET", "/.aikore/assets/css/page.css", &[("host", host.as_bytes())], "").await.status,
            200
        );
    }
    assert_eq!(a.heads().await, seen, "not even what is public");
    for (path, status) in [("/healthz", 200), ("/setup", 200), ("/login", 303), ("/.aikore/assets/pages/setup.js", 200)]
    {
        assert_eq!(server.client.get(path).await.status, status, "{path}");
    }
    let person = server.client.ask("GET", "/", &[("accept", "text/html")], None).await;
    assert_eq!((person.status.as_u16(), person.header("location")), (303, "/setup"));

    let link = eventually_link(&server);
    let printed = String::from_utf8(server.run(&["setup-link"]).stdout).unwrap();
    assert!(printed.trim().ends_with(&format!("/setup?token={link}")), "{printed}");
    let other = if link.starts_with('A') { 'B' } else { 'A' };
    let wrong = format!("{other}{}", &link[1..]);
    for bad in ["", "x", &wrong] {
        assert_eq!(set_up(&server, bad, CHOSEN).await.status, 403, "{bad}");
    }
    let short = set_up(&server, &link, "short").await;
    assert_eq!((short.status.as_u16(), short.json()["field"].as_str()), (422, Some("password")));
    let evil = [("origin", "http://evil.com")];
    let body = json!({ "token": link, "password": CHOSEN });
    assert_eq!(
        server.client.ask("POST", "/api/auth/setup", &evil, Some(&body)).await.status,
        403,
        "by a page elsewhere"
    );
    let made = set_up(&server, &link, CHOSEN).await;
    assert_eq!(made.status, 204, "{}", made.text());
    let session = cookie(&made);
    assert!(
        made.header("set-cookie").contains("; Path=/; Max-Age=")
            && made.header("set-cookie").ends_with("; HttpOnly; SameSite=Lax")
    );
    assert!(is_in(&server, &session).await);
    assert_eq!(set_up(&server, &link, "another one").await.status, 403, "used");
    assert_eq!(server.client.get("/setup").await.header("location"), "/");
    assert_eq!(server.run(&["setup-link"]).status.code(), Some(1));
    assert_eq!(log_in(&server, CHOSEN).await.status, 204);
    assert_eq!(server.client.get("/instance/a/x").await.status, 200, "now the public one is");

    // Taken away while it runs, and then while it does not.
    let printed = server.run(&["reset-password"]);
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    let link = printed.rsplit_once("/setup?token=").unwrap_or_else(|| panic!("{printed}")).1.trim().to_owned();
    assert!(!is_in(&server, &session).await, "every session has ended");
    assert_eq!(server.client.get("/instance/a/x").await.status, 401);
    let made = set_up(&server, &link, CHOSEN).await;
    assert_eq!(made.status, 204, "{}", made.text());
    let session = cookie(&made);
    server.end("TERM");
    let offline = server.run(&["reset-password"]);
    assert!(offline.status.success(), "{offline:?}");
    server.start();
    assert_eq!(log_in(&server, CHOSEN).await.status, 401);
    assert!(!is_in(&server, &session).await, "a session from before the reset");
    assert_ne!(eventually_link(&server), link);
}

#[tokio::test]
async fn a_password_given_at_start() {
    let start = Start::new().env("AIKORE_AUTH", "password");
    let file = start.folder().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let mut server = start.env("AIKORE_PASSWORD_FILE", file.to_str().unwrap()).serve();
    assert!(!server.log().contains("/setup?token="));
    let session = cookie(&log_in(&server, PASSWORD).await);
    server.end("TERM");
    server.start();
    assert!(is_in(&server, &session).await, "the same password ends nothing");
    assert_eq!(server.run(&["reset-password"]).status.code(), Some(1), "it would come back at the next start");
    server.end("TERM");
    std::fs::write(&file, "another password").unwrap();
    server.start();
    assert!(!is_in(&server, &session).await, "another one ends every session");
    assert_eq!(log_in(&server, PASSWORD).await.status, 401);
    assert_eq!(log_in(&server, "another password").await.status, 204);
    server.end("TERM");
    server.set("AIKORE_PASSWORD_FILE", "");
    server.set("AIKORE_PASSWORD", PASSWORD);
    server.start();
    assert_eq!(log_in(&server, PASSWORD).await.status, 204);
    let config = server
        .client
        .ask("GET", "/api/system/config", &[("cookie", &cookie(&log_in(&server, PASSWORD).await))], None)
        .await;
    let shown = config.text();
    assert!(config.status == 200 && shown.contains("AIKORE_PASSWORD") && !shown.contains(PASSWORD), "{shown}");
}

#[tokio::test]
async fn sessions_are_seen_kept_and_ended() {
    let mut server = Start::new().with_login().serve();
    let log_in_as = async |server: &Server, agent: &str| {
        let body = json!({ "password": PASSWORD });
        cookie(&server.client.ask("POST", "/api/auth/login", &[("user-agent", agent)], Some(&body)).await)
    };
    let (one, two, three) =
        (log_in_as(&server, "One/1").await, log_in_as(&server, "Two/2").await, log_in_as(&server, "x").await);
    let listed = by(&server, &one, "GET", "/api/auth/sessions", None).await.json();
    let find =
        |agent: &str| listed.as_array().unwrap().iter().find(|session| session["agent"] == agent).unwrap().clone();
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert_eq!((&find("One/1")["current"], &find("Two/2")["current"]), (&json!(true), &json!(false)));
    assert_eq!(find("Two/2")["address"], "127.0.0.1");
    assert!(!listed.to_string().contains(one.split_once('=').unwrap().1));

    server.end("KILL");
    server.start();
    assert!(is_in(&server, &one).await && is_in(&server, &two).await, "they survive even a crash");
    assert_eq!(
        by(&server, &one, "DELETE", &format!("/api/auth/sessions/{}", find("Two/2")["id"]), None).await.status,
        204
    );
    assert!(!is_in(&server, &two).await && is_in(&server, &one).await);
    assert_eq!(
        by(&server, &one, "DELETE", &format!("/api/auth/sessions/{}", find("Two/2")["id"]), None).await.status,
        404
    );
    let out = by(&server, &three, "POST", "/api/auth/logout", None).await;
    assert!(out.status == 204 && out.header("set-cookie").starts_with("aikore_session=; Path=/; Max-Age=0"));
    assert!(!is_in(&server, &three).await);

    let (four, five) = (log_in_as(&server, "4").await, log_in_as(&server, "5").await);
    let change = |current: &str, new: &str| json!({ "current": current, "password": new });
    let wrong = by(&server, &one, "PUT", "/api/auth/password", Some(&change("wrong", CHOSEN))).await;
    assert_eq!((wrong.status.as_u16(), wrong.json()["field"].as_str()), (422, Some("current")));
    assert_eq!(by(&server, &one, "PUT", "/api/auth/password", Some(&change(PASSWORD, CHOSEN))).await.status, 204);
    assert!(is_in(&server, &one).await && !is_in(&server, &four).await && !is_in(&server, &five).await);
    let six = cookie(&log_in(&server, CHOSEN).await);
    assert_eq!(by(&server, &one, "DELETE", "/api/auth/sessions", None).await.status, 204);
    assert!(is_in(&server, &one).await && !is_in(&server, &six).await);

    // Used within thirty days it lives on, and the days begin anew; after more it has ended.
    server.set("AIKORE_PASSWORD", CHOSEN);
    for (days, alive) in [(29, true), (31, false)] {
        server.end("TERM");
        let ago = u64::from(days as u32) * 24 * 3_600_000;
        let store = rusqlite::Connection::open(server.config().join("aikore.db")).unwrap();
        assert_eq!(store.execute("UPDATE sessions SET last_used_at = last_used_at - ?1", [ago as i64]).unwrap(), 1);
        drop(store);
        server.start();
        assert_eq!(is_in(&server, &one).await, alive, "{days} days");
        if alive {
            let listed = by(&server, &one, "GET", "/api/auth/sessions", None).await.json();
            let day = |field: &str| listed[0][field].as_str().unwrap()[..10].to_owned();
            assert!(day("last_used_at") >= day("created_at"), "{listed}");
        }
    }
}

#[tokio::test]
async fn guessing_is_slow_and_tells_nothing() {
    let server = Start::new().with_login().serve();
    let timed = async |password: &str| {
        let begun = Instant::now();
        let answer = log_in(&server, password).await;
        (answer.status.as_u16(), begun.elapsed())
    };
    // The better of two, since others use this machine too.
    let (right, also_right) = (timed(PASSWORD).await, timed(PASSWORD).await);
    let (wrong, also_wrong) = (timed("wrong").await, timed(&PASSWORD[1..]).await);
    assert_eq!((right.0, also_right.0, wrong.0, also_wrong.0), (204, 204, 401, 401));
    let (right, wrong) = (right.1.min(also_right.1), wrong.1.min(also_wrong.1));
    assert!(wrong > Duration::from_millis(5), "not hashed at all: {wrong:?}");
    assert!(wrong < right * 10 && right < wrong * 10, "{right:?} {wrong:?}");
    for _ in 0..3 {
        assert_eq!(timed("wrong").await.0, 401);
    }
    let limited = log_in(&server, PASSWORD).await;
    assert_eq!(limited.status, 429, "even the right one: {}", limited.text());
    let wait: u64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    // Whoever says to be somebody else is not.
    let fields = [("x-forwarded-for", "10.1.2.3"), ("forwarded", "for=10.1.2.3"), ("x-real-ip", "10.1.2.3")];
    let other = server.client.ask("POST", "/api/auth/login", &fields, Some(&json!({ "password": PASSWORD }))).await;
    assert_eq!(other.status, 429);
    eventually_async("the end of the wait", || async { (log_in(&server, PASSWORD).await.status == 204).then_some(()) })
        .await;
    assert_eq!(timed("wrong").await.0, 401, "forgiven");
}

#[tokio::test]
async fn without_a_login_it_says_so_everywhere() {
    let server = Server::new();
    assert!(server.log().contains("AIKORE_AUTH=none"), "{}", server.log());
    let session = server.client.get("/api/auth/session").await.json();
    assert_eq!((&session["auth"], &session["scopes"]), (&json!("none"), &json!(["manage"])));
    assert_eq!(log_in(&server, "x").await.status, 409);
    assert_eq!(server.client.get("/login").await.header("location"), "/");
    assert_eq!(server.client.get("/setup").await.header("location"), "/");
    for command in ["setup-link", "reset-password"] {
        assert_eq!(server.run(&[command]).status.code(), Some(1), "{command}");
    }
    assert!(asked(&[&format!("{}/api/instances/", server.own_origin())]).starts_with("200"));
}
