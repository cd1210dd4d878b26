//! How much goes through a terminal, and that nothing of it is lost: by counting bytes.

use std::fs;
use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Said, Server, Shell, eventually, vitals};

/// What the flood is made of; its length is no power of two, so that a block that is missing shows.
const LINE: &[u8] = b"AiKore 0123456789 abcdefghijklmnopqrstuvwxyz\n";

/// Prints so many bytes of [`LINE`]s between two marks, and says in a file how far it is. The terminal changes nothing of them.
fn flood(server: &Server, instance: &str, megabytes: usize) {
    let line = String::from_utf8_lossy(LINE);
    let script = format!(
        "stty -opost -echo\nprintf '<flood>'\nyes '{}' | head -c {}000000 | for at in $(seq {megabytes}); do\n\
         head -c 1000000; echo $at > progress; done\nprintf '</flood>'\nstty sane\n",
        line.trim_end(),
        megabytes
    );
    server.put(instance, "flood.sh", &script);
}

fn progress(server: &Server, instance: &str) -> usize {
    let file = server.config().join("instances").join(instance).join("progress");
    fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok()).unwrap_or_default()
}

/// Reads the flood to its end and checks every byte; gives how many there were and how long it took.
async fn drink(shell: &mut Shell) -> (usize, Duration) {
    shell.until("<flood>").await;
    let begun = Instant::now();
    let (mut count, mut tail) = (0, shell.take());
    loop {
        // The last bytes may be the beginning of the mark.
        let end = tail.windows(8).position(|part| part == b"</flood>");
        let ready = end.unwrap_or(tail.len().saturating_sub(7));
        for byte in tail.drain(..ready) {
            assert_eq!(byte, LINE[count % LINE.len()], "byte {count}");
            count += 1;
        }
        if end.is_some() {
            return (count, begun.elapsed());
        }
        match shell.next().await {
            Said::Output(bytes) => tail.extend(bytes),
            Said::Word(word) if word["type"] == "typed" => {}
            other => panic!("{other:?} after {count} bytes"),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn rate(bytes: usize, took: Duration) -> f64 {
    bytes as f64 / 1e6 / took.as_secs_f64()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn output_comes_fast_and_whole() {
    const MEGABYTES: usize = 60;
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let session = server.terminal(id).await;
    flood(&server, "a", MEGABYTES);
    let mut kept = Shell::attach(&server, id, &session, None).await.0;
    let mut alone = Shell::alone(&server, id).await;
    for (form, shell) in [("a session", &mut kept), ("the older form", &mut alone)] {
        // Other tests run beside it: the best of a few counts, and every one must be whole.
        let mut best = 0.0_f64;
        for _ in 0..6 {
            shell.run("true").await;
            shell.type_in("bash flood.sh\r").await;
            let (count, took) = drink(shell).await;
            println!("{form}: {count} bytes in {took:?}, {:.0} MB/s, none lost", rate(count, took));
            assert_eq!(count, MEGABYTES * 1_000_000, "{form}");
            best = best.max(rate(count, took));
            if best >= 20.0 {
                break;
            }
        }
        assert!(best >= 20.0, "{form}: {best:.1} MB/s");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_client_stops_the_program_and_loses_nothing() {
    const MEGABYTES: usize = 40;
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let session = server.terminal(id).await;
    flood(&server, "a", MEGABYTES);
    // One says nothing, its connection alone is slow; the other takes everything, and says that it has not drawn it.
    let alone = Shell::alone(&server, id).await;
    let mut deaf = Shell::attach(&server, id, &session, None).await.0;
    deaf.acknowledges = false;
    for (form, mut shell) in [("the older form", alone), ("a session", deaf)] {
        let before = vitals::private_memory(server.pid());
        let _ = fs::remove_file(server.config().join("instances/a/progress"));
        let typed = if form == "a session" {
            Message::binary(&b"bash flood.sh\r"[..])
        } else {
            Message::text("bash flood.sh\r")
        };
        shell.send(typed).await;
        // It gets so far and no farther: looked at until it is the same for a while.
        let (mut at, mut since) = (0, Instant::now());
        eventually("a program that waits", || {
            let now = progress(&server, "a");
            if now != at {
                (at, since) = (now, Instant::now());
            }
            (at > 0 && since.elapsed() > Duration::from_millis(700)).then_some(())
        });
        let grown = vitals::private_memory(server.pid()).saturating_sub(before);
        println!("{form}: the program waits after {at} MB; the server took {grown} KiB more");
        assert!(at < MEGABYTES / 2, "{form}: {at} MB are somewhere");
        assert!(grown < 16 << 10, "{form}: {grown} KiB");
        assert_eq!(server.client.get("/api/status").await.status, StatusCode::OK);
        if form == "a session" {
            shell.acknowledges = true;
            shell.send(Message::text(json!({ "type": "ack", "offset": shell.place }).to_string())).await;
        }
        let (count, _) = drink(&mut shell).await;
        assert_eq!(count, MEGABYTES * 1_000_000, "{form}");
        assert_eq!(progress(&server, "a"), MEGABYTES);
    }
}

#[tokio::test]
async fn a_paste_of_a_megabyte_arrives_whole() {
    const LENGTH: usize = 1 << 20;
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let session = server.terminal(id).await;
    let text: String = std::iter::repeat_with(fastrand::alphanumeric).take(LENGTH).collect();
    let mut kept = Shell::attach(&server, id, &session, None).await.0;
    let mut alone = Shell::alone(&server, id).await;
    // With an echo, so that much comes back while much goes in.
    let command = format!("stty raw echo; echo rea''dy; head -c {LENGTH} > pasted; stty sane; echo; echo do''ne\r");
    for shell in [&mut kept, &mut alone] {
        shell.run("true").await;
        shell.type_in(&command).await;
        shell.until("ready").await;
        if shell.acknowledges {
            for piece in text.as_bytes().chunks(16 << 10) {
                shell.send(Message::binary(piece.to_vec())).await;
            }
        } else {
            shell.send(Message::text(text.clone())).await;
        }
        shell.until("done\r\n").await;
        let file = server.config().join("instances/a/pasted");
        let pasted = fs::read(&file).unwrap();
        assert_eq!(pasted.len(), LENGTH);
        assert!(pasted == text.as_bytes(), "byte for byte");
        fs::remove_file(file).unwrap();
    }
}
