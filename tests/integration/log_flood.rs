//! Apps that print more than anybody reads: nothing is lost, memory stays flat, the disk does not fill.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Server, Start, eventually_async, vitals};

/// Started as soon as its process runs, so that the flood is followed from its beginning.
const AT_ONCE: &str = "# aikore.ready = process";

/// Reads a log by offset, and checks that every line is the number after the one before.
struct Follower<'a> {
    server: &'a Server,
    id: i64,
    offset: u64,
    /// The piece of a line at the end of the last answer.
    carry: String,
    lines: u64,
}

impl<'a> Follower<'a> {
    fn new(server: &'a Server, id: i64) -> Self {
        Self { server, id, offset: 0, carry: String::new(), lines: 0 }
    }

    /// Reads on until a line is no number; returns that line.
    async fn until_word(&mut self) -> String {
        let mut last_news = Instant::now();
        loop {
            let piece = ask(self.server, self.id, &format!("offset={}", self.offset)).await;
            let content = piece["content"].as_str().unwrap();
            assert_eq!(piece["start"], self.offset, "no byte is missing or doubled");
            self.offset = piece["size"].as_u64().unwrap();
            if content.is_empty() {
                assert!(last_news.elapsed() < Duration::from_secs(30), "silence after {} lines", self.lines);
                tokio::time::sleep(Duration::from_millis(5)).await;
                continue;
            }
            last_news = Instant::now();
            self.carry.push_str(content);
            let whole = self.carry.rfind('\n').map_or(0, |newline| newline + 1);
            let rest = self.carry.split_off(whole);
            for line in std::mem::replace(&mut self.carry, rest).lines() {
                let Ok(number) = line.parse::<u64>() else { return line.to_owned() };
                self.lines += 1;
                assert_eq!(number, self.lines, "a line is lost or doubled");
            }
        }
    }
}

async fn ask(server: &Server, id: i64, query: &str) -> Value {
    server.client.get(&format!("/api/instances/{id}/logs?{query}")).await.json()
}

async fn runs(server: &Server, id: i64) -> Vec<Value> {
    let runs = server.client.get(&format!("/api/instances/{id}/logs/runs")).await.json();
    runs.as_array().unwrap().clone()
}

/// Bytes on disk of all an instance has printed.
fn on_disk(server: &Server, name: &str) -> u64 {
    let folder = server.config().join("instances").join(name).join("output.logs");
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

/// 60 MB through the terminal, the shim and several files, while somebody follows. The pace it prints is measured.
#[tokio::test]
async fn a_flood_is_followed_across_files_without_loss() {
    let server = Start::new().env("AIKORE_LOG_FILE_SIZE", "8M").serve();
    let last = 8_000_000;
    let bytes: u64 = 7 * last - 1_111_111 + last + 7;
    let body = format!(
        "begun=${{EPOCHREALTIME/./}}; seq 1 {last}; echo took $((${{EPOCHREALTIME/./}} - begun)); exec sleep 600"
    );
    let id = server.started("a", AT_ONCE, &body).await;
    let mut follower = Follower::new(&server, id);
    let word = follower.until_word().await;
    assert_eq!(follower.lines, last);
    let micros: u64 = word.strip_prefix("took ").unwrap().parse().unwrap();
    println!("{bytes} bytes in {micros} us: {} MB/s through the shim", bytes / micros);
    let shim = server.shim(id).await;
    println!("private memory of the shim: {} KiB", vitals::private_memory(shim));
    let run = &runs(&server, id).await[0];
    assert_eq!((run["start"].as_u64(), run["lost"].as_u64()), (Some(0), Some(0)), "{run}");
    assert_eq!(run["size"].as_u64().unwrap(), bytes + word.len() as u64 + 1);
}

/// What is kept of a run has a limit; its offsets still count everything.
#[tokio::test]
async fn what_a_run_keeps_is_bounded() {
    let server = Start::new().env("AIKORE_LOG_FILE_SIZE", "64K").serve();
    let id = server.started("a", AT_ONCE, "seq 1 300000; echo done; exec sleep 600").await;
    let end = eventually_async("the end of the flood", || async {
        let run = runs(&server, id).await[0].clone();
        let size = run["size"].as_u64().unwrap();
        let tail = ask(&server, id, &format!("offset={}", size.saturating_sub(5))).await;
        (tail["content"] == "done\n").then_some(run)
    })
    .await;
    let (start, size) = (end["start"].as_u64().unwrap(), end["size"].as_u64().unwrap());
    assert!(start > 1_000_000 && size - start <= 8 * 65 * 1024, "{end}");
    assert!(on_disk(&server, "a") <= 8 * 66 * 1024, "{}", on_disk(&server, "a"));
    // Whoever asks for what is gone gets the oldest that is not, and sees where that is.
    for offset in [0, start - 1, start] {
        assert_eq!(ask(&server, id, &format!("offset={offset}")).await["start"], start);
    }
    let download = server.client.get(&format!("/api/instances/{id}/logs?download=true")).await.text();
    assert_eq!(download.len() as u64, size - start);
    let numbers: Vec<u64> = download.lines().filter_map(|line| line.parse().ok()).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1) && numbers.last() == Some(&300_000));
    assert!(
        std::fs::read_to_string(server.config().join("instances/a/output.log")).unwrap().ends_with("300000\ndone\n")
    );
}

