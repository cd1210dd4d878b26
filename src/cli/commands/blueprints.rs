//! `aikore blueprint list` and `show`: the catalogue of a server.

use clap::{Arg, ArgMatches, Command};
use serde_json::Value;

use super::{Context, given};
use crate::cli::out::{Cell, list, text};
use crate::cli::server::{Server, encoded};
use crate::cli::{Failed, candidates, find, options};

pub(crate) fn commands() -> [Command; 2] {
    let named = Arg::new("blueprint")
        .value_name("BLUEPRINT")
        .required(true)
        .add(candidates::blueprints())
        .help("As `aikore blueprint list` names it, with or without .sh");
    [
        options::asking("list").about("List the blueprints a server has").visible_alias("ls"),
        options::asking("show").about("Print a blueprint").arg(named),
    ]
}

pub(super) async fn run(name: &str, Context { server, out }: Context, matches: &ArgMatches) -> Result<(), Failed> {
    if name == "list" {
        let catalogue = server.get("/api/system/blueprints").await?;
        if out.json {
            return out.value(&catalogue);
        }
        let rows = |origin: &'static str| list(&catalogue, origin).iter().map(move |one| row(origin, one));
        let rows: Vec<Vec<Cell>> = rows("custom").chain(rows("stock")).collect();
        return out.table(&["FILE", "NAME", "CATEGORY", "FROM", "GPU", "DESCRIPTION"], &rows);
    }
    let all = all(&server).await?;
    let named = given(matches, "blueprint");
    let files = || all.iter().map(|blueprint| text(blueprint, "filename"));
    let file = files()
        .find(|file| *file == named || file.strip_suffix(".sh") == Some(named))
        .ok_or_else(|| find::unknown("blueprint", named, files()))?;
    let blueprint = server.get(&format!("/api/system/blueprints/{}", encoded(file))).await?;
    if out.json { out.value(&blueprint) } else { out.bytes(text(&blueprint, "content").as_bytes()) }
}

/// Every blueprint, the user's own first: they take the place of stock ones.
pub(super) async fn all(server: &Server) -> Result<Vec<Value>, Failed> {
    let catalogue = server.get("/api/system/blueprints").await?;
    Ok(["custom", "stock"].into_iter().flat_map(|origin| list(&catalogue, origin)).cloned().collect())
}

fn row(origin: &str, blueprint: &Value) -> Vec<Cell> {
    let words = ["filename", "name", "category"].map(|member| Cell::from(text(blueprint, member)));
    let rest = [origin, text(blueprint, "gpu"), text(blueprint, "description")].map(Cell::from);
    words.into_iter().chain(rest).collect()
}
