//! The trash: what is in it, what comes back, and that nothing outside is ever touched.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Server, Start, eventually_async, eventually_async_within, fill};

impl Server {
    async fn trash(&self) -> Vec<Value> {
        self.client.get("/api/trash").await.json().as_array().unwrap().clone()
    }

    /// Brings back `entry`, or `entry?query`.
    async fn restore(&self, entry: &str) -> Answer {
        let (entry, query) = entry.split_once('?').unwrap_or((entry, ""));
        self.client.call(Method::POST, &format!("/api/trash/{entry}/restore?{query}"), None).await
    }

    async fn remove_trash(&self, entry: &str) -> Answer {
        self.client.call(Method::DELETE, &format!("/api/trash{entry}"), None).await
    }

    /// Hello with a result, stopped.
    async fn with_results(&self, name: &str) -> i64 {
        let id = self.hello(name).await;
        self.ask(id, "stop?wait=true").await;
        fs::write(self.home(name).join("model"), name).unwrap();
        fs::write(self.config().join(format!("outputs/{name}/picture")), name).unwrap();
        id
    }
}

#[tokio::test]
async fn a_deleted_instance_comes_back_as_it_was() {
    let server = Server::new();
    let id = server.with_results("My A").await;
    let path = format!("/api/instances/{id}");
    let settings =
        json!({ "gpu_ids": "0", "hostname": "a.lan", "use_custom_hostname": true, "helper": "off", "autostart": true });
    server.client.call(Method::PUT, &path, Some(&settings)).await;
    let before = server.instance(id).await;
    assert_eq!(server.delete(id, &json!({})).await.status, StatusCode::OK);
    assert_eq!(server.client.get("/api/instances").await.json(), json!([]));

    let entry = eventually_async("its size", || async {
        let entry = server.trash().await.into_iter().next().unwrap();
        entry["size"].is_u64().then_some(entry)
    })
    .await;
    assert_eq!(
        (&entry["name"], &entry["restorable"], &entry["blueprint"], &entry["outputs"]),
        (&json!("My A"), &json!(true), &json!("hello.sh"), &json!(false))
    );
    assert!(entry["deleted_at"].as_str().unwrap().starts_with("20") && entry["size"].as_u64().unwrap() > 0);

    let answer = server.restore("My%20A").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let after = answer.json();
    assert_ne!(after["id"], before["id"], "an id is never used again");
    for member in
        ["name", "slug", "base_blueprint", "gpu_ids", "hostname", "use_custom_hostname", "helper", "autostart", "port"]
    {
        assert_eq!(after[member], before[member], "{member}");
    }
    assert_eq!(fs::read_to_string(server.home("My A").join("model")).unwrap(), "My A");
    assert!(!server.home("My A").join(".aikore-trash.json").exists());
    assert!(server.config().join("outputs/My A/picture").exists());
    assert!(server.trash().await.is_empty());
    let id = after["id"].as_i64().unwrap();
    server.ask(id, "start").await;
    server.wait_status(id, "started").await;
}

#[tokio::test]
async fn names_that_are_taken_meanwhile() {
    let server = Start::new().pool(2).serve();
    let id = server.with_results("a").await;
    let port = server.instance(id).await["port"].clone();
    server.delete(id, &json!({})).await;
    let other = server.create("a", "hello.sh").await;
    let taken = server.restore("a").await;
    assert_eq!((taken.status, &taken.json()["field"]), (StatusCode::CONFLICT, &json!("name")));
    let slug = server.restore("a?name=A!").await;
    assert_eq!(slug.status, StatusCode::CONFLICT, "{}", slug.text());
    fs::create_dir_all(server.home("b")).unwrap();
    let folder = server.restore("a?name=b").await;
    assert_eq!(folder.status, StatusCode::CONFLICT);
    assert!(folder.detail().contains("exists already"), "{}", folder.detail());
    assert_eq!(server.client.get("/api/instances").await.json().as_array().unwrap().len(), 1, "nothing changed");
    assert_eq!(server.trash().await[0]["restorable"], true);
    let answer = server.restore("a?name=c").await;
    assert_eq!((answer.status, &answer.json()["name"]), (StatusCode::OK, &json!("c")));
    assert_ne!(answer.json()["port"], port, "its port is another one's now");
    assert!(server.home("c").join("model").exists());
    server.delete(answer.json()["id"].as_i64().unwrap(), &json!({})).await;
    // Without a port left it comes back all the same; its next start finds one.
    server.create("d", "hello.sh").await;
    let answer = server.restore("c").await;
    assert_eq!((answer.status, &answer.json()["port"]), (StatusCode::OK, &json!(null)));
    let _ = other;
}

