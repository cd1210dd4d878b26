//! A house with every door there is, and whoever stands before them.

use std::net::SocketAddr;

use super::witness::Witness;
use super::{Reply, Server, Start, knock};

/// What a door leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behind {
    /// Questions about everything.
    Panel,
    /// Questions about the instance `a`.
    About,
    /// The Start button of the instance `b`.
    Start,
    /// What only managers may.
    Manager,
    /// The app of the instance `a`.
    App,
    /// What is told to everybody of their own instances.
    Listing,
}
use Behind::{About, App, Listing, Manager, Panel};

/// Where a door is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Dashboard,
    Port,
    Host,
}

#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(crate) at: At,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) behind: Behind,
    pub(crate) body: &'static str,
    pub(crate) socket: bool,
    /// What whoever may pass gets.
    pub(crate) opens: u16,
}

impl Door {
    pub(crate) fn changes(&self) -> bool {
        self.socket || !matches!(self.method, "GET" | "HEAD" | "OPTIONS")
    }
}

/// Somebody, by what they show.
pub(crate) struct Visitor {
    pub(crate) who: &'static str,
    pub(crate) shows: Vec<(&'static str, Vec<u8>)>,
    pub(crate) passes: fn(&Door) -> bool,
}

pub(crate) fn visitor(who: &'static str, shows: &[(&'static str, &str)], passes: fn(&Door) -> bool) -> Visitor {
    let shows = shows.iter().map(|(name, value)| (*name, value.as_bytes().to_vec())).collect();
    Visitor { who, shows, passes }
}

pub(crate) fn never(_: &Door) -> bool {
    false
}

/// A server with the witnesses `a` and `c` and the stopped instance `b`.
pub(crate) struct House {
    pub(crate) server: Server,
    pub(crate) a: Witness,
    pub(crate) c: Witness,
    pub(crate) b: i64,
}

impl House {
    pub(crate) async fn new() -> Self {
        let server = Start::new().guarded().await;
        let (a, c) = (server.witness("a").await, server.witness("c").await);
        let b = server.create("b", "hello.sh").await;
        Self { server, a, c, b }
    }

