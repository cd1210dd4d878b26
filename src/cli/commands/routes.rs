//! `aikore routes`: every way in, where it leads, and what has gone through.

use clap::{ArgMatches, Command};
use serde_json::Value;

use super::Context;
use crate::cli::out::{Cell, size, text};
use crate::cli::{Failed, options};

const HEADS: [&str; 9] = ["NAME", "STATUS", "PATH", "PORT", "HOST NAME", "TARGET", "REQUESTS", "ACTIVE", "SENT"];

pub(super) fn command() -> Command {
    options::asking("routes").about("List every way in, where it leads and what has gone through")
}

pub(super) async fn run(context: &Context, _: &ArgMatches) -> Result<(), Failed> {
    let Context { server, out } = context;
    let routes = server.get("/api/system/routes").await?;
    if out.json {
        return out.value(&routes);
    }
    let rows: Vec<Vec<Cell>> = routes.as_array().into_iter().flatten().map(row).collect();
    out.table(&HEADS, &rows)
}

fn row(route: &Value) -> Vec<Cell> {
    let number = |member: &str| route.get(member).and_then(Value::as_u64);
    let count = |member: &str| Cell::from(number(member).map(|count| count.to_string()).unwrap_or_default());
    vec![
        text(route, "name").into(),
        Cell::status(route),
        text(route, "path").into(),
        count("port"),
        text(route, "hostname").into(),
        text(route, "target").into(),
        count("requests"),
        count("active"),
        number("bytes_out").map(size).unwrap_or_default().into(),
    ]
}
