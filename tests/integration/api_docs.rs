//! The description of the API against the running server: every call in it is made, each answer has a status that is described and
//! a body of the shape that is described, and every kind of error is met.

mod calls;
mod schema;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Server, Start};

/// Errors that no test can bring about at will, and why.
const NOT_MET: [(u16, &str); 2] = [
    (408, "takes as long as the server's patience; tests/integration/limits.rs"),
    (423, "another file has to come between two pieces; tests/integration/uploads.rs"),
];

/// Calls whose answer depends on what the machine has; what it is has to be described all the same.
const ANY: u16 = 0;

/// A server and its description, and what of that was met.
struct Tour {
    server: Server,
    whole: Value,
    met: RefCell<BTreeSet<(String, u16)>>,
    problems: RefCell<Vec<String>>,
}

/// One call of the description.
struct Call<'w> {
    path: &'w str,
    method: &'w str,
    about: &'w Value,
}

impl Tour {
    async fn new() -> Self {
        let mut server = Start::new()
            .pool(20)
            .env("AIKORE_MAX_BODY", "64K")
            // Nobody listens there: what is known without an index is told.
            .env("AIKORE_PYTORCH_INDEX", "http://127.0.0.1:9/")
            .with_login()
            .serve();
        server.manage().await;
        let whole = server.client.get("/api/openapi.json").await.json();
        Self { server, whole, met: RefCell::default(), problems: RefCell::default() }
    }

    fn calls(&self) -> Vec<Call<'_>> {
        let paths = self.whole["paths"].as_object().unwrap();
        paths
            .iter()
            .flat_map(|(path, item)| {
                item.as_object().unwrap().iter().map(move |(method, about)| Call { path, method, about })
            })
            .collect()
    }

    /// The described call that a request makes: of several that fit the one with most of its path in words.
    fn find(&self, method: &Method, target: &str) -> Call<'_> {
        let asked: Vec<&str> = target.split('?').next().unwrap().split('/').collect();
        let fits = |call: &Call<'_>| {
            let parts: Vec<&str> = call.path.split('/').collect();
            call.method.eq_ignore_ascii_case(method.as_str())
                && parts.len() == asked.len()
                && parts.iter().zip(&asked).all(|(part, asked)| part.starts_with('{') || part == asked)
        };
        let of = self.calls().into_iter().filter(fits).min_by_key(|call| call.path.matches('{').count());
        of.unwrap_or_else(|| panic!("{method} {target} is not in the description"))
    }

    /// Notes what an answer is, and what is wrong with it.
    fn look(&self, method: &Method, target: &str, answer: &Answer, expected: u16) {
        let call = self.find(method, target);
        let here = format!("{method} {target} -> {}", answer.status.as_u16());
        let status = answer.status.as_u16();
        let mut problems = self.problems.borrow_mut();
        if expected != ANY && status != expected {
            problems.push(format!(
                "{here}: {expected} was expected: {}",
                answer.text().chars().take(300).collect::<String>()
            ));
        }
        self.met.borrow_mut().insert((name(&call), status));
        let described = &call.about["responses"][status.to_string()];
        if !described.is_object() {
            problems.push(format!(
                "{here}: this status is not in the description: add it to #[utoipa::path(responses(…))] of its handler. {}",
                answer.text().chars().take(300).collect::<String>()
            ));
            return;
        }
        if answer.body.is_empty() || method == Method::HEAD {
            return;
        }
        let media = answer.header("content-type").split(';').next().unwrap().trim();
        let Some(contents) = described["content"].as_object() else {
            // Parts of a file are described with the whole of it.
            if status != 206 {
                problems.push(format!("{here}: has a body, {media}, and none is described"));
            }
            return;
        };
        if media != "application/json" {
            if contents.contains_key("application/json") && !contents.contains_key(media) {
                problems.push(format!("{here}: is {media} and no JSON"));
            }
            return;
        }
        let Some(content) = contents.get(media) else {
            problems.push(format!("{here}: is JSON, and that is not described"));
            return;
        };
        for fault in schema::faults(&self.whole, &content["schema"], &answer.json()) {
            problems.push(format!("{here}: {fault}"));
        }
    }

    /// Makes a call with these fields and this body.
    async fn raw(&self, method: &str, target: &str, fields: &[(&str, &str)], body: &[u8], expected: u16) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let client = self.server.client;
        let mut request =
            client.request(method.clone(), target).header("authorization", format!("Bearer {}", client.token.unwrap()));
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let answer = client.send(request.body(Full::new(Bytes::copy_from_slice(body))).unwrap()).await;
        self.look(&method, target, &answer, expected);
        answer
    }

    async fn get(&self, target: &str, expected: u16) -> Answer {
        self.raw("GET", target, &[], b"", expected).await
    }

    async fn bare(&self, method: &str, target: &str, expected: u16) -> Answer {
        self.raw(method, target, &[], b"", expected).await
    }

    async fn send(&self, method: &str, target: &str, body: &Value, expected: u16) -> Answer {
        self.raw(method, target, &[("content-type", "application/json")], body.to_string().as_bytes(), expected).await
    }

    /// Asks for a websocket and leaves.
    async fn socket(&self, target: &str, expected: u16) {
        self.open(
            target,
            expected,
            &[
                ("connection", "Upgrade"),
                ("upgrade", "websocket"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="),
            ],
        )
        .await;
    }

    /// Reads the head of an answer that has no end.
    async fn open(&self, target: &str, expected: u16, more: &[(&str, &str)]) {
        let client: Client = self.server.client;
        let bearer = format!("Bearer {}", client.token.unwrap());
        let mut fields: Vec<(&str, &[u8])> = vec![("authorization", bearer.as_bytes())];
        fields.extend(more.iter().map(|(name, value)| (*name, value.as_bytes())));
        let stream = tokio::net::TcpStream::connect(client.address).await.unwrap();
        let head = head_of(stream, client, target, &fields).await;
        let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: http::HeaderMap::new(),
            body: Bytes::new(),
        };
        self.look(&Method::GET, target, &answer, expected);
    }
}

