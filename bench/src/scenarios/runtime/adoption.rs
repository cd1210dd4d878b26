//! A crash of the server: how long until the next one has found every app again.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{path, pid, row, running};
use crate::effort::Effort;
use crate::failure::{Context, Failure, Result};
use crate::proxies::{AiKore, Setup};
use crate::report::Row;
use crate::scenarios::probe::app_answers;
use crate::statistics::{Goal, Spread};

const INSTANCES: usize = 50;
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Milliseconds from the start of a server until every app that an earlier one has left is answered through it.
pub(super) async fn after_a_crash(setup: &Setup, effort: &Effort) -> Result<Row> {
    let (mut server, _) = running(setup, INSTANCES).await?;
    let before = leaders(&mut server).await?;
    let (mut values, mut listening) = (Vec::new(), Vec::new());
    for _ in 0..effort.adoptions {
        let began = server.crash_and_start()?;
        let address = server.entrance().address;
        let reached = tokio::task::spawn_blocking(move || reach_all(address));
        let (listens, all) = reached.await.context("asking for the apps")??;
        let ms = |at: Instant| at.saturating_duration_since(began).as_secs_f64() * 1e3;
        listening.push(ms(listens));
        values.push(ms(all));
        if leaders(&mut server).await? != before {
            return Err(Failure::new("after the crash of the server not every app is started and the same process"));
        }
    }
    let title = format!("{INSTANCES} instances adopted after a crash");
    let mut row = row("adoption", &title, "ms", Some(Goal::at_most(1_000.0, 1_000.0)), &values);
    if let Some(listening) = Spread::of(&listening) {
        row.notes.push(format!("the new server listens after {:.0} ms; no app was started anew", listening.median));
    }
    Ok(row)
}

/// When the server takes connections, and when every app has been answered through it.
fn reach_all(address: SocketAddr) -> Result<(Instant, Instant)> {
    let began = Instant::now();
    let pause = |why: &str| {
        if began.elapsed() > PATIENCE {
            return Err(Failure::new(format!("after the crash of the server {why}")));
        }
        std::thread::sleep(Duration::from_millis(2));
        Ok(())
    };
    while TcpStream::connect(address).is_err() {
        pause("nobody listens any more")?;
    }
    let listens = Instant::now();
    let mut missing: Vec<String> = (0..INSTANCES).map(path).collect();
    loop {
        missing.retain(|path| !app_answers(address, path).unwrap_or(false));
        if missing.is_empty() {
            return Ok((listens, Instant::now()));
        }
        pause(&format!("{} apps are not answered", missing.len()))?;
    }
}

/// The process of each started instance.
async fn leaders(server: &mut AiKore) -> Result<BTreeMap<i64, u32>> {
    let instances = server.instances().await?;
    let started = instances.iter().filter(|instance| instance.get("status").and_then(Value::as_str) == Some("started"));
    let leader = |instance: &Value| {
        let id = instance.get("id").and_then(Value::as_i64).context("an instance without an id")?;
        Ok((id, pid(instance)?))
    };
    started.map(leader).collect()
}
