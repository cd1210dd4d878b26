//! The command line: `aikore` is `aikore serve`; the other commands ask a running server, or show the settings.

mod blueprint;
mod client;
mod lock;
mod login;
mod serve;
mod show_config;

use std::process::ExitCode;

use clap::{ArgMatches, Command};

use crate::config::settings::TABLE;
use crate::config::{Config, ConfigError, Given};
use crate::runtime::{desktop, shim};

/// Exit code of a command that failed.
const FAILURE: u8 = 1;

/// Exit code of bad settings: starting again will not help until somebody changes them.
const BAD_SETTINGS: u8 = 2;

/// Why a command did not do its work: a line for a person, and the exit code.
#[derive(Debug)]
struct Failed {
    code: u8,
    why: String,
}

impl Failed {
    fn failure(why: impl std::fmt::Display) -> Self {
        Self { code: FAILURE, why: why.to_string() }
    }

    fn bad_settings(why: impl std::fmt::Display) -> Self {
        Self { code: BAD_SETTINGS, why: why.to_string() }
    }
}

impl From<ConfigError> for Failed {
    fn from(error: ConfigError) -> Self {
        Self::bad_settings(error)
    }
}

/// Runs the command this process was started with.
pub fn main() -> ExitCode {
    // Before anything else: there is one shim per running instance, and it needs nothing of what follows.
    if std::env::args_os().nth(1).is_some_and(|command| command == "shim") {
        return shim::main();
    }
    if std::env::args_os().nth(1).is_some_and(|command| command == desktop::keeper::COMMAND) {
        return desktop::keeper::main();
    }
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) if error.use_stderr() => {
            // One line: clap's usage text follows `--help`.
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            eprintln!("aikore: {line} (aikore --help lists the commands and settings)");
            return ExitCode::from(BAD_SETTINGS);
        }
        Err(help) => {
            print!("{help}");
            return ExitCode::SUCCESS;
        }
    };
    match run(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed { code, why }) => {
            eprintln!("aikore: {why}");
            ExitCode::from(code)
        }
    }
}

fn run(matches: &ArgMatches) -> Result<(), Failed> {
    let (name, arguments) = matches.subcommand().unwrap_or(("serve", matches));
    if name == "blueprint" {
        // It needs no settings.
        return blueprint::run(arguments);
    }
    let given = Given::from_matches(arguments);
    match name {
        "config" => show_config::show(&given),
        "health" => client::health(&given),
        "handover" => client::hand_over(&given),
        "setup-link" => login::setup_link(&given),
        "reset-password" => login::reset_password(&given),
        _ => serve::serve(Config::check(&given)?, &given),
    }
}

fn command() -> Command {
    Command::new("aikore")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Turns a GPU machine into a private AI studio")
        .after_help("Every setting is also an environment variable: --config-dir is AIKORE_CONFIG_DIR.")
        .args(TABLE.iter().map(crate::config::settings::Setting::arg))
        .subcommand(blueprint::command())
        .subcommand(Command::new("serve").about("Run the server (the default)"))
        .subcommand(Command::new("config").about("Check the settings and print them"))
        .subcommand(Command::new("health").about("Ask the running server whether it is well"))
        .subcommand(Command::new("setup-link").about("Print the one-time link that sets the first password"))
        .subcommand(
            Command::new("reset-password").about("Take the password away, end every session, print a setup link"),
        )
        .subcommand(Command::new("handover").about("End the running server and leave its instances to the next one"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
