//! The command line: `aikore` is `aikore serve`; the other commands ask a running server, or look at files.

mod backup;
mod blueprint;
mod candidates;
mod commands;
mod failed;
mod find;
mod lock;
mod login;
mod options;
mod out;
mod pages;
mod progress;
mod restore;
mod serve;
mod server;
mod show_config;
mod signals;
mod terminal;
mod waiting;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Command};

use crate::config::settings::{Setting, TABLE};
use crate::config::{Config, Given};
use crate::runtime::{desktop, shim};

use failed::Failed;

/// Runs the command this process was started with.
pub fn main() -> ExitCode {
    // Before anything else: there is one shim per running instance, and it needs nothing of what follows.
    if std::env::args_os().nth(1).is_some_and(|command| command == "shim") {
        return shim::main();
    }
    if std::env::args_os().nth(1).is_some_and(|command| command == desktop::keeper::COMMAND) {
        return desktop::keeper::main();
    }
    match pages::complete() {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("aikore: {}", failed.why);
            return ExitCode::from(failed.code);
        }
    }
    let asked = command().try_get_matches();
    let is_json = asked.as_ref().is_ok_and(options::is_json);
    let done = match &asked {
        Ok(matches) => run(matches),
        Err(error) => usage(error),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            if is_json && !failed.why.is_empty() {
                eprintln!("{}", failed.as_json());
            } else if !failed.why.is_empty() {
                eprintln!("aikore: {}", failed.why);
            }
            ExitCode::from(failed.code)
        }
    }
}

/// A help that was asked for, or what is wrong with a command line, in one line.
fn usage(error: &clap::Error) -> Result<(), Failed> {
    let text = error.to_string();
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return out::help(error);
    }
    // clap's usage text follows `--help`. What is missing stands on lines of its own.
    let lines: Vec<&str> = text.lines().take_while(|line| !line.starts_with("Usage:")).map(str::trim).collect();
    let line = lines.join(" ");
    let line = line.trim_start_matches("error: ").trim();
    let line = line.split_once(" For more information").map_or(line, |(line, _)| line);
    Err(Failed::bad_settings(format!("{line} (--help lists the commands, and with a command what it takes)")))
}

fn run(matches: &ArgMatches) -> Result<(), Failed> {
    let (name, arguments) = matches.subcommand().unwrap_or(("serve", matches));
    // Flags of the server may stand before the command, too.
    let given = || Given::from_matches(&[matches, arguments]);
    match name {
        "serve" => serve::serve(Config::check(&given())?, &given()),
        "config" => show_config::show(&given()),
        "blueprint" if arguments.subcommand_name() == Some("check") => blueprint::run(arguments),
        "backup" => backup::run(arguments),
        "restore" => restore::run(arguments),
        "health" => commands::health(arguments),
        "handover" => commands::hand_over(arguments),
        "setup-link" => login::setup_link(arguments),
        "reset-password" => login::reset_password(arguments),
        "completions" | "man" | "reference" => pages::print(name, command(), arguments),
        _ => commands::run(name, arguments).unwrap_or_else(|| Err(Failed::bad_settings(format!("no command {name}")))),
    }
}

/// The whole command line. A command that asks a server is one line in `commands`.
fn command() -> Command {
    Command::new("aikore")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Turns a GPU machine into a private AI studio")
        .after_help(format!(
            "Without a command the server runs; `aikore serve --help` lists its settings, each of which is also an environment \
             variable: --config-dir is AIKORE_CONFIG_DIR.\n\nExit codes:\n{}",
            failed::table()
        ))
        // The folder may be named before every command.
        .args(settings().map(|setting| {
            let is_folder = setting.get_id() == "config-dir";
            setting.hide(true).global(is_folder)
        }))
        .subcommand(Command::new("serve").about("Run the server (the default)").args(settings()))
        .subcommand(Command::new("config").about("Check the settings of the server and print them").args(settings()))
        .subcommands(commands::all())
        .subcommand(blueprint::command().subcommands(commands::of_blueprints()))
        .subcommand(backup::command())
        .subcommand(restore::command())
        .subcommand(options::asking("health").about("Ask the running server whether it is well"))
        .subcommand(options::local("setup-link").about("Print the one-time link that sets the first password"))
        .subcommand(
            options::local("reset-password").about("Take the password away, end every session, print a setup link"),
        )
        .subcommand(options::local("handover").about("End the running server and leave its instances to the next one"))
        .subcommands(pages::commands())
}

fn settings() -> impl Iterator<Item = Arg> {
    TABLE.iter().map(Setting::arg)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
