//! Every call of the description, made in an order in which each finds what it needs.

use std::fs;
use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, RgbImage};
use serde_json::{Value, json};

use super::{ANY, Tour};
use crate::support::{Hook, PASSWORD};

const WHEEL: &str = "demo-1.0-py3-none-any.whl";
const JSON: (&str, &str) = ("content-type", "application/json");

pub(super) async fn make(tour: &Tour) {
    system(tour).await;
    let id = instances(tour).await;
    blueprints(tour).await;
    logs_and_terminals(tour, id).await;
    texts(tour, id).await;
    files(tour, &format!("/api/instances/{id}/files"), "home").await;
    files(tour, "/api/models/files", "models").await;
    outputs(tour, id).await;
    environments(tour, id).await;
    wheels(tour, id).await;
    notices(tour).await;
    backups(tour).await;
    trash(tour).await;
    login(tour).await;
}

async fn system(tour: &Tour) {
    for target in [
        "/api/status",
        "/api/openapi.json",
        "/api/system/config",
        "/api/system/info",
        "/api/system/stats",
        "/api/system/stats/history?since=0",
        "/api/system/log",
        "/api/system/log?download=true",
        "/api/system/available-ports",
        "/api/system/desktop",
        "/api/audit?limit=5",
        "/api/jobs",
        "/metrics",
    ] {
        tour.get(target, 200).await;
    }
    tour.get("/api/audit?limit=x", 422).await;
    tour.get("/api/system/log/follow", 426).await;
    tour.socket("/api/system/log/follow", 101).await;
    tour.open("/api/events", 200, &[]).await;
}

/// Makes some, and leaves one that runs.
async fn instances(tour: &Tour) -> i64 {
    let made = tour.send("POST", "/api/instances", &json!({ "name": "one", "base_blueprint": "hello.sh" }), 201).await;
    let id = made.json()["id"].as_i64().unwrap();
    let at = format!("/api/instances/{id}");
    tour.send("POST", "/api/instances", &json!({ "name": "one", "base_blueprint": "hello.sh" }), 409).await;
    tour.send("POST", "/api/instances", &json!({ "name": "two", "base_blueprint": "none.sh" }), 404).await;
    tour.send("POST", "/api/instances", &json!({ "name": "two", "base_blueprint": "hello.sh", "port": 1 }), 400).await;
    tour.send("POST", "/api/instances", &json!({ "name": "" }), 422).await;
    tour.get("/api/instances", 200).await;
    tour.get(&at, 200).await;
    tour.send("PUT", &format!("{at}?dry_run=true"), &json!({ "name": "renamed" }), 200).await;
    tour.send("PUT", &at, &json!({ "group": "tests" }), 200).await;
    tour.send("PUT", &at, &json!({ "group": "more", "base": { "group": null } }), 409).await;
    tour.send("PUT", "/api/instances/order", &json!({ "ids": [id] }), 200).await;
    tour.bare("POST", &format!("{at}/start"), 200).await;
    tour.server.wait_status(id, "started").await;
    tour.get("/.aikore/instances/one/state", 200).await;
    tour.get("/api/system/routes", 200).await;
    tour.get("/api/system/debug-nginx", 200).await;
    tour.bare("POST", &format!("{at}/restart"), 200).await;
    tour.server.wait_status(id, "started").await;
    tour.bare("POST", &format!("{at}/stop?wait=true"), 200).await;
    tour.bare("POST", "/.aikore/instances/one/start", 200).await;
    tour.server.wait_status(id, "started").await;
    tour.get(&format!("{at}/size"), 200).await;
    tour.get(&format!("{at}/screen"), ANY).await;
    tour.socket("/.aikore/instances/one/screen", 503).await;
    tour.send("POST", &format!("{at}/instantiate"), &json!({ "new_name": "a satellite" }), 200).await;
    let copy = tour.send("POST", &format!("{at}/copy"), &json!({ "new_name": "a copy" }), 200).await;
    let job = tour.server.job_over(&copy).await;
    let job = format!("/api/jobs/{}", job["id"].as_str().unwrap());
    tour.get(&job, 200).await;
    tour.get("/api/jobs", 200).await;
    tour.bare("DELETE", &job, 409).await;
    tour.bare("DELETE", "/api/jobs/none", 404).await;
    id
}

