//! Disks that take no more: the run goes on, and the person hears of it.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use http::StatusCode;
use serde_json::Value;

use crate::support::{Server, Start, binary, eventually, eventually_async};

/// Lets no file of this process grow beyond a size, as a full disk does: writes fail, and whoever ignores the signal that
/// comes with it lives on. Anybody may do this to a process of their own.
fn limit_files(pid: u32, size: &str) {
    let done = Command::new("prlimit").args([&format!("--pid={pid}"), &format!("--fsize={size}:")]).status().unwrap();
    assert!(done.success(), "prlimit (util-linux) is needed");
}

async fn log(server: &Server, id: i64) -> String {
    let mut text = String::new();
    loop {
        let piece = server.client.get(&format!("/api/instances/{id}/logs?offset={}", text.len())).await.json();
        match piece["content"].as_str().unwrap() {
            "" => return text,
            more => text.push_str(more),
        }
    }
}

/// Waits until a run has said its first word: a process counts as started before it has.
async fn said_up(server: &Server, id: i64) {
    eventually_async("the first word", || async { (log(server, id).await == "up\n").then_some(()) }).await;
}

/// 20 000 numbered lines at each turn of the file `turn`, and a file that says that they have been printed.
const TURNS: &str = "echo up; for turn in 1 2 3; do until [ -e turn$turn ]; do sleep 0.05; done; \
    seq ${turn}00001 ${turn}20000; touch done$turn; done; exec sleep 600";

fn turn(home: &Path, turn: u32) {
    std::fs::write(home.join(format!("turn{turn}")), "").unwrap();
    eventually("the end of a turn", || home.join(format!("done{turn}")).exists().then_some(()));
}

#[tokio::test]
async fn a_run_outlives_a_log_that_takes_no_more() {
    let mut server = Server::new();
    let id = server.started("a", "# aikore.ready = process", TURNS).await;
    let home = server.config().join("instances/a");
    let (shim, pid) = (server.shim(id).await, server.instance(id).await["pid"].clone());
    limit_files(shim, "5000");
    // Less than is held back, then more: the first is late, of the second a part is lost.
    turn(&home, 1);
    let told = eventually_async("the reason", || async {
        let instance = server.instance(id).await;
        instance["reason"].is_string().then_some(instance)
    })
    .await;
    assert_eq!(told["status"], "started");
    let reason = told["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("Its log can't be written (File too large") && reason.contains("It runs on"),
        "{reason}"
    );
    eventually("the notice", || server.log().contains(reason).then_some(()));
    turn(&home, 2);
    // A server that comes meanwhile knows it too.
    server.end("KILL");
    server.start();
    eventually_async("the reason again", || async {
        let instance = server.instance(id).await;
        (instance["reason"].as_str() == Some(reason)).then_some(())
    })
    .await;
    assert_eq!(log(&server, id).await.len(), 5000);
    // Room again.
    limit_files(shim, "unlimited");
    eventually_async("the end of the trouble", || async {
        server.instance(id).await["reason"].is_null().then_some(())
    })
    .await;
    turn(&home, 3);
    let text = eventually_async("the last line", || async {
        let text = log(&server, id).await;
        text.ends_with("320000\n").then_some(text)
    })
    .await;
    assert_eq!(server.instance(id).await["pid"], pid, "the run went on");
    // Everything up to the gap, the note, and everything after it.
    let (before, note, after) = split(&text);
    let whole: String = std::iter::once("up".to_owned())
        .chain((1..=3).flat_map(|t| (1..=20_000).map(move |n| format!("{t}{n:05}"))))
        .fold(String::new(), |mut all, line| {
            all.push_str(&line);
            all.push('\n');
            all
        });
    // A note that begins in the middle of a line breaks it.
    let before = if whole.starts_with(before) { before } else { before.strip_suffix('\n').unwrap() };
    let lost: usize = note.split(' ').next().unwrap().parse().unwrap();
    assert!(note.contains("(File too large") && lost > 0, "{note}");
    assert!(whole.starts_with(before) && before.len() >= 5000 + 256 * 1024 - 10, "{}", before.len());
    assert!(whole.ends_with(after) && after.ends_with("320000\n"));
    assert_eq!(before.len() + lost + after.len(), whole.len(), "{note}");
    let run = server.client.get(&format!("/api/instances/{id}/logs/runs")).await.json()[0].clone();
    assert_eq!(run["size"], text.len(), "{run}");
    server.ask(id, "stop?wait=true").await;
    let run = server.client.get(&format!("/api/instances/{id}/logs/runs")).await.json()[0].clone();
    assert_eq!(run["lost"], lost, "{run}");
}

