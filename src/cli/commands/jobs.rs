//! `aikore jobs`: long work, how far it is, and an end to it.

use clap::{Arg, ArgMatches, Command};
use http::Method;
use serde_json::Value;

use super::{Context, optional};
use crate::cli::out::{Cell, Style, text};
use crate::cli::server::encoded;
use crate::cli::{Failed, options, progress};

pub(super) fn command() -> Command {
    options::asking("jobs")
        .about("List long work and how far it is")
        .arg(Arg::new("cancel").long("cancel").value_name("ID").help("Cancel this one: what it did is undone"))
}

pub(super) async fn run(context: &Context, matches: &ArgMatches) -> Result<(), Failed> {
    let Context { server, out } = context;
    if let Some(id) = optional(matches, "cancel") {
        let job = server.call(Method::DELETE, &format!("/api/jobs/{}", encoded(id)), None).await?.value;
        return if out.json {
            out.value(&job)
        } else {
            out.line(&format!("the {} is asked to end", text(&job, "kind")))
        };
    }
    let jobs = server.get("/api/jobs").await?;
    if out.json {
        return out.value(&jobs);
    }
    let rows: Vec<Vec<Cell>> = jobs.as_array().into_iter().flatten().map(row).collect();
    out.table(&["ID", "KIND", "STATE", "INSTANCE", "PROGRESS"], &rows)
}

fn row(job: &Value) -> Vec<Cell> {
    let state = text(job, "state");
    let style = match state {
        "failed" => Style::Bad,
        "running" => Style::Busy,
        "done" => Style::Good,
        _ => Style::Faint,
    };
    let error = text(job, "error");
    let far = if error.is_empty() { progress::how_far(job) } else { error.to_owned() };
    let instance = job.get("instance_id").and_then(Value::as_i64).map(|id| id.to_string()).unwrap_or_default();
    vec![text(job, "id").into(), text(job, "kind").into(), Cell::new(state, style), instance.into(), far.into()]
}