async fn blueprints(tour: &Tour) {
    let all = "/api/system/blueprints";
    let own = "/api/system/blueprints/custom";
    tour.get(all, 200).await;
    tour.get(&format!("{all}/hello.sh"), 200).await;
    tour.get(&format!("{all}/hello.sh?origin=nowhere"), 422).await;
    tour.send("POST", &format!("{all}/check"), &json!({ "content": "echo $1\nif" }), 200).await;
    let first =
        tour.send("POST", own, &json!({ "filename": "mine.sh", "content": "#!/bin/bash\necho 1\n" }), 201).await.json();
    tour.send("POST", own, &json!({ "filename": "mine.sh", "content": "" }), 409).await;
    tour.send("POST", own, &json!({ "filename": "../x.sh", "content": "" }), ANY).await;
    tour.get(own, 200).await;
    tour.get(&format!("{own}/mine.sh"), 200).await;
    tour.send(
        "PUT",
        &format!("{own}/mine.sh"),
        &json!({ "content": "#!/bin/bash\necho 2\n", "version": first["version"] }),
        200,
    )
    .await;
    tour.send(
        "PUT",
        &format!("{own}/mine.sh"),
        &json!({ "content": "#!/bin/bash\necho 3\n", "version": first["version"] }),
        409,
    )
    .await;
    let saves = tour.get(&format!("{own}/mine.sh/history"), 200).await.json();
    let n = &saves["entries"].as_array().unwrap().last().unwrap()["n"];
    tour.get(&format!("{own}/mine.sh/history/{n}"), 200).await;
    tour.get(&format!("{own}/mine.sh/history/x"), 422).await;
    tour.bare("POST", &format!("{own}/mine.sh/history/{n}/restore"), 200).await;
    tour.send("POST", &format!("{own}/mine.sh/rename"), &json!({ "filename": "yours.sh" }), 200).await;
    tour.bare("DELETE", &format!("{own}/yours.sh"), 200).await;
    tour.get(own, 200).await;
    tour.bare("POST", &format!("{own}/yours.sh/restore"), 200).await;
    tour.bare("DELETE", &format!("{own}/yours.sh?forever=true"), ANY).await;
}

async fn logs_and_terminals(tour: &Tour, id: i64) {
    let at = format!("/api/instances/{id}");
    tour.get(&format!("{at}/logs"), 200).await;
    tour.get(&format!("{at}/logs?times=true&offset=0"), 200).await;
    tour.get(&format!("{at}/logs?offset=-1"), 422).await;
    tour.get(&format!("{at}/logs?run=none"), ANY).await;
    tour.get(&format!("{at}/logs?download=true"), 200).await;
    tour.get(&format!("{at}/logs/runs"), 200).await;
    tour.get(&format!("{at}/logs/follow"), 426).await;
    tour.socket(&format!("{at}/logs/follow"), 101).await;
    let terminal = tour
        .send("POST", &format!("{at}/terminals"), &json!({ "name": "Shell", "rows": 24, "cols": 80 }), 201)
        .await
        .json();
    let terminal = terminal["id"].as_str().unwrap();
    tour.get(&format!("{at}/terminals"), 200).await;
    tour.send("PUT", &format!("{at}/terminals/{terminal}"), &json!({ "name": "Training" }), 200).await;
    tour.get(&format!("{at}/terminal?session={terminal}"), 400).await;
    tour.socket(&format!("{at}/terminal?session={terminal}"), 101).await;
    tour.bare("DELETE", &format!("{at}/terminals/{terminal}"), 204).await;
}

