//! A login on its way to an instance's own origin: one-time codes, tokens in links, and the cookies both become.

use http::Method;
use serde_json::json;

use crate::support::{Answer, PASSWORD, Server, Start, cookie};

const PERSON: [(&str, &str); 2] = [("accept", "text/html"), ("sec-fetch-mode", "navigate")];

/// What a browser does with `next` once there is a session.
async fn onward(server: &Server, session: &str, next: &str) -> String {
    let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    let fields = [PERSON[0], PERSON[1], ("cookie", session)];
    let answer = server.client.ask("GET", &format!("/login?next={next}"), &fields, None).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").to_owned()
}

/// Path and query of an absolute URL.
fn path_of(url: &str) -> &str {
    let (_, rest) = url.split_once("://").unwrap();
    &rest[rest.find('/').unwrap()..]
}

#[tokio::test]
async fn a_login_is_carried_to_another_origin_and_back_to_the_very_place() {
    let server = Start::new().guarded().await;
    let a = server.witness("a").await;
    let session = server.log_in().await;
    let (dashboard, pool) = (server.client.address.port(), a.port.port());
    for (client, host, panel) in [
        (server.client, format!("a.localhost:{dashboard}"), format!("http://localhost:{dashboard}")),
        (crate::support::Client::at(a.port), format!("127.0.0.1:{pool}"), format!("http://127.0.0.1:{dashboard}")),
    ] {
        let at = |path: String, cookie: String| {
            let host = host.clone();
            async move {
                let fields = [PERSON[0], PERSON[1], ("host", &host), ("cookie", &cookie)];
                client.ask("GET", &path, &fields, None).await
            }
        };
        let wanted = "/deep/page?x=1&next=//evil&y=%2F%20";
        let sent = at(wanted.to_owned(), String::new()).await;
        let next: String = form_urlencoded::byte_serialize(format!("http://{host}{wanted}").as_bytes()).collect();
        assert_eq!(
            (sent.status.as_u16(), sent.header("location")),
            (303, format!("{panel}/login?next={next}").as_str())
        );
        assert_eq!(sent.header("cache-control"), "no-store");

        let code = onward(&server, &session, &format!("http://{host}{wanted}")).await;
        // At the port of the dashboard's own host name the session is there already; a code does no harm.
        assert!(code.starts_with(&format!("http://{host}/.aikore/session?code=")), "{code}");
        let taken = at(path_of(&code).to_owned(), String::new()).await;
        assert_eq!((taken.status.as_u16(), taken.header("location")), (303, wanted));
        let set = taken.header("set-cookie").to_owned();
        assert!(set.contains("; Path=/; Max-Age=") && set.ends_with("; HttpOnly; SameSite=Lax"), "{set}");
        let pass = cookie(&taken);
        assert_eq!(at(wanted.to_owned(), pass.clone()).await.status, 200);
        let again = at(path_of(&code).to_owned(), String::new()).await;
        assert_eq!((again.status.as_u16(), again.header("set-cookie")), (400, ""), "once");
        assert!(again.text().contains("no longer valid"), "{}", again.text());
        for odd in ["", "?code=", "?code=x", "?code=%ff", &format!("?code={}", "x".repeat(5000)), "?other"] {
            let refused = at(format!("/.aikore/session{odd}"), String::new()).await;
            assert_eq!((refused.status.as_u16(), refused.header("set-cookie")), (400, ""), "{odd}");
        }
        // The pass opens this instance and nothing of the dashboard.
        for path in ["/api/instances/", "/", "/api/audit"] {
            assert_eq!(server.client.ask("GET", path, &[("cookie", &pass)], None).await.status, 401, "{path}");
        }
    }
}

