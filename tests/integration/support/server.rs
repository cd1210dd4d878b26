//! A server on a folder of its own.

use std::ffi::OsString;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Client, eventually, eventually_async};

/// Carried by everything a test server starts: so what is left over can be found.
const MARK: &str = "TEST_SERVER_MARK";

pub(crate) fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_aikore"))
}

/// How to start a server.
pub(crate) struct Start {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
    pool: usize,
    command: Vec<OsString>,
}

impl Start {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::Builder::new().prefix("aikore-test-").tempdir().unwrap(),
            env: Vec::new(),
            pool: 8,
            command: vec![binary().into()],
        }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn pool(mut self, size: usize) -> Self {
        self.pool = size;
        self
    }

    /// Another command than the plain binary: a copy of it, or a program that becomes it.
    pub(crate) fn command<T: Into<OsString>>(mut self, command: impl IntoIterator<Item = T>) -> Self {
        self.command = command.into_iter().map(Into::into).collect();
        self
    }

    /// Where the server will have its state, and whatever a test puts beside it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn serve(self) -> Server {
        let first = free_ports(self.pool);
        let mut server = Server {
            pool: (first, first + u16::try_from(self.pool).unwrap() - 1),
            mark: format!("{:016x}", fastrand::u64(..)),
            env: self.env,
            command: self.command,
            folder: self.folder,
            process: None,
            client: Client::at(([127, 0, 0, 1], 0).into()),
        };
        server.start();
        server
    }
}

pub(crate) struct Server {
    pub(crate) client: Client,
    pub(crate) pool: (u16, u16),
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
    command: Vec<OsString>,
    mark: String,
    process: Option<Child>,
}

impl Server {
    pub(crate) fn new() -> Self {
        Start::new().serve()
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// Another value for a setting, from the next start on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.env.retain(|(present, _)| present != name);
        self.env.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// The server's command with its settings.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let [program, first @ ..] = self.command.as_slice() else { panic!("no command") };
        let mut command = Command::new(program);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AIKORE_")) {
            command.env_remove(name);
        }
        command
            .args(first)
            .args(arguments)
            .env("AIKORE_CONFIG_DIR", self.config())
            .env("AIKORE_LISTEN", "127.0.0.1:0")
            .env("AIKORE_AUTH", "none")
            .env("AIKORE_INSTANCE_PORT_RANGE", format!("{}-{}", self.pool.0, self.pool.1))
            .env("AIKORE_STOP_GRACE", "3s")
            .env(MARK, &self.mark)
            // Shells begin with the files of whoever runs them; here nobody's.
            .env("HOME", self.folder.path())
            .envs(self.env.iter().cloned())
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Starts the server, or starts it again, and waits until it is well.
    pub(crate) fn start(&mut self) {
        let listen = self.config().join("run/listen");
        let _ = fs::remove_file(&listen);
        let log = fs::OpenOptions::new().append(true).create(true).open(self.folder.path().join("server.log")).unwrap();
        let command = &mut self.command(&["serve"]);
        self.process = Some(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        let address: SocketAddr = eventually("the server's address", || {
            if let Some(status) = self.process.as_mut().unwrap().try_wait().unwrap() {
                panic!("the server ended with {status}: {}", self.log());
            }
            fs::read_to_string(&listen).ok()?.lines().next()?.parse().ok()
        });
        self.client.address = address;
    }

    /// What the server has printed.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    pub(crate) fn signal(&self, signal: &str) {
        assert!(
            Command::new("kill").args([&format!("-{signal}"), &self.pid().to_string()]).status().unwrap().success()
        );
    }

    /// Ends the server with a signal and waits for it.
    pub(crate) fn end(&mut self, signal: &str) -> ExitStatus {
        self.signal(signal);
        self.wait_for_end()
    }

    pub(crate) fn wait_for_end(&mut self) -> ExitStatus {
        let mut process = self.process.take().unwrap();
        let ended = (0..3000).find_map(|_| {
            std::thread::sleep(Duration::from_millis(10));
            process.try_wait().unwrap()
        });
        ended.unwrap_or_else(|| {
            process.kill().unwrap();
            panic!("the server did not end: {}", self.log());
        })
    }