async fn texts(tour: &Tour, id: i64) {
    let at = format!("/api/instances/{id}/file");
    let script = format!("{at}?file_type=script");
    tour.get(&format!("{at}/editable"), 200).await;
    tour.get(&format!("{at}?file_type=launch_args"), ANY).await;
    tour.get(&at, 422).await;
    tour.get(&format!("{at}?file_type=file&path=../x"), ANY).await;
    let read = tour.get(&script, 200).await.json();
    tour.get(&format!("{script}&content=false"), 200).await;
    let changed = format!("{}\n# more\n", read["content"].as_str().unwrap());
    tour.send("PUT", &script, &json!({ "content": changed, "version": read["version"] }), 200).await;
    tour.send("PUT", &script, &json!({ "content": "another", "version": read["version"] }), 409).await;
    tour.send("PUT", &format!("{script}&restart=true"), &json!({ "content": changed }), 200).await;
    tour.server.wait_status(id, "started").await;
    tour.send("POST", &format!("{at}/check"), &json!({ "content": "echo $1" }), 200).await;
    let saves = tour.get(&format!("{at}/history?file_type=script"), 200).await.json();
    let n = &saves["entries"].as_array().unwrap().last().unwrap()["n"];
    tour.get(&format!("{at}/history/{n}?file_type=script"), 200).await;
    tour.send("POST", &format!("{at}/history/{n}/restore?file_type=script"), &json!({ "version": "another" }), 409)
        .await;
    tour.bare("POST", &format!("{at}/history/{n}/restore?file_type=script"), 200).await;
}

/// The files of a folder.
async fn files(tour: &Tour, at: &str, mark: &str) {
    tour.get(at, 200).await;
    tour.get(&format!("{at}?path=none"), 404).await;
    tour.get(&format!("{at}?path=../x"), 422).await;
    tour.send("POST", &format!("{at}/folder"), &json!({ "path": "notes" }), 201).await;
    tour.send("POST", &format!("{at}/folder"), &json!({ "path": "notes" }), 409).await;
    tour.send("POST", &format!("{at}/rename"), &json!({ "from": "notes", "to": "old" }), 200).await;
    tour.get(&format!("{at}/content?path=old"), 400).await;
    let tus = ("tus-resumable", "1.0.0");
    let uploads = format!("{at}/uploads");
    tour.bare("OPTIONS", &uploads, 204).await;
    tour.bare("POST", &uploads, 412).await;
    tour.raw("POST", &uploads, &[tus], b"", 400).await;
    let metadata = format!("path {}", STANDARD.encode("old/notes.txt"));
    let begin = [tus, ("upload-length", "5"), ("upload-metadata", metadata.as_str())];
    let begun = tour.raw("POST", &uploads, &begin, b"", 201).await;
    let upload = format!("{at}/{}", begun.header("location"));
    tour.bare("OPTIONS", &upload, 204).await;
    tour.raw("HEAD", &upload, &[tus], b"", 200).await;
    let piece = ("content-type", "application/offset+octet-stream");
    tour.raw("PATCH", &upload, &[tus, ("content-type", "text/plain"), ("upload-offset", "0")], b"hello", 415).await;
    tour.raw("PATCH", &upload, &[tus, piece, ("upload-offset", "3")], b"lo", 409).await;
    tour.raw("PATCH", &upload, &[tus, piece, ("upload-offset", "0")], b"hello", 204).await;
    let other =
        tour.raw("POST", &uploads, &[tus, ("upload-length", "5"), ("upload-metadata", "path YQ==")], b"", 201).await;
    tour.raw("DELETE", &format!("{at}/{}", other.header("location")), &[tus], b"", 204).await;
    let content = format!("{at}/content?path=old/notes.txt");
    let whole = tour.get(&content, 200).await;
    assert_eq!(whole.body, "hello", "{mark}");
    tour.raw("GET", &content, &[("range", "bytes=1-2")], b"", 206).await;
    tour.raw("GET", &content, &[("range", "bytes=9-")], b"", 416).await;
    tour.raw("GET", &content, &[("if-none-match", whole.header("etag"))], b"", 304).await;
    let gone = tour.send("POST", &format!("{at}/discard"), &json!({ "paths": ["old"] }), 200).await.json();
    let restore = format!("/api/discarded/{}/restore", gone["token"].as_str().unwrap());
    tour.bare("POST", &restore, 200).await;
    tour.bare("POST", &restore, 404).await;
}

