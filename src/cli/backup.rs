//! `aikore backup`: one archive of what can't be made again, by the server or, where none runs, without it.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use clap::{Arg, ArgMatches, Command};
use http::Method;
use serde_json::Value;
use tokio::runtime::Builder;

use super::lock::Lock;
use super::server::{self, Server};
use super::signals::Signals;
use super::{Failed, options};
use crate::backups::{self, Reason};
use crate::config::folder;
use crate::domain::Layout;

/// How often the job is asked how far it is.
const ASKING: Duration = Duration::from_millis(200);

pub(super) fn command() -> Command {
    options::asking("backup")
        .about("Back up the store, scripts, blueprints and small settings; not environments, models, outputs")
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FILE")
                .help("Where the archive goes [default: the server's own folder of backups]"),
        )
        .after_help("`aikore restore FILE` brings it back.")
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), Failed> {
    let output = matches.get_one::<String>("output").map(PathBuf::from);
    if let Some(output) = &output
        && fs::symlink_metadata(output).is_ok()
    {
        return Err(Failed::failure(format!("{} is there already: name another file", output.display())));
    }
    let layout = Layout::new(folder::served(options::value(matches, "config-dir")));
    let path = if options::value(matches, "url").is_none() && !Server::is_here(&layout) {
        without_server(&layout, output.as_deref())?
    } else {
        let server = Server::named(matches)?;
        let mut path = PathBuf::new();
        server::run(async {
            path = by_server(&server, &layout, output.as_deref(), !options::flag(matches, "json")).await?;
            Ok(())
        })?;
        path
    };
    let told = if options::flag(matches, "json") {
        serde_json::json!({ "path": path }).to_string()
    } else {
        format!("Saved as {}.", path.display())
    };
    writeln!(std::io::stdout(), "{told}").map_err(Failed::writing)
}

fn without_server(layout: &Layout, output: Option<&Path>) -> Result<PathBuf, Failed> {
    if !layout.database().exists() {
        return Err(Failed::failure(format!(
            "{} holds no AiKore: there is nothing to back up",
            layout.root().display()
        )));
    }
    fs::create_dir_all(layout.run()).map_err(Failed::failure)?;
    let _lock = Lock::take(layout)?;
    // A thread of its own hears that we are to end: writing waits for the disk.
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(Failed::failure)?;
    let ended_by = Arc::new(AtomicU8::new(0));
    let mut signals = {
        let _inside = runtime.enter();
        Signals::listen().map_err(Failed::failure)?
    };
    let heard = Arc::clone(&ended_by);
    runtime.spawn(async move { heard.store(signals.next().await, Ordering::Relaxed) });
    let go_on = || ended_by.load(Ordering::Relaxed) == 0;
    let made = backups::back_up_unused(layout, Reason::Manual, usize::MAX, output, &go_on);
    runtime.block_on(made).map_err(|error| match ended_by.load(Ordering::Relaxed) {
        0 => Failed::failure(error.to_string().trim_end_matches('.')),
        signal => Failed::quiet(signal.saturating_add(128)),
    })
}

async fn by_server(server: &Server, layout: &Layout, output: Option<&Path>, tells: bool) -> Result<PathBuf, Failed> {
    let before = names(&server.get("/api/backups").await?);
    let jobs = server.get("/api/jobs").await?;
    // One that somebody else waits for stays with the server.
    let is_ours = !jobs.as_array().into_iter().flatten().any(|job| is(job, "kind", "backup") && is_going_on(job));
    let answer = server.call(Method::POST, "/api/backups", None).await?;
    let id = answer.job.ok_or_else(|| Failed::failure("the server began no backup"))?;
    let mut line = Line { shown: tells && std::io::stderr().is_terminal(), length: 0 };
    let job = loop {
        let job = server.get(&format!("/api/jobs/{id}")).await?;
        if !is_going_on(&job) {
            break job;
        }
        line.show(job.get("message").and_then(Value::as_str).unwrap_or_default());
        tokio::time::sleep(ASKING).await;
    };
    line.show("");
    if !is(&job, "state", "done") {
        let why = job.get("error").and_then(Value::as_str).unwrap_or("the backup was cancelled");
        return Err(Failed::failure(why.trim_end_matches('.')));
    }
    let after = server.get("/api/backups").await?;
    let name = after.as_array().into_iter().flatten().filter_map(name).find(|name| !before.contains(*name));
    let name = name.ok_or_else(|| Failed::failure("the backup is not there any more"))?;
    let Some(output) = output else { return Ok(layout.backups().join(name)) };
    download(server, name, output).await?;
    if is_ours {
        server.call(Method::DELETE, &format!("/api/backups/{}", server::encoded(name)), None).await?;
    }
    Ok(output.to_owned())
}

/// Beside its place first: it is whole or not there.
async fn download(server: &Server, name: &str, output: &Path) -> Result<(), Failed> {
    let failed = |error: std::io::Error| Failed::failure(format!("{}: {error}", output.display()));
    let mut part = output.to_owned().into_os_string();
    part.push(format!(".part-{:08x}", fastrand::u32(..)));
    let part = PathBuf::from(part);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(failed)?;
    let fetched = async {
        let mut answer = server.open(&format!("/api/backups/{}/download", server::encoded(name))).await?;
        while let Some(piece) = answer.chunk().await.map_err(Failed::failure)? {
            file.write_all(&piece).map_err(failed)?;
        }
        file.sync_all().and_then(|()| fs::rename(&part, output)).map_err(failed)
    };
    let fetched = fetched.await;
    if fetched.is_err() {
        let _ = fs::remove_file(&part);
    }
    fetched
}

/// A line that is written again and again, for who looks on.
struct Line {
    shown: bool,
    length: usize,
}

impl Line {
    fn show(&mut self, text: &str) {
        if self.shown {
            let length = text.chars().count();
            eprint!("\r{text}{}\r", " ".repeat(self.length.saturating_sub(length)));
            self.length = length;
        }
    }
}

fn names(list: &Value) -> HashSet<String> {
    list.as_array().into_iter().flatten().filter_map(name).map(str::to_owned).collect()
}

fn name(backup: &Value) -> Option<&str> {
    backup.get("name").and_then(Value::as_str)
}

fn is(value: &Value, member: &str, word: &str) -> bool {
    value.get(member).and_then(Value::as_str) == Some(word)
}

fn is_going_on(job: &Value) -> bool {
    is(job, "state", "queued") || is(job, "state", "running")
}