async fn head_of(mut stream: tokio::net::TcpStream, client: Client, target: &str, fields: &[(&str, &[u8])]) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut request = format!("GET {target} HTTP/1.1\r\nhost: {}\r\n", client.address).into_bytes();
    for (name, value) in fields {
        request.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    request.extend(b"\r\n");
    stream.write_all(&request).await.unwrap();
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut piece = [0; 1024];
        let read = stream.read(&mut piece).await.unwrap();
        assert!(read > 0, "no whole head: {}", String::from_utf8_lossy(&head));
        head.extend(&piece[..read]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

fn name(call: &Call<'_>) -> String {
    format!("{} {}", call.method.to_ascii_uppercase(), call.path)
}

/// A target for a call: what stands in braces, and what the query must say.
fn filled(call: &Call<'_>, id: &str) -> String {
    let mut target = String::new();
    for (n, part) in call.path.split(['{', '}']).enumerate() {
        target.push_str(match (n % 2, part) {
            (0, part) => part,
            (_, "id") => id,
            (_, "n") => "999999",
            _ => "none",
        });
    }
    let needed = call.about["parameters"].as_array().into_iter().flatten();
    let needed = needed.filter(|one| one["in"] == "query" && one["required"] == true);
    let words: Vec<String> = needed
        .map(|one| {
            let name = one["name"].as_str().unwrap();
            format!("{name}={}", if name == "file_type" { "script" } else { "none" })
        })
        .collect();
    if words.is_empty() { target } else { format!("{target}?{}", words.join("&")) }
}

#[tokio::test]
async fn every_described_call_is_made() {
    let tour = Tour::new().await;
    calls::make(&tour).await;
    let made: BTreeSet<String> = tour.met.borrow().iter().map(|(name, _)| name.clone()).collect();
    let missing: Vec<String> = tour.calls().iter().map(name).filter(|name| !made.contains(name)).collect();
    assert!(
        missing.is_empty(),
        "described and never made: add each to tests/integration/api_docs/calls.rs: {missing:#?}"
    );
    strangers(&tour).await;
    mistakes(&tour).await;
    guesses(&tour).await;
    let met: BTreeSet<u16> = tour.met.borrow().iter().map(|(_, status)| *status).collect();
    let described: BTreeSet<u16> = tour
        .calls()
        .iter()
        .flat_map(|call| call.about["responses"].as_object().unwrap().keys())
        .map(|status| status.parse().unwrap())
        .filter(|status| (400..500).contains(status))
        .collect();
    let never: Vec<u16> = described
        .iter()
        .copied()
        .filter(|status| !met.contains(status) && !NOT_MET.iter().any(|(known, _)| known == status))
        .collect();
    let problems = tour.problems.take();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    assert!(never.is_empty(), "errors that are described and were never met: {never:?}");
}

/// Nobody gets in where a login is needed; who may only open an instance is refused.
async fn strangers(tour: &Tour) {
    let session = tour.server.log_in().await;
    let weak = tour.server.token(&session, "weak", &["view:one"]).await;
    for call in tour.calls() {
        let needs = call.about["x-aikore-needs"].as_str().unwrap();
        let (method, target) =
            (Method::from_bytes(call.method.to_ascii_uppercase().as_bytes()).unwrap(), filled(&call, "1"));
        for (token, status) in [(None, 401), (Some(weak.as_str()), 403)] {
            let open = match token {
                None => needs == "nothing",
                Some(_) => matches!(needs, "nothing" | "a login" | "the instance"),
            };
            // The figures are there for whoever asks from this machine.
            if open || call.path == "/metrics" {
                continue;
            }
            let mut request = tour.server.client.request(method.clone(), &target);
            if let Some(token) = token {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            let answer = tour.server.client.send(request.body(Full::default()).unwrap()).await;
            tour.look(&method, &target, &answer, status);
        }
    }
}

/// Ids that are none, bodies that are none, things that are not there.
async fn mistakes(tour: &Tour) {
    for call in tour.calls() {
        let method = call.method.to_ascii_uppercase();
        if method == "OPTIONS" {
            continue;
        }
        let tus = [("tus-resumable", "1.0.0")];
        let fields: &[(&str, &str)] = if call.path.contains("/uploads") { &tus } else { &[] };
        if call.path.contains("/instances/{id}") {
            let as_json: &[(&str, &str)] =
                if fields.is_empty() { &[("content-type", "application/json")] } else { fields };
            tour.raw(&method, &filled(&call, "x"), as_json, b"{}", 422).await;
        }
        if call.about["requestBody"]["content"]["application/json"].is_object() {
            let target = filled(&call, "1");
            tour.raw(&method, &target, &[("content-type", "text/plain")], b"{}", 415).await;
            tour.raw(&method, &target, &[("content-type", "application/json")], b"{", 422).await;
            tour.raw(&method, &target, &[("content-type", "application/json")], &vec![b' '; 80 << 10], 413).await;
        }
        if call.about["responses"]["404"].is_object() && call.path.contains('{') {
            let example = &call.about["requestBody"]["content"]["application/json"]["example"];
            let target = filled(&call, "999999");
            if example.is_null() {
                tour.raw(&method, &target, fields, b"", ANY).await;
            } else {
                tour.send(&method, &target, example, ANY).await;
            }
        }
    }
}

/// Who guesses passwords has to wait.
async fn guesses(tour: &Tour) {
    for _ in 0..12 {
        let answer =
            tour.server.client.ask("POST", "/api/auth/login", &[], Some(&json!({ "password": "wrong" }))).await;
        tour.look(&Method::POST, "/api/auth/login", &answer, ANY);
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(!answer.header("retry-after").is_empty());
            return;
        }
    }
    panic!("twelve guesses, and no wait");
}

/// Every example of a request is one that its own schema allows.
#[test]
fn examples_are_as_described() {
    let whole = aikore::api::description().unwrap();
    let mut seen = 0;
    for (path, item) in whole["paths"].as_object().unwrap() {
        for (method, call) in item.as_object().unwrap() {
            let content = &call["requestBody"]["content"]["application/json"];
            if content.is_object() {
                let faults = schema::faults(&whole, &content["schema"], &content["example"]);
                assert!(faults.is_empty(), "{method} {path}: the example: {faults:?}");
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "{seen}");
}

/// `docs/api.md` is the description in one file to read. `UPDATE_DOCS=1` writes it anew.
#[test]
fn the_page_in_docs_is_up_to_date() {
    let page = page(&aikore::api::description().unwrap());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/api.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == page,
        "docs/api.md is not what the code says: UPDATE_DOCS=1 cargo test --test integration api_docs writes it anew"
    );
}

fn page(whole: &Value) -> String {
    let mut page =
        "# The API\n\n<!-- Made of the code by tests/integration/api_docs.rs with UPDATE_DOCS=1. -->\n\n".to_owned();
    page.push_str(whole["info"]["description"].as_str().unwrap());
    page.push_str("\n\nA server shows this description at `/api/docs`, where calls can be tried, and gives it as OpenAPI 3.1 at `/api/openapi.json`.\n");
    for tag in whole["tags"].as_array().unwrap() {
        page.push_str(&format!("\n## {}\n\n{}\n", tag["name"].as_str().unwrap(), tag["description"].as_str().unwrap()));
        for (path, item) in whole["paths"].as_object().unwrap() {
            for (method, call) in item.as_object().unwrap() {
                if call["tags"][0] == tag["name"] {
                    section(&mut page, &method.to_ascii_uppercase(), path, call);
                }
            }
        }
    }
    page
}

fn section(page: &mut String, method: &str, path: &str, call: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    page.push_str(&format!("\n### {method} {path}\n\n{} {}\n", text(&call["summary"]), text(&call["description"])));
    let parameters = call["parameters"].as_array().into_iter().flatten();
    let rows: Vec<String> = parameters
        .map(|one| {
            let needed = if one["required"] == true { "" } else { ", optional" };
            format!(
                "| `{}` | {}{needed} | {} |\n",
                text(&one["name"]),
                text(&one["in"]),
                text(&one["description"]).replace('|', "\\|").replace('\n', " ")
            )
        })
        .collect();
    if !rows.is_empty() {
        page.push_str("\n| parameter | where | what |\n|---|---|---|\n");
        page.extend(rows);
    }
    let example = &call["requestBody"]["content"]["application/json"]["example"];
    if !example.is_null() {
        page.push_str(&format!("\nA body: `{example}`\n"));
    }
    page.push_str("\n| status | what |\n|---|---|\n");
    for (status, answer) in call["responses"].as_object().unwrap() {
        page.push_str(&format!("| {status} | {} |\n", text(&answer["description"]).replace('|', "\\|")));
    }
}
