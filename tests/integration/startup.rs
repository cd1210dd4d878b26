//! Settings, the lock, the listeners, the clean end.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::support::{Server, Start, binary};

fn run(env: &[(&str, &str)], arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(binary());
    command.args(arguments).env("AIKORE_CONFIG_DIR", folder.path().join("config")).envs(env.iter().copied());
    command.output().unwrap()
}

fn refused(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "one clear line: {said}");
    said
}

#[tokio::test]
async fn it_is_well_within_100_ms_of_its_start() {
    let server = Start::new();
    let begun = Instant::now();
    let server = server.serve();
    let answer = server.client.get("/healthz").await;
    let took = begun.elapsed();
    assert_eq!(answer.json(), serde_json::json!({ "status": "ok" }));
    assert!(took < Duration::from_millis(100) * if cfg!(debug_assertions) { 5 } else { 1 }, "{took:?}");
    let health = server.run(&["health"]);
    assert!(health.status.success(), "{health:?}");
}

#[test]
fn bad_settings_stop_it_with_one_line_and_code_2() {
    for (name, value) in [
        ("AIKORE_LISTEN", "nonsense"),
        ("AIKORE_INSTANCE_PORT_RANGE", "20-10"),
        ("AIKORE_AUTH", "maybe"),
        ("AIKORE_AUTH_USER_HEADER", "Remote-User"),
        ("AIKORE_PUBLIC_URL", "ai.example.com"),
        ("AIKORE_TLS", "acme"),
        ("AIKORE_TLS", "files"),
        ("AIKORE_PASSWORD_FILE", "/nowhere/at/all"),
        ("AIKORE_STOP_GRACE", "soon"),
        ("AIKORE_LOG", "=="),
    ] {
        let said = refused(&run(&[(name, value)], &["serve"]));
        assert!(said.contains(name), "{said}");
    }
    for (name, value) in [("AIKORE_ACME_DOMAINS", "*.lan"), ("AIKORE_ACME_DIRECTORY", "http://ca.lan/")] {
        let said =
            refused(&run(&[("AIKORE_TLS", "acme"), ("AIKORE_ACME_DOMAINS", "ai.lan"), (name, value)], &["serve"]));
        assert!(said.contains(name), "{said}");
    }
    let said = refused(&run(&[], &["serve", "--no-such-flag"]));
    assert!(said.contains("--no-such-flag"), "{said}");
}

#[test]
fn config_prints_every_setting_and_where_it_came_from() {
    let output =
        run(&[("AIKORE_LISTEN", "127.0.0.1:9123"), ("AIKORE_AUHT", "none")], &["config", "--stop-grace", "7s"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for line in
        ["AIKORE_LISTEN=127.0.0.1:9123  # environment", "AIKORE_STOP_GRACE=7s  # flag", "AIKORE_LOG=info  # default"]
    {
        assert!(said.lines().any(|found| found == line), "{line} in {said}");
    }
    assert!(said.contains("AIKORE_AUHT is no setting"), "{said}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let below = file.join("config");
    let said = refused(&run(&[("AIKORE_CONFIG_DIR", below.to_str().unwrap())], &["serve"]));
    assert!(said.contains(below.to_str().unwrap()), "{said}");
    // /proc refuses new files even to root.
    let said = refused(&run(&[("AIKORE_CONFIG_DIR", "/proc/sys")], &["serve"]));
    assert!(said.contains("/proc/sys"), "{said}");
}

#[test]
fn one_server_per_folder() {
    let server = Server::new();
    let second = server.run(&["serve"]);
    let said = refused(&second);
    assert!(said.contains(&format!("pid {}", server.pid())), "it names the first: {said}");
    assert!(said.contains(&server.client.address.port().to_string()), "{said}");
}

#[test]
fn the_admin_socket_is_its_owners_alone() {
    let server = Server::new();
    let mode = fs::metadata(server.config().join("run/admin.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn health_fails_without_a_server() {
    let output = run(&[], &["health"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("aikore serve"));
}

#[tokio::test]
async fn it_ends_cleanly_and_takes_its_instances_along() {
    let mut server = Server::new();
    let id = server.hello("a").await;
    let pid = u32::try_from(server.instance(id).await["pid"].as_u64().unwrap()).unwrap();
    assert!(server.processes().contains(&pid));
    assert_eq!(server.end("TERM").code(), Some(0));
    server.assert_nothing_left();
    // What was wanted stays wanted: it starts again with the server.
    server.start();
    server.wait_status(id, "started").await;
}

#[tokio::test]
async fn a_log_nobody_reads_any_more_ends_nothing() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    let mut server = Command::new(binary())
        .env("AIKORE_CONFIG_DIR", &config)
        .env("AIKORE_LISTEN", "127.0.0.1:0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().contains("ready") {}
    drop((lines, server.stderr.take()));
    let address = fs::read_to_string(config.join("run/listen")).unwrap();
    let client = crate::support::Client::at(address.trim().parse().unwrap());
    client.post("/api/instances/", &serde_json::json!({ "name": "a", "base_blueprint": "hello.sh" })).await;
    assert!(client.get("/healthz").await.status.is_success());
    assert!(Command::new("kill").arg(server.id().to_string()).status().unwrap().success());
    assert_eq!(server.wait().unwrap().code(), Some(0));
}

#[test]
fn both_families_share_port_0_and_the_addresses_are_written_down() {
    let server = Start::new().env("AIKORE_LISTEN", "127.0.0.1:0,[::1]:0").serve();
    let text = fs::read_to_string(server.config().join("run/listen")).unwrap();
    let lines: Vec<std::net::SocketAddr> = text.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert_eq!(lines[0].port(), lines[1].port());
}
