//! Backups and restores, over the real binary: what is in an archive comes back elsewhere, and whatever is wrong with one is
//! refused before anything is touched.

mod archives;
mod refused;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::cli::interrupt;
use crate::support::{Server, Start, binary, eventually, eventually_async, eventually_async_within, eventually_within};

/// Every file of a folder with its content, and every link with its aim; what the lock leaves is left out.
fn everything(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut rest = vec![folder.to_owned()];
    while let Some(path) = rest.pop() {
        let inside = path.strip_prefix(folder).unwrap().to_owned();
        if inside == Path::new("run") {
            continue;
        }
        let facts = fs::symlink_metadata(&path).unwrap();
        if facts.is_dir() {
            all.insert(inside, Vec::new());
            rest.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if facts.is_symlink() {
            all.insert(inside, fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes());
        } else {
            all.insert(inside, fs::read(&path).unwrap());
        }
    }
    all
}

fn restore(archive: &Path, to: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AIKORE_")) {
        command.env_remove(name);
    }
    command.arg("restore").arg(archive).arg("--config-dir").arg(to).arg("--yes").args(more).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

impl Server {
    /// A place beside the config folder.
    fn folder_beside(&self, name: &str) -> PathBuf {
        self.config().parent().unwrap().join(name)
    }

    async fn backups(&self) -> Vec<Value> {
        self.client.get("/api/backups").await.json().as_array().unwrap().clone()
    }

    /// A backup, whole; its file.
    async fn backed_up(&self) -> PathBuf {
        let known = self.backups().await;
        let answer = self.client.call(Method::POST, "/api/backups", None).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
        assert_eq!(answer.json()["kind"], "backup");
        let job = self.job_over(&answer).await;
        assert_eq!(job["state"], "done", "{job}");
        let fresh = self.backups().await.into_iter().find(|one| !known.contains(one)).unwrap();
        self.config().join("backups").join(fresh["name"].as_str().unwrap())
    }
}

/// A start on a folder into which something was restored.
fn restored(archive: &Path) -> (Start, Output) {
    let start = Start::new();
    let output = restore(archive, &start.folder().join("config"), &[]);
    assert!(output.status.success(), "{}", said(&output));
    (start, output)
}

/// An app of a repository and an environment, whose installation says what it was told to install.
struct App(tempfile::TempDir);

impl App {
    fn new() -> Self {
        let app = Self(tempfile::tempdir().unwrap());
        app.git(&["init", "--quiet", "--initial-branch=main"]);
        app.publish("1");
        app
    }

    fn git(&self, arguments: &[&str]) {
        let user = ["-c", "user.name=Somebody", "-c", "user.email=somebody@localhost"];
        let said = Command::new("git").args(user).args(arguments).current_dir(self.0.path()).output().unwrap();
        assert!(said.status.success(), "{said:?}");
    }

    fn publish(&self, version: &str) {
        fs::write(self.0.path().join("version"), version).unwrap();
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "-m", version]);
    }

    fn script(&self) -> String {
        format!(
            r#"
set -euo pipefail
source "$AIKORE_LIB/functions.sh"
sync_repo "file://{}" app
if [ ! -d env ]; then
    python3 -m venv --without-pip env
    site=$(echo env/lib/python3*/site-packages)
    wanted=$(cat app/version)
    if [ -n "${{AIKORE_LOCK:-}}" ]; then
        wanted=$(sed -n 's/^thing==//p' "$AIKORE_LOCK")
        echo "by the list" > how
    fi
    mkdir -p "$site/thing-$wanted.dist-info"
fi
exec env/bin/python -m http.server "$WEBUI_PORT" --bind 127.0.0.1
"#,
            self.0.path().display()
        )
    }
}