    pub(crate) fn doors(&self) -> Vec<Door> {
        let (a, b) = (self.a.id, self.b);
        let door = |at, method, path: String, behind, body, opens| Door {
            at,
            method,
            path,
            behind,
            body,
            socket: false,
            opens,
        };
        let panel =
            |method, path: &str, behind, body, opens| door(At::Dashboard, method, path.to_owned(), behind, body, opens);
        let mut doors = vec![
            panel("GET", "/", Panel, "", 200),
            panel("HEAD", "/", Panel, "", 200),
            panel("GET", "/.aikore/assets/js/main.js", Panel, "", 200),
            panel("HEAD", "/api/events", Panel, "", 200),
            panel("GET", "/api/instances/", Listing, "", 200),
            panel("GET", "/api/instances", Listing, "", 200),
            panel("HEAD", "/api/instances/", Listing, "", 200),
            panel("GET", "/api/status", Panel, "", 200),
            panel("GET", "/api/system/info", Panel, "", 200),
            panel("GET", "/api/system/stats", Panel, "", 200),
            panel("GET", "/api/system/routes", Panel, "", 200),
            panel("GET", "/api/system/blueprints", Panel, "", 200),
            panel("GET", "/api/trash", Panel, "", 200),
            panel("GET", "/api/jobs", Panel, "", 200),
            panel("GET", "/instance/none/", Panel, "", 404),
            panel("GET", "/.aikore/instances/none/state", Panel, "", 404),
            panel("GET", &format!("/api/instances/{a}"), About, "", 200),
            panel("GET", &format!("/api/instances/{a}/logs"), About, "", 200),
            panel("GET", &format!("/api/instances/{a}/size"), About, "", 200),
            panel("GET", &format!("/api/instances/{a}/versions"), About, "", 200),
            panel("GET", &format!("/api/instances/{a}/wheels"), Panel, "", 200),
            panel("GET", "/api/builder/wheels", Panel, "", 200),
            panel("PUT", "/api/builder/wheels/none", Manager, "", 422),
            panel("DELETE", "/api/builder/wheels/none", Manager, "", 404),
            panel("POST", "/api/instances/999999/version-check", Manager, "", 404),
            panel("POST", "/api/instances/999999/wheels", Manager, r#"{"filenames":[]}"#, 404),
            Door { socket: true, ..panel("GET", "/api/builder/build", Manager, "", 501) },
            panel("GET", "/api/audit", Manager, "", 200),
            panel("HEAD", "/api/audit", Manager, "", 200),
            panel("GET", "/api/system/config", Manager, "", 200),
            panel("GET", "/api/auth/sessions", Manager, "", 200),
            panel("GET", "/api/auth/tokens", Manager, "", 200),
            panel("POST", "/api/auth/tokens", Manager, r#"{"name":"","scopes":[]}"#, 422),
            panel("DELETE", "/api/auth/sessions/999999", Manager, "", 404),
            panel("DELETE", "/api/auth/tokens/999999", Manager, "", 404),
            panel("PUT", "/api/auth/password", Manager, r#"{"current":"x","password":"short"}"#, 422),
            panel("POST", "/api/instances/", Manager, r#"{"name":"a","base_blueprint":"hello.sh"}"#, 409),
            panel("PUT", &format!("/api/instances/{a}"), Manager, r#"{"name":"b"}"#, 409),
            panel("DELETE", "/api/instances/999999", Manager, "", 404),
            panel("DELETE", "/api/trash", Manager, "", 200),
            panel("GET", "/api/system/log", Manager, "", 200),
            panel("GET", &format!("/api/instances/{a}/terminals"), Manager, "", 200),
            panel("DELETE", &format!("/api/instances/{a}/terminals/none"), Manager, "", 404),
            panel("GET", &format!("/api/instances/{a}/file?file_type=script"), Manager, "", 200),
            panel("GET", &format!("/api/instances/{a}/files"), Manager, "", 200),
            panel("GET", &format!("/api/instances/{a}/files/content?path=launch.sh"), Manager, "", 200),
            panel("POST", &format!("/api/instances/{a}/files/discard"), Manager, r#"{"paths":[]}"#, 422),
            panel("GET", "/api/models/files", Panel, "", 200),
            panel("GET", "/api/models/files/content?path=none", Manager, "", 404),
            panel("POST", "/api/discarded/0/restore", Manager, "", 404),
            panel("GET", &format!("/api/instances/{a}/outputs"), Panel, "", 200),
            // Our own websockets.
            Door { socket: true, ..panel("GET", "/api/system/log/follow", Manager, "", 101) },
            Door { socket: true, ..panel("GET", &format!("/api/instances/{a}/terminal"), Manager, "", 101) },
            // The same things by other spellings: nothing is there for anybody.
            panel("GET", "//api/instances/", Panel, "", 404),
            panel("GET", "/api//instances/", Panel, "", 404),
            panel("GET", "/%61pi/instances/", Panel, "", 404),
            panel("GET", "/api/audit/", Panel, "", 404),
            panel("GET", "/api/%61udit", Panel, "", 404),
            panel("GET", "/api/x/../audit", Panel, "", 404),
            panel("GET", "/login/../api/audit", Panel, "", 404),
            panel("POST", &format!("//api/instances/{b}/start"), Manager, "", 404),
            panel("POST", "/api/auth/login/", Manager, "", 404),
            panel("OPTIONS", "/api/instances/", Listing, "", 405),
            panel("DELETE", "/api/auth/login", Manager, "", 405),
            panel("PATCH", "/api/audit", Manager, "", 405),
        ];
        for at in [At::Dashboard, At::Port, At::Host] {
            let prefix = if at == At::Dashboard { "/instance/a" } else { "" };
            for method in ["GET", "HEAD", "POST", "OPTIONS", "DELETE"] {
                doors.push(door(at, method, format!("{prefix}/seen"), App, "", 200));
            }
            doors.push(Door { socket: true, ..door(at, "GET", format!("{prefix}/socket"), App, "", 101) });
            doors.push(door(at, "GET", "/.aikore/instances/a/state".to_owned(), App, "", 200));
            doors.push(door(at, "GET", "/instance/a/seen".to_owned(), App, "", 200));
        }
        doors
    }

    /// The doors by which `b` starts: kept apart, since whoever passes one changes what the others are.
    pub(crate) fn start_buttons(&self) -> Vec<Door> {
        let button = |path: String, behind, method| Door {
            at: At::Dashboard,
            method,
            path,
            behind,
            body: "",
            socket: false,
            opens: 200,
        };
        vec![
            button("/.aikore/instances/b/start".to_owned(), Behind::Start, "POST"),
            button(format!("/api/instances/{}/start", self.b), Behind::Start, "POST"),
        ]
    }

    pub(crate) fn address(&self, at: At) -> SocketAddr {
        if at == At::Port { self.a.port } else { self.server.client.address }
    }

    /// The host a browser would name there.
    pub(crate) fn host(&self, at: At) -> String {
        match at {
            At::Host => format!("a.localhost:{}", self.server.client.address.port()),
            at => self.address(at).to_string(),
        }
    }

    pub(crate) async fn try_door(&self, door: &Door, shows: &[(&'static str, Vec<u8>)]) -> Reply {
        let host = self.host(door.at).into_bytes();
        let mut fields: Vec<(&str, &[u8])> = shows.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        if !fields.iter().any(|(name, _)| *name == "host") {
            fields.push(("host", &host));
        }
        if door.socket {
            fields.extend([
                ("connection", &b"Upgrade"[..]),
                ("upgrade", b"websocket"),
                ("sec-websocket-version", b"13"),
            ]);
            fields.push(("sec-websocket-key", b"AAAAAAAAAAAAAAAAAAAAAA=="));
        }
        knock(self.address(door.at), door.method, &door.path, &fields, door.body).await
    }

    /// Everything that a visitor may have changed.
    pub(crate) async fn state(&self) -> (Vec<String>, Vec<String>, Vec<(String, String)>, usize) {
        let client = self.server.client;
        let instances = client.get("/api/instances/").await.json();
        let instances = instances.as_array().unwrap().iter();
        let instances = instances.map(|one| (one["name"].to_string(), one["status"].to_string())).collect();
        let tokens = client.get("/api/auth/tokens").await.json().as_array().unwrap().len();
        (self.a.heads().await, self.c.heads().await, instances, tokens)
    }

    /// Refused, and in no way that tells more than that.
    pub(crate) fn assert_refused(who: &str, door: &Door, reply: &Reply) {
        let to_login = reply.head.contains("\r\nlocation: ") && reply.head.contains("/login?next=");
        let refused = matches!(reply.status, 401 | 403) || (reply.status == 303 && to_login);
        assert!(refused, "{who} at {door:?}: {reply:?}");
        assert!(!reply.head.contains("set-cookie"), "{who} at {door:?}: {reply:?}");
    }

    /// Everybody at every door.
    pub(crate) async fn walk(&self, visitors: &[Visitor], doors: &[Door]) {
        for Visitor { who, shows, passes } in visitors {
            let before = self.state().await;
            let mut refused = 0;
            for door in doors.iter().filter(|door| !passes(door)) {
                let reply = self.try_door(door, shows).await;
                Self::assert_refused(who, door, &reply);
                refused += 1;
            }
            assert!(refused > 0 || who.ends_with("to manage"), "{who} is refused nowhere");
            assert_eq!(self.state().await, before, "{who} left a trace");
            for door in doors.iter().filter(|door| passes(door)) {
                let reply = self.try_door(door, shows).await;
                assert_eq!(reply.status, door.opens, "{who} may pass {door:?}: {reply:?}");
            }
        }
    }
}