    /// A second command on the same folder, to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    // ---- instances

    /// Writes a custom blueprint.
    pub(crate) fn blueprint(&self, name: &str, header: &str, body: &str) {
        let folder = self.config().join("custom_blueprints");
        fs::create_dir_all(&folder).unwrap();
        let script =
            format!("#!/bin/bash\n### AIKORE-METADATA-START ###\n{header}\n### AIKORE-METADATA-END ###\n{body}\n");
        fs::write(folder.join(name), script).unwrap();
    }

    pub(crate) async fn create(&self, name: &str, blueprint: &str) -> i64 {
        let answer = self.client.post("/api/instances/", &json!({ "name": name, "base_blueprint": blueprint })).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        answer.json()["id"].as_i64().unwrap()
    }

    pub(crate) async fn ask(&self, id: i64, action: &str) -> Answer {
        self.client.call(Method::POST, &format!("/api/instances/{id}/{action}"), None).await
    }

    pub(crate) async fn instance(&self, id: i64) -> Value {
        self.client.get(&format!("/api/instances/{id}")).await.json()
    }

    /// The supervisor of an instance's run.
    pub(crate) async fn shim(&self, id: i64) -> u32 {
        let leader = self.instance(id).await["pid"].as_u64().unwrap();
        let stat = fs::read_to_string(format!("/proc/{leader}/stat")).unwrap();
        stat.rsplit(')').next().unwrap().split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub(crate) async fn wait_status(&self, id: i64, status: &str) -> Value {
        eventually_async(&format!("status {status}"), || async {
            let instance = self.instance(id).await;
            assert!(
                instance["status"] != "error" || status == "error",
                "it failed: {} / {}",
                instance["reason"],
                self.log()
            );
            (instance["status"] == status).then_some(instance)
        })
        .await
    }

    /// An instance of the custom blueprint `body`, started.
    pub(crate) async fn started(&self, name: &str, header: &str, body: &str) -> i64 {
        let file = format!("{name}.sh");
        self.blueprint(&file, header, body);
        let id = self.create(name, &file).await;
        let answer = self.ask(id, "start").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        self.wait_status(id, "started").await;
        id
    }

    /// The stock Hello app, started.
    pub(crate) async fn hello(&self, name: &str) -> i64 {
        let id = self.create(name, "hello.sh").await;
        self.ask(id, "start").await;
        self.wait_status(id, "started").await;
        id
    }

    /// Nothing of any instance runs. A shim that has said goodbye needs a moment to be gone.
    pub(crate) fn assert_nothing_left(&self) {
        let none = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            self.processes().is_empty()
        });
        assert!(none, "left behind: {:?}", self.processes());
    }

    /// Every live process that carries this server's mark, the server itself left out.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let mut all = aikore::runtime::proc::marked(MARK, &self.mark);
        all.retain(|pid| self.process.as_ref().is_none_or(|process| process.id() != *pid));
        all
    }
}

impl Drop for Server {
    /// Nothing may be left of a server that was told to stop.
    fn drop(&mut self) {
        if self.process.is_some() {
            self.end("TERM");
            if !std::thread::panicking() {
                self.assert_nothing_left();
            }
        }
        kill_all(&self.processes());
    }
}

fn kill_all(pids: &[u32]) {
    for pid in pids {
        let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
    }
}

/// The first of `count` free ports in a row.
pub(crate) fn free_ports(count: usize) -> u16 {
    let count = u16::try_from(count).unwrap();
    // Many have a place of their own, where no other test's pool and no app port (20000 on) comes between.
    let within = if count > 100 { 4_000..7_900 } else { 10_000..19_000 };
    for _ in 0..200 {
        let first = fastrand::u16(within.clone());
        let held: Vec<_> = (first..first + count).map_while(|port| TcpListener::bind(("0.0.0.0", port)).ok()).collect();
        if held.len() == usize::from(count) {
            return first;
        }
    }
    panic!("no {count} free ports in a row");
}
