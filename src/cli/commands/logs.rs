//! `aikore logs`: what an instance has printed, and what it prints.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::{Context, given, instance_arg, optional};
use crate::cli::out::{Out, text};
use crate::cli::server::{Heard, Server, encoded};
use crate::cli::{Failed, find, options};

/// More than any log that is kept.
const ALL: u64 = 1 << 50;

/// The instance was deleted meanwhile (docs of the API).
const REMOVED: u16 = 4410;

pub(super) fn command() -> Command {
    options::asking("logs")
        .about("Print the log of an instance")
        .arg(instance_arg())
        .arg(
            Arg::new("follow")
                .long("follow")
                .short('f')
                .action(ArgAction::SetTrue)
                .help("Go on with what is printed, from run to run, until Ctrl-C"),
        )
        .arg(
            Arg::new("lines")
                .long("lines")
                .short('n')
                .value_name("NUMBER")
                .value_parser(value_parser!(u32))
                .help("Begin with the last lines only"),
        )
        .arg(
            Arg::new("run")
                .long("run")
                .value_name("RUN")
                .help("A run of before: its number, or its name, as --runs lists them [default: the latest]"),
        )
        .arg(
            Arg::new("runs")
                .long("runs")
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["follow", "lines", "run"])
                .help("List the runs whose logs are kept"),
        )
}

pub(super) async fn run(context: &Context, matches: &ArgMatches) -> Result<(), Failed> {
    let Context { server, out } = context;
    let instance = find::instance(server, given(matches, "instance")).await?;
    let id = find::id(&instance);
    if options::flag(matches, "runs") {
        return list_runs(context, id).await;
    }
    let follow = options::flag(matches, "follow");
    let mut query = match matches.get_one::<u32>("lines") {
        // None at all is what comes from now on.
        Some(0) => "tail=0&lines=0".to_owned(),
        Some(lines) => format!("tail={ALL}&lines={lines}"),
        None => "offset=0".to_owned(),
    };
    if let Some(named) = optional(matches, "run") {
        query += &format!("&run={}&only=true", encoded(&run_of(server, id, named).await?));
    }
    print(server, out, &format!("/api/instances/{id}/logs/follow?{query}"), follow).await
}

/// The name of a run.
async fn run_of(server: &Server, id: i64, named: &str) -> Result<String, Failed> {
    let runs = server.get(&format!("/api/instances/{id}/logs/runs")).await?;
    let is_meant = |run: &&Value| {
        text(run, "run") == named
            || run.get("number").and_then(Value::as_u64).map(|n| n.to_string()).as_deref() == Some(named)
    };
    let runs = runs.as_array().map(Vec::as_slice).unwrap_or_default();
    let found = runs.iter().find(is_meant).map(|run| text(run, "run").to_owned());
    found.ok_or_else(|| find::unknown("run", named, runs.iter().map(|run| text(run, "run"))))
}

async fn list_runs(Context { server, out }: &Context, id: i64) -> Result<(), Failed> {
    let runs = server.get(&format!("/api/instances/{id}/logs/runs")).await?;
    if out.json {
        return out.value(&runs);
    }
    let row = |run: &Value| {
        let exit = run.get("exit").filter(|exit| !exit.is_null());
        let number = |member: &str| exit.and_then(|exit| exit.get(member)?.as_i64());
        let ended = match (number("code"), number("signal")) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => String::new(),
        };
        let size = run.get("size").and_then(Value::as_u64).map(crate::cli::out::size).unwrap_or_default();
        vec![
            run.get("number").map(Value::to_string).unwrap_or_default().into(),
            text(run, "run").into(),
            text(run, "started_at").into(),
            text(run, "ended_at").into(),
            ended.into(),
            size.into(),
        ]
    };
    let rows: Vec<_> = runs.as_array().into_iter().flatten().map(row).collect();
    out.table(&["NUMBER", "RUN", "STARTED", "ENDED", "BY", "SIZE"], &rows)
}

/// Prints what comes until there is no more, or, to follow it, until somebody ends it.
async fn print(server: &Server, out: &Out, path: &str, follow: bool) -> Result<(), Failed> {
    let mut socket = server.websocket(path).await?;
    let mut lines = Lines::default();
    let failed = loop {
        match socket.hear().await {
            Heard::Bytes(bytes) if out.json => {
                for line in lines.take(&bytes) {
                    out.value_line(&json!({ "line": line }))?;
                }
            }
            Heard::Bytes(bytes) if out.is_seen => out.bytes(&bytes)?,
            // Apps print to a terminal, which ends lines in its own way.
            Heard::Bytes(bytes) => out.bytes(&lines.plain(&bytes))?,
            Heard::Word(word) => {
                if let Some(fault) = word.get("fault") {
                    break Some(fault.as_str().unwrap_or_default().to_owned());
                }
                if out.json && word.get("begins").is_some() {
                    out.value_line(&word)?;
                }
                if word.get("caught_up").is_some() && !follow {
                    break None;
                }
            }
            Heard::Closed { code: 1000, .. } => break None,
            Heard::Closed { code: 1001, .. } => break Some("the server stops".to_owned()),
            Heard::Closed { code: REMOVED, reason } => break Some(reason),
            Heard::Closed { reason, .. } => break Some(format!("the server says no more: {reason}")),
            Heard::Lost => break Some("the connection to the server is lost".to_owned()),
        }
    };
    if out.json {
        if let Some(line) = lines.rest() {
            out.value_line(&json!({ "line": line }))?;
        }
    } else if !out.is_seen {
        out.bytes(&lines.rest().map(String::into_bytes).unwrap_or_default())?;
    }
    socket.close().await;
    failed.map_or(Ok(()), |why| Err(Failed::failure(why)))
}

/// Puts bytes, cut anywhere, together to lines.
#[derive(Debug, Default)]
struct Lines {
    heard: Vec<u8>,
}

impl Lines {
    /// Whole lines, without their ends.
    fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        self.heard.extend(bytes);
        let Some(end) = memchr::memrchr(b'\n', &self.heard) else { return Vec::new() };
        let whole: Vec<u8> = self.heard.drain(..=end).collect();
        String::from_utf8_lossy(&whole).lines().map(|line| line.trim_end_matches('\r').to_owned()).collect()
    }

    /// The bytes with the line ends of files. What may be the half of a line end waits for the other half.
    fn plain(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.heard.extend(bytes);
        let held = usize::from(self.heard.ends_with(b"\r"));
        let whole: Vec<u8> = self.heard.drain(..self.heard.len() - held).collect();
        let mut plain = Vec::with_capacity(whole.len());
        for byte in whole {
            if byte == b'\n' && plain.ends_with(b"\r") {
                plain.pop();
            }
            plain.push(byte);
        }
        plain
    }

    /// What has no line end.
    fn rest(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.heard);
        (!rest.is_empty()).then(|| String::from_utf8_lossy(&rest).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_cut_anywhere() {
        let text = "a\r\nb\rc\n\r\nü\r\nend";
        for size in 1..text.len() {
            let (mut lines, mut plain) = (Lines::default(), Lines::default());
            let (mut whole, mut bytes) = (Vec::new(), Vec::new());
            for piece in text.as_bytes().chunks(size) {
                whole.extend(lines.take(piece));
                bytes.extend(plain.plain(piece));
            }
            assert_eq!(
                (whole, lines.rest()),
                (vec!["a".into(), "b\rc".into(), String::new(), "ü".into()], Some("end".into()))
            );
            assert_eq!(String::from_utf8(bytes).unwrap(), "a\nb\rc\n\nü\nend", "{size}");
        }
    }
}
