//! `aikore copy`: a whole copy of an instance.

use clap::{Arg, ArgAction, ArgMatches, Command};
use http::Method;
use serde_json::json;

use super::{Context, given, instance_arg};
use crate::cli::out::{shown, text};
use crate::cli::{Failed, find, options, waiting};

pub(super) fn command() -> Command {
    options::asking("copy")
        .about("Copy an instance with its folder and environment")
        .visible_alias("cp")
        .arg(instance_arg())
        .arg(Arg::new("name").value_name("NEW NAME").required(true).help("The name of the copy"))
        .arg(
            Arg::new("no-wait")
                .long("no-wait")
                .action(ArgAction::SetTrue)
                .help("Do not wait until it is made; `aikore jobs` shows how far it is"),
        )
}

pub(super) async fn run(context: &Context, matches: &ArgMatches) -> Result<(), Failed> {
    let Context { server, out } = context;
    let source = find::instance(server, given(matches, "instance")).await?;
    let path = format!("/api/instances/{}/copy", find::id(&source));
    let answer = server.call(Method::POST, &path, Some(&json!({ "new_name": given(matches, "name") }))).await?;
    let id = find::id(&answer.value);
    let mut copy = answer.value.clone();
    if !options::flag(matches, "no-wait") {
        waiting::job(server, out, &answer).await?;
        copy = server.get(&format!("/api/instances/{id}")).await?;
    }
    if out.json {
        return out.value(&copy);
    }
    out.line(&format!("{id}\t{}\t{}", shown(text(&copy, "name")), text(&copy, "status")))
}