async fn outputs(tour: &Tour, id: i64) {
    let at = format!("/api/instances/{id}/outputs");
    let folder = tour.server.config().join("outputs/one");
    fs::create_dir_all(&folder).unwrap();
    let mut png = Cursor::new(Vec::new());
    RgbImage::new(40, 30).write_to(&mut png, ImageFormat::Png).unwrap();
    fs::write(folder.join("picture.png"), png.into_inner()).unwrap();
    fs::write(folder.join("notes.txt"), "hello").unwrap();
    let list = tour.get(&at, 200).await;
    tour.raw("GET", &at, &[("if-none-match", list.header("etag"))], b"", 304).await;
    tour.get(&format!("{at}?kind=nothing"), 422).await;
    tour.get(&format!("{at}/content?path=picture.png"), 200).await;
    tour.raw("GET", &format!("{at}/content?path=picture.png"), &[("range", "bytes=0-9")], b"", 206).await;
    tour.get(&format!("{at}/thumbnail?path=picture.png"), 200).await;
    tour.get(&format!("{at}/thumbnail?path=picture.png&size=7"), 422).await;
    tour.get(&format!("{at}/thumbnail?path=notes.txt"), 415).await;
    tour.get(&format!("{at}/metadata?path=picture.png"), 200).await;
    tour.get(&format!("{at}/metadata?path=notes.txt"), 200).await;
    let picked = tour.send("POST", &format!("{at}/archive"), &json!({ "paths": ["picture.png"] }), 200).await.json();
    tour.get(&format!("/{}", picked["url"].as_str().unwrap()), 200).await;
    tour.get(&format!("{at}/archive?ticket=none"), 404).await;
    tour.send("POST", &format!("{at}/discard"), &json!({ "paths": ["notes.txt"] }), 200).await;
}

async fn environments(tour: &Tour, id: i64) {
    let at = format!("/api/instances/{id}");
    tour.get(&format!("{at}/environment"), 200).await;
    tour.get(&format!("{at}/versions"), 200).await;
    tour.bare("POST", &format!("{at}/version-check"), 200).await;
    let begun = tour.bare("POST", &format!("{at}/version-check?async=true"), 202).await;
    tour.server.job_over(&begun).await;
    tour.get(&format!("{at}/versions"), 200).await;
    tour.send("POST", &format!("{at}/environment/prune"), &json!({ "dry_run": true }), 200).await;
    tour.bare("POST", &format!("{at}/rollback"), 404).await;
    tour.send("POST", &format!("{at}/rollback"), &json!({ "snapshot": "nonsense" }), 422).await;
    tour.bare("POST", &format!("{at}/stop?wait=true"), 200).await;
    tour.bare("POST", &format!("{at}/update"), 200).await;
    tour.bare("POST", &format!("{at}/rebuild"), ANY).await;
    for list in ["", "/python", "/cuda", "/torch/cu128"] {
        tour.get(&format!("/api/builder/versions{list}"), 200).await;
    }
}

async fn wheels(tour: &Tour, id: i64) {
    let shelf = "/api/builder/wheels";
    let at = format!("{shelf}/{WHEEL}");
    let file = [b"PK\x03\x04".as_slice(), b"x", b"PK\x05\x06", &[0; 18]].concat();
    let media = ("content-type", "application/octet-stream");
    tour.raw("PUT", &at, &[("content-type", "text/plain")], &file, 415).await;
    tour.raw("PUT", &format!("{shelf}/none"), &[media], &file, 422).await;
    tour.raw("PUT", &at, &[media], &file, 201).await;
    tour.raw("PUT", &at, &[media], &file, 409).await;
    tour.get(shelf, 200).await;
    tour.get(&format!("{at}/download"), 200).await;
    tour.raw("GET", &format!("{at}/download"), &[("range", "bytes=900-")], b"", 416).await;
    tour.get(&format!("/api/instances/{id}/wheels"), 200).await;
    tour.send("POST", &format!("/api/instances/{id}/wheels"), &json!({ "filenames": [WHEEL] }), 200).await;
    tour.bare("DELETE", &at, 200).await;
}

