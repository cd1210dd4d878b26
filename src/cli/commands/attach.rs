//! `aikore attach`: at a shell of an instance, that stays when we go.

use clap::{Arg, ArgAction, ArgMatches, Command};
use http::Method;
use serde_json::{Value, json};

use super::{Context, given, instance_arg, optional};
use crate::cli::out::{shown, text};
use crate::cli::server::Server;
use crate::cli::terminal::{self, End, How};
use crate::cli::{Failed, find, options};

pub(super) fn command() -> Command {
    options::asking("attach")
        .about("Open a shell in the folder and environment of an instance, or come back to one")
        .long_about(
            "Open a shell in the folder and environment of an instance, or come back to the one that was opened last. It is a \
             shell beside the app: nothing is typed into the app. Ctrl-] lets go of it, and it goes on; `exit` ends it.",
        )
        .arg(instance_arg())
        .arg(Arg::new("new").long("new").action(ArgAction::SetTrue).help("A new shell, whatever others there are"))
        .arg(
            Arg::new("terminal")
                .long("terminal")
                .value_name("NAME")
                .conflicts_with("new")
                .help("Come back to this one: its name or its id, as --list prints them"),
        )
        .arg(
            Arg::new("list")
                .long("list")
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["new", "terminal"])
                .help("List the terminals of the instance"),
        )
}

pub(super) async fn run(context: &Context, matches: &ArgMatches) -> Result<(), Failed> {
    let Context { server, out } = context;
    let instance = find::instance(server, given(matches, "instance")).await?;
    let id = find::id(&instance);
    let path = format!("/api/instances/{id}/terminals");
    let all = server.get(&path).await?;
    if options::flag(matches, "list") {
        if out.json {
            return out.value(&all);
        }
        let rows: Vec<_> = all.as_array().into_iter().flatten().map(row).collect();
        return out.table(&["ID", "NAME", "OPENED", "ATTACHED", "RUNS"], &rows);
    }
    if !terminal::is_here() {
        return Err(Failed::bad_settings("attach needs a terminal: `aikore exec` runs a program without one"));
    }
    let all = all.as_array().map(Vec::as_slice).unwrap_or_default();
    let session = match chosen(all, matches)? {
        Some(session) => session.clone(),
        None => open(server, &path).await?,
    };
    let name = shown(text(&session, "name"));
    eprintln!("Attached to “{name}” of {}. Ctrl-] lets go of it; it goes on.", shown(text(&instance, "name")));
    match terminal::look(server, (id, text(&session, "id")), How::Attached).await? {
        End::Exit(code) => {
            eprintln!("“{name}” has ended.");
            if code == 0 { Ok(()) } else { Err(Failed::quiet(code)) }
        }
        End::Ended(why) => Err(Failed::failure(format!("“{name}” is over: {why}"))),
        End::Detached => {
            eprintln!("\r\n“{name}” goes on. `aikore attach {}` comes back to it.", text(&instance, "slug"));
            Ok(())
        }
        End::Signal(signal) => Err(Failed::quiet(signal.saturating_add(128))),
        End::Unread => Ok(()),
    }
}

/// The one to come back to: that which is named, else the last that was opened, one that nobody looks at first. `None`: a
/// new one.
fn chosen<'a>(all: &'a [Value], matches: &ArgMatches) -> Result<Option<&'a Value>, Failed> {
    if options::flag(matches, "new") {
        return Ok(None);
    }
    if let Some(named) = optional(matches, "terminal") {
        let is_meant = |one: &&Value| text(one, "id") == named || text(one, "name") == named;
        let found = all.iter().rev().find(is_meant);
        return found
            .map(Some)
            .ok_or_else(|| find::unknown("terminal", named, all.iter().map(|one| text(one, "name"))));
    }
    let is_alone = |one: &&Value| one.get("attached").and_then(Value::as_u64) == Some(0);
    Ok(all.iter().rev().find(is_alone).or(all.last()))
}

async fn open(server: &Server, path: &str) -> Result<Value, Failed> {
    let (rows, cols) = terminal::size().unwrap_or((24, 80));
    Ok(server.call(Method::POST, path, Some(&json!({ "rows": rows, "cols": cols }))).await?.value)
}

fn row(session: &Value) -> Vec<crate::cli::out::Cell> {
    let attached = session.get("attached").map(Value::to_string).unwrap_or_default();
    ["id", "name", "created_at"]
        .map(|member| text(session, member).to_owned())
        .into_iter()
        .chain([attached, text(session, "program").to_owned()])
        .map(Into::into)
        .collect()
}
