//! A server that dies, is replaced, or hands over: its instances do not notice.

use http::StatusCode;
use serde_json::json;

use crate::support::{Server, eventually};

#[tokio::test]
async fn instances_outlive_a_killed_server() {
    // earlier-defects.md 7
    let mut server = Server::new();
    let body = "( i=0; while true; do i=$((i+1)); echo line $i; sleep 0.02; done ) &\nexec python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1";
    let lives = server.started("lives", "", body).await;
    let dies = server.hello("dies").await;
    let (pid, ending) = (server.instance(lives).await["pid"].clone(), server.instance(dies).await["pid"].clone());
    server.end("KILL");
    std::process::Command::new("kill").args(["-KILL", &ending.to_string()]).status().unwrap();
    eventually("the end of the other", || (!std::path::Path::new(&format!("/proc/{ending}")).exists()).then_some(()));
    server.start();
    let begun = std::time::Instant::now();
    let again = server.wait_status(lives, "started").await;
    assert_eq!(again["pid"], pid);
    crate::support::eventually_async("its page", || async {
        (server.client.get("/instance/lives/").await.status == StatusCode::OK).then_some(())
    })
    .await;
    println!("pages are back after {:?}", begun.elapsed());
    // What ended meanwhile is known, and is wanted: it starts again.
    crate::support::eventually_async("the other one again", || async {
        let again = server.instance(dies).await;
        (again["status"] == "started" && again["pid"] != ending).then_some(())
    })
    .await;
    server.ask(lives, "stop?wait=true").await;
    let log = std::fs::read_to_string(server.config().join("instances/lives/output.log")).unwrap();
    // The web server writes to the same terminal, and not always whole lines.
    let numbers: Vec<u64> = log.lines().filter_map(|line| line.rsplit_once("line ")?.1.parse().ok()).collect();
    assert!(
        numbers.len() > 10 && numbers.iter().enumerate().all(|(n, line)| *line == n as u64 + 1),
        "no line lost or doubled: {log}"
    );
}

#[tokio::test]
async fn an_end_nobody_watched_is_known() {
    let mut server = Server::new();
    let id = server.started("a", "", "python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1 & while [ ! -e quit ]; do sleep 0.05; done; kill $!; exit 9").await;
    // Not wanted any more, so that the next server leaves it ended.
    server.end("KILL");
    rusqlite::Connection::open(server.config().join("aikore.db"))
        .unwrap()
        .execute("UPDATE instances SET desired = 'stopped'", [])
        .unwrap();
    std::fs::write(server.config().join("instances/a/quit"), "").unwrap();
    eventually("the end", || server.processes().is_empty().then_some(()));
    server.start();
    let ended = server.wait_status(id, "error").await;
    assert_eq!(ended["exit"]["code"], 9);
    eventually("an empty shims folder", || {
        (std::fs::read_dir(server.config().join("run/shims")).unwrap().count() == 0).then_some(())
    });
}

#[tokio::test]
async fn a_hand_over_leaves_everything_running() {
    for by in ["handover", "USR2"] {
        let mut server = Server::new();
        let id = server.hello("a").await;
        let pid = server.instance(id).await["pid"].clone();
        let ended = if by == "USR2" {
            server.end("USR2")
        } else {
            assert!(server.run(&["handover"]).status.success());
            server.wait_for_end()
        };
        assert_eq!(ended.code(), Some(0));
        server.start();
        assert_eq!(server.wait_status(id, "started").await["pid"], pid, "{by}");
    }
}

/// Processes that left the leader's group, its session and its parents, and a listener among them.
const SCATTERED: &str = "setsid bash -c 'trap \"\" TERM HUP INT; sleep 600 & sleep 600' & \
    ( ( setsid sleep 600 & ) & ); \
    python3 -c 'import os, time; [os.fork() or os.setsid() for _ in range(2)]; time.sleep(600)' & \
    exec python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1";

fn of_run(run: &str) -> Vec<u32> {
    aikore::runtime::proc::marked("AIKORE_RUN_ID", run)
}

fn kill(pid: u32) {
    assert!(std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap().success());
}

#[tokio::test]
async fn a_lost_shim_leaves_nothing_behind() {
    let mut server = Server::new();
    let other = server.hello("other").await;
    let id = server.started("a", "", SCATTERED).await;
    for server_lives in [true, false] {
        let run = server.instance(id).await["run"].as_str().unwrap().to_owned();
        eventually("the whole crowd", || (of_run(&run).len() >= 9).then_some(()));
        let shim = server.shim(id).await;
        if server_lives {
            kill(shim);
        } else {
            server.end("KILL");
            kill(shim);
            // Not wanted any more, so that the next server leaves it ended.
            let store = rusqlite::Connection::open(server.config().join("aikore.db")).unwrap();
            store.execute("UPDATE instances SET desired = 'stopped' WHERE id = ?", [id]).unwrap();
            server.start();
        }
        let lost = server.wait_status(id, "error").await;
        assert!(lost["reason"].as_str().unwrap().contains("supervisor was lost"), "{}", lost["reason"]);
        assert_eq!((&lost["pid"], &lost["exit"]), (&json!(null), &json!(null)));
        assert_eq!(of_run(&run), Vec::<u32>::new(), "left behind");
        // Its files go after the word has gone out.
        eventually("no file of the lost one", || {
            let left = std::fs::read_dir(server.config().join("run/shims")).unwrap();
            let mut left = left.map(|entry| entry.unwrap().file_name());
            (!left.any(|name| name.to_str().unwrap().starts_with(&run))).then_some(())
        });
        server.wait_status(other, "started").await;
        server.ask(id, "start").await;
        server.wait_status(id, "started").await;
    }
}
