//! Copying instances: what comes along, what is refused, and that half a copy is never taken for a whole one.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Server, Start, eventually_async, eventually_async_within, eventually_within, fill};

/// A venv with a script, a module of its own and a list of paths; what is started tells where it runs.
const VENV: &str = r#"
if [ ! -x env/bin/python ]; then
    python3 -m venv --without-pip env
    mkdir -p app && echo 'WHERE = __file__' > app/myapp.py
    echo "$PWD/app" > "$(echo env/lib/python3*/site-packages)/app.pth"
    printf '#!%s/env/bin/python\nimport sys, myapp\nprint(sys.prefix)\nprint(myapp.WHERE)\n' "$PWD" > env/bin/tool
    chmod +x env/bin/tool
    echo "made by $AIKORE_RUN_ID" > env/made
fi
./env/bin/tool > says
( source env/bin/activate && echo "$VIRTUAL_ENV" && command -v tool ) >> says
exec env/bin/python -m http.server "$WEBUI_PORT" --bind 127.0.0.1
"#;

#[tokio::test]
async fn the_files_come_along_as_they_are() {
    let server = Server::new();
    let id = server.hello("a").await;
    server.ask(id, "stop?wait=true").await;
    let (home, outside) = (server.home("a"), server.config().join("models"));
    fs::create_dir_all(home.join("deep/er")).unwrap();
    fs::write(home.join("deep/er/file"), "content").unwrap();
    fs::hard_link(home.join("deep/er/file"), home.join("second")).unwrap();
    fs::set_permissions(home.join("deep/er/file"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&outside, home.join("models")).unwrap();
    symlink(home.join("deep"), home.join("own")).unwrap();
    symlink("deep/er", home.join("relative")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(home.join("socket")).unwrap();
    fs::write(home.join("launch.sh"), format!("# {0}/x {0}b\n{1}", home.display(), "exec true\n")).unwrap();
    let answer = server
        .client
        .call(
            Method::PUT,
            &format!("/api/instances/{id}"),
            Some(&json!({ "gpu_ids": "0", "output_path": "shared", "autostart": true })),
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());

    let answer = server.ask_copy(id, "My B").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let row = answer.json();
    assert_eq!((&row["status"], &row["pid"], &row["slug"]), (&json!("installing"), &json!(null), &json!("my-b")));
    assert_eq!(row["progress"]["phase"], "Copying");
    let job = server.job_over(&answer).await;
    assert_eq!((&job["kind"], &job["state"], &job["unit"]), (&json!("copy"), &json!("done"), &json!("bytes")));
    assert_eq!((&job["done"], &job["instance_id"]), (&job["total"], &row["id"]));
    assert!(job["message"].as_str().unwrap().contains("launch.sh names the folder of the source"), "{job}");

    let row = server.instance(row["id"].as_i64().unwrap()).await;
    assert_eq!((&row["status"], &row["progress"]), (&json!("stopped"), &json!(null)));
    assert_eq!(
        (&row["gpu_ids"], &row["output_path"], &row["autostart"], &row["parent_instance_id"]),
        (&json!("0"), &json!("shared"), &json!(true), &json!(null))
    );
    assert_ne!(row["port"], server.instance(id).await["port"]);
    let copy = server.home("My B");
    assert_eq!(fs::read_to_string(copy.join("deep/er/file")).unwrap(), "content");
    let meta = |path: &str| fs::metadata(copy.join(path)).unwrap();
    assert_eq!(meta("deep/er/file").mode() & 0o777, 0o640);
    assert_eq!(meta("second").ino(), meta("deep/er/file").ino());
    assert_ne!(meta("second").ino(), fs::metadata(home.join("second")).unwrap().ino());
    assert_eq!(fs::read_link(copy.join("models")).unwrap(), outside);
    assert_eq!(fs::read_link(copy.join("own")).unwrap(), copy.join("deep"), "not into the source");
    assert_eq!(fs::read_link(copy.join("relative")).unwrap().to_str(), Some("deep/er"));
    assert!(!copy.join("socket").exists() && !copy.join("output.log").exists());
    // A name without a blank needs no quotes anywhere.
    server.copied(id, "plain").await;
    let script = fs::read_to_string(server.home("plain").join("launch.sh")).unwrap();
    assert_eq!(script.lines().next(), Some(&*format!("# {}/x {}b", server.home("plain").display(), home.display())));
}

#[tokio::test]
async fn an_environment_works_in_the_copy() {
    let server = Server::new();
    let id = server.started("a", "", VENV).await;
    for name in ["b", "with-a-hyphen"] {
        let (copy, job) = server.copied(id, name).await;
        assert!(job["message"].as_str().unwrap().contains("The environment env came along."), "{job}");
        server.ask(copy, "start").await;
        server.wait_status(copy, "started").await;
        let home = server.home(name);
        let says = fs::read_to_string(home.join("says")).unwrap();
        let env = home.join("env");
        let expected = [env.clone(), home.join("app/myapp.py"), env.clone(), env.join("bin/tool")];
        assert_eq!(says.lines().map(std::path::PathBuf::from).collect::<Vec<_>>(), expected);
        let made = |name: &str| fs::read(server.home(name).join("env/made")).unwrap();
        assert_eq!(made(name), made("a"), "it came along and was not made anew");
    }
    // A name that a shell would have to quote: better made anew than broken.
    let (copy, job) = server.copied(id, "My Copy").await;
    let words = job["message"].as_str().unwrap();
    assert!(words.contains("did not come along") && words.contains("the next start makes it anew"), "{job}");
    let home = server.home("My Copy");
    assert!(home.join(".rebuild-env").exists() && !home.join("env").exists());
    server.ask(copy, "start").await;
    let started = server.wait_status(copy, "started").await;
    let made = fs::read_to_string(home.join("env/made")).unwrap();
    assert_eq!(made.trim(), format!("made by {}", started["run"].as_str().unwrap()));
    assert_eq!(server.instance(id).await["status"], "started", "the source runs on");
}

#[tokio::test]
async fn an_environment_works_under_a_new_name() {
    let server = Server::new();
    let id = server.started("a", "", VENV).await;
    let made = fs::read(server.home("a").join("env/made")).unwrap();
    let rename = |name: &'static str| {
        let server = &server;
        async move {
            let path = format!("/api/instances/{id}");
            let answer = server.client.call(Method::PUT, &path, Some(&json!({ "name": name }))).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
            server.wait_status(id, "started").await;
            let says = fs::read_to_string(server.home(name).join("says")).unwrap();
            let env = server.home(name).join("env");
            let expected = [env.clone(), server.home(name).join("app/myapp.py"), env.clone(), env.join("bin/tool")];
            assert_eq!(says.lines().map(std::path::PathBuf::from).collect::<Vec<_>>(), expected);
            fs::read(env.join("made")).unwrap()
        }
    };
    assert_eq!(rename("b").await, made, "it was not made anew");
    // The trash and another name: the same.
    server.ask(id, "stop?wait=true").await;
    server.delete(id, &json!({})).await;
    let answer = server.client.call(Method::POST, "/api/trash/b/restore?name=c", None).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let back = answer.json()["id"].as_i64().unwrap();
    server.ask(back, "start").await;
    server.wait_status(back, "started").await;
    assert_eq!(fs::read(server.home("c").join("env/made")).unwrap(), made);
    assert!(fs::read_to_string(server.home("c").join("says")).unwrap().contains("/instances/c/env/bin/tool"));
}

#[tokio::test]
async fn a_name_that_an_environment_cannot_bear_makes_it_anew() {
    let server = Server::new();
    // As blueprints do it: what the marker asks for is made again.
    let body = VENV.replacen("if [ !", "source \"$AIKORE_LIB/functions.sh\"\nclean_env ./env\nif [ !", 1);
    let id = server.started("a", "", &body).await;
    let made = fs::read(server.home("a").join("env/made")).unwrap();
    let path = format!("/api/instances/{id}");
    // The script of `tool` can bear a blank, `activate` can't.
    let answer = server.client.call(Method::PUT, &path, Some(&json!({ "name": "My App" }))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    server.wait_status(id, "started").await;
    let home = server.home("My App");
    assert_ne!(fs::read(home.join("env/made")).unwrap(), made);
    let first = fs::read_to_string(home.join("says")).unwrap();
    assert_eq!(first.lines().next(), Some(&*home.join("env").to_string_lossy()));
}

#[tokio::test]
async fn a_uv_environment_works_in_the_copy() {
    // As blueprints make it: relocatable, and installed into from PyPI.
    let mut server = Server::new();
    let body = "source \"$AIKORE_LIB/functions.sh\"\necho iniconfig==2.0.0 > list\nensure_venv ./env\ninstall_requirements list\n\
                python -c 'import iniconfig, sys; print(sys.prefix)' > says\npip --version >> says\n\
                exec python -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1";
    server.blueprint("uv.sh", "", body);
    let id = server.create("a", "uv.sh").await;
    server.ask(id, "start").await;
    // It may have to download uv itself.
    eventually_async_within(120, "the environment", || async {
        let row = server.instance(id).await;
        assert_ne!(row["status"], "error", "{row}");
        (row["status"] == "started").then_some(())
    })
    .await;
    server.ask(id, "stop?wait=true").await;
    let (copy, job) = server.copied(id, "My Copy").await;
    assert!(job["message"].as_str().unwrap().contains("The environment env came along."), "{job}");
    fs::remove_dir_all(server.home("a")).unwrap();
    // The copy has to do without the source and without the network.
    server.end("TERM");
    server.set("UV_OFFLINE", "1");
    server.start();
    server.ask(copy, "start").await;
    server.wait_status(copy, "started").await;
    let says = fs::read_to_string(server.home("My Copy").join("says")).unwrap();
    let env = server.home("My Copy").join("env").display().to_string();
    assert_eq!(says.lines().next(), Some(&*env));
    assert!(says.lines().nth(1).unwrap().contains(&env), "{says}");
    let log = server.client.get(&format!("/api/instances/{copy}/logs")).await.json()["content"].to_string();
    assert!(!log.contains("Made an environment") && !log.contains("Installing"), "{log}");
}

#[tokio::test]
async fn a_running_instance_is_copied_while_it_writes() {
    let server = Server::new();
    let body = "mkdir -p churn\n( while :; do for i in 1 2 3 4 5 6 7 8; do echo x >> churn/$i; done; rm -f churn/*; done ) &\n\
                ( while :; do echo 'a line of a log that grows' >> growing; done ) &\n\
                exec python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1";
    let id = server.started("a", "", body).await;
    let pid = server.instance(id).await["pid"].clone();
    fill(&server.home("a"), 3000);
    let (_, job) = server.copied(id, "b").await;
    assert!(job["message"].as_str().unwrap().starts_with("Copied."), "{job}");
    let growing = fs::read_to_string(server.home("b").join("growing")).unwrap();
    assert!(growing.starts_with("a line") && !growing.contains('\0'));
    assert_eq!(fs::read_dir(server.home("b").join("many/5")).unwrap().count(), 500);
    assert_eq!((&server.instance(id).await["pid"], &server.instance(id).await["status"]), (&pid, &json!("started")));
}

#[tokio::test]
async fn an_environment_in_the_making_is_not_trusted() {
    let server = Server::new();
    // Silent and half installed: that is `starting`.
    let body = "python3 -m venv --without-pip env\nwhile [ ! -e go ]; do sleep 0.05; done\nexec env/bin/python -m http.server \"$WEBUI_PORT\"";
    server.blueprint("slow.sh", "", body);
    let id = server.create("a", "slow.sh").await;
    server.ask(id, "start").await;
    eventually_within(30, "the environment", || server.home("a").join("env/bin/activate").exists().then_some(()));
    let (_, job) = server.copied(id, "b").await;
    assert!(job["message"].as_str().unwrap().contains("the source was started meanwhile"), "{job}");
    let home = server.home("b");
    assert!(!home.join("env").exists() && home.join(".rebuild-env").exists());
    fs::write(server.home("a").join("go"), "").unwrap();
    server.wait_status(id, "started").await;
    // A rebuild that was asked for is owed by the copy too.
    fs::write(server.home("a").join(".rebuild-env"), "").unwrap();
    let (_, job) = server.copied(id, "c").await;
    assert!(job["message"].as_str().unwrap().contains("its rebuild was asked for"), "{job}");
    assert!(!server.home("c").join("env").exists() && server.home("c").join(".rebuild-env").exists());
}

#[tokio::test]
async fn while_it_is_copied() {
    let server = Server::new();
    let id = server.hello("a").await;
    fill(&server.home("a"), 40_000);
    let answer = server.ask_copy(id, "b").await;
    let copy = answer.json()["id"].as_i64().unwrap();
    let job = answer.header("x-aikore-job").to_owned();
    // The copy itself can do nothing yet.
    for action in ["start", "stop", "restart", "copy"] {
        let path = format!("/api/instances/{copy}/{action}");
        let answer = server.client.post(&path, &json!({ "new_name": "c" })).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{action}: {}", answer.text());
        assert!(answer.detail().contains(&job), "{action}: {}", answer.detail());
    }
    let put = |id: i64, body| async move {
        server.client.call(Method::PUT, &format!("/api/instances/{id}"), Some(&body)).await
    };
    let server = &server;
    let put = |id: i64, body| put(id, body);
    assert_eq!(put(copy, json!({ "name": "c" })).await.status, StatusCode::CONFLICT);
    let dry = format!("/api/instances/{copy}?dry_run=true");
    let dry = server.client.call(Method::PUT, &dry, Some(&json!({ "name": "c" }))).await;
    assert_eq!(dry.status, StatusCode::CONFLICT, "a dry run promises nothing that would be refused");
    // The source may run, stop and start, and nothing else.
    let answer = put(id, json!({ "name": "c" })).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.detail().contains("while it is being copied to 'b'"), "{}", answer.detail());
    assert_eq!(server.ask(id, "stop?wait=true").await.status, StatusCode::OK);
    let answer = server.delete(id, &json!({})).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.detail().contains(&job), "{}", answer.detail());
    assert_eq!(server.job(&job).await["state"], "running", "all of this was while it was being copied");
    assert_eq!(server.instance(copy).await["status"], "installing");

    // Deleting what is being copied cancels it; nothing is left.
    let answer = server.delete(copy, &json!({})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(server.job(&job).await["state"], "cancelled");
    assert_eq!(server.client.get(&format!("/api/instances/{copy}")).await.status, StatusCode::NOT_FOUND);
    let left: Vec<_> =
        fs::read_dir(server.config().join("instances")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["a"]);
    assert_eq!(put(id, json!({ "name": "c" })).await.status, StatusCode::OK, "the source is free again");
}

#[tokio::test]
async fn a_server_that_is_killed_leaves_no_half_copy() {
    let mut server = Server::new();
    let id = server.hello("a").await;
    server.ask(id, "stop?wait=true").await;
    fill(&server.home("a"), 12_000);
    server.client.call(Method::PUT, &format!("/api/instances/{id}"), Some(&json!({ "autostart": false }))).await;
    let answer = server.ask_copy(id, "b").await;
    let copy = answer.json()["id"].as_i64().unwrap();
    let temporary = server.config().join(format!("instances/.copying-{copy}"));
    eventually_within(30, "some of it", || temporary.join("many").exists().then_some(()));
    server.end("KILL");
    assert!(temporary.exists() && !server.home("b").exists());
    server.start();
    eventually_within(30, "the clearing", || (!temporary.exists()).then_some(()));
    let row = eventually_async("the row", || async {
        let row = server.instance(copy).await;
        (row["status"] == "error").then_some(row)
    })
    .await;
    assert!(row["reason"].as_str().unwrap().contains("The copy was interrupted"), "{row}");
    assert_eq!(server.client.get("/api/jobs").await.json(), json!([]));
    assert_eq!(server.delete(copy, &json!({})).await.status, StatusCode::OK);
    server.copied(id, "b").await;

    // A server that is told to stop does not wait for the rest of a copy either.
    let answer = server.ask_copy(id, "c").await;
    let copy = answer.json()["id"].as_i64().unwrap();
    let temporary = server.config().join(format!("instances/.copying-{copy}"));
    eventually_within(30, "some of it", || temporary.join("many").exists().then_some(()));
    assert!(server.end("TERM").success());
    assert!(!server.home("c").exists());
    server.start();
    eventually_within(30, "the clearing", || (!temporary.exists()).then_some(()));
    server.wait_status(copy, "error").await;
}

#[tokio::test]
async fn what_cannot_be_copied_is_refused_in_words() {
    let server = Start::new().pool(3).serve();
    let id = server.hello("a").await;
    let never = server.create("never", "hello.sh").await;
    fs::create_dir_all(server.home("stray")).unwrap();
    for (id, name, status, words) in [
        (99, "b", 404, "no instance 99"),
        (never, "b", 409, "never been started"),
        (id, "a", 409, "already exists"),
        (id, "A!", 409, "/instance/a/"),
        (id, "stray", 409, "exists already"),
        (id, "", 422, "empty"),
        (id, "   ", 422, "blank"),
        (id, ".", 422, "dot"),
        (id, "..", 422, "dot"),
        (id, "a/b", 422, "/"),
        (id, "../escape", 422, "/"),
        (id, "/tmp/absolute", 422, "/"),
        (id, "a\nb", 422, "control"),
    ] {
        let answer = server.ask_copy(id, name).await;
        assert_eq!(answer.status.as_u16(), status, "{name:?}: {}", answer.text());
        assert!(answer.detail().contains(words), "{name:?}: {}", answer.detail());
    }
    assert!(server.home("stray").exists(), "the earlier system removed it");
    assert_eq!(server.client.get("/api/jobs").await.json(), json!([]));
    server.copied(id, "b").await;
    assert_eq!(server.ask_copy(id, "c").await.status, StatusCode::SERVICE_UNAVAILABLE, "no port is left");
    assert_eq!(server.client.get("/api/instances").await.json().as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_satellite_has_nothing_of_its_own_to_copy() {
    let mut server = Server::new();
    let parent = server.hello("parent").await;
    let satellite = server.create("satellite", "hello.sh").await;
    server.ask(parent, "stop?wait=true").await;
    server.end("TERM");
    let store = rusqlite::Connection::open(server.config().join("aikore.db")).unwrap();
    store.execute("UPDATE instances SET parent_instance_id = ?1 WHERE id = ?2", [parent, satellite]).unwrap();
    drop(store);
    server.start();
    let answer = server.ask_copy(satellite, "b").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.detail().contains("its files are those of 'parent'"), "{}", answer.detail());
    // It works in its parent's folder: what it may be installing there is not trusted.
    fs::create_dir_all(server.home("parent").join("env/bin")).unwrap();
    fs::write(server.home("parent").join("env/pyvenv.cfg"), "home = /usr/bin\n").unwrap();
    fs::write(server.home("parent").join("launch.sh"), "sleep 1000").unwrap();
    assert_eq!(server.ask(satellite, "start").await.json()["status"], "starting");
    let (_, job) = server.copied(parent, "b").await;
    assert!(job["message"].as_str().unwrap().contains("the source was started meanwhile"), "{job}");
}

#[tokio::test]
async fn a_new_instance_from_the_files_of_another() {
    let server = Server::new();
    let id = server.started("a", "", VENV).await;
    fs::write(server.home("a").join("model"), "weights").unwrap();
    let answer = server
        .client
        .post(
            "/api/instances",
            &json!({ "name": "b", "base_blueprint": "a.sh", "gpu_ids": "1", "source_instance_id": id }),
        )
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!((&answer.json()["status"], &answer.json()["gpu_ids"]), (&json!("installing"), &json!("1")));
    let job = server.job_over(&answer).await;
    assert_eq!(job["state"], "done", "{job}");
    let home = server.home("b");
    assert!(home.join("model").exists() && home.join("launch.sh").exists() && !home.join("env").exists());
    let copy = answer.json()["id"].as_i64().unwrap();
    server.ask(copy, "start").await;
    server.wait_status(copy, "started").await;
    assert!(home.join("env/made").exists());
    let answer = server
        .client
        .post("/api/instances", &json!({ "name": "c", "base_blueprint": "a.sh", "source_instance_id": 99 }))
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_copy_that_fails_half_way_leaves_nothing() {
    let server = Server::new();
    let id = server.hello("a").await;
    // A path that is just short enough: in the temporary folder, whose name is longer, it is not.
    let mut deep = server.home("a");
    while deep.as_os_str().len() < 3800 {
        deep.push("x".repeat(200));
    }
    deep.push("y".repeat(4090 - deep.as_os_str().len()));
    fs::create_dir_all(&deep).unwrap();
    let answer = server.ask_copy(id, "b").await;
    let job = server.job_over(&answer).await;
    assert_eq!(job["state"], "failed", "{job}");
    assert!(job["error"].as_str().unwrap().contains("could not be copied"), "{job}");
    let row = server.instance(answer.json()["id"].as_i64().unwrap()).await;
    assert_eq!(row["status"], "error");
    assert!(row["reason"].as_str().unwrap().contains("Nothing of the copy is left"), "{row}");
    let left: Vec<_> =
        fs::read_dir(server.config().join("instances")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["a"]);
    assert_eq!(server.instance(id).await["status"], "started");
}
