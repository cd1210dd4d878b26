//! The same walls for requests that come in disguise: by an outer proxy's word, under another name, in an old form, over TLS,
//! or by a connection that is open already.

use serde_json::json;

use crate::support::{PASSWORD, Server, Start, Wire, asked, curl, eventually_async, knock, send_raw};
use crate::walls::bearer;

#[tokio::test]
async fn an_outer_proxy_is_believed_only_where_it_stands() {
    let near = Start::new().env("AIKORE_TRUSTED_PROXIES", "127.0.0.0/8").env("AIKORE_AUTH_USER_HEADER", "Remote-User");
    let far = Start::new().env("AIKORE_TRUSTED_PROXIES", "10.9.9.0/24").env("AIKORE_AUTH_USER_HEADER", "Remote-User");
    let (near, far) = (near.guarded().await, far.guarded().await);
    let ask = async |server: &Server, fields: &[(&str, &str)]| {
        server.client.ask("GET", "/api/instances/", fields, None).await.status
    };
    assert_eq!(ask(&near, &[("remote-user", "ada")]).await, 200);
    assert_eq!(ask(&far, &[("remote-user", "ada")]).await, 401, "anybody can say that");
    for odd in
        [&[("remote-user", "")][..], &[("remote-user", "ada"), ("remote-user", "eve")], &[("remote_user", "ada")], &[]]
    {
        assert_eq!(ask(&near, odd).await, 401, "{odd:?}");
    }
    // Apps read the field too.
    let witness = far.witness("a").await;
    let manager = bearer(&far);
    let spoofed =
        [("authorization", manager.as_str()), ("remote-user", "eve"), ("remote_user", "eve"), ("x-mine", "1")];
    let seen = far.client.ask("GET", "/instance/a/x", &spoofed, None).await;
    assert_eq!(seen.status, 200);
    let heads = witness.heads().await.join("\n").to_lowercase();
    assert!(heads.contains("x-mine") && !heads.contains("eve"), "{heads}");
    // A page elsewhere changes nothing through the proxy either.
    for (origin, status) in
        [("http://evil.com", 403), (near.own_origin().as_str(), 403), ("https://ai.example.com", 200)]
    {
        let fields = [("remote-user", "ada"), ("x-forwarded-host", "ai.example.com"), ("origin", origin)];
        assert_eq!(near.client.ask("DELETE", "/api/trash", &fields, None).await.status, status, "{origin}");
    }
}

#[tokio::test]
async fn a_name_that_is_not_ours_reaches_nothing_where_there_is_no_login() {
    let server = Server::new();
    let witness = server.witness("a").await;
    let before = witness.heads().await;
    let evil: [(&str, &[u8]); 1] = [("host", b"evil.example.com")];
    for address in [server.client.address, witness.port] {
        for (method, path) in [
            ("GET", "/"),
            ("POST", "/api/instances/"),
            ("GET", "/instance/a/x"),
            ("GET", "/x"),
            ("POST", "/.aikore/instances/a/start"),
            ("GET", "/.aikore/instances/a/state"),
            ("GET", "/api/events"),
        ] {
            assert_eq!(knock(address, method, path, &evil, "").await.status, 421, "{address} {path}");
        }
        let absolute = knock(address, "GET", "http://evil.example.com/instance/a/x", &[], "").await;
        assert_eq!(absolute.status, 421, "the target's host counts, whatever Host says");
    }
    assert_eq!(witness.heads().await, before);
    assert_eq!(server.client.get("/instance/a/x").await.status, 200);
}

