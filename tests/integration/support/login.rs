//! Servers with a login, and what people show at their doors.

use std::net::SocketAddr;

use http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use super::{Answer, Client, Reply, Server, Start, Wire};

/// Of every test server that has a login.
pub(crate) const PASSWORD: &str = "a horse, a battery, a staple";

impl Start {
    /// With a login and its password.
    pub(crate) fn with_login(self) -> Self {
        self.env("AIKORE_AUTH", "password").env("AIKORE_PASSWORD", PASSWORD)
    }

    /// The same, served, and the test's own calls are a manager's.
    pub(crate) async fn guarded(self) -> Server {
        let mut server = self.with_login().serve();
        server.manage().await;
        server
    }
}

impl Server {
    /// From now on the test's own calls are a manager's.
    pub(crate) async fn manage(&mut self) {
        let session = self.log_in().await;
        let token = self.token(&session, "the test", &["manage"]).await;
        // A token lives as long as its test, and clients are copied freely.
        self.client.token = Some(token.leak());
    }

    /// Logs in; gives what is to be sent as `Cookie`.
    pub(crate) async fn log_in(&self) -> String {
        let answer = self.client.ask("POST", "/api/auth/login", &[], Some(&json!({ "password": PASSWORD }))).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
        cookie(&answer)
    }

    /// Makes a token on a session's account.
    pub(crate) async fn token(&self, session: &str, name: &str, scopes: &[&str]) -> String {
        let own = self.own_origin();
        let fields = [("cookie", session), ("origin", own.as_str())];
        let body = json!({ "name": name, "scopes": scopes });
        let answer = self.client.ask("POST", "/api/auth/tokens", &fields, Some(&body)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    /// What browsers call the dashboard's own pages.
    pub(crate) fn own_origin(&self) -> String {
        format!("http://{}", self.client.address)
    }
}

/// The pair of the only cookie an answer sets.
pub(crate) fn cookie(answer: &Answer) -> String {
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 1, "{:?}", answer.headers);
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

impl Client {
    /// Asks with exactly these fields; a `host` among them replaces its own.
    pub(crate) async fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
        if !fields.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", self.address.to_string());
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let body = body.map(ToString::to_string).unwrap_or_default();
        self.send(request.body(Full::new(body.into())).unwrap()).await
    }
}

/// Asks with bytes as they are, by a connection of its own. A field `host` replaces the address; an empty one leaves it out.
pub(crate) async fn knock(
    address: SocketAddr,
    method: &str,
    target: &str,
    fields: &[(&str, &[u8])],
    body: &str,
) -> Reply {
    let mut wire = Wire::to(address).await;
    let mut request = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
    if !fields.iter().any(|(name, _)| *name == "host") {
        request.extend(format!("host: {address}\r\n").into_bytes());
    }
    for (name, value) in fields.iter().filter(|(name, value)| !(*name == "host" && value.is_empty())) {
        request.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    if !body.is_empty() {
        request.extend(format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()).into_bytes());
    }
    request.extend(b"\r\n");
    request.extend(body.as_bytes());
    wire.send(request).await;
    wire.answer(method).await.unwrap_or_else(|| panic!("no answer to {method} {target}"))
}