#[tokio::test]
async fn a_code_is_for_one_place() {
    let server = Start::new().guarded().await;
    let (a, c) = (server.witness("a").await, server.witness("c").await);
    let session = server.log_in().await;
    let dashboard = server.client.address.port();
    let (host_a, host_c) = (format!("a.localhost:{dashboard}"), format!("c.localhost:{dashboard}"));
    let show = async |client: crate::support::Client, host: &str, path: &str| -> Answer {
        client.ask("GET", path, &[("host", host)], None).await
    };
    for (client, host) in [
        (server.client, host_c.clone()),
        (server.client, format!("a.localhost:{}", dashboard - 1)),
        (crate::support::Client::at(c.port), c.port.to_string()),
        (crate::support::Client::at(a.port), a.port.to_string()),
        (crate::support::Client::at(c.port), host_a.clone()),
    ] {
        let code = onward(&server, &session, &format!("http://{host_a}/")).await;
        let stolen = show(client, &host, path_of(&code)).await;
        assert_eq!((stolen.status.as_u16(), stolen.header("set-cookie")), (400, ""), "at {host}");
        let spent = show(server.client, &host_a, path_of(&code)).await;
        assert_eq!(spent.status, 400, "and it is spent by that");
    }
    // A code of a session that ended meanwhile.
    let other = server.log_in().await;
    let code = onward(&server, &other, &format!("http://{host_a}/")).await;
    let own = server.own_origin();
    server.client.ask("POST", "/api/auth/logout", &[("cookie", &other), ("origin", &own)], None).await;
    assert_eq!(show(server.client, &host_a, path_of(&code)).await.status, 400);
    // A pass ends with its session too.
    let third = server.log_in().await;
    let code = onward(&server, &third, &format!("http://{host_a}/")).await;
    let pass = cookie(&show(server.client, &host_a, path_of(&code)).await);
    let fields = [("host", host_a.as_str()), ("cookie", pass.as_str())];
    assert_eq!(server.client.ask("GET", "/x", &fields, None).await.status, 200);
    server.client.ask("POST", "/api/auth/logout", &[("cookie", &third), ("origin", &own)], None).await;
    assert_eq!(server.client.ask("GET", "/x", &fields, None).await.status, 401);
}

#[tokio::test]
async fn no_link_leads_elsewhere() {
    let server = Start::new().guarded().await;
    let a = server.witness("a").await;
    let session = server.log_in().await;
    let (dashboard, pool) = (server.client.address.port(), a.port.port());
    let codes = [format!("http://a.localhost:{dashboard}//evil.com/"), format!("http://127.0.0.1:{pool}//evil.com/x")];
    for next in codes {
        let code = onward(&server, &session, &next).await;
        let host = next.split('/').nth(2).unwrap();
        let client = if host.starts_with("127") { crate::support::Client::at(a.port) } else { server.client };
        let taken = client.ask("GET", path_of(&code), &[("host", host)], None).await;
        assert!(taken.header("location").starts_with("/.//evil.com/"), "{}", taken.header("location"));
    }
    for next in [
        "//evil.com",
        "/\\evil.com",
        "\\\\evil.com",
        "http://evil.com",
        "http:evil.com",
        "https://a.localhost/",
        &format!("https://a.localhost:{dashboard}/"),
        &format!("http://evil.com:{pool}/"),
        &format!("http://a.localhost.evil.com:{dashboard}/"),
        &format!("http://user@a.localhost:{dashboard}/"),
        &format!("http://a.localhost:{dashboard}@evil.com/"),
        &format!("http://127.0.0.1:{}/", pool + 1),
        // Another program may listen there.
        &format!("http://a.localhost:{}/", dashboard - 1),
        "http://a.localhost/",
        &format!("http://none.localhost:{dashboard}/"),
        &format!("http://a.localhost:{dashboard}\\@evil.com/"),
        &format!("ftp://a.localhost:{dashboard}/"),
        "javascript:alert(1)",
        "data:text/html,x",
        "/a\r\nSet-Cookie: aikore_session=x",
        "/\t/evil.com",
        " //evil.com",
        "",
        &"/".repeat(500),
    ] {
        assert_eq!(onward(&server, &session, next).await, "/", "{next}");
    }
    for next in ["/", "/instance/a/?x=//evil.com", "/?next=http://evil.com"] {
        assert_eq!(onward(&server, &session, next).await, next);
    }
    // Neither does a token's link.
    let token = server.token(&session, "a", &["instance:a"]).await;
    for path in ["//evil.com/", "/%5Cevil.com/"] {
        let link =
            crate::support::Client::at(a.port).ask("GET", &format!("{path}?aikore_token={token}"), &[], None).await;
        let location = link.header("location");
        assert!(link.status == 303 && !location.starts_with("//") && !location.starts_with("/\\"), "{location}");
    }
}

/// The login page itself is reached from every page of an app, and led back from.
#[tokio::test]
async fn a_page_below_a_path_finds_the_login() {
    let server = Start::new().guarded().await;
    server.witness("a").await;
    let own = server.own_origin();
    let referer = format!("{own}/instance/a/page");
    let fields = [PERSON[0], PERSON[1], ("referer", referer.as_str())];
    let sent = server.client.ask("GET", "/instance/a/next?x=1", &fields, None).await;
    assert_eq!(sent.status, 303);
    assert_eq!(sent.header("referrer-policy"), "no-referrer", "the login is not taken for the app's own");
    let login = server.client.ask("GET", sent.header("location"), &fields, None).await;
    assert_eq!(login.status, 200, "no way round in a circle: {}", login.header("location"));
    assert!(login.text().contains("Log in"), "{}", login.text());
    // What an app's page asks for beside its prefix still finds the way, for who may open it: by the session, or by a pass.
    let session = server.log_in().await;
    let token = server.token(&session, "a", &["instance:a"]).await;
    let link = server.client.ask("GET", &format!("/instance/a/?aikore_token={token}"), &[], None).await;
    for who in [session, cookie(&link)] {
        let fields = [("referer", referer.as_str()), ("cookie", who.as_str())];
        let lost = server.client.ask("GET", "/static/x.js", &fields, None).await;
        assert_eq!((lost.status.as_u16(), lost.header("location")), (307, "/instance/a/static/x.js"));
    }
    // Nobody else hears that there is such an instance.
    for from in [referer.clone(), format!("{own}/instance/nothing/page")] {
        let lost = server.client.ask("GET", "/static/x.js", &[("referer", from.as_str())], None).await;
        assert_eq!(lost.status, 401, "{from}");
    }
}

