//! A server whose instances run and that has nothing to do.

use std::time::{Duration, Instant};

use super::{row, running};
use crate::effort::Effort;
use crate::failure::{Failure, Result};
use crate::processes::{Cpu, pss};
use crate::proxies::{AiKore, Setup};
use crate::report::Row;
use crate::statistics::{Goal, Spread};

const INSTANCES: usize = 20;
/// How long everything may take to come to rest.
const REST: Duration = Duration::from_secs(3);

/// Processor time of the server, in percent of one core.
pub(super) async fn cpu(setup: &Setup, effort: &Effort) -> Result<Row> {
    let (server, supervisors) = at_rest(setup).await?;
    let pids = server.entrance().pids();
    let (mut values, mut of_supervisors) = (Vec::new(), Vec::new());
    for _ in 0..effort.memory_rounds {
        let (ours, theirs) = share_of_a_core(&pids, &supervisors, effort.idle).await?;
        values.push(ours);
        of_supervisors.push(theirs);
    }
    // What is sent to a dashboard waits for it until the buffers of the connection are full: longer than this takes.
    let watching = server.events().await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (watched, _) = share_of_a_core(&pids, &supervisors, effort.idle).await?;
    drop(watching);
    let title = format!("idle server, {INSTANCES} instances, CPU");
    let mut row = row("idle-20", &title, "% of a core", Some(Goal::at_most(0.1, 0.1)), &values);
    let middle = |values: &[f64]| Spread::of(values).map_or(f64::NAN, |spread| spread.median);
    row.notes.push(format!(
        "{} x {} s: server {:.4} %, all {INSTANCES} supervisors together {:.4} %; server with one dashboard open {watched:.4} %",
        values.len(),
        effort.idle.as_secs(),
        middle(&values),
        middle(&of_supervisors),
    ));
    Ok(row)
}

/// Memory of the server and of all supervisors, in MB.
pub(super) async fn memory(setup: &Setup, effort: &Effort) -> Result<Row> {
    let (mut values, mut notes) = (Vec::new(), Vec::new());
    for _ in 0..effort.memory_rounds {
        let (server, supervisors) = at_rest(setup).await?;
        let (ours, theirs) = (pss(&server.entrance().pids())? / 1024.0, pss(&supervisors)? / 1024.0);
        values.push(ours + theirs);
        notes = vec![format!("server {ours:.1} MB, {INSTANCES} supervisors {theirs:.1} MB")];
    }
    let title = format!("server and {INSTANCES} supervisors, PSS");
    let mut row = row("memory-20", &title, "MB", Some(Goal::at_most(100.0, 100.0)), &values);
    row.notes.extend(notes);
    Ok(row)
}

/// A server that has had time to come to rest, and the supervisors of its instances.
async fn at_rest(setup: &Setup) -> Result<(AiKore, Vec<u32>)> {
    let (server, _) = running(setup, INSTANCES).await?;
    let supervisors = server.entrance().supervisors();
    if supervisors.len() != INSTANCES {
        return Err(Failure::new(format!("{INSTANCES} instances run, with {} supervisors", supervisors.len())));
    }
    tokio::time::sleep(REST).await;
    Ok((server, supervisors))
}

/// What two sets of processes take in the same time, in percent of one core.
async fn share_of_a_core(some: &[u32], others: &[u32], time: Duration) -> Result<(f64, f64)> {
    let (before, other_before, began) = (Cpu::of(some)?, Cpu::of(others)?, Instant::now());
    tokio::time::sleep(time).await;
    let (after, other_after, took) = (Cpu::of(some)?, Cpu::of(others)?, began.elapsed());
    Ok((percent(after.since(before), took), percent(other_after.since(other_before), took)))
}

fn percent(cpu: Cpu, wall: Duration) -> f64 {
    cpu.nanos as f64 / wall.as_nanos() as f64 * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_of_a_core() {
        let cpu = Cpu { nanos: 20_000_000, ..Cpu::default() };
        assert!((percent(cpu, Duration::from_secs(20)) - 0.1).abs() < 1e-9);
    }
}
