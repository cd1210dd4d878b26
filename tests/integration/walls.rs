//! Every door and everybody who has no business behind it: each is refused and leaves no trace, and whoever may pass does so by
//! the same door.

use serde_json::json;

use crate::support::doors::Behind::{About, App, Listing, Manager, Panel};
use crate::support::doors::{At, Behind, Door, House, Visitor, never, visitor};
use crate::support::{Server, cookie};

const FORGED: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[tokio::test]
async fn who_has_no_business_here_is_refused_at_every_door() {
    let house = House::new().await;
    let server = &house.server;
    let (session, ended) = (server.log_in().await, server.log_in().await);
    let sessions = server.client.get("/api/auth/sessions").await.json();
    // The newest but one is the rightful one; those of the same minute have no other order than their ids.
    let last = sessions.as_array().unwrap().iter().map(|one| one["id"].as_i64().unwrap()).max().unwrap();
    let manager = bearer(server);
    let path = format!("/api/auth/sessions/{last}");
    let ended_now = server.client.ask("DELETE", &path, &[("authorization", &manager)], None).await;
    assert_eq!(ended_now.status, 204);

    let mut tokens = Vec::new();
    for (name, scope) in [("r", "read"), ("c", "instance:c"), ("v", "view:a"), ("a", "instance:a"), ("m", "manage")] {
        tokens.push(format!("Bearer {}", server.token(&session, name, &[scope]).await));
    }
    let [read, of_c, view_a, of_a, manage] = tokens.try_into().unwrap();
    let pass_c = pass(server, "c", &of_c).await;
    let pass_a = pass(server, "a", &of_a).await;
    let pass_of_c_as_a = format!("aikore_pass_{}={}", house.a.id, pass_c.split_once('=').unwrap().1);
    let (huge, forged) = (format!("aikore_session={}", "x".repeat(8000)), format!("aikore_session={FORGED}"));
    let several = format!("aikore_session=; aikore_session; {forged}; aikore_session={FORGED}x; {pass_of_c_as_a}");

    let mut visitors = vec![
        visitor("nobody", &[], never),
        visitor("a person without a login", &[("accept", "text/html"), ("sec-fetch-mode", "navigate")], never),
        visitor("an ended session", &[("cookie", &ended)], never),
        visitor("a forged session", &[("cookie", &forged)], never),
        visitor("a huge session", &[("cookie", &huge)], never),
        visitor("an empty session", &[("cookie", "aikore_session=")], never),
        visitor("several cookies", &[("cookie", &several), ("cookie", ";;=;")], never),
        visitor(
            "a session's cookie as a token",
            &[("authorization", &session.replace("aikore_session=", "Bearer "))],
            never,
        ),
        visitor("no token", &[("authorization", "Bearer")], never),
        visitor("an empty token", &[("authorization", "Bearer ")], never),
        visitor("a forged token", &[("authorization", &format!("Bearer ak_{FORGED}"))], never),
        visitor("a token cut short", &[("authorization", &manage[..manage.len() - 1])], never),
        visitor("a huge token", &[("authorization", &format!("Bearer ak_{}", "x".repeat(8000)))], never),
        visitor("the password as Basic", &[("authorization", "Basic YWRtaW46YSBob3JzZQ==")], never),
        visitor("several tokens", &[("authorization", "Bearer x"), ("authorization", "Bearer y")], never),
        visitor("another's pass", &[("cookie", &pass_c)], never),
        visitor("another's pass under this name", &[("cookie", &pass_of_c_as_a)], never),
        visitor(
            "a pass as a session",
            &[("cookie", &pass_a.replace(&format!("aikore_pass_{}", house.a.id), "aikore_session"))],
            never,
        ),
        visitor(
            "somebody who says to come by a proxy",
            &[
                ("x-forwarded-for", "127.0.0.1"),
                ("x-forwarded-host", "localhost"),
                ("remote-user", "admin"),
                ("x-forwarded-proto", "https"),
            ],
            never,
        ),
        visitor(
            "a rebinding page without a login",
            &[("host", "evil.example.com"), ("origin", "http://evil.example.com")],
            |door| {
                // By a name that is nobody's the dashboard is meant.
                door.at == At::Host
            },
        ),
        visitor("a token to read", &[("authorization", &read)], |door| {
            !door.changes() && matches!(door.behind, Panel | Listing | About)
        }),
        visitor("a token of another instance", &[("authorization", &of_c)], |door| door.behind == Listing),
        visitor("a token to view what is private", &[("authorization", &view_a)], never),
        visitor("a token of this instance", &[("authorization", &of_a)], |door| {
            matches!(door.behind, About | App | Listing)
        }),
        visitor("a pass to this instance", &[("cookie", &pass_a)], |door| door.behind == App && !door.socket),
        visitor("a token to manage", &[("authorization", &manage)], |_| true),
    ];
    for (who, bytes) in
        [("a session of odd bytes", &b"aikore_session=\xff\xfe\x80"[..]), ("odd bytes", b"\xff=\xfe; \xc3\x28")]
    {
        visitors.push(Visitor { who, shows: vec![("cookie", bytes.to_vec())], passes: never });
    }
    visitors.push(Visitor {
        who: "a token of odd bytes",
        shows: vec![("authorization", b"Bearer ak_\xff\xfe".to_vec())],
        passes: never,
    });
    // A rebinding name leads to no instance's own origin: those doors are the host name's alone.
    let doors = house.doors();
    let (rebinding, others): (Vec<_>, Vec<_>) =
        visitors.into_iter().partition(|one| one.who.starts_with("a rebinding"));
    house.walk(&others, &doors).await;
    let elsewhere: Vec<Door> = doors.iter().filter(|door| door.at != At::Host).cloned().collect();
    house.walk(&rebinding, &elsewhere).await;

    // The Start buttons, after which nothing is as it was.
    let buttons = house.start_buttons();
    let view_b = format!("Bearer {}", server.token(&session, "vb", &["view:b"]).await);
    let (path, body) = (format!("/api/instances/{}", house.b), json!({ "access": "token" }));
    assert_eq!(server.client.call(http::Method::PUT, &path, Some(&body)).await.status, 200);
    let pass_b = pass(server, "b", &view_b).await;
    let own = server.own_origin();
    let page = [("origin", own.as_str()), ("sec-fetch-site", "same-origin")];
    let pressers = [
        visitor("nobody", &page, never),
        visitor("an ended session", &[page[0], page[1], ("cookie", &ended)], never),
        visitor("a token to read", &[("authorization", &read)], never),
        visitor("a token of another instance", &[("authorization", &of_c)], never),
        visitor("a token to view", &[("authorization", &view_b)], never),
        visitor("a pass to view", &[page[0], page[1], ("cookie", &pass_b)], never),
        visitor(
            "a method that is said elsewhere",
            &[("authorization", &read), ("x-http-method-override", "GET"), ("x-method-override", "GET")],
            never,
        ),
    ];
    house.walk(&pressers, &buttons).await;
    let overridden = Door { method: "GET", ..buttons[1].clone() };
    let shows = [("authorization", manage.clone().into_bytes()), ("x-http-method-override", b"POST".to_vec())];
    assert_eq!(house.try_door(&overridden, &shows).await.status, 405, "the method is the one on the first line");
    assert_eq!(server.instance(house.b).await["status"], "stopped");
    let mut shows = vec![("cookie", session.clone().into_bytes())];
    shows.extend(page.map(|(name, value)| (name, value.as_bytes().to_vec())));
    assert_eq!(house.try_door(&buttons[0], &shows).await.status, 200);
    server.wait_status(house.b, "started").await;
}

