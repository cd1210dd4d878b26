//! `aikore-bench`: what a request costs through AiKore, NGINX and HAProxy, side by side, and what the runtime takes.
//! README.md says how to read it.

mod chatter;
mod effort;
mod events;
mod failure;
mod http1;
mod load;
mod machine;
mod measure;
mod processes;
mod proxies;
mod report;
mod run;
mod scenarios;
mod statistics;
mod upstream;
mod websocket;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use failure::{Failure, Result};
use run::Options;

/// Side by side with NGINX and HAProxy: CPU time per request, memory, and changes of routes. And what the runtime takes.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Three minutes instead of twenty.
    #[arg(long)]
    quick: bool,
    /// Only these scenarios (--list names them).
    #[arg(long, value_delimiter = ',', value_name = "SCENARIO,…")]
    only: Vec<String>,
    /// How often every proxy has its turn.
    #[arg(long)]
    rounds: Option<usize>,
    /// Write the result to this file, and the table to its .md.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write it to bench/results, as DATE-LABEL.json.
    #[arg(long, value_name = "LABEL", conflicts_with = "json")]
    keep: Option<String>,
    /// The date in the result [default: today, UTC].
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<String>,
    /// The binary under test.
    #[arg(long, default_value = "target/release/aikore", value_name = "PATH")]
    binary: PathBuf,
    /// Exit with 1 when a hard goal is missed, not only after errors.
    #[arg(long)]
    strict: bool,
    /// Name the scenarios and stop.
    #[arg(long)]
    list: bool,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// The app behind the proxies (started by the comparison itself).
    Upstream {
        /// Where to listen.
        address: SocketAddr,
        /// How many threads serve.
        #[arg(long, default_value_t = 1)]
        threads: usize,
    },
    /// An app that fills its log (started by AiKore).
    Chatter {
        /// How many lines it prints.
        lines: u64,
    },
}

fn main() -> ExitCode {
    let result = match Arguments::parse() {
        Arguments { part: Some(Part::Upstream { address, threads }), .. } => {
            upstream::serve(address, threads).map(|()| true)
        }
        Arguments { part: Some(Part::Chatter { lines }), .. } => chatter::talk(lines).map(|()| true),
        Arguments { list: true, .. } => {
            for (name, title) in scenarios::all() {
                println!("{name:<20} {title}");
            }
            Ok(true)
        }
        arguments => compare(arguments),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(arguments: Arguments) -> Result<bool> {
    let date = arguments.date.unwrap_or_else(machine::today);
    let kept = arguments.keep.map(|label| PathBuf::from(format!("bench/results/{date}-{label}.json")));
    let options = Options {
        quick: arguments.quick,
        only: arguments.only,
        rounds: arguments.rounds,
        json: arguments.json.or(kept),
        date,
        binary: arguments.binary,
        strict: arguments.strict,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Whatever ends this, what is dropped on the way out ends what was started: proxies, apps, load, folders.
    let result = runtime.block_on(async {
        tokio::select! {
            result = run::run(&options) => result,
            result = interrupted() => result,
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

async fn interrupted() -> Result<bool> {
    let (mut int, mut term) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = int.recv() => {}
        _ = term.recv() => {}
        _ = hangup.recv() => {}
    }
    Err(Failure::new("interrupted"))
}
