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
    let numbers: Vec<u64> = log.lines().filter_map(|line| line.strip_prefix("line ")?.parse().ok()).collect();
    assert!(
        numbers.len() > 10 && numbers.iter().enumerate().all(|(n, line)| *line == n as u64 + 1),
        "no line lost or doubled"
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

#[tokio::test]
async fn a_lost_shim_leaves_nothing_behind() {
    let server = Server::new();
    let id = server.hello("a").await;
    let pid = server.instance(id).await["pid"].as_u64().unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let shim = stat.rsplit(')').next().unwrap().split_whitespace().nth(1).unwrap().to_owned();
    std::process::Command::new("kill").args(["-KILL", &shim]).status().unwrap();
    let lost = server.wait_status(id, "error").await;
    assert!(lost["reason"].as_str().unwrap().contains("supervisor was lost"), "{}", lost["reason"]);
    server.assert_nothing_left();
    assert_eq!(lost["pid"], json!(null));
}
