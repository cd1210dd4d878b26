//! One measurement: a load on one proxy, and the CPU time the proxy took for it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::failure::{Context, Failure, Result};
use crate::load::{Load, Plan};
use crate::processes::Cpu;
use crate::proxies::Entrance;

/// How long to look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// Enough, once the proxy has used so much of the processor: the more, the less a single tick matters.
    pub(crate) cpu: Duration,
    /// Enough, however little it has used.
    pub(crate) longest: Duration,
}

impl Window {
    /// The same, but with so many times the patience.
    pub(crate) fn longer(self, times: u32) -> Self {
        Self { longest: self.longest * times, ..self }
    }
}

/// What a measurement came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// What was done.
    pub(crate) units: u64,
    /// What it took.
    pub(crate) cpu: Cpu,
    /// How long it lasted.
    pub(crate) wall: Duration,
}

impl Sample {
    /// Nanoseconds of CPU per unit.
    pub(crate) fn nanos_per_unit(&self) -> f64 {
        self.cpu.nanos as f64 / self.units as f64
    }

    /// Everything, for the result file.
    pub(crate) fn json(&self, value: f64) -> Value {
        json!({
            "value": rounded(value),
            "units": self.units,
            "cpu_ms": rounded(self.cpu.nanos as f64 / 1e6),
            "user_ticks": self.cpu.user,
            "system_ticks": self.cpu.system,
            "seconds": rounded(self.wall.as_secs_f64()),
        })
    }
}

/// To four digits behind the point: what comes after is noise.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Runs a load against a proxy. A closed loop is measured from its start until the last round has ended, so that every
/// byte that was paid for is counted; a stream is measured between two looks.
pub(crate) async fn measure(entrance: &Entrance, plan: &Plan, window: Window, threads: usize) -> Result<Sample> {
    let load = Load::start(plan, threads).await?;
    // What warming up has left behind: closed connections, delayed acknowledgements, freshly touched memory.
    tokio::time::sleep(Duration::from_millis(if plan.closed { 50 } else { 300 })).await;
    let pids = entrance.pids();
    let (begin, before, started) = (load.done(), Cpu::of(&pids)?, Instant::now());
    load.go();
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        load.check()?;
        let used = Cpu::of(&pids)?.since(before).nanos;
        if started.elapsed() >= window.longest || Duration::from_nanos(used) >= window.cpu {
            break;
        }
    }
    load.rest().await?;
    let (cpu, end) = (Cpu::of(&pids)?.since(before), load.done());
    let wall = started.elapsed();
    if entrance.pids() != pids {
        return Err(Failure::new("a proxy's processes changed while it was measured"));
    }
    let units = end.checked_sub(begin).filter(|units| *units > 0).context("nothing was done")?;
    Ok(Sample { units, cpu, wall })
}
