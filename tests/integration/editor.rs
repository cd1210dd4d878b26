//! Texts of an instance's folder: read, saved whole, guarded against each other, kept, and checked.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::support::{Answer, Server, Start, eventually_async};

const SERVES: &str = "exec python3 -m http.server --bind 127.0.0.1 \"$WEBUI_PORT\"";

pub(crate) async fn get(server: &Server, id: i64, query: &str) -> Answer {
    server.client.get(&format!("/api/instances/{id}/file?{query}")).await
}

pub(crate) async fn put(server: &Server, id: i64, query: &str, body: &Value) -> Answer {
    server.client.call(Method::PUT, &format!("/api/instances/{id}/file?{query}"), Some(body)).await
}

/// An instance that was never started, with its folder.
pub(crate) async fn made(server: &Server, name: &str) -> i64 {
    let id = server.create(name, "hello.sh").await;
    fs::create_dir_all(server.home(name)).unwrap();
    id
}

/// What lies in a folder besides the history.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut all: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    all.retain(|name| name != ".aikore-history");
    all.sort();
    all
}

#[tokio::test]
async fn the_script_is_read_and_saved_as_ever() {
    let server = Server::new();
    let id = server.create("app", "hello.sh").await;
    let script = server.home("app").join("launch.sh");
    // Never started: the blueprint's, and nothing on the disk.
    let first = get(&server, id, "file_type=script").await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    let first = first.json();
    assert!(first["content"].as_str().unwrap().contains("AIKORE-METADATA-START"));
    assert_eq!((&first["exists"], &first["version"]), (&json!(false), &json!(null)));
    assert_eq!(first["from"], json!({ "filename": "hello.sh", "origin": "stock" }));
    assert!(!script.exists());

    let saved =
        put(&server, id, "file_type=script&restart=false", &json!({ "content": "echo one\r\nno newline" })).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.text());
    let said = saved.json();
    assert_eq!((&said["ok"], &said["detail"]), (&json!(true), &json!("File updated successfully.")));
    assert_eq!(fs::read(&script).unwrap(), b"echo one\r\nno newline", "line ends and the end stay as they are");
    assert_eq!(fs::metadata(&script).unwrap().permissions().mode() & 0o777, 0o755);
    let read = get(&server, id, "file_type=script").await;
    assert_eq!(read.json()["content"], "echo one\r\nno newline");
    assert_eq!(read.json()["version"], said["version"]);
    assert_eq!(read.header("etag"), format!("\"{}\"", said["version"].as_str().unwrap()));
    assert_eq!(read.header("cache-control"), "no-store");
    let looked = get(&server, id, "file_type=script&content=false").await.json();
    assert_eq!((&looked["content"], &looked["version"]), (&json!(null), &said["version"]));

    // A mode somebody has chosen stays, and what it was written beside goes.
    fs::set_permissions(&script, fs::Permissions::from_mode(0o640)).unwrap();
    put(&server, id, "file_type=script", &json!({ "content": "echo two\n" })).await;
    assert_eq!(fs::metadata(&script).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(names(&server.home("app")), ["launch.sh"]);

    for (query, status, detail) in [
        ("file_type=other", StatusCode::BAD_REQUEST, "Invalid file type specified"),
        ("", StatusCode::UNPROCESSABLE_ENTITY, "file_type"),
        ("file_type=file", StatusCode::UNPROCESSABLE_ENTITY, "path"),
        ("file_type=file&path=none.txt", StatusCode::NOT_FOUND, "'none.txt' is not there"),
    ] {
        let refused = get(&server, id, query).await;
        assert_eq!(refused.status, status, "{query}: {}", refused.text());
        assert!(refused.detail().contains(detail), "{query}: {}", refused.detail());
    }
    assert_eq!(get(&server, 99, "file_type=script").await.status, StatusCode::NOT_FOUND);
    assert_eq!(put(&server, 99, "file_type=script", &json!({ "content": "" })).await.status, StatusCode::NOT_FOUND);
    assert_eq!(put(&server, id, "file_type=script", &json!({})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Its blueprint is gone, and so is its script.
    server.blueprint("gone.sh", "", "true");
    let orphan = server.create("orphan", "gone.sh").await;
    fs::remove_file(server.config().join("custom_blueprints/gone.sh")).unwrap();
    let refused = get(&server, orphan, "file_type=script").await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_eq!(refused.detail(), "Source file 'gone.sh' not found in blueprints.");
}

#[tokio::test]
async fn what_somebody_else_saved_is_not_overwritten() {
    let server = Server::new();
    let id = made(&server, "app").await;
    let script = server.home("app").join("launch.sh");
    fs::write(&script, "one\n").unwrap();
    let version = get(&server, id, "file_type=script").await.json()["version"].clone();
    fs::write(&script, "theirs\n").unwrap();
    let body = json!({ "content": "mine\n", "version": version });
    let late = put(&server, id, "file_type=script", &body).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text());
    assert!(late.detail().contains("changed on the disk"), "{}", late.detail());
    let present = &late.json()["present"];
    assert_eq!(present["content"], "theirs\n");
    assert_eq!(fs::read_to_string(&script).unwrap(), "theirs\n");
    // By HTTP's own condition too.
    let by_header = server
        .client
        .request(Method::PUT, &format!("/api/instances/{id}/file?file_type=script"))
        .header("content-type", "application/json")
        .header("if-match", format!("\"{}\"", version.as_str().unwrap()))
        .body(Full::new(Bytes::from(r#"{"content":"mine\n"}"#)))
        .unwrap();
    assert_eq!(server.client.send(by_header).await.status, StatusCode::CONFLICT);
    // Whoever wants what is there already is right in any case.
    let same = put(&server, id, "file_type=script", &json!({ "content": "theirs\n", "version": version })).await;
    assert_eq!((same.status, &same.json()["changed"]), (StatusCode::OK, &json!(false)));
    // Having seen it, they may; who says nothing overwrites, as the earlier system's scripts do.
    let seen =
        put(&server, id, "file_type=script", &json!({ "content": "mine\n", "version": present["version"] })).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text());
    assert_eq!(put(&server, id, "file_type=script", &json!({ "content": "any\n" })).await.status, StatusCode::OK);
    // Of many at once that saw the same, one is first.
    let version = get(&server, id, "file_type=script").await.json()["version"].clone();
    let saves = (0..8).map(|n| {
        let (server, version) = (&server, &version);
        async move {
            put(server, id, "file_type=script", &json!({ "content": format!("{n}\n"), "version": version }))
                .await
                .status
        }
    });
    let all = futures_util::future::join_all(saves).await;
    assert_eq!(all.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{all:?}");
    assert!(all.iter().all(|status| [StatusCode::OK, StatusCode::CONFLICT].contains(status)), "{all:?}");
}

#[tokio::test]
async fn the_last_twenty_texts_are_kept_and_come_back() {
    let server = Server::new();
    let id = made(&server, "app").await;
    let home = server.home("app");
    fs::create_dir(home.join("conf")).unwrap();
    let (path, query) = (home.join("conf/a.json"), "file_type=file&path=conf/a.json");
    fs::write(&path, "by hand").unwrap();
    assert_eq!(put(&server, id, query, &json!({ "content": "0" })).await.status, StatusCode::OK);
    let history = |query: &'static str| {
        let server = &server;
        async move {
            let answer = server.client.get(&format!("/api/instances/{id}/file/history?{query}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
            answer.json()["entries"].as_array().unwrap().clone()
        }
    };
    let first = history(query).await;
    let told: Vec<_> = first.iter().map(|one| (one["n"].as_u64().unwrap(), one["origin"].as_str().unwrap())).collect();
    assert_eq!(told, [(2, "saved"), (1, "found")], "what lay there is kept too");
    assert_eq!(first[0]["by"], "anyone (no login)");
    assert!(history("file_type=script").await.is_empty());

    for n in 1..25 {
        assert_eq!(put(&server, id, query, &json!({ "content": n.to_string() })).await.status, StatusCode::OK);
    }
    let all = history(query).await;
    assert_eq!(all.len(), 20);
    assert_eq!((&all[0]["n"], &all[19]["n"]), (&json!(26), &json!(7)));
    let kept = fs::read_dir(home.join(".aikore-history/conf%2Fa.json")).unwrap().count();
    assert_eq!(kept, 21, "twenty texts and their list");
    let former = |n: u64| format!("/api/instances/{id}/file/history/{n}?{query}");
    let one = server.client.get(&former(10)).await.json();
    assert_eq!((&one["content"], &one["n"]), (&json!("8"), &json!(10)));
    let dropped = server.client.get(&former(3)).await;
    assert_eq!(dropped.status, StatusCode::NOT_FOUND);
    assert!(dropped.detail().contains("not kept any more"), "{}", dropped.detail());
    let nonsense = server.client.get(&format!("/api/instances/{id}/file/history/x?{query}")).await;
    assert_eq!(nonsense.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", nonsense.text());

    // Bringing one back is a save: guarded, and itself in the history.
    let restore = format!("/api/instances/{id}/file/history/10/restore?{query}");
    let stale = server.client.post(&restore, &json!({ "version": "something else" })).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.text());
    let back = server.client.post(&restore, &json!({ "version": all[0]["version"] })).await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.text());
    assert_eq!((back.json()["content"].as_str(), fs::read_to_string(&path).unwrap().as_str()), (Some("8"), "8"));
    assert_eq!(history(query).await[0]["origin"], "restored");
    // What came onto the disk in between is not lost by the next save.
    fs::write(&path, "by hand again").unwrap();
    put(&server, id, query, &json!({ "content": "last" })).await;
    let all = history(query).await;
    assert_eq!((&all[0]["origin"], &all[1]["origin"]), (&json!("saved"), &json!("found")));
    let found = server.client.get(&former(all[1]["n"].as_u64().unwrap())).await.json();
    assert_eq!(found["content"], "by hand again");
    // A list that somebody has broken keeps nobody from saving, nor numbers from rising.
    fs::write(home.join(".aikore-history/conf%2Fa.json/saves.json"), "{").unwrap();
    assert_eq!(put(&server, id, query, &json!({ "content": "on" })).await.status, StatusCode::OK);
    assert!(history(query).await[0]["n"].as_u64() > all[0]["n"].as_u64());
    // The audit names the file, and nothing of its text.
    let audit = server.client.get("/api/audit").await.json();
    let entry =
        audit["entries"].as_array().unwrap().iter().find(|one| one["action"] == "instance.file.change").unwrap();
    assert_eq!((&entry["target"], &entry["detail"]), (&json!("app"), &json!("conf/a.json")));
    assert!(!audit.to_string().contains("by hand"));
}

#[tokio::test]
async fn a_save_touches_no_run_and_a_restart_takes_it_up() {
    let server = Server::new();
    let id = server.started("app", "", &format!("echo first; {SERVES}")).await;
    let before = server.instance(id).await;
    let script = format!("echo second > said; {SERVES}\n");
    let saved = put(&server, id, "file_type=script&restart=false", &json!({ "content": script })).await;
    assert_eq!((saved.status, &saved.json()["restart"]), (StatusCode::OK, &json!(null)));
    assert_eq!(server.instance(id).await["pid"], before["pid"]);
    let saved = put(&server, id, "file_type=script&restart=true", &json!({ "content": script })).await;
    assert_eq!(saved.json()["restart"]["ok"], json!(true), "{}", saved.text());
    eventually_async("another run", || async {
        let now = server.instance(id).await;
        (now["status"] == "started" && now["run"] != before["run"]).then_some(())
    })
    .await;
    assert_eq!(fs::read_to_string(server.home("app").join("said")).unwrap(), "second\n");
    // One that rests stays at rest.
    server.ask(id, "stop?wait=true").await;
    let saved = put(&server, id, "file_type=script&restart=true", &json!({ "content": "exit 3\n" })).await;
    assert_eq!((saved.status, &saved.json()["restart"]), (StatusCode::OK, &json!(null)));
    assert_eq!(server.instance(id).await["status"], "stopped");
    // It does not start with that, which is told; the file stays.
    server.ask(id, "start").await;
    server.wait_status(id, "error").await;
    assert_eq!(get(&server, id, "file_type=script").await.json()["content"], "exit 3\n");
    // A new blueprint keeps what a person wrote, and the history keeps on.
    let changed = server
        .client
        .call(Method::PUT, &format!("/api/instances/{id}"), Some(&json!({ "base_blueprint": "hello.sh" })))
        .await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    assert_eq!(fs::read_to_string(server.home("app").join("launch.sh.old")).unwrap(), "exit 3\n");
}

#[tokio::test]
async fn a_satellite_shows_its_parents_files_and_changes_none() {
    let server = Server::new();
    let parent = made(&server, "parent").await;
    fs::write(server.home("parent").join("launch.sh"), "parent's\n").unwrap();
    let made = server.client.post(&format!("/api/instances/{parent}/instantiate"), &json!({ "new_name": "sat" })).await;
    let sat = made.json()["id"].as_i64().unwrap();
    let read = get(&server, sat, "file_type=script").await.json();
    assert_eq!((&read["content"], &read["parent"]), (&json!("parent's\n"), &json!({ "id": parent, "name": "parent" })));
    let refused = put(&server, sat, "file_type=script", &json!({ "content": "x" })).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(
        refused.detail(),
        "Satellite instances share their parent's script. It cannot be edited directly. Please edit the parent instance's script."
    );
    assert_eq!(read["read_only"].as_str(), Some(refused.detail().as_str()));
    assert_eq!(
        put(&server, sat, "file_type=requirements", &json!({ "content": "x" })).await.status,
        StatusCode::FORBIDDEN
    );
    let listed = server.client.get(&format!("/api/instances/{sat}/file/editable")).await.json();
    assert_eq!(listed["parent"]["name"], "parent");
    assert_eq!(fs::read_to_string(server.home("parent").join("launch.sh")).unwrap(), "parent's\n");
}

#[tokio::test]
async fn the_files_that_are_offered() {
    let server = Server::new();
    server.blueprint("app.sh", "# aikore.files = conf/settings.yaml", SERVES);
    let id = server.create("app", "app.sh").await;
    let paths = || async {
        let files = server.client.get(&format!("/api/instances/{id}/file/editable")).await.json();
        let files = files["files"].as_array().unwrap().clone();
        files.iter().map(|file| format!("{} {}", file["path"].as_str().unwrap(), file["exists"])).collect::<Vec<_>>()
    };
    let known = ["launch.sh false", "requirements.txt false", "launch_args.txt false", "conf/settings.yaml false"];
    assert_eq!(paths().await, known);
    server.ask(id, "start").await;
    server.wait_status(id, "started").await;
    fs::write(server.home("app").join("extra.toml"), "a = 1\n").unwrap();
    assert_eq!(paths().await, ["launch.sh true", known[1], known[2], known[3], "extra.toml true"]);
    let made = put(&server, id, "file_type=requirements", &json!({ "content": "numpy\n", "version": null })).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    assert_eq!(fs::read_to_string(server.home("app").join("requirements.txt")).unwrap(), "numpy\n");
    let empty = get(&server, id, "file_type=launch_args").await.json();
    assert_eq!((&empty["content"], &empty["exists"]), (&json!(""), &json!(false)));
}

#[tokio::test]
async fn scripts_are_checked_without_being_run_or_saved() {
    let server = Server::new();
    let id = made(&server, "app").await;
    let witness = server.config().join("ran");
    let content = format!("#!/bin/bash\ntouch {}\necho $1\nif true; then\n", witness.display());
    let report = server.client.post(&format!("/api/instances/{id}/file/check"), &json!({ "content": content })).await;
    assert_eq!(report.status, StatusCode::OK, "{}", report.text());
    let report = report.json();
    let problems = report["problems"].as_array().unwrap();
    let bash = problems.iter().find(|one| one["by"] == "bash").unwrap_or_else(|| panic!("{report}"));
    assert_eq!((&bash["level"], &bash["line"]), (&json!("error"), &json!(4)));
    assert!(!witness.exists() && names(&server.home("app")).is_empty());
    // shellcheck where there is one.
    let content = "#!/bin/bash\nx=$1\nrm -rf $x\n";
    let report = server.client.post("/api/system/blueprints/check", &json!({ "content": content })).await.json();
    let there = Command::new("shellcheck").arg("--version").output().is_ok();
    assert_eq!(report["checked_by"].as_array().unwrap().contains(&json!("shellcheck")), there, "{report}");
    if there {
        let quoted = report["problems"].as_array().unwrap().iter().find(|one| one["code"] == "SC2086").unwrap();
        assert_eq!((&quoted["line"], &quoted["column"], &quoted["level"]), (&json!(3), &json!(8), &json!("info")));
    }
    // A question is no change.
    let audit = server.client.get("/api/audit").await.text();
    assert!(!audit.contains("check"), "{audit}");
}

#[tokio::test]
async fn texts_are_for_who_may_manage() {
    let mut server = Start::new().env("AIKORE_AUTH", "password").env("AIKORE_PASSWORD", "correct horse").serve();
    let login = server.client.post("/api/auth/login", &json!({ "password": "correct horse" })).await;
    let cookie = login.header("set-cookie").split(';').next().unwrap().to_owned();
    let token = |scope: &'static str| {
        let (client, cookie) = (server.client, cookie.clone());
        async move {
            let request = client
                .request(Method::POST, "/api/auth/tokens")
                .header("cookie", cookie)
                .header("origin", format!("http://{}", client.address))
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from(json!({ "name": scope, "scopes": [scope] }).to_string())))
                .unwrap();
            let made = client.send(request).await;
            assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
            made.json()["token"].as_str().unwrap().to_owned()
        }
    };
    let (manage, read): (&'static str, &'static str) = (token("manage").await.leak(), token("read").await.leak());
    server.client.token = Some(manage);
    let id = server.create("app", "hello.sh").await;
    let paths = [
        format!("/api/instances/{id}/file?file_type=script"),
        format!("/api/instances/{id}/file/history?file_type=script"),
        format!("/api/instances/{id}/file/editable"),
        "/api/system/blueprints/hello.sh".to_owned(),
        "/api/system/blueprints/custom".to_owned(),
    ];
    for (token, status) in [(manage, StatusCode::OK), (read, StatusCode::FORBIDDEN)] {
        server.client.token = Some(token);
        for path in &paths {
            assert_eq!(server.client.get(path).await.status, status, "{path}");
        }
        assert_eq!(server.client.get("/api/system/blueprints").await.status, StatusCode::OK);
    }
}
