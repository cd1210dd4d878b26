//! Updates, rebuilds and ways back: what was before is kept until the new one works, and comes back when it does not.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Server, eventually_async_within, eventually_within};

/// An app in a git repository: `install.sh` of it says what is installed, and whether that works.
struct App {
    folder: tempfile::TempDir,
}

impl App {
    fn new() -> Self {
        let app = Self { folder: tempfile::tempdir().unwrap() };
        app.git(&["init", "--quiet", "--initial-branch=main"]);
        app.publish("1", "true");
        app
    }

    fn git(&self, arguments: &[&str]) -> String {
        let user = ["-c", "user.name=Somebody", "-c", "user.email=somebody@localhost"];
        let said = Command::new("git").args(user).args(arguments).current_dir(self.folder.path()).output().unwrap();
        assert!(said.status.success(), "{said:?}");
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    }

    /// A version of it; `work` is what its installation does at last.
    fn publish(&self, version: &str, work: &str) -> String {
        let install = format!(
            "site=$(echo env/lib/python3*/site-packages)\nmkdir -p \"$site/thing-{version}.dist-info\"\n{work}\n"
        );
        fs::write(self.folder.path().join("install.sh"), install).unwrap();
        fs::write(self.folder.path().join("version"), version).unwrap();
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "-m", &format!("Version {version}")]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn script(&self) -> String {
        format!(
            r#"
set -euo pipefail
source "$AIKORE_LIB/functions.sh"
phase "Fetching the app" 1 3
sync_repo "file://{}" app
phase "Preparing Python" 2 3
clean_env ./env
if [ ! -d env ]; then
    python3 -m venv --without-pip env
    echo "${{AIKORE_LOCK:-none}}" > env/lock
    phase "Installing packages" 3 3
    bash app/install.sh
fi
phase_done
exec env/bin/python -m http.server "$WEBUI_PORT" --bind 127.0.0.1
"#,
            self.folder.path().display()
        )
    }

    async fn started(&self, server: &Server) -> i64 {
        server.started("a", "# aikore.venv_path = ./env", &self.script()).await
    }
}

/// What of an app is in use: the version of its code, of its package, and which environment that is.
fn in_use(home: &Path) -> (String, Vec<String>, u64) {
    let version = fs::read_to_string(home.join("app/version")).unwrap_or_default();
    let lib = fs::read_dir(home.join("env/lib")).into_iter().flatten().flatten().map(|entry| entry.path());
    let site = lib.map(|lib| lib.join("site-packages")).find(|site| site.is_dir()).unwrap_or_default();
    let names = fs::read_dir(site).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let mut things: Vec<String> = names
        .filter_map(|name| Some(name.to_str()?.strip_prefix("thing-")?.strip_suffix(".dist-info")?.to_owned()))
        .collect();
    things.sort();
    (version, things, fs::metadata(home.join("env")).map_or(0, |facts| facts.ino()))
}

