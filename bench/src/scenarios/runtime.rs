//! Numbers of the runtime: starts, ends, adoption, logs, and what a server with nothing to do costs. They are AiKore's
//! alone: no proxy has anything to set against them.

mod adoption;
mod crash;
mod idle;
mod log;
mod start;

use serde_json::{Value, json};

use crate::effort::Effort;
use crate::failure::{Context, Failure, Result};
use crate::measure::rounded;
use crate::proxies::{AiKore, Setup};
use crate::report::{Rounds, Row};
use crate::statistics::Goal;

/// All of them, with what they show.
pub(crate) const RUNTIME: [(&str, &str); 7] = [
    ("start", "a start, until the API answers"),
    ("ready", "from the app's listening to its URL's answer"),
    ("crash", "an app's crash, until the event stream says it"),
    ("adoption", "a crash of the server, until all 50 apps are there again"),
    ("log", "an app that prints as fast as it can"),
    ("idle-20", "processor time of an idle server with 20 instances"),
    ("memory-20", "memory of an idle server with 20 instances"),
];

/// Measures one of them.
pub(super) async fn measure(name: &str, setup: &Setup, effort: &Effort) -> Result<Row> {
    match name {
        "start" => start::answered(setup, effort).await,
        "ready" => start::reached(setup, effort).await,
        "crash" => crash::seen(setup, effort).await,
        "adoption" => adoption::after_a_crash(setup, effort).await,
        "log" => log::written(setup, effort).await,
        "idle-20" => idle::cpu(setup, effort).await,
        "memory-20" => idle::memory(setup, effort).await,
        other => Err(Failure::new(format!("there is no scenario {other}"))),
    }
}

/// A row of AiKore's values, one for each round.
fn row(name: &str, title: &str, unit: &str, goal: Option<Goal>, values: &[f64]) -> Row {
    let mut rounds = Rounds::new([AiKore::NAME]);
    for value in values {
        rounds.begin();
        rounds.put(AiKore::NAME, *value, json!(rounded(*value)));
    }
    Row::absolute(name, title, unit, goal, &rounds)
}

/// A server with so many running instances of the app, and their ids. Instance `n` lives at [`path`]`(n)`.
async fn running(setup: &Setup, count: usize) -> Result<(AiKore, Vec<i64>)> {
    let ports = u16::try_from(count + 10).context("too many instances")?;
    let mut server = AiKore::start(setup, false, ports).await?;
    let mut port = server.first_port;
    let mut ids = Vec::new();
    for n in 0..count {
        let id = server.create(&name(n), &mut port).await?;
        server.start_only(id).await?;
        ids.push(id);
    }
    for id in &ids {
        server.until_started(*id).await?;
    }
    Ok((server, ids))
}

fn name(n: usize) -> String {
    format!("bench{n:02}")
}

/// Where an instance of [`running`] has the app's `/small`.
fn path(n: usize) -> String {
    format!("/instance/{}/small", name(n))
}

/// The leader of an instance's processes.
fn pid(instance: &Value) -> Result<u32> {
    let pid = instance.get("pid").and_then(Value::as_u64).and_then(|pid| u32::try_from(pid).ok());
    pid.context(format!("an instance without a process: {instance}"))
}
