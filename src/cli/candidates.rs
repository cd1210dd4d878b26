//! What may stand in an argument: asked of the server while somebody presses Tab.

use std::ffi::OsString;
use std::time::Duration;

use clap_complete::{ArgValueCandidates, CompletionCandidate};
use serde_json::Value;

use super::out::text;
use super::server::{self, Server};
use super::{Failed, options};

/// Nobody waits longer for a word.
const PATIENCE: Duration = Duration::from_secs(1);

/// The flags that name a server.
const NAMING: [&str; 3] = ["--config-dir", "--url", "--token"];

/// The instances: their slugs, which no shell needs quoted.
pub(super) fn instances() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        named("/api/instances", |all| all.as_array().into_iter().flatten().filter_map(instance).collect())
    })
}

/// The blueprints.
pub(super) fn blueprints() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        named("/api/system/blueprints", |catalogue| {
            let origins = ["custom", "stock"].iter().filter_map(|origin| catalogue.get(origin)?.as_array());
            origins.flatten().filter_map(blueprint).collect()
        })
    })
}

/// Whoever can't be asked knows none.
fn named(path: &str, read: impl FnOnce(&Value) -> Vec<CompletionCandidate>) -> Vec<CompletionCandidate> {
    let mut found = Vec::new();
    let asked = server::complete(async {
        let asked = Server::named(&told()?)?;
        let answer = tokio::time::timeout(PATIENCE, asked.get(path)).await.map_err(Failed::failure)??;
        found = read(&answer);
        Ok(())
    });
    asked.map_or_else(|_| Vec::new(), |()| found)
}

/// Which server is meant, by the words that stand on the line already and by the environment.
fn told() -> Result<clap::ArgMatches, Failed> {
    // A shell calls us as `aikore -- aikore exec one -- ls`. What stands behind the second `--` is another program's.
    let words = std::env::args_os().skip_while(|word| word != "--").skip(1);
    let mut words = words.take_while(|word| word != "--");
    let mut told: Vec<OsString> = vec!["aikore".into()];
    while let Some(word) = words.next() {
        let text = word.to_string_lossy().into_owned();
        if NAMING.contains(&&*text) {
            told.push(word);
            told.extend(words.next());
        } else if text.split_once('=').is_some_and(|(flag, _)| NAMING.contains(&flag)) {
            told.push(word);
        }
    }
    options::asking("aikore").ignore_errors(true).try_get_matches_from(told).map_err(Failed::bad_settings)
}

fn instance(instance: &Value) -> Option<CompletionCandidate> {
    let slug = text(instance, "slug");
    let help = format!("{}, {}", text(instance, "name"), text(instance, "status"));
    (!slug.is_empty()).then(|| CompletionCandidate::new(slug).help(Some(help.into())))
}

fn blueprint(blueprint: &Value) -> Option<CompletionCandidate> {
    let file = text(blueprint, "filename");
    let name = file.strip_suffix(".sh").unwrap_or(file);
    (!name.is_empty()).then(|| CompletionCandidate::new(name).help(Some(text(blueprint, "name").to_owned().into())))
}