async fn notices(tour: &Tour) {
    tour.get("/api/notices?limit=5", 200).await;
    tour.send("POST", "/api/notices/read", &json!({ "up_to": 1 }), 200).await;
    tour.send("POST", "/api/notices/read", &json!({ "up_to": 1, "ids": [1] }), 422).await;
    let hook = Hook::new().await;
    let target = json!({ "name": "hook", "kind": "webhook", "url": hook.url("/in") });
    let added = tour.send("POST", "/api/notices/targets", &target, 201).await.json();
    tour.send("POST", "/api/notices/targets", &target, 409).await;
    tour.get("/api/notices/targets", 200).await;
    let at = format!("/api/notices/targets/{}", added["id"]);
    tour.send("PUT", &at, &json!({ "enabled": false }), 200).await;
    tour.bare("POST", &format!("{at}/test"), 200).await;
    tour.bare("DELETE", &at, 204).await;
}

async fn backups(tour: &Tour) {
    let begun = tour.bare("POST", "/api/backups", 202).await;
    let job = tour.server.job_over(&begun).await;
    assert_eq!(job["state"], "done", "{job}");
    let all = tour.get("/api/backups", 200).await.json();
    let at = format!("/api/backups/{}", all[0]["name"].as_str().unwrap());
    let file = tour.get(&format!("{at}/download"), 200).await;
    tour.raw("GET", &format!("{at}/download"), &[("if-none-match", file.header("etag"))], b"", 304).await;
    tour.bare("DELETE", &at, 200).await;
}

async fn trash(tour: &Tour) {
    let all: Value = tour.get("/api/instances", 200).await.json();
    let copy = all.as_array().unwrap().iter().find(|one| one["name"] == "a copy").unwrap();
    let at = format!("/api/instances/{}", copy["id"]);
    let gone = tour.bare("DELETE", &at, 200).await;
    if !gone.header("x-aikore-job").is_empty() {
        tour.server.job_over(&gone).await;
    }
    let entry = |list: &Value| {
        let found = list.as_array().unwrap().iter().find(|one| one["kind"] == "instance").unwrap();
        found["name"].as_str().unwrap().replace(' ', "%20")
    };
    let list = tour.get("/api/trash", 200).await.json();
    let back = tour.bare("POST", &format!("/api/trash/{}/restore", entry(&list)), 200).await.json();
    let gone = tour.send("DELETE", &format!("/api/instances/{}", back["id"]), &json!({ "mode": "trash" }), 200).await;
    if !gone.header("x-aikore-job").is_empty() {
        tour.server.job_over(&gone).await;
    }
    let list = tour.get("/api/trash", 200).await.json();
    let removed = tour.bare("DELETE", &format!("/api/trash/{}", entry(&list)), 200).await;
    if !removed.header("x-aikore-job").is_empty() {
        tour.server.job_over(&removed).await;
    }
    tour.bare("DELETE", "/api/trash", 200).await;
}

async fn login(tour: &Tour) {
    tour.get("/api/auth/session", 200).await;
    let made =
        tour.send("POST", "/api/auth/tokens", &json!({ "name": "a script", "scopes": ["read"] }), 201).await.json();
    tour.send("POST", "/api/auth/tokens", &json!({ "name": "a script", "scopes": ["read"] }), 409).await;
    tour.get("/api/auth/tokens", 200).await;
    tour.bare("DELETE", &format!("/api/auth/tokens/{}", made["id"]), 204).await;
    tour.bare("DELETE", "/api/auth/tokens/x", 422).await;
    tour.bare("DELETE", "/api/auth/sessions/x", 422).await;
    tour.send("POST", "/api/auth/login", &json!({ "password": PASSWORD }), 204).await;
    let sessions = tour.get("/api/auth/sessions", 200).await.json();
    tour.bare("DELETE", &format!("/api/auth/sessions/{}", sessions[0]["id"]), 204).await;
    tour.send("PUT", "/api/auth/password", &json!({ "current": PASSWORD, "password": "short" }), 422).await;
    tour.send("PUT", "/api/auth/password", &json!({ "current": PASSWORD, "password": PASSWORD }), 204).await;
    tour.bare("DELETE", "/api/auth/sessions", 204).await;
    tour.bare("POST", "/api/auth/logout", 204).await;
    tour.raw(
        "POST",
        "/api/auth/setup",
        &[JSON],
        json!({ "token": "none", "password": PASSWORD }).to_string().as_bytes(),
        ANY,
    )
    .await;
}
