//! A crash of the server: how long until the next one has found every app again.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{path, pid, row, running};
use crate::effort::Effort;
use crate::failure::{Context, Failure, Result};
use crate::machine::remembered_connections;
use crate::processes::Cpu;
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
    let remembered = remembered_connections();
    let (mut values, mut listening, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..effort.adoptions {
        let began = server.crash_and_start()?;
        let address = server.entrance().address;
        let reached = tokio::task::spawn_blocking(move || reach_all(address));
        let (listens, all) = reached.await.context("asking for the apps")??;
        let ms = |at: Instant| at.saturating_duration_since(began).as_secs_f64() * 1e3;
        listening.push(ms(listens));
        values.push(ms(all));
        cpu.push(Cpu::of(&server.entrance().pids())?.nanos as f64 / 1e6);
        if leaders(&mut server).await? != before {
            return Err(Failure::new("after the crash of the server not every app is started and the same process"));
        }
    }
    let title = format!("{INSTANCES} instances adopted after a crash");
    let mut row = row("adoption", &title, "ms", Some(Goal::at_most(1_000.0, 1_000.0)), &values);
    if let (Some(listening), Some(cpu)) = (Spread::of(&listening), Spread::of(&cpu)) {
        row.notes.push(format!(
            "the new server listens after {:.0} ms and takes {:.0} ms of processor time until the end, while the \
             kernel remembers {remembered} closed connections; no app was started anew",
            listening.median, cpu.median
        ));
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
    // One after the other: they all have to be there, and a server that is asked for all of them all the time would be
    // busy with that.
    for n in 0..INSTANCES {
        while !app_answers(address, &path(n)).unwrap_or(false) {
            pause(&format!("{} is not answered", path(n)))?;
        }
    }
    Ok((listens, Instant::now()))
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
