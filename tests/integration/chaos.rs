//! Everything at once: random commands, crashes and dying servers; in the end store, processes, ports, files and routes
//! must tell the same story. `AIKORE_CHAOS_SECONDS` says for how long (`make soak`: ten minutes), `AIKORE_CHAOS_SEED` which
//! story again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, Instant};

use fastrand::Rng;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Client, Server, Start, eventually, eventually_async, vitals};

const POOL: usize = 16;
const MOST: usize = 12;

/// How the apps behave.
const KINDS: [(&str, &str); 6] = [
    ("serves", "exec python3 -m http.server --bind 127.0.0.1 \"$WEBUI_PORT\""),
    (
        "crashes",
        "python3 -m http.server --bind 127.0.0.1 \"$WEBUI_PORT\" &\nsleep \"0.$((RANDOM % 9 + 1))\"; sleep $((RANDOM % 2)); kill -9 $!; exit 3",
    ),
    ("quits", "exit $((RANDOM % 3))"),
    (
        "spawns",
        "trap '' TERM\n(setsid sleep 1000 & setsid bash -c 'trap \"\" TERM; sleep 1000 & sleep 1000' &)\ntrap - TERM\nexec python3 -m http.server --bind 127.0.0.1 \"$WEBUI_PORT\"",
    ),
    (
        "talks",
        "( i=0; while i=$((i+1)); do echo \"line $i\"; [ $((i % 50)) = 0 ] && sleep 0.01; done ) &\nexec python3 -m http.server --bind 127.0.0.1 \"$WEBUI_PORT\" >/dev/null 2>&1",
    ),
    ("is-mute", "sleep 1000"),
];

struct Chaos {
    server: Server,
    random: Rng,
    /// How many of each thing were done.
    done: BTreeMap<&'static str, usize>,
    named: usize,
}

#[tokio::test]
async fn in_the_end_everything_agrees() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seconds = number("AIKORE_CHAOS_SECONDS").unwrap_or(45);
    let seed = number("AIKORE_CHAOS_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("chaos: {seconds} s, AIKORE_CHAOS_SEED={seed}");
    let server = Start::new().pool(POOL).env("AIKORE_STALLED_AFTER", "2s").env("AIKORE_STOP_GRACE", "1s").serve();
    for (name, body) in KINDS {
        server.blueprint(&format!("{name}.sh"), "", body);
    }
    let mut chaos = Chaos { server, random: Rng::with_seed(seed), done: BTreeMap::new(), named: 0 };
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut next_look = Instant::now() + Duration::from_secs(seconds / 3 + 1);
    while Instant::now() < end {
        chaos.something().await;
        if Instant::now() >= next_look {
            chaos.agree().await;
            next_look = Instant::now() + Duration::from_secs(30);
        }
    }
    chaos.agree().await;
    println!("chaos: {:?}", chaos.done);
    let pid = chaos.server.pid();
    println!("chaos: the last server has {} descriptors, {} MiB", vitals::descriptors(pid), vitals::memory(pid));
    for instance in chaos.all().await {
        chaos.server.ask(id(&instance), "stop?wait=true").await;
    }
    chaos.server.assert_nothing_left();
}

fn id(instance: &Value) -> i64 {
    instance["id"].as_i64().unwrap()
}

fn text<'a>(instance: &'a Value, member: &str) -> &'a str {
    instance[member].as_str().unwrap_or_default()
}

impl Chaos {
    async fn all(&self) -> Vec<Value> {
        self.server.client.get("/api/instances/").await.json().as_array().unwrap().clone()
    }

    /// One random thing. Whatever it meets, the answer is in words, and never "that went wrong here".
    async fn something(&mut self) {
        let all = self.all().await;
        let one = self.random.choice(&all).cloned();
        let what = match (self.random.u8(..100), one) {
            (0..20, _) | (_, None) if all.len() < MOST => self.create(&all).await,
            (0..45, Some(one)) => self.ask(id(&one), "start").await,
            (45..60, Some(one)) => self.ask(id(&one), "stop").await,
            (60..68, Some(one)) => self.ask(id(&one), "restart").await,
            (68..74, Some(one)) => self.change(&one).await,
            (74..80, Some(one)) => self.delete(id(&one)).await,
            (80..88, Some(one)) => self.kill(&one),
            (88..91, Some(one)) => self.kill_supervisor(&one),
            (91..95, Some(one)) => self.both(id(&one)).await,
            (95..98, _) => self.replace_server("KILL"),
            (98, _) => self.replace_server("USR2"),
            _ => self.replace_server("TERM"),
        };
        *self.done.entry(what).or_default() += 1;
        tokio::time::sleep(Duration::from_millis(self.random.u64(0..60))).await;
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let answer = self.server.client.call(method, path, body).await;
        let fine = answer.status.is_success() || answer.status.is_client_error() || answer.status.as_u16() == 503;
        assert!(fine, "{path}: {} {}\n{}", answer.status, answer.text(), self.server.log());
        answer.json()
    }

