//! Crashes of apps: how long until the dashboard knows.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::start::percentiles;
use super::{pid, row, running};
use crate::effort::Effort;
use crate::failure::{Context, Failure, Result};
use crate::processes::{crash, family};
use crate::proxies::Setup;
use crate::report::Row;
use crate::statistics::Goal;

/// How long it may take to be seen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Milliseconds until the event stream says that an app has failed.
pub(super) async fn seen(setup: &Setup, effort: &Effort) -> Result<Row> {
    let (mut server, ids) = running(setup, 1).await?;
    let id = *ids.first().context("no instance")?;
    let mut events = server.events().await?;
    let mut values = Vec::new();
    for _ in 0..effort.crashes {
        let instance = server.until_started(id).await?;
        let leader = pid(&instance)?;
        if family(leader) != [leader] {
            return Err(Failure::new("the app has processes besides its leader, which the crash would not end"));
        }
        let run = instance.get("run").cloned().context("a running instance without a run")?;
        let began = Instant::now();
        crash(leader);
        let is_it = |data: &Value| {
            let is = |member: &str, value: &Value| data.get(member) == Some(value);
            is("id", &id.into()) && is("run", &run) && is("status", &"error".into())
        };
        events.until(PATIENCE, |name, data| (name == "instance" && is_it(data)).then_some(())).await?;
        values.push(began.elapsed().as_secs_f64() * 1e3);
        server.start_only(id).await?;
    }
    let mut row = row("crash", "crash of an app seen", "ms p50", Some(Goal::at_most(200.0, 200.0)), &values);
    row.notes.push(format!("{} crashes: {}", values.len(), percentiles(&values)));
    Ok(row)
}