impl Server {
    async fn environment(&self, id: i64) -> Value {
        let answer = self.client.get(&format!("/api/instances/{id}/environment")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }

    /// Asks for something, which is said to be fine.
    async fn asks(&self, id: i64, what: &str) -> Value {
        let answer = self.ask(id, what).await;
        assert_eq!(answer.status, StatusCode::OK, "{what}: {}", answer.text());
        answer.json()
    }

    /// Until what was tried is over.
    async fn tried(&self, id: i64) -> Value {
        eventually_async_within(30, "the end of a trial", || async {
            let now = self.environment(id).await;
            (now["trial"].is_null() && !now["last"].is_null()).then_some(now)
        })
        .await
    }

    /// Makes a satellite of an instance, as the store has it.
    async fn make_satellite(&mut self, satellite: i64, parent: i64) {
        self.end("TERM");
        let store = rusqlite::Connection::open(self.config().join("aikore.db")).unwrap();
        store.execute("UPDATE instances SET parent_instance_id = ?1 WHERE id = ?2", [parent, satellite]).unwrap();
        drop(store);
        self.start();
    }
}

#[tokio::test]
async fn an_update_happens_when_asked_for_and_can_be_taken_back_and_forth() {
    let (server, app) = (Server::new(), App::new());
    let id = app.started(&server).await;
    let home = server.home("a");
    let first = in_use(&home);
    assert_eq!((first.0.as_str(), first.1.as_slice()), ("1", &["1".to_owned()][..]));
    let lock = home.join(".aikore-environment/lock.txt");
    eventually_within(10, "the lock of a good start", || {
        fs::read_to_string(&lock).ok()?.contains("thing==1").then_some(())
    });
    let published = app.publish("2", "true");
    // A mere restart changes nothing.
    server.asks(id, "restart?wait=true").await;
    server.wait_status(id, "started").await;
    assert_eq!(in_use(&home), first);

    server.asks(id, "update").await;
    server.wait_status(id, "started").await;
    let now = server.tried(id).await;
    let second = in_use(&home);
    assert_eq!((second.0.as_str(), second.1.as_slice()), ("2", &["2".to_owned()][..]));
    assert_eq!((&now["last"]["kind"], &now["last"]["outcome"]), (&json!("update"), &json!("good")), "{now}");
    assert_eq!((&now["path"], &now["kind"], &now["packages"]), (&json!("env"), &json!("venv"), &json!(1)), "{now}");
    assert_eq!(now["repositories"][0]["commit"], published.as_str());
    assert_eq!(now["repositories"][0]["subject"], "Version 2");
    let before = &now["snapshots"][0];
    assert_eq!((&before["before"], &before["has_environment"]), (&json!("update"), &json!(true)));
    assert!(before["size"].as_u64() > Some(1000) && before["own"].as_u64() > Some(1000), "{before}");
    assert_eq!(before["changes"]["packages"], json!([{ "name": "thing", "from": "1", "to": "2" }]));
    assert_eq!(before["changes"]["repositories"][0]["to"], published.as_str());
    eventually_within(10, "the lock", || fs::read_to_string(&lock).ok()?.contains("thing==2").then_some(()));

    // One click, and the very environment of before is there again; and one more.
    for (state, version) in [(&first, "1"), (&second, "2")] {
        server.asks(id, "rollback").await;
        server.wait_status(id, "started").await;
        let now = server.tried(id).await;
        assert_eq!(&in_use(&home), state, "{now}");
        assert_eq!(now["repositories"][0]["subject"], format!("Version {version}"));
        assert_eq!(now["snapshots"].as_array().unwrap().len(), 1, "{now}");
    }
    // Named by name.
    let to = server.environment(id).await["snapshots"][0]["id"].clone();
    let path = format!("/api/instances/{id}/rollback");
    assert_eq!(
        server.client.post(&path, &json!({ "snapshot": "20260101-000000-0000" })).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        server.client.post(&path, &json!({ "snapshot": "../x" })).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(server.client.post(&path, &json!({ "snapshot": to })).await.status, StatusCode::OK);
    server.wait_status(id, "started").await;
    server.tried(id).await;
    assert_eq!(in_use(&home), first);
}

#[tokio::test]
async fn an_update_that_fails_is_undone_by_itself() {
    let (server, app) = (Server::new(), App::new());
    let id = app.started(&server).await;
    let home = server.home("a");
    let first = in_use(&home);
    fs::write(home.join("app/mine"), "untracked").unwrap();
    app.publish("2", "echo 'gcc: error: no such thing' >&2; exit 9");
    let pid = server.instance(id).await["pid"].clone();
    server.asks(id, "update").await;
    let now = server.tried(id).await;
    assert_eq!(now["last"]["outcome"], "undone", "{now}");
    let reason = now["last"]["reason"].as_str().unwrap();
    for words in ["exit code 9", "It was at: Installing packages", "gcc: error: no such thing", "The update is undone"]
    {
        assert!(reason.contains(words), "{words}: {reason}");
    }
    // It is down until it starts again, a moment later.
    let again = eventually_async_within(20, "what was before", || async {
        let now = server.instance(id).await;
        (now["status"] == "started").then_some(now)
    })
    .await;
    assert_ne!(again["pid"], pid);
    assert_eq!(in_use(&home), first);
    assert!(home.join("app/mine").exists());
    assert_eq!(now["snapshots"], json!([]), "it is what is there");
    // It is what starts from now on.
    server.asks(id, "restart?wait=true").await;
    server.wait_status(id, "started").await;
    assert_eq!(in_use(&home), first);
    // What went wrong was mended: the next update comes through.
    app.publish("3", "true");
    server.asks(id, "update").await;
    server.wait_status(id, "started").await;
    assert_eq!(server.tried(id).await["last"]["outcome"], "good");
    assert_eq!(in_use(&home).0, "3");
}

#[tokio::test]
async fn an_update_outlives_the_server() {
    let (mut server, app) = (Server::new(), App::new());
    let id = app.started(&server).await;
    let home = server.home("a");
    let go = home.join("go");
    app.publish("2", "for n in $(seq 600); do [ -e go ] && break; sleep 0.1; done");
    server.asks(id, "update").await;
    server.wait_status(id, "installing").await;
    let under_way = server.environment(id).await;
    assert_eq!((&under_way["trial"]["kind"], &under_way["trial"]["state"]), (&json!("update"), &json!("under_way")));
    // Neither a second one nor pruning from under it.
    assert_eq!(server.ask(id, "update").await.status, StatusCode::CONFLICT);
    let answer = server.client.post(&format!("/api/instances/{id}/environment/prune"), &json!({})).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text());
    server.end("KILL");
    server.start();
    fs::write(&go, "").unwrap();
    server.wait_status(id, "started").await;
    assert_eq!(server.tried(id).await["last"]["outcome"], "good");
    assert_eq!(in_use(&home).0, "2");
}

#[tokio::test]
async fn an_update_is_called_off_before_and_in_the_middle() {
    let (server, app) = (Server::new(), App::new());
    let id = app.started(&server).await;
    let home = server.home("a");
    let first = in_use(&home);
    app.publish("2", "for n in $(seq 600); do sleep 0.1; done");
    server.asks(id, "stop?wait=true").await;
    // It is stopped: nothing happens before the next start.
    assert!(server.asks(id, "update").await["note"].as_str().unwrap().contains("next start"));
    assert_eq!(server.environment(id).await["trial"]["state"], "asked");
    assert!(server.asks(id, "rollback").await["note"].as_str().unwrap().contains("nothing was changed"));
    assert!(server.environment(id).await["trial"].is_null());
    server.asks(id, "start").await;
    server.wait_status(id, "started").await;
    assert_eq!(in_use(&home), first);
    server.asks(id, "update").await;
    server.wait_status(id, "installing").await;
    assert!(server.asks(id, "rollback").await["note"].as_str().unwrap().contains("as it was before"));
    server.wait_status(id, "started").await;
    assert_eq!(in_use(&home), first);
    assert_eq!(server.environment(id).await["last"]["outcome"], "undone");
    // A person who stops it in the middle finds it there when they start it again.
    server.asks(id, "update").await;
    server.wait_status(id, "installing").await;
    server.asks(id, "stop?wait=true").await;
    assert_eq!(server.environment(id).await["trial"]["state"], "under_way");
    server.asks(id, "rollback").await;
    assert_eq!(server.instance(id).await["status"], "stopped");
    assert_eq!(in_use(&home), first);
}

#[tokio::test]
async fn what_was_is_pruned_after_a_preview_and_made_anew_by_its_list() {
    let (server, app) = (Server::new(), App::new());
    let id = app.started(&server).await;
    let home = server.home("a");
    app.publish("2", "true");
    server.asks(id, "update").await;
    server.wait_status(id, "started").await;
    let snapshot = server.tried(id).await["snapshots"][0]["id"].as_str().unwrap().to_owned();
    let kept = home.join(".aikore-environment/snapshots").join(&snapshot);
    let path = format!("/api/instances/{id}/environment/prune");
    let preview = server.client.post(&path, &json!({ "dry_run": true })).await.json();
    assert!(preview["freed"].as_u64() > Some(1000) && kept.join("environment").exists(), "{preview}");
    assert_eq!(preview["snapshots"][0]["what"], "environment");
    let done = server.client.post(&path, &json!({ "snapshots": [snapshot] })).await.json();
    assert_eq!(done["freed"], preview["freed"]);
    assert!(!kept.join("environment").exists() && kept.join("lock.txt").exists());
    // Its list is there: the script is told to make it by that.
    server.asks(id, "rollback").await;
    server.wait_status(id, "started").await;
    server.tried(id).await;
    let told = fs::read_to_string(home.join("env/lock")).unwrap();
    assert_eq!(PathBuf::from(told.trim()), kept.join("lock.txt"));
    assert_eq!(in_use(&home).0, "1");
    let whole = server.client.post(&path, &json!({ "whole": true })).await;
    assert_eq!(whole.json()["snapshots"].as_array().unwrap().len(), 1, "{}", whole.text());
    assert_eq!(server.environment(id).await["snapshots"], json!([]));
    let nothing = server.ask(id, "rollback").await;
    assert!(
        nothing.status == StatusCode::NOT_FOUND && nothing.detail().contains("no earlier state"),
        "{}",
        nothing.text()
    );
}

#[tokio::test]
async fn a_rebuild_makes_the_same_anew_and_an_old_marker_asks_for_it() {
    let (server, app) = (Server::new(), App::new());
    let id = app.started(&server).await;
    let home = server.home("a");
    let first = in_use(&home);
    app.publish("2", "true");
    server.asks(id, "rebuild").await;
    server.wait_status(id, "started").await;
    assert_eq!(server.tried(id).await["last"]["kind"], "rebuild");
    let second = in_use(&home);
    assert!(second.2 != first.2 && second.0 == "1", "the same app: {second:?}");
    server.asks(id, "stop?wait=true").await;
    server.asks(id, "rebuild").await;
    assert!(home.join(".rebuild-env").exists() && in_use(&home) == second);
    assert_eq!(server.environment(id).await["trial"]["state"], "asked");
    server.asks(id, "start").await;
    server.wait_status(id, "started").await;
    server.tried(id).await;
    assert!(in_use(&home).2 != second.2 && !home.join(".rebuild-env").exists());
    let left = fs::read_dir(server.config().join("instances")).unwrap().count();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn a_satellite_changes_what_it_runs_on() {
    // earlier-defects.md 38
    let (mut server, app) = (Server::new(), App::new());
    let parent = app.started(&server).await;
    let satellite = server.create("satellite", "a.sh").await;
    server.asks(parent, "stop?wait=true").await;
    server.make_satellite(satellite, parent).await;
    let answer = server.asks(satellite, "rebuild").await;
    assert!(answer["note"].as_str().unwrap().contains("that of 'a'"), "{answer}");
    let (own, shared) = (server.home("satellite"), server.home("a"));
    assert!(shared.join(".rebuild-env").exists() && !own.join(".rebuild-env").exists());
    let first = in_use(&shared);
    server.asks(satellite, "start").await;
    server.wait_status(satellite, "started").await;
    assert_ne!(in_use(&shared).2, first.2);
    assert_eq!(server.tried(satellite).await["family"], json!({ "id": parent, "name": "a" }));
    // Not from under what runs on it.
    for what in ["rebuild", "update"] {
        let answer = server.ask(parent, what).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.detail().contains("'satellite' runs with the same environment"), "{}", answer.detail());
    }
    // A marker that somebody made by hand waits for them all to be down.
    fs::write(shared.join(".rebuild-env"), "").unwrap();
    let answer = server.ask(parent, "start").await;
    assert!(
        !answer.status.is_success() && answer.detail().contains("'satellite' runs in the same folder"),
        "{}",
        answer.text()
    );
    fs::remove_file(shared.join(".rebuild-env")).unwrap();
    server.asks(parent, "start").await;
    server.wait_status(parent, "started").await;
}

#[tokio::test]
async fn what_is_not_installed_needs_nothing() {
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    for what in ["rebuild", "update"] {
        let answer = server.asks(id, what).await;
        assert_eq!(answer["status"], "stopped");
        assert!(answer["note"].as_str().unwrap().contains("its first start does that"));
    }
    assert!(!server.home("a").exists());
    let now = server.environment(id).await;
    assert!(now["path"].is_null() && now["trial"].is_null() && now["same_disk"] == json!(true), "{now}");
    for what in ["rebuild", "update", "rollback"] {
        assert_eq!(server.ask(99, what).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_copy_and_another_name_keep_their_environment() {
    let (server, app) = (Server::new(), App::new());
    let id = app.started(&server).await;
    app.publish("2", "true");
    server.asks(id, "update").await;
    server.wait_status(id, "started").await;
    server.tried(id).await;
    server.asks(id, "stop?wait=true").await;
    let answer =
        server.client.call(http::Method::PUT, &format!("/api/instances/{id}"), Some(&json!({ "name": "b" }))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    server.asks(id, "rollback").await;
    server.asks(id, "start").await;
    server.wait_status(id, "started").await;
    server.tried(id).await;
    let home = server.home("b");
    assert_eq!(in_use(&home).0, "1");
    let activate = fs::read_to_string(home.join("env/bin/activate")).unwrap();
    assert!(activate.contains(home.to_str().unwrap()), "it knows its new place");
    let copied = server.client.post(&format!("/api/instances/{id}/copy"), &json!({ "new_name": "c" })).await;
    assert!(copied.status.is_success(), "{}", copied.text());
    eventually_within(30, "the copy", || server.home("c").join("launch.sh").exists().then_some(()));
    assert!(!server.home("c").join(".aikore-environment").exists(), "what was before is not copied");
}

/// An index as torch's own is laid out, in a folder.
fn index(folder: &Path) {
    for (cuda, versions) in
        [("cu118", &["2.7.1"][..]), ("cu128", &["2.9.1", "2.10.0", "2.9.0"]), ("cu130", &["2.10.0"])]
    {
        let page: String = versions
            .iter()
            .map(|one| format!("<a href=\"torch-{one}%2B{cuda}-cp312-cp312-manylinux_2_28_x86_64.whl\">torch</a>\n"))
            .collect();
        fs::create_dir_all(folder.join(cuda).join("torch")).unwrap();
        fs::write(folder.join(cuda).join("torch/index.html"), page).unwrap();
    }
}

/// Serves a folder; the port is told in its first line.
fn serves(folder: &Path) -> (std::process::Child, String) {
    const SERVE: &str = "import http.server as h, functools, sys\n\
        s = h.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(h.SimpleHTTPRequestHandler, directory=sys.argv[1]))\n\
        print(s.server_port, flush=True); s.serve_forever()";
    let mut child = Command::new("python3")
        .args(["-c", SERVE])
        .arg(folder)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    (child, format!("http://127.0.0.1:{}", line.trim()))
}

#[tokio::test]
async fn the_versions_there_are_come_from_the_index_or_are_said_to_be_known_without_it() {
    // earlier-defects.md 42
    let folder = tempfile::tempdir().unwrap();
    index(folder.path());
    let (mut child, address) = serves(folder.path());
    let server = crate::support::Start::new().env("AIKORE_PYTORCH_INDEX", &format!("{address}/")).serve();
    let all = server.client.get("/api/builder/versions").await.json();
    assert_eq!(all["source"], "index", "{all}");
    let cudas: Vec<_> = all["cuda"].as_array().unwrap().iter().map(|one| one["version"].as_str().unwrap()).collect();
    assert_eq!(cudas, ["13.0", "12.8", "11.8"]);
    assert_eq!(all["torch"]["cu128"], json!(["2.10.0", "2.9.1", "2.9.0"]));
    assert!(all["python"].as_array().unwrap().iter().any(|python| python["here"] == true), "{all}");
    // The lists by themselves, as the earlier system had them.
    let torch = server.client.get("/api/builder/versions/torch/cu130").await;
    assert_eq!((torch.json(), torch.header("x-aikore-source")), (json!(["2.10.0"]), "index"));
    assert_eq!(server.client.get("/api/builder/versions/torch/cu1").await.json(), json!([]));
    let cuda = server.client.get("/api/builder/versions/cuda").await.json();
    assert_eq!(cuda[0], json!({ "cu": "cu130", "version": "13.0" }));
    let python = server.client.get("/api/builder/versions/python").await.json();
    assert!(python.as_array().unwrap().iter().all(|one| one.as_str().unwrap().starts_with("3.")), "{python}");
    child.kill().unwrap();
    child.wait().unwrap();

    let server = crate::support::Start::new().env("AIKORE_PYTORCH_INDEX", &address).serve();
    let all = server.client.get("/api/builder/versions").await.json();
    assert_eq!(all["source"], "offline", "{all}");
    assert!(all["torch"]["cu128"].as_array().unwrap().len() > 3);
    // Where it comes from is what scripts are told.
    let id = server.started("a", "", "env > told; exec python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1").await;
    let change = json!({ "cuda_version": "12.8" });
    server.client.call(http::Method::PUT, &format!("/api/instances/{id}"), Some(&change)).await;
    server.wait_status(id, "started").await;
    let told = fs::read_to_string(server.home("a").join("told")).unwrap();
    assert!(told.contains(&format!("PYTORCH_INDEX_URL={address}/cu128\n")), "{told}");
}

#[tokio::test]
async fn more_folders_with_models_appear_in_the_tree() {
    let nas = tempfile::tempdir().unwrap();
    fs::create_dir_all(nas.path().join("big/lora")).unwrap();
    fs::write(nas.path().join("big/lora/a.safetensors"), "x").unwrap();
    let root = nas.path().join("big");
    let server = crate::support::Start::new().env("AIKORE_MODELS_DIRS", root.to_str().unwrap()).serve();
    server.hello("a").await;
    assert!(server.config().join("models/lora/big/a.safetensors").exists());
}

#[tokio::test]
async fn a_script_of_windows_runs() {
    let server = Server::new();
    let folder = server.config().join("custom_blueprints");
    fs::create_dir_all(&folder).unwrap();
    let script = "#!/bin/bash\n### AIKORE-METADATA-START ###\n# aikore.ready = tcp\n### AIKORE-METADATA-END ###\n\
        if true; then\n  exec python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1\nfi\n";
    fs::write(folder.join("dos.sh"), script.replace('\n', "\r\n")).unwrap();
    let id = server.create("a", "dos.sh").await;
    server.asks(id, "start").await;
    server.wait_status(id, "started").await;
    assert_eq!(fs::read_to_string(server.home("a").join("launch.sh")).unwrap(), script);
}

#[test]
fn blueprints_are_checked_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let check = |arguments: &[&str]| {
        let said = Command::new(env!("CARGO_BIN_EXE_aikore"))
            .args(["blueprint", "check"])
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        (said.status.code().unwrap(), String::from_utf8(said.stdout).unwrap(), String::from_utf8(said.stderr).unwrap())
    };
    let good = "#!/usr/bin/env bash\n### AIKORE-METADATA-START ###\n# aikore.name = x\n# aikore.category = Tools\n\
        # aikore.description = y\n# aikore.ready = tcp\n### AIKORE-METADATA-END ###\nexec app --port \"$WEBUI_PORT\"\n";
    fs::write(folder.path().join("good.sh"), good).unwrap();
    fs::write(folder.path().join("warned.sh"), good.replace("# aikore.ready = tcp\n", "")).unwrap();
    fs::write(folder.path().join("bad.sh"), good.replace("tcp", "soon").replace("exec", "if")).unwrap();
    let (code, told, _) = check(&["good.sh"]);
    assert_eq!(code, 0, "{told}");
    assert!(told.ends_with("1 checked, 0 errors, 0 warnings\n"), "{told}");
    let (code, told, _) = check(&["good.sh", "warned.sh"]);
    assert!(code == 0 && told.contains("warned.sh:3:1: warning: ready is missing"), "{told}");
    assert_eq!(check(&["--strict", "warned.sh"]).0, 1);
    let (code, told, complaint) = check(&["bad.sh"]);
    assert!(code == 1 && told.contains("bad.sh:6:1: error: ready must be one of"), "{told}");
    assert!(told.contains("bad.sh:8") && complaint.contains("not every blueprint is clean"), "{told} {complaint}");
    let (code, told, _) = check(&["--json", "bad.sh"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert!(code == 1 && told[0]["report"]["problems"][0]["line"].is_u64(), "{told}");
    let (code, _, complaint) = check(&["absent.sh"]);
    assert!(code == 1 && complaint.contains("absent.sh can't be read"), "{complaint}");
}