    async fn create(&mut self, all: &[Value]) -> &'static str {
        self.named += 1;
        let (kind, _) = KINDS[self.random.usize(..KINDS.len())];
        let name = format!("{kind} {}", self.named);
        let parent = all.iter().find(|it| it["parent_instance_id"].is_null() && self.named.is_multiple_of(4));
        let made = match parent {
            Some(parent) => {
                let path = format!("/api/instances/{}/instantiate", id(parent));
                self.call(Method::POST, &path, Some(&json!({ "new_name": name }))).await
            }
            None => {
                let body = json!({ "name": name, "base_blueprint": format!("{kind}.sh") });
                self.call(Method::POST, "/api/instances/", Some(&body)).await
            }
        };
        if made["id"].is_number() {
            self.ask(id(&made), "start").await;
        }
        "created"
    }

    async fn ask(&self, id: i64, action: &'static str) -> &'static str {
        self.call(Method::POST, &format!("/api/instances/{id}/{action}"), None).await;
        action
    }

    /// Two people at once.
    async fn both(&self, id: i64) -> &'static str {
        tokio::join!(self.ask(id, "start"), self.ask(id, "stop"), self.ask(id, "start"));
        "two people"
    }

    async fn change(&mut self, one: &Value) -> &'static str {
        self.named += 1;
        let body = match self.random.u8(..3) {
            0 => json!({ "name": format!("{} {}", text(one, "base_blueprint").trim_end_matches(".sh"), self.named) }),
            1 => json!({ "port": self.server.pool.0 + self.random.u16(..POOL as u16) }),
            _ => json!({ "gpu_ids": "0", "autostart": self.random.bool() }),
        };
        self.call(Method::PUT, &format!("/api/instances/{}", id(one)), Some(&body)).await;
        "changed"
    }

    async fn delete(&self, id: i64) -> &'static str {
        let body = json!({ "mode": "permanent" });
        self.call(Method::DELETE, &format!("/api/instances/{id}"), Some(&body)).await;
        "deleted"
    }

    fn kill(&self, one: &Value) -> &'static str {
        if let Some(pid) = one["pid"].as_u64() {
            send(pid, "KILL");
        }
        "killed an app"
    }

    fn kill_supervisor(&self, one: &Value) -> &'static str {
        let stat = one["pid"].as_u64().and_then(|pid| fs::read_to_string(format!("/proc/{pid}/stat")).ok());
        let shim = stat.and_then(|stat| stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok());
        // A leader that has just ended may be somebody else by now; a shim says so itself.
        let is_shim = |pid: &u64| fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.ends_with(b"shim\0"));
        if let Some(shim) = shim.filter(is_shim) {
            send(shim, "KILL");
        }
        "killed a supervisor"
    }

    fn replace_server(&mut self, signal: &str) -> &'static str {
        self.server.end(signal);
        self.server.start();
        match signal {
            "KILL" => "killed the server",
            "USR2" => "handed over",
            _ => "stopped the server",
        }
    }

    /// Lets everything come to rest, and looks at it from all sides.
    async fn agree(&mut self) {
        for one in self.all().await.iter().filter(|one| text(one, "base_blueprint") == "crashes.sh") {
            self.ask(id(one), "stop").await;
        }
        let at_rest = ["stopped", "started", "stalled", "error"];
        let all = eventually_async("rest", || async {
            let all = self.all().await;
            // A run whose leader was killed comes to its end by itself, or goes on without it.
            let has_leader = |one: &Value| {
                let leader = one["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
                leader.is_none_or(|pid| run_of(pid).as_deref() == Some(text(one, "run")))
            };
            all.iter().all(|one| at_rest.contains(&text(one, "status")) && has_leader(one)).then_some(all)
        })
        .await;
        let running = |one: &&Value| matches!(text(one, "status"), "started" | "stalled");
        let runs: BTreeSet<String> = all.iter().filter(running).map(|one| text(one, "run").to_owned()).collect();
        assert_eq!(runs.len(), all.iter().filter(running).count(), "a run for each");

        // Processes: all that there are belong to a run.
        let carried = || -> BTreeSet<String> { self.server.processes().into_iter().filter_map(run_of).collect() };
        eventually("no process of an ended run", || (carried() == runs).then_some(()));

        // Files: what belongs to a run and nothing else, a folder for nobody who is gone.
        let names = |folder: &str| -> BTreeSet<String> {
            let entries = fs::read_dir(self.server.config().join(folder)).into_iter().flatten();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        };
        // Beside each socket stands the room that its exit record will take.
        let sockets = runs.iter().flat_map(|run| [format!("{run}.sock"), format!("{run}.exit-new")]);
        let sockets: BTreeSet<String> = sockets.collect();
        let same = (0..1000).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            names("run/shims") == sockets
        });
        assert!(same, "only what belongs to runs: {:?}, and not {:?}", sockets, names("run/shims"));
        let known: BTreeSet<String> = all.iter().map(|one| text(one, "name").to_owned()).collect();
        let folders: BTreeSet<String> = names("instances").into_iter().filter(|name| !name.starts_with('.')).collect();
        assert!(folders.is_subset(&known), "folders of nobody: {:?}", folders.difference(&known));

        // The store says what the server says.
        let store = rusqlite::Connection::open(self.server.config().join("aikore.db")).unwrap();
        let mut said: Vec<Value> = all
            .iter()
            .map(|one| {
                let run = running(&one).then(|| one["run"].clone());
                json!([one["id"], one["name"], one["status"], one["port"], run])
            })
            .collect();
        said.sort_by_key(|row| row[0].as_i64());
        // What merely happened is told first and stored right after.
        let same = (0..500).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            rows(&store) == said
        });
        assert!(same, "stored: {:?}\nsaid: {said:?}", rows(&store));

        self.look_through_every_way_in(&all).await;
        for one in all.iter().filter(|one| text(one, "base_blueprint") == "talks.sh") {
            self.check_log(text(one, "name"));
        }
    }

    /// Routes and ports: a started app answers by path and port, any other has its page there, and a port of nobody is closed.
    async fn look_through_every_way_in(&self, all: &[Value]) {
        for one in all {
            let path = one["urls"]["path"].as_str().unwrap();
            let answer = self.server.client.get(path).await;
            assert_eq!(answer.status == StatusCode::OK, text(one, "status") == "started", "{path}: {one}");
            assert_eq!(answer.header("x-aikore-answer").is_empty(), answer.status == StatusCode::OK, "{path}");
        }
        let owners: BTreeMap<u64, &Value> = all.iter().filter_map(|one| Some((one["port"].as_u64()?, one))).collect();
        for port in self.server.pool.0..=self.server.pool.1 {
            let address = ([127, 0, 0, 1], port).into();
            match owners.get(&u64::from(port)) {
                Some(owner) => {
                    let answer = Client::at(address).get("/").await;
                    let started = text(owner, "status") == "started";
                    assert_eq!(answer.status == StatusCode::OK, started, "{port}: {owner}");
                }
                None => assert!(tokio::net::TcpStream::connect(address).await.is_err(), "{port} belongs to nobody"),
            }
        }
    }

    /// Not a line lost or doubled.
    fn check_log(&self, name: &str) {
        let path = self.server.config().join("instances").join(name).join("output.log");
        let Ok(log) = fs::read_to_string(path) else { return };
        let whole = log.rfind('\n').map_or("", |end| &log[..end]);
        let numbers = whole.lines().filter_map(|line| line.strip_prefix("line ")?.parse::<usize>().ok());
        for (n, line) in numbers.enumerate() {
            assert_eq!(line, n + 1, "{name}: a line is missing or doubled");
        }
    }
}

fn rows(store: &rusqlite::Connection) -> Vec<Value> {
    let mut rows = store.prepare("SELECT id, name, status, port, run_id FROM instances ORDER BY id").unwrap();
    let row = |row: &rusqlite::Row<'_>| {
        let (port, run): (Option<u16>, Option<String>) = (row.get(3)?, row.get(4)?);
        Ok(json!([row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, port, run]))
    };
    rows.query_map([], row).unwrap().map(Result::unwrap).collect()
}

fn send(pid: u64, signal: &str) {
    // It may be gone already.
    let _ = std::process::Command::new("kill")
        .args([&format!("-{signal}"), &pid.to_string()])
        .stderr(std::process::Stdio::null())
        .status();
}

fn run_of(pid: u32) -> Option<String> {
    let environ = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let mut variables = environ.split(|byte| *byte == 0).filter_map(|variable| std::str::from_utf8(variable).ok());
    variables.find_map(|variable| variable.strip_prefix("AIKORE_RUN_ID=").map(str::to_owned))
}