/// Every restart begins a log; the last five before it are kept whole, each with its own name, and none is cut by what
/// happens to the server.
#[tokio::test]
async fn the_last_runs_are_kept_whole() {
    let mut server = Start::new().env("AIKORE_LOG_FILE_SIZE", "64K").serve();
    let body = "n=$(cat n 2>/dev/null || echo 0); echo $((n + 1)) > n; for i in $(seq 20000); do echo run $n line $i; done; exec sleep 600";
    let id = server.started("a", AT_ONCE, body).await;
    let whole = |n: u64| (1..=20_000).map(|i| format!("run {n} line {i}\n")).collect::<String>();
    for n in 0..7 {
        eventually_async("the whole output", || async {
            let run = runs(&server, id).await[0].clone();
            (run["number"] == n + 1 && run["size"] == whole(n).len()).then_some(())
        })
        .await;
        if n == 3 {
            server.end("KILL");
            server.start();
        }
        if n < 6 {
            server.ask(id, "restart?wait=true").await;
        }
    }
    let kept = runs(&server, id).await;
    assert_eq!(kept.len(), 6, "{kept:?}");
    for (n, run) in (1..7).rev().zip(&kept) {
        let name = run["run"].as_str().unwrap();
        let download = server.client.get(&format!("/api/instances/{id}/logs?download=true&run={name}")).await.text();
        assert!(download == whole(n), "run {n} is not whole");
    }
}

/// Thousands of lines a second: the shim's memory and descriptors stay where they were. SOAK_SECONDS=3600 is the long
/// form.
#[tokio::test]
async fn a_lasting_flood_leaves_the_shim_as_it_was() {
    let seconds: u64 = std::env::var("SOAK_SECONDS").map_or(5, |text| text.parse().unwrap());
    let server = Start::new().env("AIKORE_LOG_FILE_SIZE", "256K").serve();
    let body = format!(
        "echo ready; until [ -e go ]; do sleep 0.05; done; end=$((SECONDS + {seconds})); \
         while [ $SECONDS -lt $end ]; do for i in $(seq 1000); do echo \"line $i of a flood\"; done; sleep 0.05; done; \
         touch over; exec sleep 600"
    );
    let id = server.started("a", AT_ONCE, &body).await;
    let shim = server.shim(id).await;
    let home = server.config().join("instances/a");
    let before = (vitals::descriptors(shim), vitals::private_memory(shim), vitals::descriptors(server.pid()));
    std::fs::write(home.join("go"), "").unwrap();
    let mut most = 0;
    let mut asked = 0;
    while !home.join("over").exists() {
        most = most.max(vitals::private_memory(shim));
        let piece = ask(&server, id, &format!("offset={asked}&times=true")).await;
        asked = piece["size"].as_u64().unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let run = runs(&server, id).await[0].clone();
    println!("{run}: private memory {} KiB before, {most} KiB at most", before.1);
    assert!(run["size"].as_u64().unwrap() > seconds * 20_000, "{run}");
    assert_eq!(run["lost"], 0);
    assert!(most < before.1 + 512, "memory grew from {} to {most} KiB", before.1);
    assert!(most < 4096, "a shim is small: {most} KiB");
    assert_eq!(vitals::descriptors(shim), before.0);
    eventually_async("the server's descriptors", || async {
        (vitals::descriptors(server.pid()) <= before.2).then_some(())
    })
    .await;
}