#[tokio::test]
async fn outputs_go_along_only_when_asked() {
    let server = Server::new();
    let outputs = |name: &str| server.config().join("outputs").join(name);
    let id = server.with_results("a").await;
    server.delete(id, &json!({ "outputs": true })).await;
    assert!(!outputs("a").exists());
    assert_eq!(server.trash().await[0]["outputs"], true);
    // They would be put over what has been made since.
    fs::create_dir_all(outputs("a")).unwrap();
    let answer = server.restore("a").await;
    assert_eq!((answer.status, &answer.json()["field"]), (StatusCode::CONFLICT, &json!("outputs")));
    fs::remove_dir(outputs("a")).unwrap();
    let id = server.restore("a").await.json()["id"].as_i64().unwrap();
    assert!(outputs("a").join("picture").exists() && !server.home("a").join(".aikore-outputs").exists());

    // A folder that another one uses too stays, whichever way they lie in each other.
    let b = server.create("b", "hello.sh").await;
    for (theirs, ours) in [("a", "a"), ("a/deep", "a"), ("x", "x/y")] {
        for (id, path) in [(id, ours), (b, theirs)] {
            let path = json!({ "output_path": path });
            server.client.call(Method::PUT, &format!("/api/instances/{id}"), Some(&path)).await;
        }
        let answer = server.delete(id, &json!({ "outputs": true, "mode": "permanent" })).await;
        assert_eq!(
            (answer.status, &answer.json()["field"]),
            (StatusCode::CONFLICT, &json!("outputs")),
            "{theirs} {ours}"
        );
        assert!(answer.detail().contains("'b'"), "{}", answer.detail());
    }
    assert!(server.home("a").exists() && outputs("a").join("picture").exists());
    server.client.call(Method::PUT, &format!("/api/instances/{b}"), Some(&json!({ "output_path": "b" }))).await;
    server.client.call(Method::PUT, &format!("/api/instances/{id}"), Some(&json!({ "output_path": "a" }))).await;
    let answer = server.delete(id, &json!({ "outputs": true, "mode": "permanent" })).await;
    let job = server.job_over(&answer).await;
    assert_eq!((&job["kind"], &job["state"]), (&json!("remove"), &json!("done")));
    assert!(!outputs("a").exists() && !server.home("a").exists());
    assert_eq!(fs::read_dir(server.config().join("outputs")).unwrap().count(), 0);
}

#[tokio::test]
async fn removing_and_emptying() {
    let server = Server::new();
    for name in ["a", "b", "c"] {
        let id = server.with_results(name).await;
        fill(&server.home(name), 1000);
        server.delete(id, &json!({})).await;
    }
    let trashcan = server.config().join("trashcan");
    let outside = server.config().join("models/outside");
    fs::create_dir_all(&outside).unwrap();
    fs::write(outside.join("model"), "x").unwrap();
    symlink(&outside, trashcan.join("link")).unwrap();
    symlink(&outside, trashcan.join("a/link")).unwrap();
    fs::write(trashcan.join("a file"), "x").unwrap();
    let no_text: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"no text \xff");
    fs::write(trashcan.join(no_text), "x").unwrap();
    let names: BTreeSet<String> =
        server.trash().await.iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        names.iter().map(String::as_str).collect::<Vec<_>>(),
        ["a", "a file", "b", "c", "link", "no text \u{fffd}"]
    );
    assert_eq!(server.remove_trash("/no%20text%20%ef%bf%bd").await.status, StatusCode::NOT_FOUND);
    assert!(trashcan.join(no_text).exists(), "it is only shown under that name");
    for entry in ["a%20file", "link"] {
        let answer = server.restore(entry).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text());
    }
    let answer = server.remove_trash("/a").await;
    assert_eq!(answer.status, StatusCode::OK);
    let job = server.job_over(&answer).await;
    assert_eq!((&job["state"], &job["unit"], &job["done"]), (&json!("done"), &json!("bytes"), &job["total"]));
    assert!(job["total"].as_u64().unwrap() > 1_000_000, "{job}");
    assert_eq!(server.remove_trash("/a").await.status, StatusCode::NOT_FOUND);
    let job = server.job_over(&server.remove_trash("").await).await;
    assert_eq!(job["state"], "done");
    assert_eq!(fs::read_dir(&trashcan).unwrap().count(), 0);
    assert!(outside.join("model").exists());
    assert_eq!(server.remove_trash("").await.status, StatusCode::OK, "nothing is fine too");
}

