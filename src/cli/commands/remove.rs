//! `aikore rm`: an instance goes to the trash, or for good.

use std::io::{self, IsTerminal, Write};

use clap::{Arg, ArgAction, ArgMatches, Command};
use http::Method;
use serde_json::json;

use super::{Context, given, instance_arg};
use crate::cli::out::{shown, text};
use crate::cli::{Failed, find, options, waiting};

pub(super) fn command() -> Command {
    let flag = |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    options::asking("rm")
        .about("Remove an instance that does not run, to the trash")
        .arg(instance_arg())
        .arg(flag("yes", "Do not ask").short('y'))
        .arg(flag("permanent", "For good instead of to the trash"))
        .arg(flag("outputs", "Its outputs too"))
        .arg(flag("overwrite", "Replace what the trash holds under the same name"))
}

pub(super) async fn run(context: &Context, matches: &ArgMatches) -> Result<(), Failed> {
    let Context { server, out } = context;
    let instance = find::instance(server, given(matches, "instance")).await?;
    let is_permanent = options::flag(matches, "permanent");
    let with_outputs = options::flag(matches, "outputs");
    if !options::flag(matches, "yes") {
        let outputs = if with_outputs { " with its outputs" } else { "" };
        let place = if is_permanent { "for good" } else { "to the trash" };
        confirm(&format!("Remove '{}'{outputs} {place}?", shown(text(&instance, "name"))))?;
    }
    let how = json!({
        "mode": if is_permanent { "permanent" } else { "trash" },
        "outputs": with_outputs,
        "overwrite": options::flag(matches, "overwrite"),
    });
    let answer = server.call(Method::DELETE, &format!("/api/instances/{}", find::id(&instance)), Some(&how)).await?;
    waiting::job(server, out, &answer).await?;
    if out.json {
        return out.value(&answer.value);
    }
    let what = if is_permanent { "removed" } else { "in the trash (`aikore trash restore` brings it back)" };
    out.line(&format!("{}\t{what}", shown(text(&instance, "name"))))
}

/// Asks whoever is there; nobody is asked twice.
fn confirm(question: &str) -> Result<(), Failed> {
    if !io::stdin().is_terminal() {
        return Err(Failed::bad_settings("nobody is here to be asked: say --yes"));
    }
    let mut line = String::new();
    write!(io::stderr(), "{question} [y/N] ").map_err(Failed::writing)?;
    io::stdin().read_line(&mut line).map_err(Failed::failure)?;
    if matches!(line.trim().to_lowercase().as_str(), "y" | "yes") {
        Ok(())
    } else {
        Err(Failed::failure("nothing was removed"))
    }
}
