//! Logs: how fast an app may print, and whether all of it is there.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::row;
use crate::chatter::{LINE, Listener};
use crate::effort::Effort;
use crate::failure::{Failure, Result};
use crate::proxies::{AiKore, Setup};
use crate::report::Row;
use crate::statistics::Goal;

const SCRIPT: &str = "bench-chatter.sh";
/// How long an app may print.
const PATIENCE: Duration = Duration::from_secs(120);

/// Megabytes per second that an app can print: whoever prints waits until the terminal has been read.
pub(super) async fn written(setup: &Setup, effort: &Effort) -> Result<Row> {
    let lines = effort.log_lines;
    let bytes = lines * LINE as u64;
    let mut server = AiKore::start(setup, false, 8).await?;
    server.add_script(setup, SCRIPT, &format!("chatter {lines}"))?;
    let mut port = server.first_port;
    let id = server.create_from(SCRIPT, "chatter", &mut port).await?;
    let mut values = Vec::new();
    for _ in 0..effort.rounds {
        server.start_only(id).await?;
        until_it_is_over(&mut server, id).await?;
        let nanos = read_all(&mut server, id).await?.nanos(lines)?;
        // Bytes per nanosecond are gigabytes per second.
        values.push(bytes as f64 / nanos as f64 * 1e3);
    }
    let mut row = row("log", "log of an app that prints", "MB/s", Some(Goal::at_least(50.0, 50.0)), &values);
    row.notes
        .push(format!("{} MB in lines of {LINE} bytes, each read back by the API: none is missing", bytes / 1_000_000));
    Ok(row)
}

async fn until_it_is_over(server: &mut AiKore, id: i64) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        let instance = server.instance(id).await?;
        if matches!(instance.get("status").and_then(Value::as_str), Some("stopped" | "error")) {
            return Ok(());
        }
        if Instant::now() > until {
            return Err(Failure::new("an app that prints does not come to an end"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Reads the log as the dashboard does. The log may lie in several files; what counts is what a person gets to see.
async fn read_all(server: &mut AiKore, id: i64) -> Result<Listener> {
    let (mut listener, mut offset) = (Listener::default(), 0);
    loop {
        let (piece, next) = server.log(id, offset).await?;
        if next <= offset {
            return Ok(listener);
        }
        if next - offset != piece.len() as u64 {
            return Err(Failure::new(format!("a piece of {} bytes leads from {offset} to {next}", piece.len())));
        }
        listener.hear(piece.as_bytes())?;
        offset = next;
    }
}
