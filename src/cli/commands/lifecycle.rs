//! `aikore start`, `stop` and `restart`.

use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};
use http::Method;

use super::Context;
use crate::cli::out::{Cell, shown, text};
use crate::cli::waiting::{self, Wanted};
use crate::cli::{Failed, candidates, find, options};

pub(super) fn commands() -> [Command; 3] {
    [
        command("start", "Start instances", "Wait until each is ready"),
        command("stop", "Stop instances", "Wait until each has stopped"),
        command("restart", "Stop instances and start them again", "Wait until each is ready again"),
    ]
}

fn command(name: &'static str, about: &'static str, wait: &'static str) -> Command {
    options::asking(name)
        .about(about)
        .arg(
            Arg::new("instance")
                .value_name("INSTANCE")
                .num_args(1..)
                .required(true)
                .add(candidates::instances())
                .help("Their names, slugs or ids"),
        )
        .arg(Arg::new("wait").long("wait").short('w').action(ArgAction::SetTrue).help(wait))
        .arg(
            Arg::new("timeout")
                .long("timeout")
                .value_name("DURATION")
                .requires("wait")
                .value_parser(duration)
                .help("How long to wait for each: 90s, 10m; what is waited for goes on [default: for ever]"),
        )
}

fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map(Duration::from_secs).ok();
    seconds
        .or_else(|| humantime::parse_duration(text).ok())
        .ok_or_else(|| format!("{text:?} is not a duration such as 90s or 10m"))
}

pub(super) async fn start(context: &Context, matches: &ArgMatches) -> Result<(), Failed> {
    each(context, matches, "start", Wanted::Ready).await
}

pub(super) async fn stop(context: &Context, matches: &ArgMatches) -> Result<(), Failed> {
    each(context, matches, "stop", Wanted::Stopped).await
}

pub(super) async fn restart(context: &Context, matches: &ArgMatches) -> Result<(), Failed> {
    each(context, matches, "restart", Wanted::Ready).await
}

/// Asks it of each, then waits for each: they come up side by side. All are named before anything is done.
async fn each(context: &Context, matches: &ArgMatches, action: &str, wanted: Wanted) -> Result<(), Failed> {
    let Context { server, out } = context;
    let wait = options::flag(matches, "wait");
    let patience = matches.get_one::<Duration>("timeout").copied();
    let mut meant = Vec::new();
    for named in matches.get_many::<String>("instance").into_iter().flatten() {
        let id = find::id(&find::instance(server, named).await?);
        if !meant.contains(&id) {
            meant.push(id);
        }
    }
    let mut answers = Vec::new();
    for id in &meant {
        // A restart that is waited for is told apart from a stop by its new run.
        let query = if wait && action == "restart" { "?wait=true" } else { "" };
        let path = format!("/api/instances/{id}/{action}{query}");
        answers.push(server.call(Method::POST, &path, None).await?.value);
    }
    for (id, answer) in meant.iter().zip(answers) {
        let instance = if wait { waiting::instance(server, out, (*id, wanted), patience).await? } else { answer };
        if out.json {
            out.value(&instance)?;
            continue;
        }
        let status = text(&instance, "status");
        let status = if out.is_seen { Cell::status(&instance).in_colour(out) } else { status.to_owned() };
        out.line(&format!("{}\t{status}", shown(text(&instance, "name"))))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("10m"), Ok(Duration::from_secs(600)));
        assert!(duration("soon").is_err());
    }
}