#[tokio::test]
async fn what_the_earlier_system_left_can_be_restored() {
    let server = Server::new();
    let trashcan = server.config().join("trashcan");
    let hello = include_str!("../../blueprints/hello.sh");
    for (name, script) in [("known", hello), ("unknown", "exec true\n"), ("  odd  ", hello)] {
        fs::create_dir_all(trashcan.join(name)).unwrap();
        fs::write(trashcan.join(name).join("launch.sh"), script).unwrap();
    }
    let all = server.trash().await;
    let entry = |name: &str| all.iter().find(|entry| entry["name"] == name).unwrap();
    assert_eq!((&entry("known")["restorable"], &entry("known")["blueprint"]), (&json!(true), &json!("hello.sh")));
    assert_eq!((&entry("unknown")["restorable"], &entry("unknown")["blueprint"]), (&json!(false), &json!(null)));
    let answer = server.restore("unknown").await;
    assert_eq!((answer.status, &answer.json()["field"]), (StatusCode::CONFLICT, &json!("blueprint")));
    let answer = server.restore("unknown?blueprint=../../etc/passwd").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = server.restore("unknown?blueprint=mine.sh").await;
    assert_eq!((answer.status, &answer.json()["base_blueprint"]), (StatusCode::OK, &json!("mine.sh")));
    let answer = server.restore("%20%20odd%20%20").await;
    assert_eq!((answer.status, &answer.json()["name"]), (StatusCode::OK, &json!("odd")), "{}", answer.text());
    let id = server.restore("known").await.json()["id"].as_i64().unwrap();
    server.ask(id, "start").await;
    server.wait_status(id, "started").await;
    assert!(server.trash().await.is_empty());
}

#[tokio::test]
async fn a_satellite_comes_back_only_to_its_parent() {
    let mut server = Server::new();
    let parent = server.with_results("parent").await;
    let satellite = server.with_results("satellite").await;
    server.end("TERM");
    let store = rusqlite::Connection::open(server.config().join("aikore.db")).unwrap();
    store.execute("UPDATE instances SET parent_instance_id = ?1 WHERE id = ?2", [parent, satellite]).unwrap();
    drop(store);
    server.start();
    server.delete(satellite, &json!({})).await;
    let back = server.restore("satellite").await.json();
    assert_eq!(back["parent_instance_id"], parent);
    server.delete(back["id"].as_i64().unwrap(), &json!({})).await;
    server.delete(parent, &json!({})).await;
    let answer = server.restore("satellite").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.detail().contains("its parent"), "{}", answer.detail());
}

#[tokio::test]
async fn sizes_are_shown_before() {
    let server = Server::new();
    let id = server.with_results("a").await;
    let (home, outputs) = (server.home("a"), server.config().join("outputs/a"));
    fs::write(home.join("big"), vec![1; 3 << 20]).unwrap();
    fs::hard_link(home.join("big"), home.join("same")).unwrap();
    fs::create_dir_all(home.join("env/lib")).unwrap();
    fs::write(home.join("env/pyvenv.cfg"), "home = /usr/bin\n").unwrap();
    fs::write(home.join("env/lib/package"), vec![1; 1 << 20]).unwrap();
    fs::write(outputs.join("film"), vec![1; 2 << 20]).unwrap();
    symlink("/usr", home.join("everything")).unwrap();
    let sizes = server.client.get(&format!("/api/instances/{id}/size")).await.json();
    let mib = |member: &str| sizes[member].as_u64().unwrap_or_else(|| panic!("{member}: {sizes}")) >> 20;
    assert_eq!((mib("folder"), mib("environment"), mib("outputs")), (4, 1, 2), "{sizes}");
    assert!(sizes["log"].as_u64().unwrap() > 0 && mib("log") == 0, "{sizes}");
    assert_eq!(server.client.get("/api/instances/99/size").await.status, StatusCode::NOT_FOUND);
    let never = server.create("never", "hello.sh").await;
    let sizes = server.client.get(&format!("/api/instances/{never}/size")).await.json();
    assert_eq!(sizes, json!({ "folder": 0, "environment": 0, "outputs": 0, "log": 0 }));
}