/// What comes before the note, what it says behind its mark, and what comes after it.
fn split(text: &str) -> (&str, &str, &str) {
    let (before, rest) = text.split_once("[AiKore] ").expect("a note");
    let (note, after) = rest.split_once('\n').unwrap();
    assert!(!after.contains("[AiKore]"), "one note");
    (before, note, after)
}

/// The end of a run is known even if nothing could be written any more when it came, and nobody watched.
#[tokio::test]
async fn an_end_on_a_full_disk_is_known() {
    let mut server = Server::new();
    let id = server
        .started("a", "# aikore.ready = process", "until [ -e quit ]; do sleep 0.05; done; echo bye; exit 7")
        .await;
    limit_files(server.shim(id).await, "600");
    server.end("KILL");
    rusqlite::Connection::open(server.config().join("aikore.db"))
        .unwrap()
        .execute("UPDATE instances SET desired = 'stopped'", [])
        .unwrap();
    std::fs::write(server.config().join("instances/a/quit"), "").unwrap();
    eventually("the end", || server.processes().is_empty().then_some(()));
    server.start();
    assert_eq!(server.wait_status(id, "error").await["exit"]["code"], 7);
}

/// A server that has to obey the permissions of files, even where the tests run as root.
fn obedient() -> Start {
    let start = Start::new();
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return start;
    }
    let caps = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"];
    start.command(caps.map(Into::into).into_iter().chain([binary().into_os_string()]))
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Starts it; the answer and the status say the same sentence, and nothing is left running.
async fn fails_to_start(server: &Server, id: i64) -> String {
    let answer = server.ask(id, "start").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", answer.text());
    let failed = server.instance(id).await;
    assert_eq!((&failed["status"], &failed["pid"], &failed["app_port"]), (&"error".into(), &Value::Null, &Value::Null));
    assert_eq!(failed["reason"], answer.json()["detail"]);
    server.assert_nothing_left();
    failed["reason"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_read_only_folder_is_said_and_nothing_runs() {
    let server = obedient().serve();
    let id = server.started("a", "# aikore.ready = process", "echo up; exec sleep 600").await;
    said_up(&server, id).await;
    server.ask(id, "stop?wait=true").await;
    let home = server.config().join("instances/a");
    for (folder, what) in [(home.clone(), "aikore_vars"), (home.join("output.logs"), "output.log")] {
        set_mode(&folder, 0o555);
        let reason = fails_to_start(&server, id).await;
        assert!(reason.contains("Permission denied") && reason.contains(what), "{reason}");
        set_mode(&folder, 0o755);
    }
    let log = home.join("output.log");
    std::fs::remove_file(&log).unwrap();
    std::fs::create_dir(&log).unwrap();
    let reason = fails_to_start(&server, id).await;
    assert!(reason.contains("output.log can't be written: Is a directory"), "{reason}");
    std::fs::remove_dir(&log).unwrap();
    server.ask(id, "start").await;
    server.wait_status(id, "started").await;
    said_up(&server, id).await;
    // The folder becomes read-only under a run: what is open is written on, and the next file has to wait.
    set_mode(&home.join("output.logs"), 0o555);
    server.ask(id, "stop?wait=true").await;
    assert_eq!(server.instance(id).await["status"], "stopped");
    set_mode(&home.join("output.logs"), 0o755);
    let runs = server.client.get(&format!("/api/instances/{id}/logs/runs")).await.json();
    assert!(runs.as_array().unwrap().iter().all(|run| run["size"] == 3), "{runs}");
}
