//! `aikore trash`: what was removed, and back with it.

use clap::{Arg, ArgMatches, Command};
use http::Method;
use serde_json::Value;

use super::{Context, given, optional};
use crate::cli::out::{Cell, Style, shown, size, text};
use crate::cli::server::encoded;
use crate::cli::{Failed, find, options};

pub(super) fn command() -> Command {
    let restore = options::asking("restore")
        .about("Bring something back")
        .arg(Arg::new("entry").value_name("ENTRY").required(true).help("As `aikore trash list` names it"))
        .arg(Arg::new("name").long("name").value_name("NAME").help("Bring an instance back under another name"))
        .arg(
            Arg::new("blueprint")
                .long("blueprint")
                .value_name("FILE")
                .help("The blueprint it was made from, where that is not known"),
        );
    Command::new("trash")
        .about("List what was removed, and bring it back")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(options::asking("list").about("List what the trash holds").visible_alias("ls"))
        .subcommand(restore)
}

pub(super) async fn run(name: &str, Context { server, out }: Context, matches: &ArgMatches) -> Result<(), Failed> {
    let trash = server.get("/api/trash").await?;
    let all = trash.as_array().map(Vec::as_slice).unwrap_or_default();
    if name == "list" {
        if out.json {
            return out.value(&trash);
        }
        let rows: Vec<Vec<Cell>> = all.iter().map(row).collect();
        return out.table(&["ENTRY", "WHAT", "DELETED", "SIZE", "TITLE", "BACK"], &rows);
    }
    let named = given(matches, "entry");
    let is_meant = |entry: &&Value| text(entry, "name") == named || text(entry, "title") == named;
    let mut meant = all.iter().filter(is_meant);
    let entry = match (meant.next(), meant.next()) {
        (Some(entry), None) => entry,
        (None, _) => return Err(find::unknown("entry of the trash", named, all.iter().map(|one| text(one, "title")))),
        _ => all.iter().find(|entry| text(entry, "name") == named).ok_or_else(|| {
            Failed::bad_settings(format!("several things in the trash are called '{named}': name the entry"))
        })?,
    };
    let query = [("name", "name"), ("blueprint", "blueprint")]
        .iter()
        .filter_map(|(flag, member)| Some(format!("{member}={}", encoded(optional(matches, flag)?))))
        .collect::<Vec<_>>()
        .join("&");
    let path = format!("/api/trash/{}/restore?{query}", encoded(text(entry, "name")));
    let answer = server.call(Method::POST, path.trim_end_matches('?'), None).await?.value;
    if out.json {
        return out.value(&answer);
    }
    let back = [text(&answer, "name"), text(entry, "title")].into_iter().find(|name| !name.is_empty());
    let note = text(&answer, "note");
    let note = if note.is_empty() { String::new() } else { format!(". {note}") };
    out.line(&format!("{} is back{note}", shown(back.unwrap_or(named))))
}

fn row(entry: &Value) -> Vec<Cell> {
    let back = match entry.get("restorable").and_then(Value::as_bool) {
        Some(true) => Cell::new("yes", Style::Good),
        _ => Cell::new(format!("no: {}", text(entry, "why_not")), Style::Bad),
    };
    let taken = entry.get("size").and_then(Value::as_u64).map(size).unwrap_or_default();
    vec![
        text(entry, "name").into(),
        text(entry, "kind").into(),
        text(entry, "deleted_at").into(),
        taken.into(),
        text(entry, "title").into(),
        back,
    ]
}