#[tokio::test]
async fn a_token_in_a_link_becomes_a_cookie_for_that_instance_alone() {
    let server = Start::new().guarded().await;
    let (a, c) = (server.witness("a").await, server.witness("c").await);
    let session = server.log_in().await;
    let (of_a, view_a) =
        (server.token(&session, "a", &["instance:a"]).await, server.token(&session, "va", &["view:a"]).await);
    let get = async |path: &str, cookie: &str| server.client.ask("GET", path, &[("cookie", cookie)], None).await;

    let link = get(&format!("/instance/a/page?x=1&aikore_token={of_a}&token=jupyters"), "").await;
    assert_eq!((link.status.as_u16(), link.header("location")), (303, "/instance/a/page?x=1&token=jupyters"));
    let set = link.header("set-cookie").to_owned();
    assert!(set.contains("; Path=/;") && set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    assert!(!set.contains(&of_a), "the cookie is not the token");
    let pass = cookie(&link);
    assert_eq!(get("/instance/a/page", &pass).await.status, 200);
    for path in ["/instance/c/", "/api/instances/", &format!("/api/instances/{}", a.id), "/"] {
        assert_eq!(get(path, &pass).await.status, 401, "{path}");
    }
    // It lasts as long as the token.
    let tokens = server.client.get("/api/auth/tokens").await.json();
    let id = tokens.as_array().unwrap().iter().find(|one| one["name"] == "a").unwrap()["id"].clone();
    server.client.call(Method::DELETE, &format!("/api/auth/tokens/{id}"), None).await;
    assert_eq!(get("/instance/a/page", &pass).await.status, 401);

    // A token to view opens what takes tokens, and is no key to the API, nor by any way to another instance.
    let link = async || get(&format!("/instance/a/?aikore_token={view_a}"), "").await;
    assert_eq!(link().await.status, 401, "private");
    let change = async |access: &str| {
        let body = json!({ "access": access });
        server.client.call(Method::PUT, &format!("/api/instances/{}", a.id), Some(&body)).await.status
    };
    assert_eq!(change("token").await, 200);
    let pass = cookie(&link().await);
    assert_eq!(get("/instance/a/", &pass).await.status, 200);
    let bearer = format!("Bearer {view_a}");
    let by_token = async |path: &str| server.client.ask("GET", path, &[("authorization", &bearer)], None).await.status;
    assert_eq!(by_token("/instance/a/").await, 200);
    for path in ["/api/instances/", &format!("/api/instances/{}", a.id), "/instance/c/", "/"] {
        assert_eq!(by_token(path).await, 403, "{path}");
    }
    assert_eq!(change("private").await, 200);
    assert_eq!(get("/instance/a/", &pass).await.status, 401, "the pass ends with what the token may");
    assert_eq!(by_token("/instance/a/").await, 403);

    // Public is for everybody, and for looking only: the log is not theirs.
    assert_eq!(change("public").await, 200);
    assert_eq!(get("/instance/a/", "").await.status, 200);
    assert_eq!(get("/api/instances/", "").await.status, 401);
    let state = get("/.aikore/instances/a/state", "").await;
    assert_eq!((state.status.as_u16(), &state.json()["log"]), (200, &json!([])));
    let start = server.client.ask("POST", "/.aikore/instances/a/start", &[], None).await;
    assert_eq!(start.status, 401);
    let wrong = get("/instance/a/?aikore_token=ak_wrong&x=1", "").await;
    assert_eq!((wrong.status.as_u16(), wrong.header("location")), (303, "/instance/a/?x=1"));
    let posted = server.client.ask("POST", &format!("/instance/a/?aikore_token={view_a}"), &[], None).await;
    assert_eq!(posted.status, 400);
    let heads = [a.heads().await, c.heads().await].concat().join("\n");
    for secret in ["aikore_token", "aikore_pass", &of_a, &view_a, PASSWORD] {
        assert!(!heads.contains(secret), "{heads}");
    }
}