#[tokio::test]
async fn a_removal_that_was_cut_off_is_finished_by_the_next_server() {
    let mut server = Server::new();
    server.with_results("a").await;
    server.end("TERM");
    let config = server.config();
    let left = ["trashcan/.removing-1", "outputs/.removing-2", "instances/.removing-3", "instances/.copying-4"];
    for folder in left {
        fs::create_dir_all(config.join(folder).join("deep")).unwrap();
        fs::write(config.join(folder).join("deep/file"), "x").unwrap();
    }
    server.start();
    eventually_async_within(30, "the clearing", || async {
        left.iter().all(|folder| !config.join(folder).exists()).then_some(())
    })
    .await;
    assert!(server.home("a").join("launch.sh").exists() && config.join("outputs/a").exists());
}

/// Everything below a folder, with its length.
fn everything(folder: &Path) -> BTreeSet<(PathBuf, u64)> {
    let mut all = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let meta = fs::symlink_metadata(&path).unwrap();
        if meta.is_dir() {
            all.extend(everything(&path));
        }
        // The store, the log and the sockets change by themselves.
        if !path.to_string_lossy().contains("aikore.db") && !path.ends_with("server.log") {
            let length = if meta.is_file() { meta.len() } else { 0 };
            all.insert((path, length));
        }
    }
    all
}

#[tokio::test]
async fn no_name_reaches_outside_its_folder() {
    // earlier-defects.md 2, 3, 4: on every call that takes a name
    let server = Server::new();
    let id = server.with_results("a").await;
    let deleted = server.with_results("gone").await;
    server.delete(deleted, &json!({})).await;
    let surroundings = server.config().parent().unwrap().to_owned();
    fs::write(surroundings.join("precious"), "x").unwrap();
    fs::create_dir_all(server.config().join("trashcan/gone/instances")).unwrap();
    let before = everything(&surroundings);
    let names = [
        "",
        "   ",
        ".",
        "..",
        "a/b",
        "../escape",
        "../instances/a",
        "/etc",
        "/tmp/absolute",
        "..\\x",
        "a\0b",
        "a\nb",
        "gone/..",
    ];
    let encoded = |name: &str| name.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let mut refused = Vec::new();
    for name in names {
        let client = &server.client;
        let path = format!("/api/instances/{id}");
        refused
            .push((name, client.post("/api/instances", &json!({ "name": name, "base_blueprint": "hello.sh" })).await));
        let from = json!({ "name": name, "base_blueprint": "hello.sh", "source_instance_id": id });
        refused.push((name, client.post("/api/instances", &from).await));
        refused.push((name, client.call(Method::PUT, &path, Some(&json!({ "name": name }))).await));
        refused.push((name, server.ask_copy(id, name).await));
        refused.push((name, server.restore(&format!("gone?name={}", encoded(name))).await));
        // An empty name is the whole trash, which is a call of its own.
        if !name.is_empty() {
            refused.push((name, server.restore(&encoded(name)).await));
            refused.push((name, server.remove_trash(&format!("/{}", encoded(name))).await));
        }
        if !name.trim().is_empty() {
            refused.push((name, client.call(Method::PUT, &path, Some(&json!({ "output_path": name }))).await));
        }
    }
    // A relative path is a good output path.
    refused.retain(|(name, answer)| {
        !(*name == "a/b" && answer.status == StatusCode::OK && answer.json()["output_path"] == *name)
    });
    for (name, answer) in &refused {
        assert!(answer.status.is_client_error(), "{name:?}: {} {}", answer.status, answer.text());
    }
    assert_eq!(server.remove_trash("/").await.status, StatusCode::NOT_FOUND, "a slash is not the whole trash");
    assert_eq!(server.client.get("/api/jobs").await.json(), json!([]));
    assert_eq!(server.trash().await.len(), 1);
    let after = everything(&surroundings);
    let changed: Vec<_> = before.symmetric_difference(&after).collect();
    assert!(changed.is_empty(), "{changed:?}");
}