/// Forms of a request that name no host, or two.
#[tokio::test]
async fn no_form_of_a_request_is_a_way_round() {
    let server = Start::new().guarded().await;
    let witness = server.witness("a").await;
    let address = server.client.address;
    let before = witness.heads().await;
    let manager = bearer(&server);
    for target in
        ["/.aikore/assets/pages/../js/main.js", "/.aikore/assets/pages/%2e%2e/js/main.js", "/healthz/../api/audit"]
    {
        assert_ne!(knock(address, "GET", target, &[], "").await.status, 200, "{target}");
    }
    for target in ["/api/instances/", "/instance/a/x"] {
        let old = |extra: String| {
            let request = format!("GET {target} HTTP/1.0\r\n{extra}\r\n");
            tokio::task::spawn_blocking(move || send_raw(address, request.as_bytes()))
        };
        let refused = old(String::new()).await.unwrap();
        assert!(refused.contains(" 401 "), "{refused}");
        assert!(old(format!("Authorization: {manager}\r\n")).await.unwrap().contains(" 200 "));
        for absolute in [
            format!("http://{address}{target}"),
            format!("http://localhost{target}"),
            format!("HTTP://a.localhost{target}"),
        ] {
            let reply = knock(address, "GET", &absolute, &[], "").await;
            assert_eq!(reply.status, 401, "{absolute}");
            let fields: [(&str, &[u8]); 1] = [("authorization", manager.as_bytes())];
            let reply = knock(address, "GET", &absolute, &fields, "").await;
            assert_eq!(reply.status, 200, "{absolute}: {reply:?}");
        }
    }
    let seen = witness.heads().await.len() - before.len();
    assert_eq!(seen, 5, "once for each time it was let in: {:?}", witness.heads().await);
}

#[tokio::test]
async fn the_same_over_tls() {
    let server = Start::new().with_login().env("AIKORE_TLS", "self-signed").serve();
    let port = server.client.address.port();
    let url = |path: &str| format!("https://localhost:{port}{path}");
    let body = json!({ "password": PASSWORD }).to_string();
    for version in ["--http2", "--http1.1"] {
        assert!(asked(&["--insecure", version, &url("/api/instances/")]).starts_with("401"));
        assert!(asked(&["--insecure", version, &url("/instance/a/")]).starts_with("401"));
        assert!(
            asked(&["--insecure", version, "--request", "POST", &url("/api/instances/1/start")]).starts_with("401")
        );
        let person = asked(&["--insecure", version, "--header", "Accept: text/html", &url("/x")]);
        assert!(person.starts_with("303") && person.ends_with(&url("/login?next=%2Fx")), "{person}");
    }
    let plain = asked(&["--header", "Cookie: aikore_session=x", &format!("http://localhost:{port}/api/instances/")]);
    assert!(plain.starts_with("308"), "{plain}");
    let made = curl(&["--insecure", "--include", "--json", &body, &url("/api/auth/login")]);
    let made = String::from_utf8(made.stdout).unwrap();
    let cookie = made.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap_or_else(|| panic!("{made}"));
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    let cookie = format!("Cookie: {}", cookie.split(';').next().unwrap());
    for version in ["--http2", "--http1.1"] {
        assert!(asked(&["--insecure", version, "--header", &cookie, &url("/api/instances/")]).starts_with("200"));
        let foreign =
            ["--insecure", version, "--header", &cookie, "--header", "Origin: https://evil.com", "--request", "DELETE"];
        assert!(asked(&[&foreign[..], &[&url("/api/trash")]].concat()).starts_with("403"));
    }
}

/// Who is let in no more keeps nothing open.
#[tokio::test]
async fn what_a_session_holds_open_ends_with_it() {
    let server = Start::new().guarded().await;
    let witness = server.witness("a").await;
    let (address, session) = (server.client.address, server.log_in().await);
    let mut events = Wire::to(address).await;
    events.send(format!("GET /api/events HTTP/1.1\r\nHost: {address}\r\nCookie: {session}\r\n\r\n")).await;
    assert!(events.head().await.unwrap().contains(" 200 "));
    let mut tunnel = Wire::to(witness.port).await;
    let (port, id) = (witness.port, witness.id);
    tunnel
        .send(format!(
            "GET /s HTTP/1.1\r\nHost: {port}\r\nOrigin: http://{port}\r\nCookie: {session}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        ))
        .await;
    assert!(tunnel.head().await.unwrap().contains(" 101 "));
    tunnel.send("echo").await;
    assert_eq!(tunnel.take(4).await, b"echo");
    let own = server.own_origin();
    let out = server.client.ask("POST", "/api/auth/logout", &[("cookie", &session), ("origin", &own)], None).await;
    assert_eq!(out.status, 204);
    assert!(events.answer_body_ends_well().await);
    tunnel.rest().await;
    eventually_async("the tunnel's end", || async {
        let routes = server.client.get("/api/system/routes").await.json();
        let route = routes.as_array().unwrap().iter().find(|one| one["instance_id"] == id).cloned();
        (route.unwrap()["tunnels"] == 0).then_some(())
    })
    .await;
}