pub(crate) fn bearer(server: &Server) -> String {
    format!("Bearer {}", server.client.token.unwrap())
}

/// The cookie that a token in a link is exchanged for.
async fn pass(server: &Server, slug: &str, bearer: &str) -> String {
    let token = bearer.trim_start_matches("Bearer ");
    let link = server.client.ask("GET", &format!("/instance/{slug}/?aikore_token={token}"), &[], None).await;
    assert_eq!(link.status, 303, "{}", link.text());
    cookie(&link)
}

/// The right session, on a page that is not the dashboard's.
#[tokio::test]
async fn a_login_counts_for_the_dashboards_own_pages_only() {
    let house = House::new().await;
    let server = &house.server;
    let session = server.log_in().await;
    let own = server.own_origin();
    let dashboard = server.client.address.port();
    let (port, host) = (format!("http://{}", house.c.port), format!("http://c.localhost:{dashboard}"));
    let below = format!("{own}/instance/c/page");
    let who = ("cookie", session.as_str());
    let changes = |door: &Door| !door.changes();
    // A script of a page elsewhere that reads an app's answers (CORS) names its origin: what the app allows it is not for our login
    // to pay. The dashboard allows nobody to read anything.
    let reads = |door: &Door| !door.changes() && door.behind != App;
    let visitors = [
        visitor("a page elsewhere", &[who, ("origin", "http://evil.com")], reads),
        visitor("a page of no origin", &[who, ("origin", "null")], reads),
        visitor("another site by its own word", &[who, ("sec-fetch-site", "cross-site")], changes),
        visitor("the same site by its own word", &[who, ("sec-fetch-site", "same-site")], changes),
        visitor("two origins", &[who, ("origin", &own), ("origin", "http://evil.com")], reads),
        visitor(
            "an app's page at its port",
            &[who, ("origin", &port), ("sec-fetch-site", "same-site"), ("referer", &format!("{port}/"))],
            reads,
        ),
        visitor(
            "an app's page at its host name",
            &[who, ("origin", &host), ("sec-fetch-site", "cross-site"), ("referer", &format!("{host}/"))],
            reads,
        ),
        visitor(
            "a page that says another host in X-Forwarded-Host",
            &[who, ("origin", "http://evil.com"), ("x-forwarded-host", "evil.com")],
            reads,
        ),
    ];
    let mut doors = house.doors();
    doors.extend(house.start_buttons());
    house.walk(&visitors, &doors).await;

    // A page below a path shares the dashboard's origin; what it asks of the dashboard goes to its own app, or nowhere.
    let page = [
        ("cookie", session.as_str()),
        ("origin", own.as_str()),
        ("sec-fetch-site", "same-origin"),
        ("referer", below.as_str()),
    ];
    let page: Vec<(&'static str, Vec<u8>)> = page.map(|(name, value)| (name, value.as_bytes().to_vec())).to_vec();
    let before = house.state().await;
    for door in doors
        .iter()
        .filter(|door| matches!(door.behind, Manager | Behind::Start) && door.changes() && door.opens != 404)
    {
        let reply = house.try_door(door, &page).await;
        let sent_back = reply.status == 307 && reply.head.contains("\r\nlocation: /instance/c/api/");
        assert!(reply.status == 403 || sent_back, "{door:?}: {reply:?}");
    }
    assert_eq!(house.state().await, before);

    // No browser lets a page leave out where it comes from.
    let silent: Vec<Door> = doors.iter().filter(|door| door.changes() && door.behind != App).cloned().collect();
    house.walk(&[visitor("a cookie alone", &[who], never)], &silent).await;
    // And by the same doors, the dashboard's own page.
    for door in house.doors() {
        let (address, origin) = (house.address(door.at), format!("http://{}", house.host(door.at)));
        let own = [("cookie", session.clone().into_bytes()), ("origin", origin.into_bytes())];
        let reply = house.try_door(&door, &own).await;
        assert_eq!(reply.status, door.opens, "{address} {door:?}: {reply:?}");
    }
}
