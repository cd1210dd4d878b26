//! Starts: how long the API takes to answer, and how long an app that listens waits for its route.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{path, row, running};
use crate::effort::Effort;
use crate::failure::{Context, Failure, Result};
use crate::machine::remembered_connections;
use crate::proxies::Setup;
use crate::report::Row;
use crate::scenarios::probe::app_answers;
use crate::statistics::{Goal, Spread, percentile};

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Milliseconds until a request for a start is answered.
pub(super) async fn answered(setup: &Setup, effort: &Effort) -> Result<Row> {
    let (mut server, ids) = running(setup, 1).await?;
    let id = *ids.first().context("no instance")?;
    let mut values = Vec::new();
    for _ in 0..effort.starts {
        server.stop_instance(id).await?;
        let began = Instant::now();
        server.start_only(id).await?;
        values.push(began.elapsed().as_secs_f64() * 1e3);
        server.until_started(id).await?;
    }
    let mut row = row("start", "start request answered", "ms p50", Some(Goal::at_most(20.0, 20.0)), &values);
    row.notes.push(format!("{} starts: {}", values.len(), percentiles(&values)));
    Ok(row)
}

/// Milliseconds from an app's listening until its URL is answered by it.
pub(super) async fn reached(setup: &Setup, effort: &Effort) -> Result<Row> {
    let (mut server, ids) = running(setup, 1).await?;
    let id = *ids.first().context("no instance")?;
    let entrance = server.entrance();
    let remembered = remembered_connections();
    let mut values = Vec::new();
    for _ in 0..effort.starts {
        server.stop_instance(id).await?;
        let instance = server.start_only(id).await?;
        let port = instance.get("app_port").and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
        let app = SocketAddr::from(([127, 0, 0, 1], port.context("an instance without the port of its app")?));
        let listens = tokio::task::spawn_blocking(move || until(|| std::net::TcpStream::connect(app).is_ok()));
        let url = path(0);
        let answers =
            tokio::task::spawn_blocking(move || until(|| app_answers(entrance.address, &url).unwrap_or(false)));
        let listens = listens.await.context("looking for the app")??;
        let answers = answers.await.context("asking for the app")??;
        values.push(answers.saturating_duration_since(listens).as_secs_f64() * 1e3);
        server.until_started(id).await?;
    }
    let mut row = row("ready", "app listens, until its URL answers", "ms p50", None, &values);
    row.notes.push(format!(
        "{} starts: {}; asked every 2 ms; the kernel remembers {remembered} closed connections",
        values.len(),
        percentiles(&values)
    ));
    Ok(row)
}

/// When something has become true.
fn until(mut is_true: impl FnMut() -> bool) -> Result<Instant> {
    let began = Instant::now();
    while !is_true() {
        if began.elapsed() > PATIENCE {
            return Err(Failure::new("a started app was not reached"));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(Instant::now())
}

/// What a note says about many values.
pub(super) fn percentiles(values: &[f64]) -> String {
    let (Some(spread), Some(p99)) = (Spread::of(values), percentile(values, 99.0)) else { return "none".to_owned() };
    format!("p50 {:.1}, p99 {p99:.1}, max {:.1} ms", spread.median, spread.max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_in_words() {
        assert_eq!(percentiles(&[3.0, 1.0, 2.0, 4.0]), "p50 2.5, p99 4.0, max 4.0 ms");
    }
}
