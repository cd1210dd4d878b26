//! `aikore events`: what happens, as it happens.

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::Context;
use crate::cli::out::{Out, list, shown, text};
use crate::cli::server::events::Event;
use crate::cli::{Failed, find, options, progress};

pub(super) fn command() -> Command {
    options::asking("events")
        .about("Print what happens, a line each, until Ctrl-C")
        .arg(
            Arg::new("stats")
                .long("stats")
                .action(ArgAction::SetTrue)
                .help("The machine's figures too, which come every few seconds"),
        )
        .arg(Arg::new("once").long("once").action(ArgAction::SetTrue).help("Only what is so now, then end"))
}

pub(super) async fn run(context: &Context, matches: &ArgMatches) -> Result<(), Failed> {
    let Context { server, out } = context;
    let mut events = server.events().await?;
    let (stats, once) = (options::flag(matches, "stats"), options::flag(matches, "once"));
    while let Some(event) = events.next().await {
        if event.name == "stats" && !stats {
            continue;
        }
        tell(out, &event)?;
        if once {
            return Ok(());
        }
    }
    Err(Failed::failure("the stream of events has ended: the server stops, or does not let us in any more"))
}

fn tell(out: &Out, event: &Event) -> Result<(), Failed> {
    let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
    if out.json {
        return out.value_line(&json!({ "event": event.name, "id": event.id, "data": data }));
    }
    let now = humantime::format_rfc3339_seconds(std::time::SystemTime::now());
    for line in in_words(&event.name, &data) {
        out.line(&format!("{now}\t{}\t{}", event.name, shown(&line)))?;
    }
    Ok(())
}

/// One line for each thing that is told.
fn in_words(name: &str, data: &Value) -> Vec<String> {
    match name {
        "snapshot" => list(data, "instances").iter().map(progress::of_instance).collect(),
        "instance" => {
            let reason = text(data, "reason");
            let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            vec![format!("{}{reason}", progress::of_instance(data))]
        }
        "removed" => vec![format!("instance {} is removed", find::id(data))],
        "job" => vec![progress::of_job(data)],
        "notice" => vec![text(data, "text").to_owned()],
        "log" => vec![format!(
            "instance {} has printed {} bytes",
            find::id(data),
            data.get("size").and_then(Value::as_u64).unwrap_or_default()
        )],
        _ => vec![data.to_string()],
    }
}
