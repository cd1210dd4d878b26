//! `aikore restore FILE`: an archive into a folder that no server uses.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::time::SystemTime;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::lock::Lock;
use super::{Failed, options};
use crate::backups::{self, Manifest, Outcome};
use crate::config::{Config, Given};
use crate::domain::Timestamp;

/// So many of what is not in an archive are printed.
const TOLD: usize = 12;

pub(super) fn command() -> Command {
    options::local("restore")
        .about("Bring a backup back, into a folder that no server uses")
        .arg(Arg::new("archive").value_name("FILE").required(true).help("The archive that `aikore backup` has made"))
        .arg(
            Arg::new("replace")
                .long("replace")
                .action(ArgAction::SetTrue)
                .help("Into a folder that holds an AiKore already; what is replaced is kept in it, beside the rest"),
        )
        .arg(Arg::new("yes").long("yes").short('y').action(ArgAction::SetTrue).help("Don't ask"))
        .after_help(
            "Models, outputs and environments are not in a backup. Folders of models and outputs stay as they are; an \
             environment is made anew, with the same versions, when its instance starts.",
        )
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), Failed> {
    let archive = matches.get_one::<String>("archive").map(Path::new).unwrap_or(Path::new(""));
    let refused = |error: backups::RestoreError| Failed::failure(format!("{}: {error}", archive.display()));
    // Before a folder is chosen, which would make it.
    let manifest = backups::check(archive).map_err(refused)?;
    let layout = Config::check(&Given::from_matches(&[matches]))?.layout;
    if !matches.get_flag("yes") && !asked(&manifest, layout.root())? {
        return Err(Failed::failure("nothing was restored"));
    }
    let run_is_new = !layout.run().exists();
    std::fs::create_dir_all(layout.run()).map_err(Failed::failure)?;
    let lock = Lock::take(&layout)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failed::failure)?;
    let now = Timestamp::of(SystemTime::now());
    let restored = runtime.block_on(backups::restore(archive, &layout, matches.get_flag("replace"), now));
    if restored.is_err() && run_is_new {
        // As it was; whoever has come meanwhile keeps it.
        drop(lock);
        let _ = std::fs::remove_file(layout.lock()).and_then(|()| std::fs::remove_dir(layout.run()));
    }
    let outcome = restored.map_err(refused)?;
    write!(std::io::stdout(), "{}", told(&outcome, layout.root())).map_err(Failed::writing)
}

fn asked(manifest: &Manifest, folder: &Path) -> Result<bool, Failed> {
    if !std::io::stdin().is_terminal() {
        return Err(Failed::failure("say --yes where nobody can be asked. Nothing was restored"));
    }
    let Manifest { at, instances, .. } = manifest;
    print!("Restore the backup of {at} with {} into {}? [y/N] ", count(instances.len(), "instance"), folder.display());
    std::io::stdout().flush().map_err(Failed::writing)?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(Failed::failure)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// What came back, what is to be made anew, and what was not in it.
fn told(outcome: &Outcome, folder: &Path) -> String {
    let Outcome { manifest, written, rebuilt, aside } = outcome;
    let mut text = format!(
        "Restored the backup of {} (AiKore {}) into {}: {}, {}.\n",
        manifest.at,
        manifest.version,
        folder.display(),
        count(manifest.instances.len(), "instance"),
        count(*written, "file")
    );
    let mut line = |words: String| {
        text.push_str(&words);
        text.push('\n');
    };
    for instance in &manifest.instances {
        let of = instance.satellite_of.as_ref().map(|parent| format!(", a satellite of {parent}")).unwrap_or_default();
        let again = if rebuilt.contains(&instance.name) {
            ": its next start makes its code and its environment anew, with the versions of the backup"
        } else {
            ""
        };
        line(format!("  {}{of}{again}", instance.name));
    }
    if let Some(aside) = aside {
        line(format!("What was replaced is in {}.", aside.display()));
    }
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in &manifest.left_out {
        missing.entry(one.why.as_str()).or_default().push(one.what.as_str());
    }
    line("Not in the backup:".to_owned());
    for (why, what) in missing.iter().take(TOLD) {
        let (shown, rest) = what.split_at(what.len().min(3));
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        line(format!("  {}{more}: {why}", shown.join(", ")));
    }
    line("Start it with `aikore serve`. The password is that of the backup; everybody logs in again.".to_owned());
    text
}