#[tokio::test]
async fn what_was_backed_up_while_it_ran_comes_back_elsewhere_and_runs() {
    let server = Server::new();
    let hello = server.hello("Hello there").await;
    let script = server.home("Hello there").join("launch.sh");
    let mine = fs::read_to_string(&script).unwrap() + "\n# mine\n";
    let edited = json!({ "content": mine });
    let place = format!("/api/instances/{hello}/file?file_type=script");
    let answer = server.client.call(Method::PUT, &place, Some(&edited)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    server.blueprint("own.sh", "# aikore.name = Own\n# aikore.param.steps = int 20 \"Steps\"", "exec sleep 1000");
    fs::create_dir_all(server.config().join("custom_blueprints/.history/own.sh")).unwrap();
    fs::write(server.config().join("custom_blueprints/.history/own.sh/0001.sh"), "before").unwrap();
    let own = json!({ "name": "own", "base_blueprint": "own.sh", "autostart": true, "gpu_ids": "0" });
    assert_eq!(server.client.post("/api/instances/", &own).await.status, StatusCode::CREATED);
    let satellite =
        server.client.post(&format!("/api/instances/{hello}/instantiate"), &json!({ "new_name": "second" })).await;
    assert_eq!(satellite.status, StatusCode::OK, "{}", satellite.text());
    // What is not to be in it, and what must not be followed.
    let home = server.home("Hello there");
    for (path, text) in [
        ("models/big.safetensors", "model"),
        ("outputs/a.png", "picture"),
        ("config.json", "{\"theme\":1}"),
        ("node_modules/x/package.json", "{}"),
    ] {
        fs::create_dir_all(home.join(path).parent().unwrap()).unwrap();
        fs::write(home.join(path), text).unwrap();
    }
    fs::write(server.folder_beside("secret.json"), "nobody's business").unwrap();
    std::os::unix::fs::symlink(server.folder_beside("secret.json"), home.join("link.json")).unwrap();
    std::os::unix::fs::symlink("/etc", home.join("etc")).unwrap();

    let archive = server.backed_up().await;
    assert_eq!(fs::metadata(&archive).unwrap().permissions().mode() & 0o777, 0o600);
    let list = server.backups().await;
    assert_eq!((list.len(), &list[0]["reason"]), (1, &json!("manual")));
    assert_eq!(list[0]["size"], json!(fs::metadata(&archive).unwrap().len()));
    let name = list[0]["name"].as_str().unwrap();
    let download = server.client.get(&format!("/api/backups/{name}/download")).await;
    assert_eq!(download.body, fs::read(&archive).unwrap());
    assert!(download.header("content-disposition").contains(name), "{:?}", download.headers);
    let held = archives::content(&archive);
    for there in [
        "aikore.db",
        "custom_blueprints/own.sh",
        "custom_blueprints/.history/own.sh/0001.sh",
        "instances/Hello there/launch.sh",
        "instances/Hello there/config.json",
        "manifest.json",
    ] {
        assert!(held.contains_key(there), "{there}: {:?}", held.keys());
    }
    assert!(held.keys().any(|path| path.starts_with("instances/Hello there/.aikore-history/")), "{:?}", held.keys());
    let all: Vec<u8> = held.values().flatten().copied().collect();
    for absent in ["picture", "nobody's business", "root:x:0"] {
        assert!(memchr::memmem::find(&all, absent.as_bytes()).is_none(), "{absent}");
    }
    let manifest: Value = serde_json::from_slice(&held["manifest.json"]).unwrap();
    let left: Vec<&str> =
        manifest["left_out"].as_array().unwrap().iter().filter_map(|one| one["what"].as_str()).collect();
    for what in ["outputs", "models", "instances/Hello there/models", "instances/Hello there/node_modules"] {
        assert!(left.contains(&what), "{what}: {left:?}");
    }

    let (start, output) = restored(&archive);
    let words = said(&output);
    for part in ["3 instances", "second, a satellite of Hello there", "Not in the backup", "aikore serve"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let again = start.serve();
    let one = again.instance(hello).await;
    assert_eq!((&one["name"], &one["desired"]), (&json!("Hello there"), &json!("running")));
    assert_eq!(fs::read_to_string(again.home("Hello there").join("launch.sh")).unwrap(), mine);
    assert_eq!(fs::read_to_string(again.home("Hello there").join("config.json")).unwrap(), "{\"theme\":1}");
    assert!(
        !again.home("Hello there").join("link.json").exists() && !again.home("Hello there").join("models").exists()
    );
    let all = again.client.get("/api/instances/").await.json();
    assert_eq!(all.as_array().unwrap().len(), 3);
    assert_eq!(all[1]["gpu_ids"], "0");
    assert_eq!(all[2]["parent_instance_id"], json!(hello));
    let texts = again.client.get("/api/system/blueprints/custom/own.sh/history").await;
    assert_eq!(texts.status, StatusCode::OK, "{}", texts.text());
    // It was wanted, so it comes up by itself, without anything to be made anew.
    again.wait_status(hello, "started").await;
    let second = all[2]["id"].as_i64().unwrap();
    again.ask(second, "start").await;
    again.wait_status(second, "started").await;
}

#[tokio::test]
async fn an_app_is_made_anew_with_the_versions_of_the_backup() {
    let (server, app) = (Server::new(), App::new());
    server.started("a", "# aikore.venv_path = ./env", &app.script()).await;
    let home = server.home("a");
    eventually_within(10, "the list of a good start", || {
        fs::read_to_string(home.join(".aikore-environment/lock.txt")).ok()?.contains("thing==1").then_some(())
    });
    fs::write(home.join("app/settings.yaml"), "mine: true").unwrap();
    fs::write(home.join("app/version"), "1 and a patch").unwrap();
    let archive = server.backed_up().await;
    let held = archives::content(&archive);
    assert!(!held.keys().any(|path| path.contains("/env/") || path.contains(".git/")), "{:?}", held.keys());
    app.publish("2");

    let (start, output) = restored(&archive);
    assert!(said(&output).contains("a: its next start makes its code and its environment anew"), "{}", said(&output));
    let home = start.folder().join("config/instances/a");
    assert!(!home.join("app").exists() && !home.join("env").exists());
    let again = start.serve();
    // It was running: the server starts it.
    let now = eventually_async_within(60, "the app, made anew", || async {
        let now = again.instance(1).await;
        assert_ne!(now["status"], "error", "{now} {}", again.log());
        (now["status"] == "started").then_some(now)
    })
    .await;
    assert_eq!(now["name"], "a");
    let text = |path: &str| fs::read_to_string(home.join(path)).unwrap();
    assert_eq!((text("how").as_str(), text("app/settings.yaml").as_str()), ("by the list\n", "mine: true"));
    assert_eq!(text("app/version"), "1 and a patch", "a person's patch comes back");
    let state = eventually_async("the end of the trial", || async {
        let now = again.client.get("/api/instances/1/environment").await.json();
        now["trial"].is_null().then_some(now)
    })
    .await;
    assert_eq!(state["last"]["outcome"], "good", "{state}");
    assert_eq!(state["repositories"][0]["subject"], "1", "the commit of the backup, not the newest");
    assert!(!state.to_string().contains("file://"), "addresses of repositories may hold passwords");
    eventually_within(10, "the list", || text(".aikore-environment/lock.txt").contains("thing==1").then_some(()));
}

#[tokio::test]
async fn a_backup_of_a_folder_that_nobody_serves_and_one_to_a_file() {
    let mut server = Server::new();
    server.create("a", "hello.sh").await;
    // By the server.
    let file = server.folder_beside("here.tar.gz");
    let output = server.run(&["backup", "--output", file.to_str().unwrap()]);
    assert!(output.status.success() && said(&output).contains("here.tar.gz"), "{}", said(&output));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(server.backups().await.is_empty(), "it is where it was asked for");
    assert!(archives::content(&file).contains_key("aikore.db"));
    let output = server.run(&["backup", "--output", file.to_str().unwrap()]);
    assert!(!output.status.success() && said(&output).contains("is there already"), "{}", said(&output));
    let output = server.run(&["backup"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(server.backups().await.len(), 1);
    // A folder in use is not restored into, whatever is said.
    let before = server.instance(1).await;
    let output = restore(&file, &server.config(), &["--replace"]);
    assert!(!output.status.success() && said(&output).contains("serves"), "{}", said(&output));
    assert_eq!(server.instance(1).await, before);
    // Without it.
    server.end("TERM");
    let output = server.run(&["backup"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(fs::read_dir(server.config().join("backups")).unwrap().count(), 2);
    let other = server.folder_beside("offline.tar.gz");
    assert!(server.run(&["backup", "-o", other.to_str().unwrap()]).status.success());
    let (start, _) = restored(&other);
    assert_eq!(start.serve().instance(1).await["name"], "a");
    // Who ends it leaves nothing.
    let (blueprints, mut noise) = (server.config().join("custom_blueprints"), vec![0; 256 << 10]);
    fs::create_dir_all(&blueprints).unwrap();
    for number in 0..200 {
        fastrand::Rng::with_seed(number).fill(&mut noise);
        fs::write(blueprints.join(format!("{number}.sh")), &noise).unwrap();
    }
    let before = fs::read_dir(server.folder_beside("")).unwrap().count();
    let mut command = server.command(&["backup", "-o", server.folder_beside("ended.tar.gz").to_str().unwrap()]);
    let mut child = command.spawn().unwrap();
    let making = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with(".making-");
    eventually("the work folder", || {
        let entries = fs::read_dir(server.folder_beside("")).unwrap();
        entries.flatten().any(|entry| making(&entry.file_name())).then_some(())
    });
    interrupt(child.id());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(fs::read_dir(server.folder_beside("")).unwrap().count(), before);
    fs::remove_dir_all(blueprints).unwrap();
    let nothing = tempfile::tempdir().unwrap();
    let output =
        Command::new(binary()).args(["backup", "--config-dir", nothing.path().to_str().unwrap()]).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("nothing to back up"), "{}", said(&output));
    assert_eq!(everything(nothing.path()).len(), 1);
    server.start();
}

#[tokio::test]
async fn a_cancelled_backup_and_a_full_disk_leave_nothing() {
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    // So many files that it takes a while.
    let home = server.home("a");
    for n in 0..4_000 {
        let folder = home.join(format!("settings/{}", n / 100));
        if n % 100 == 0 {
            fs::create_dir_all(&folder).unwrap();
        }
        let noise: String = std::iter::repeat_with(fastrand::alphanumeric).take(20_000).collect();
        fs::write(folder.join(format!("{n}.json")), noise).unwrap();
    }
    let backups = server.config().join("backups");
    let answer = server.client.call(Method::POST, "/api/backups", None).await;
    let job = answer.json()["id"].as_str().unwrap().to_owned();
    // A second one while it is made is the same.
    assert_eq!(server.client.call(Method::POST, "/api/backups", None).await.json()["id"], job.as_str());
    eventually_async("it to be at work", || async {
        (server.job(&job).await["done"].as_u64() > Some(0)).then_some(())
    })
    .await;
    let cancel = server.client.call(Method::DELETE, &format!("/api/jobs/{job}"), None).await;
    assert_eq!(cancel.status, StatusCode::OK, "{}", cancel.text());
    assert_eq!(server.job_over(&answer).await["state"], "cancelled");
    assert_eq!(fs::read_dir(&backups).unwrap().count(), 0);
    assert!(server.backups().await.is_empty());

    // A disk of 20 MiB: room is looked at first.
    let small = tempfile::tempdir().unwrap();
    if !mount(small.path(), "20m") {
        eprintln!("no file system can be mounted here: a full disk was not tried");
        return;
    }
    let to = small.path().join("backup.tar.gz");
    let mut server = server;
    server.end("TERM");
    let output = server.run(&["backup", "--output", to.to_str().unwrap()]);
    let left = fs::read_dir(small.path()).unwrap().count();
    // … and one on which it ends in the middle, whatever was said before.
    let limited = Command::new("bash")
        .args(["-c", "ulimit -f 20000; trap '' XFSZ; exec \"$0\" backup --config-dir \"$1\" --output \"$2\""])
        .arg(binary())
        .arg(server.config())
        .arg(server.folder_beside("limited.tar.gz"))
        .output()
        .unwrap();
    assert!(Command::new("umount").arg(small.path()).status().unwrap().success());
    assert!(!output.status.success() && said(&output).contains("MiB are free"), "{}", said(&output));
    assert_eq!(left, 0);
    assert!(!limited.status.success() && said(&limited).contains("disk is full"), "{}", said(&limited));
    assert_eq!(
        fs::read_dir(server.folder_beside(""))
            .unwrap()
            .filter(|one| one.as_ref().unwrap().file_name().to_string_lossy().starts_with(".making-"))
            .count(),
        0
    );
    assert!(!server.folder_beside("limited.tar.gz").exists());
    server.start();
    assert_eq!(server.instance(id).await["name"], "a");
}

fn mount(at: &Path, size: &str) -> bool {
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(at).output();
    mounted.is_ok_and(|said| said.status.success())
}

/// An archive of a time, for whoever looks at names only.
fn put_old(folder: &Path, age: Duration, reason: &str) -> String {
    let at = humantime::format_rfc3339_seconds(SystemTime::now() - age).to_string();
    let digits: String = at.chars().filter(char::is_ascii_digit).collect();
    let name = format!("aikore-{}-{}-{reason}.tar.gz", &digits[..8], &digits[8..14]);
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(&name), "old").unwrap();
    name
}

#[tokio::test]
async fn backups_are_made_by_themselves_when_it_is_time_and_old_ones_go() {
    let mut server = Start::new().env("AIKORE_BACKUP_EVERY", "1h").env("AIKORE_BACKUP_KEEP", "3").serve();
    // A server with nothing in it has nothing to save.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(server.backups().await.is_empty());
    server.create("a", "hello.sh").await;
    let folder = server.config().join("backups");
    let of = |list: &[Value], reason: &str| list.iter().filter(|one| one["reason"] == reason).count();
    let first = eventually_async_within(20, "the first", || async { server.backups().await.into_iter().next() }).await;
    assert_eq!(first["reason"], "scheduled");
    // A restart changes nothing.
    server.end("TERM");
    server.start();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(server.backups().await.len(), 1);
    // It gets old, and others are there.
    server.end("TERM");
    fs::remove_file(folder.join(first["name"].as_str().unwrap())).unwrap();
    let day = Duration::from_secs(86_400);
    for days in 1..=5 {
        put_old(&folder, day * days, if days == 5 { "migration" } else { "scheduled" });
        put_old(&folder, day * days, "manual");
    }
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    server.start();
    let list = eventually_async_within(20, "the next", || async {
        let list = server.backups().await;
        (of(&list, "scheduled") == 3).then_some(list)
    })
    .await;
    assert_eq!((of(&list, "migration"), of(&list, "manual"), list.len()), (0, 5, 8), "{list:?}");
    assert!(list.is_sorted_by(|a, b| a["at"].as_str() >= b["at"].as_str()) && list[0]["reason"] == "scheduled");
    assert!(folder.join("notes.txt").exists());
    // The clock was turned back: what lies in the future does not hold the next one off.
    server.end("TERM");
    let future = SystemTime::now() + day * 400;
    let digits: String =
        humantime::format_rfc3339_seconds(future).to_string().chars().filter(char::is_ascii_digit).collect();
    for name in list.iter().map(|one| one["name"].as_str().unwrap()) {
        fs::remove_file(folder.join(name)).unwrap();
    }
    fs::write(folder.join(format!("aikore-{}-{}-scheduled.tar.gz", &digits[..8], &digits[8..14])), "future").unwrap();
    server.start();
    eventually_async_within(20, "one in spite of it", || async { (server.backups().await.len() == 2).then_some(()) })
        .await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(server.backups().await.len(), 2, "and not one after the other");
    server.end("TERM");
    server.set("AIKORE_BACKUP_EVERY", "off");
    fs::remove_dir_all(&folder).unwrap();
    server.start();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(server.backups().await.is_empty());
}

#[tokio::test]
async fn a_backup_is_made_before_the_store_is_changed_and_comes_back() {
    let start = Start::new();
    let config = start.folder().join("config");
    fs::create_dir_all(config.join("instances/old one")).unwrap();
    fs::write(config.join("instances/old one/launch.sh"), "#!/bin/bash\n# of the earlier system\nexec sleep 1000\n")
        .unwrap();
    let store = rusqlite::Connection::open(config.join("aikore.db")).unwrap();
    store
        .execute_batch(
            "CREATE TABLE instances (id INTEGER PRIMARY KEY, name TEXT, base_blueprint TEXT, gpu_ids TEXT, autostart BOOLEAN,
                 persistent_mode BOOLEAN, hostname TEXT, use_custom_hostname BOOLEAN, status TEXT, pid INTEGER, port INTEGER,
                 persistent_port INTEGER, persistent_display INTEGER);
             INSERT INTO instances (id, name, base_blueprint, status) VALUES (3, 'old one', 'hello.sh', 'stopped');",
        )
        .unwrap();
    drop(store);
    let server = start.serve();
    let list = server.backups().await;
    assert_eq!((list.len(), &list[0]["reason"]), (1, &json!("migration")), "{list:?} {}", server.log());
    assert_eq!(server.instance(3).await["name"], "old one");
    let archive = server.config().join("backups").join(list[0]["name"].as_str().unwrap());
    let held = archives::content(&archive);
    assert!(held.contains_key("instances/old one/launch.sh"), "{:?}", held.keys());
    let (start, _) = restored(&archive);
    let again = start.serve();
    assert_eq!(again.instance(3).await["name"], "old one", "the archive holds the store of before, which is imported");
    assert_eq!(again.backups().await[0]["reason"], "migration");
}

#[tokio::test]
async fn backups_are_removed_and_only_what_is_one() {
    let server = Server::new();
    let archive = server.backed_up().await;
    let name = archive.file_name().unwrap().to_str().unwrap().to_owned();
    let remove = |name: String| {
        let client = server.client;
        async move { client.call(Method::DELETE, &format!("/api/backups/{name}"), None).await }
    };
    for bad in ["aikore.db", "..%2Faikore.db", "aikore-20260101-000000-manual.tar.gz"] {
        let answer = remove(bad.to_owned()).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{bad}: {}", answer.text());
        assert!(answer.detail().contains("backup"), "{}", answer.text());
    }
    assert_eq!(server.client.get("/api/backups/..%2F..%2Faikore.db/download").await.status, StatusCode::NOT_FOUND);
    assert_eq!(remove(name.clone()).await.status, StatusCode::OK);
    assert!(!archive.exists() && server.backups().await.is_empty());
    assert_eq!(remove(name.clone()).await.status, StatusCode::NOT_FOUND);
    let audit = eventually_async("the audit", || async {
        let all = server.client.get("/api/audit").await.json()["entries"].clone();
        (all.as_array()?.len() >= 5).then_some(all)
    })
    .await;
    let told: Vec<(&str, &str)> = audit
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["action"].as_str().unwrap(), one["target"].as_str().unwrap_or_default()))
        .collect();
    assert!(told.contains(&("backup.create", "")) && told.contains(&("backup.delete", name.as_str())), "{told:?}");
}
