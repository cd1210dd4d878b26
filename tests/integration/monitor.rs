//! The machine's figures: those of the kernel, of instances, of GPUs, and when they are taken.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::Value;

use crate::support::{Cards, ONE, Server, TWO, eventually_async_within, vitals};

const MIB: f64 = 1024.0 * 1024.0;

/// Somebody who follows the events, and reads none of them.
struct Watcher(TcpStream);

impl Watcher {
    fn of(server: &Server) -> Self {
        let mut stream = TcpStream::connect(server.client.address).unwrap();
        stream.write_all(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        stream.read_exact(&mut [0; 16]).unwrap();
        Self(stream)
    }

    fn leave(self) {
        drop(self.0);
    }
}

/// A process that keeps a core busy until this is dropped.
struct Burner(Child);

impl Burner {
    fn new() -> Self {
        Self(Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap())
    }
}

impl Drop for Burner {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

async fn stats(server: &Server) -> Value {
    let answer = server.client.get("/api/system/stats").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

async fn history(server: &Server, since: &str) -> Value {
    server.client.get(&format!("/api/system/stats/history{since}")).await.json()
}

/// Waits until the figures are as wanted; GPUs that come or go are noticed within a quarter of a minute.
async fn shows(server: &Server, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    eventually_async_within(45, what, || async { Some(stats(server).await).filter(|stats| wanted(stats)) }).await
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

/// A number after a name in a file of the kernel's.
fn kernel(file: &str, name: &str) -> f64 {
    let text = std::fs::read_to_string(file).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name}"));
    line.split_ascii_whitespace().next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_machine_is_as_the_kernel_says_from_the_first_answer_on() {
    let burner = Burner::new();
    let server = Server::new();
    let stats = stats(&server).await;
    let cores = std::fs::read_to_string("/proc/stat").unwrap().matches("\ncpu").count();
    let cores = if stats["cpu_limited"] == true {
        number(&stats["cpu_cores"])
    } else {
        f64::from(u8::try_from(cores).unwrap())
    };
    assert_eq!(number(&stats["cpu_cores"]), cores);
    let load = number(&stats["cpu_percent"]);
    // One core is busy with us, whoever else is.
    assert!(load > 50.0 / cores && load <= 100.0, "{load} of {cores} cores");
    drop(burner);

    let (total, used) = (number(&stats["ram"]["total"]), number(&stats["ram"]["used"]));
    if stats["ram_limited"] == false {
        assert_eq!(total, kernel("/proc/meminfo", "MemTotal:") * 1024.0);
        let now = total - kernel("/proc/meminfo", "MemAvailable:") * 1024.0;
        assert!((used - now).abs() < total / 5.0, "{used} against {now} of {total}");
    }
    assert!((number(&stats["ram"]["percent"]) - used / total * 100.0).abs() < 0.1, "{stats}");

    let disk = &stats["disks"][0];
    assert!(disk["holds"].as_array().unwrap().contains(&Value::from("config")), "{disk}");
    let df = Command::new("stat").args(["-f", "-c", "%b %S"]).arg(server.config()).output().unwrap().stdout;
    let df: Vec<f64> = String::from_utf8(df).unwrap().split_whitespace().map(|n| n.parse().unwrap()).collect();
    assert_eq!(number(&disk["total"]), df[0] * df[1]);

    let info = server.client.get("/api/system/info").await.json();
    assert_eq!((&info["cpu_cores"], &info["ram_total"]), (&stats["cpu_cores"], &stats["ram"]["total"]));
}

#[tokio::test]
async fn without_a_driver_a_sentence_says_so() {
    let server = Server::new();
    let stats = stats(&server).await;
    let info = server.client.get("/api/system/info").await.json();
    assert_eq!(info["gpu_count"], stats["gpus"].as_array().unwrap().len());
    assert_eq!(info["gpu_note"], stats["gpu_note"]);
    // A machine that tests run on may have a GPU.
    if info["gpu_count"] == 0 {
        assert!(stats["gpu_note"].as_str().unwrap().contains("NVIDIA driver"), "{stats}");
        assert_eq!((&stats["driver"], &info["gpus"]), (&Value::Null, &Value::Array(Vec::new())));
    } else {
        assert!(stats["driver"]["version"].is_string() && stats["gpus"][0]["uuid"].is_string(), "{stats}");
    }
}

#[tokio::test]
async fn an_instance_takes_what_its_processes_take() {
    let server = Server::new();
    let body = "python3 -c 'big = b\"x\" * (200 << 20); import time; open(\"full\", \"w\").close(); time.sleep(600)' &\n\
                sh -c 'echo $$ > burner; while :; do :; done' &\nwait";
    let idle = server.hello("idle").await;
    let id = server.started("burner", "# aikore.ready = process", body).await;
    let _watcher = Watcher::of(&server);
    let home = server.config().join("instances/burner");
    let of =
        |stats: &Value, id: i64| stats["instances"].as_array().unwrap().iter().find(|one| one["id"] == id).cloned();
    let full = shows(&server, "the memory", |stats| {
        home.join("full").exists() && of(stats, id).is_some_and(|one| number(&one["memory"]) > 200.0 * MIB)
    })
    .await;
    let memory = number(&of(&full, id).unwrap()["memory"]) / MIB;
    assert!((200.0..280.0).contains(&memory), "{memory} MiB");
    let quiet = of(&full, idle).unwrap();
    assert!(
        number(&quiet["cpu_percent"]) < 20.0 && (4.0..100.0).contains(&(number(&quiet["memory"]) / MIB)),
        "{quiet}"
    );
    assert_eq!(quiet["vram"], Value::Null);

    let burner: u32 = std::fs::read_to_string(home.join("burner")).unwrap().trim().parse().unwrap();
    // What the samples say over some seconds, against what the kernel says.
    let mut told: Vec<(Value, f64)> = Vec::new();
    let mut begin = (Instant::now(), 0);
    while told.len() < 7 {
        let now = stats(&server).await;
        if told.last().is_none_or(|(at, _)| *at != now["at"]) {
            told.push((now["at"].clone(), number(&of(&now, id).unwrap()["cpu_percent"])));
            if told.len() == 1 {
                begin = (Instant::now(), vitals::ticks(burner));
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let ticks = f64::from(u32::try_from(vitals::ticks(burner) - begin.1).unwrap());
    let expected = ticks / begin.0.elapsed().as_secs_f64();
    let mean = told[1..].iter().map(|(_, percent)| percent).sum::<f64>() / 6.0;
    assert!((mean - expected).abs() < 5.0 + expected / 4.0, "{mean} % told, {expected} % used: {told:?}");

    Command::new("kill").args(["-KILL", &burner.to_string()]).status().unwrap();
    shows(&server, "the burner is gone", |stats| of(stats, id).is_some_and(|one| number(&one["cpu_percent"]) < 3.0))
        .await;
    server.ask(id, "stop?wait=true").await;
    shows(&server, "nothing is left of it", |stats| of(stats, id).is_none() && of(stats, idle).is_some()).await;
}

#[tokio::test]
async fn samples_come_often_while_somebody_looks_and_seldom_otherwise() {
    let server = Server::new();
    let points = async || {
        let past = history(&server, "").await;
        assert_eq!(past["step"], 1);
        past["at"].as_array().unwrap().iter().map(|at| at.as_u64().unwrap()).collect::<Vec<_>>()
    };
    let watcher = Watcher::of(&server);
    let watched =
        eventually_async_within(30, "six samples", || async { Some(points().await).filter(|at| at.len() >= 6) }).await;
    let seconds = watched[5] - watched[0];
    assert!((5..12).contains(&seconds), "six samples in {seconds} s");
    watcher.leave();
    // Asking for the past is no look at the present.
    let later = eventually_async_within(40, "a sample long after the one before", || async {
        Some(points().await).filter(|at| at.windows(2).last().is_some_and(|pair| pair[1] - pair[0] >= 9))
    })
    .await;
    let pause = later[later.len() - 1] - later[later.len() - 2];
    assert!(pause <= 12, "{later:?}");
}

#[tokio::test]
async fn the_past_comes_in_columns() {
    let server = Server::new();
    stats(&server).await;
    for since in ["", "?since=0"] {
        let past = history(&server, since).await;
        let length = past["at"].as_array().unwrap().len();
        assert!(
            past["cpu"].as_array().unwrap().len() == length && past["ram"].as_array().unwrap().len() == length,
            "{past}"
        );
        assert_eq!(
            (past["step"].as_u64(), length > 0),
            if since.is_empty() { (Some(1), true) } else { (Some(60), false) }
        );
    }
    for bad in ["yesterday", "-1", "1.5"] {
        let answer = server.client.get(&format!("/api/system/stats/history?since={bad}")).await;
        assert!(answer.status.is_client_error() && answer.json()["detail"].is_string(), "{bad}: {}", answer.text());
    }
}

#[tokio::test]
async fn gpus_are_told_with_what_instances_have_of_them() {
    let cards = Cards::new(&format!("{ONE} 0 0\n{TWO} 0 0\n"));
    let stats = stats(&cards.server).await;
    let gpu = &stats["gpus"][0];
    assert_eq!((gpu["name"].as_str(), gpu["uuid"].as_str()), (Some("NVIDIA Test 1"), Some("GPU-one")));
    assert_eq!((number(&gpu["vram"]["used"]), number(&gpu["vram"]["percent"])), (6_442_450_944.0, 25.0));
    assert_eq!((&gpu["utilization_percent"], &gpu["temperature"]), (&Value::from(37), &Value::from(61)));
    assert_eq!((number(&gpu["power"]), number(&gpu["power_limit"])), (180.5, 450.0));
    assert_eq!((&gpu["clock"], &gpu["memory_clock"]), (&Value::from(2520), &Value::Null), "a card may lack a sensor");
    assert_eq!((&stats["gpu_note"], stats["gpus"].as_array().unwrap().len()), (&Value::Null, 2));
    assert_eq!(stats["driver"], serde_json::json!({ "version": "570.86.15", "cuda": "12.8" }));
    let info = cards.server.client.get("/api/system/info").await.json();
    assert_eq!((info["gpu_count"].as_u64(), info["gpus"][1]["uuid"].as_str()), (Some(2), Some("GPU-two")));

    let id = cards.server.hello("a").await;
    let pid = cards.server.instance(id).await["pid"].as_u64().unwrap();
    cards.turn_into(&format!("{ONE} {pid} 4294967296\n{TWO} {pid} 1073741824\n"));
    shows(&cards.server, "its memory on both cards", |stats| stats["instances"][0]["vram"] == 5_368_709_120_u64).await;
    let with = shows(&cards.server, "who is on the card", |stats| stats["gpus"][0]["processes"][0]["pid"] == pid).await;
    let process = &with["gpus"][0]["processes"][0];
    assert_eq!((&process["instance_id"], &process["memory"]), (&Value::from(id), &Value::from(4_294_967_296_u64)));
    assert!(process["name"].as_str().is_some_and(|name| !name.is_empty()), "{process}");
    assert_eq!((&with["gpus"][0]["kind"], &with["gpus"][0]["mig"]), (&Value::from("nvidia"), &serde_json::json!([])));
    let past = history(&cards.server, "").await;
    let last = |column: &Value| column.as_array().unwrap().last().cloned().unwrap();
    assert_eq!((last(&past["gpus"][0]["utilization"]), last(&past["gpus"][0]["power"])), (37.0.into(), 180.5.into()));
}

#[tokio::test]
async fn parts_of_a_card_are_told() {
    let cards = Cards::new("GPU-parted 85899345920 1073741824 0 40 90000 0 0\n");
    let stats = stats(&cards.server).await;
    let parts = stats["gpus"][0]["mig"].as_array().unwrap();
    let told: Vec<_> =
        parts.iter().map(|part| (part["uuid"].as_str().unwrap(), number(&part["vram"]["total"]))).collect();
    assert_eq!(told, [("MIG-GPU-parted-0", 10_737_418_240.0), ("MIG-GPU-parted-1", 10_737_418_240.0)]);
    assert_eq!(parts[0]["name"], "NVIDIA Test 1 MIG 1g.10gb");
}

#[tokio::test]
async fn what_an_instance_moves_to_its_disk_is_told() {
    let server = Server::new();
    let body = "while :; do dd if=/dev/zero of=big bs=1M count=8 conv=fsync 2>/dev/null; sleep 0.2; done";
    let id = server.started("writer", "# aikore.ready = process", body).await;
    let told =
        shows(&server, "what it writes", |stats| stats["instances"][0]["disk_written"].as_f64() > Some(MIB)).await;
    assert_eq!(told["instances"][0]["id"], id);
    assert!(told["instances"][0]["disk_read"].is_u64(), "{told}");
}

#[tokio::test]
async fn a_card_that_falls_off_is_named_and_found_again() {
    let cards = Cards::new(&format!("{ONE} 0 0\n{TWO} 0 0\n"));
    assert_eq!(stats(&cards.server).await["gpus"].as_array().unwrap().len(), 2);
    cards.turn_into(&format!("{ONE} 0 0\nGPU-two 0 0 0 0 0 0 0\n"));
    let gone = shows(&cards.server, "one card", |stats| stats["gpus"].as_array().unwrap().len() == 1).await;
    let note = gone["gpu_note"].as_str().unwrap();
    assert!(note.starts_with("GPU 1 (NVIDIA Test 2) has vanished:"), "{note}");
    cards.turn_into(&format!("{ONE} 0 0\n"));
    shows(&cards.server, "the driver has given it up", |stats| {
        stats["gpu_note"].as_str().is_some_and(|note| note.contains("does not see it any more"))
    })
    .await;
    cards.turn_into(&format!("{ONE} 0 0\n{TWO} 0 0\n"));
    shows(&cards.server, "both again", |stats| {
        stats["gpus"].as_array().unwrap().len() == 2 && stats["gpu_note"].is_null()
    })
    .await;
}

#[tokio::test]
async fn a_driver_that_hangs_stalls_nobody() {
    let cards = Cards::new(&format!("{ONE} 0 0\n"));
    stats(&cards.server).await;
    let _watcher = Watcher::of(&cards.server);
    cards.turn_into("hang\n");
    let silent = shows(&cards.server, "that it is silent", |stats| stats["gpu_note"].is_string()).await;
    assert!(silent["gpu_note"].as_str().unwrap().starts_with("The NVIDIA driver has not answered for"), "{silent}");
    assert_eq!(
        (&silent["gpus"][0]["stale"], &silent["gpus"][0]["temperature"]),
        (&Value::Bool(true), &Value::from(61))
    );
    let begun = Instant::now();
    let next = shows(&cards.server, "the next sample", |stats| stats["at"] != silent["at"]).await;
    assert!(begun.elapsed() < Duration::from_secs(4) && next["gpus"][0]["stale"] == true, "{:?}", begun.elapsed());
    cards.turn_into(&format!("{ONE} 0 0\n"));
    shows(&cards.server, "that it answers again", |stats| {
        stats["gpus"][0]["stale"] == false && stats["gpu_note"].is_null()
    })
    .await;
}

#[tokio::test]
async fn a_driver_that_comes_later_is_found() {
    let mut cards = Cards::new("");
    std::fs::remove_file(&cards.state).unwrap();
    cards.server.end("TERM");
    cards.server.start();
    let none = stats(&cards.server).await;
    assert!(none["gpu_note"].as_str().unwrap().contains("not loaded"), "{none}");
    cards.turn_into(&format!("{ONE} 0 0\n"));
    shows(&cards.server, "the card", |stats| stats["gpus"][0]["uuid"] == "GPU-one" && stats["gpu_note"].is_null())
        .await;
}
