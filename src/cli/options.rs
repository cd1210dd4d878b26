//! What every command that asks a server takes: which one, by whose right, and in which form the answer comes.

use clap::{Arg, ArgAction, ArgMatches, Command};

/// The heading these stand under in the help.
const HEADING: &str = "Server";

/// A command that asks the server of this machine only, by its socket.
pub(super) fn local(name: &'static str) -> Command {
    Command::new(name).arg(config_dir())
}

/// A command that asks a server, here or anywhere.
pub(super) fn asking(name: &'static str) -> Command {
    Command::new(name).args(all())
}

fn config_dir() -> Arg {
    Arg::new("config-dir")
        .long("config-dir")
        .value_name("FOLDER")
        .env("AIKORE_CONFIG_DIR")
        .hide_env_values(true)
        .help_heading(HEADING)
        .help("Folder of the server on this machine [default: /config if it is there, else ./data]")
}

fn all() -> [Arg; 4] {
    [
        config_dir(),
        Arg::new("url")
            .long("url")
            .value_name("URL")
            .env("AIKORE_URL")
            .hide_env_values(true)
            .help_heading(HEADING)
            .help("Ask the server at this address instead of the one on this machine"),
        Arg::new("token")
            .long("token")
            .value_name("TOKEN")
            .env("AIKORE_TOKEN")
            .hide_env_values(true)
            .help_heading(HEADING)
            .help("Token for --url; better in AIKORE_TOKEN, since others see command lines"),
        Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help_heading(HEADING)
            .help("Print the server's own JSON, errors too (on standard error)"),
    ]
}

/// The value of one of these, unless it is empty, as compose files write what is not set.
pub(super) fn value<'a>(matches: &'a ArgMatches, name: &str) -> Option<&'a str> {
    let value = matches.try_get_one::<String>(name).ok().flatten();
    value.map(|value| value.trim()).filter(|value| !value.is_empty())
}

/// Whether a flag was given, also to a command that does not know it.
pub(super) fn flag(matches: &ArgMatches, name: &str) -> bool {
    matches.try_get_one::<bool>(name).ok().flatten().copied().unwrap_or_default()
}

/// Whether the answer is for a program: said to the command, or to one below it.
pub(super) fn is_json(matches: &ArgMatches) -> bool {
    flag(matches, "json") || matches.subcommand().is_some_and(|(_, below)| is_json(below))
}
