//! `aikore gpus`: the cards and what is on them.

use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use super::Context;
use crate::cli::out::{Cell, list, size, text};
use crate::cli::{Failed, options};

const HEADS: [&str; 7] = ["ID", "NAME", "VRAM USED", "VRAM", "LOAD", "TEMPERATURE", "POWER"];

pub(super) fn command() -> Command {
    options::asking("gpus").about("List the GPUs of the server's machine")
}

pub(super) async fn run(context: &Context, _: &ArgMatches) -> Result<(), Failed> {
    let Context { server, out } = context;
    let stats = server.get("/api/system/stats").await?;
    if out.json {
        let member = |name: &str| stats.get(name).cloned().unwrap_or_default();
        return out.value(&json!({
            "gpus": member("gpus"), "gpu_note": member("gpu_note"), "driver": member("driver"),
        }));
    }
    let gpus = list(&stats, "gpus");
    if !gpus.is_empty() {
        out.table(&HEADS, &gpus.iter().map(row).collect::<Vec<_>>())?;
    }
    let note = text(&stats, "gpu_note");
    if !note.is_empty() || gpus.is_empty() {
        let note = if note.is_empty() { "This machine has no GPU that its drivers show." } else { note };
        // It is about the list, no part of it.
        eprintln!("{note}");
    }
    Ok(())
}

fn row(gpu: &Value) -> Vec<Cell> {
    let number = |member: &str| gpu.get(member).and_then(Value::as_f64);
    let with = |member: &str, unit: &str| number(member).map(|n| format!("{n:.0} {unit}")).unwrap_or_default();
    let vram = |member: &str| gpu.get("vram").and_then(|vram| vram.get(member)?.as_u64()).map(size).unwrap_or_default();
    vec![
        with("id", "").trim_end().into(),
        text(gpu, "name").into(),
        vram("used").into(),
        vram("total").into(),
        with("utilization_percent", "%").into(),
        with("temperature", "°C").into(),
        with("power", "W").into(),
    ]
}
