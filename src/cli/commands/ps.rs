//! `aikore ps`: the instances and what they take.

use std::time::SystemTime;

use clap::{ArgMatches, Command};
use serde_json::Value;

use super::Context;
use crate::cli::out::{Cell, Style, ago, list, size, text};
use crate::cli::{Failed, find, options};

const HEADS: [&str; 9] = ["ID", "NAME", "STATUS", "SINCE", "GPUS", "ADDRESS", "CPU", "RAM", "VRAM"];

pub(super) fn command() -> Command {
    options::asking("ps")
        .about("List the instances, their addresses and what they take of the machine")
        .visible_alias("ls")
}

pub(super) async fn run(context: &Context, _: &ArgMatches) -> Result<(), Failed> {
    let Context { server, out } = context;
    let instances = server.get("/api/instances").await?;
    if out.json {
        return out.value(&instances);
    }
    let stats = match server.get("/api/system/stats").await {
        // A token for one instance is not told what the machine does.
        Err(failed) if failed.is_not_allowed() => Value::Null,
        stats => stats?,
    };
    let now = SystemTime::now();
    let row = |instance: &Value| {
        let taken = list(&stats, "instances").iter().find(|taken| taken.get("id") == instance.get("id"));
        row(instance, taken, now)
    };
    let rows: Vec<Vec<Cell>> = instances.as_array().into_iter().flatten().map(row).collect();
    if rows.is_empty() && out.is_seen {
        return out.line("There is no instance yet. `aikore create <blueprint>` makes one; `aikore blueprint list` lists blueprints.");
    }
    out.table(&HEADS, &rows)
}

fn row(instance: &Value, taken: Option<&Value>, now: SystemTime) -> Vec<Cell> {
    let bytes = |member: &str| taken.and_then(|taken| taken.get(member)?.as_u64()).map(size).unwrap_or_default();
    let cpu = taken.and_then(|taken| taken.get("cpu_percent")?.as_f64());
    let is_satellite = instance.get("parent_instance_id").is_some_and(|parent| !parent.is_null());
    let name = text(instance, "name");
    vec![
        find::id(instance).to_string().into(),
        if is_satellite { Cell::new(format!("{name} (satellite)"), Style::Plain) } else { name.into() },
        Cell::status(instance),
        ago(text(instance, "since"), now).into(),
        text(instance, "gpu_ids").into(),
        address(instance).into(),
        cpu.map(|cpu| format!("{cpu:.0} %")).unwrap_or_default().into(),
        bytes("memory").into(),
        bytes("vram").into(),
    ]
}

/// The best of its ways in: an origin of its own first.
fn address(instance: &Value) -> &str {
    let Some(urls) = instance.get("urls") else { return "" };
    ["port", "host", "path"].into_iter().map(|way| text(urls, way)).find(|url| !url.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_origin_of_its_own_comes_first() {
        let of = |urls: Value| address(&json!({ "urls": urls })).to_owned();
        assert_eq!(of(json!({ "path": "/instance/a/", "port": "http://h:1/", "host": "http://a/" })), "http://h:1/");
        assert_eq!(of(json!({ "path": "/instance/a/", "port": null, "host": null })), "/instance/a/");
        assert_eq!(of(json!({ "path": null, "port": null, "host": null })), "");
    }
}
