//! A new environment, and the old one until the new one works.

use std::fs;

use http::StatusCode;
use serde_json::json;

use crate::support::{Server, eventually_within};

/// Makes an environment when there is none; `break` in the folder breaks what is started with a new one.
const BODY: &str = r#"
source "$AIKORE_LIB/functions.sh"
clean_env ./env
if [ ! -d env ]; then
    mkdir env && echo "made by $AIKORE_RUN_ID" > env/made
    if [ -e break ]; then echo 'the new one does not work' >&2; exit 3; fi
fi
exec python3 -m http.server "$WEBUI_PORT" --bind 127.0.0.1
"#;

impl Server {
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
async fn a_new_environment_takes_the_place_of_one_that_worked() {
    let server = Server::new();
    let id = server.started("a", "# aikore.venv_path = ./env", BODY).await;
    let home = server.home("a");
    let made = || fs::read_to_string(home.join("env/made")).unwrap_or_default();
    let (first, pid) = (made(), server.instance(id).await["pid"].clone());
    // It runs: it is started again, with a new one, and the old one goes.
    let answer = server.ask(id, "rebuild").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert!(answer.json().get("note").is_none());
    let again = server.wait_status(id, "started").await;
    assert_ne!(again["pid"], pid);
    assert_ne!(made(), first);
    eventually_within(30, "the end of the old one", || (!home.join("env.before-rebuild").exists()).then_some(()));
    // It is stopped: nothing happens before the next start.
    server.ask(id, "stop?wait=true").await;
    let second = made();
    assert_eq!(server.ask(id, "rebuild").await.json()["status"], "stopped");
    assert!(home.join(".rebuild-env").exists() && made() == second);
    server.ask(id, "start").await;
    server.wait_status(id, "started").await;
    assert!(made() != second && !home.join(".rebuild-env").exists());
}

#[tokio::test]
async fn the_old_environment_stays_until_the_new_one_works() {
    let server = Server::new();
    let id = server.started("a", "", BODY).await;
    let home = server.home("a");
    let first = fs::read(home.join("env/made")).unwrap();
    fs::write(home.join("break"), "").unwrap();
    fs::create_dir(home.join("mine.before-rebuild")).unwrap();
    // However often it fails, the one that is kept is the last that worked.
    for _ in 0..2 {
        server.ask(id, "rebuild").await;
        let start = server.ask(id, "start").await;
        assert_eq!(start.status, StatusCode::OK, "{}", start.text());
        let failed = server.wait_status(id, "error").await;
        let reason = failed["reason"].as_str().unwrap();
        let kept = home.join("env.before-rebuild");
        assert!(reason.contains("exit code 3") && reason.contains(&*kept.to_string_lossy()), "{reason}");
        assert_eq!(fs::read(kept.join("made")).unwrap(), first);
    }
    fs::remove_file(home.join("break")).unwrap();
    server.ask(id, "rebuild").await;
    server.ask(id, "start").await;
    server.wait_status(id, "started").await;
    eventually_within(30, "the end of the old one", || (!home.join("env.before-rebuild").exists()).then_some(()));
    assert!(home.join("mine.before-rebuild").exists(), "a folder that is no environment is a person's own");
    let left = fs::read_dir(server.config().join("instances")).unwrap().count();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn a_real_environment_of_a_blueprint_is_kept_and_removed() {
    let server = Server::new();
    let body = "source \"$AIKORE_LIB/functions.sh\"\nclean_env deep/env\n[ -d deep/env ] || python3 -m venv --without-pip deep/env\n\
                exec deep/env/bin/python -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1";
    let id = server.started("a", "# aikore.venv_path = ./deep/env/", body).await;
    let inode = || std::os::unix::fs::MetadataExt::ino(&fs::metadata(server.home("a").join("deep/env")).unwrap());
    let first = inode();
    // The marker is in the instance's folder, whichever the environment's is.
    server.ask(id, "rebuild").await;
    server.wait_status(id, "started").await;
    assert_ne!(inode(), first);
    let kept = server.home("a").join("deep/env.before-rebuild");
    eventually_within(30, "the end of the old one", || (!kept.exists()).then_some(()));
}

#[tokio::test]
async fn a_satellite_rebuilds_what_it_runs_on() {
    // earlier-defects.md 38
    let mut server = Server::new();
    let parent = server.started("parent", "", BODY).await;
    let satellite = server.create("satellite", "parent.sh").await;
    server.ask(parent, "stop?wait=true").await;
    server.make_satellite(satellite, parent).await;
    let answer = server.ask(satellite, "rebuild").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert!(answer.json()["note"].as_str().unwrap().contains("that of 'parent'"), "{}", answer.text());
    let (own, shared) = (server.home("satellite"), server.home("parent"));
    assert!(shared.join(".rebuild-env").exists() && !own.join(".rebuild-env").exists());
    server.ask(satellite, "start").await;
    let started = server.wait_status(satellite, "started").await;
    let made = fs::read_to_string(shared.join("env/made")).unwrap();
    assert_eq!(made.trim(), format!("made by {}", started["run"].as_str().unwrap()));
    // Not from under what runs on it.
    let answer = server.ask(parent, "rebuild").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.detail().contains("'satellite' runs with the same environment"), "{}", answer.detail());
    assert!(!shared.join(".rebuild-env").exists());
    // What runs alone may.
    assert_eq!(server.ask(satellite, "rebuild").await.status, StatusCode::OK);
    server.wait_status(satellite, "started").await;
}

#[tokio::test]
async fn what_is_not_installed_needs_no_rebuild() {
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let answer = server.ask(id, "rebuild").await;
    assert_eq!((answer.status, &answer.json()["status"]), (StatusCode::OK, &json!("stopped")));
    assert!(answer.json()["note"].as_str().unwrap().contains("its first start does that"));
    assert!(!server.home("a").exists());
    assert_eq!(server.ask(99, "rebuild").await.status, StatusCode::NOT_FOUND);
}
