//! `aikore blueprint check FILE…`: what is wrong with blueprints, without a server.

use std::io::Write;
use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::Failed;
use crate::checks::{Checks, Level, Problem, Report};

pub(super) fn command() -> Command {
    let check = Command::new("check")
        .about("Check blueprints: header, habits that end badly, bash's and shellcheck's word")
        .arg(Arg::new("file").value_name("FILE").num_args(1..).required(true).help("Scripts, or - for standard input"))
        .arg(Arg::new("strict").long("strict").action(ArgAction::SetTrue).help("Fail with warnings too"))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print the findings as JSON"));
    Command::new("blueprint")
        .about("Work on blueprints")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(check)
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), Failed> {
    let Some(("check", arguments)) = matches.subcommand() else { return Ok(()) };
    let files: Vec<&String> = arguments.get_many("file").unwrap_or_default().collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failed::failure)?;
    let mut reports = Vec::new();
    for file in files {
        let text = read(file).map_err(|error| Failed::failure(format!("{file} can't be read: {error}")))?;
        reports.push((file.as_str(), runtime.block_on(Checks::default().blueprint(&text))));
    }
    let count = |wanted: &dyn Fn(Level) -> bool| {
        reports.iter().flat_map(|(_, report)| &report.problems).filter(|problem| wanted(problem.level)).count()
    };
    let errors = count(&|level| level == Level::Error);
    let warnings = count(&|level| level != Level::Error);
    let told = if arguments.get_flag("json") {
        as_json(&reports)?
    } else {
        let all = reports.len();
        format!("{}{all} checked, {errors} errors, {warnings} warnings\n", as_lines(&reports))
    };
    // A reader that has seen enough closes the pipe.
    let _ = std::io::stdout().write_all(told.as_bytes());
    if errors > 0 || (warnings > 0 && arguments.get_flag("strict")) {
        return Err(Failed::failure("not every blueprint is clean"));
    }
    Ok(())
}

fn read(file: &str) -> std::io::Result<String> {
    let bytes = if file == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)?;
        bytes
    } else {
        std::fs::read(Path::new(file))?
    };
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// As compilers tell it, so that editors find the place.
fn as_lines(reports: &[(&str, Report)]) -> String {
    let line = |file: &str, problem: &Problem| {
        let code = problem.code.as_deref().map(|code| format!(" [{code}]")).unwrap_or_default();
        let level = match problem.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Info | Level::Style => "note",
        };
        format!("{file}:{}:{}: {level}: {}{code}\n", problem.line, problem.column, problem.message)
    };
    let of = |(file, report): &(&str, Report)| {
        let lines: String = report.problems.iter().map(|problem| line(file, problem)).collect();
        let missing = !report.checked_by.contains(&"shellcheck");
        let note = report.note.iter().map(|note| format!("{file}: note: {note}\n")).collect::<String>();
        let unseen = if missing {
            format!("{file}: note: shellcheck is not installed, so it has not looked\n")
        } else {
            String::new()
        };
        lines + &note + &unseen
    };
    reports.iter().map(of).collect()
}

fn as_json(reports: &[(&str, Report)]) -> Result<String, Failed> {
    let all: Vec<_> =
        reports.iter().map(|(file, report)| serde_json::json!({ "file": file, "report": report })).collect();
    serde_json::to_string_pretty(&all).map(|text| text + "\n").map_err(Failed::failure)
}
