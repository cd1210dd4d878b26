//! What is written about the command line, made of the command line as it is: the man page, the reference, completions.

mod man;
mod reference;

use std::path::Path;

use clap::{Arg, ArgMatches, Command};
use clap_complete::CompleteEnv;
use clap_complete::env::Shells;

use super::Failed;
use super::out::Out;

/// The variables that commands look at besides the server's settings.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("AIKORE_CONFIG_DIR", "The folder of the server on this machine, as --config-dir."),
    ("AIKORE_URL", "The address of the server to ask, as --url; a path in it is kept: https://ai.example.com/ai."),
    ("AIKORE_TOKEN", "The token for that server, as --token."),
    (
        "SSL_CERT_FILE",
        "Certificates of the authorities to trust instead of the system's: a server's own is <config>/tls/ca.pem.",
    ),
    ("NO_COLOR", "Not empty: no colours."),
];

/// The files that commands use.
const FILES: &[(&str, &str)] = &[
    ("<config>/run/admin.sock", "The server's socket. Who may open it, its own user, needs no token."),
    ("<config>/run/listen", "The addresses of the dashboard, one a line, while the server runs."),
];

/// How answers come, for whoever writes programs.
const OUTPUT: &str = "At a terminal lists are tables with heads and colours; in a pipe they are lines whose fields are separated by \
                      tabs, without heads. With --json the server's own JSON is printed: one document, or for what goes on (events, \
                      logs) one object a line; errors are an object with the member `detail` on standard error.";

/// Whom a command asks.
const ASKING: &str = "A command that asks a server asks the one on this machine by its socket, without a login; or, with --url, any \
                      server by a token.";

/// A command as it is written about.
struct Page {
    /// With the commands above it: `aikore token create`.
    path: String,
    usage: String,
    about: String,
    arguments: Vec<Written>,
}

/// An argument as it is written about.
struct Written {
    /// `-n, --lines <NUMBER>`.
    forms: String,
    help: String,
}

/// The variable by which a shell asks for what may stand at a place.
const ASKED_BY: &str = "AIKORE_COMPLETE";

pub(super) fn commands() -> [Command; 3] {
    let shells: Vec<&str> = Shells::builtins().names().collect();
    [
        Command::new("completions")
            .about("Print the completions of a shell: commands, options, names of instances and blueprints")
            .arg(Arg::new("shell").value_name("SHELL").required(true).value_parser(shells).help("Which shell"))
            .after_help(
                "Names are asked of the server that the command line or the environment names.\n\n\
                 bash: echo 'source <(aikore completions bash)' >> ~/.bashrc",
            ),
        Command::new("man").about("Print the manual page: aikore man | man -l -"),
        Command::new("reference").about("Print docs/cli.md").hide(true),
    ]
}

/// Prints what was asked for.
pub(super) fn print(name: &str, whole: Command, matches: &ArgMatches) -> Result<(), Failed> {
    let text = match name {
        "man" => man::page(whole).map_err(Failed::failure)?,
        "reference" => reference::page(whole).into_bytes(),
        _ => {
            let shells = Shells::builtins();
            let shell = matches.get_one::<String>("shell").and_then(|shell| shells.completer(shell));
            let shell = shell.ok_or_else(|| Failed::bad_settings("there are no completions for that shell"))?;
            let mut text = Vec::new();
            shell.write_registration(ASKED_BY, "aikore", "aikore", &this(), &mut text).map_err(Failed::failure)?;
            text
        }
    };
    Out::new(matches).bytes(&text)
}

/// How this program is called again: as it was called, from wherever that may be.
fn this() -> String {
    let called = std::env::args_os().next().unwrap_or_else(|| "aikore".into());
    let called = Path::new(&called);
    let has_folder = called.components().nth(1).is_some();
    let whole = has_folder.then(|| std::path::absolute(called).ok()).flatten();
    whole.as_deref().unwrap_or(called).to_string_lossy().into_owned()
}

/// Answers a shell that asks for what may stand at a place; `false`: none does.
pub(super) fn complete() -> Result<bool, Failed> {
    let here = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(super::command).var(ASKED_BY);
    asked.try_complete(std::env::args_os(), here.as_deref()).map_err(Failed::failure)
}

/// Every command a person may call, in the order of the help; those that only group are left out.
fn pages(whole: &Command) -> Vec<Page> {
    let mut all = Vec::new();
    for command in whole.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help") {
        if command.has_subcommands() {
            all.extend(pages(command));
        } else {
            all.push(page(command));
        }
    }
    all
}

fn page(command: &Command) -> Page {
    let path = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let more = command.get_after_help().map(|more| format!("\n\n{more}")).unwrap_or_default();
    Page {
        path,
        usage,
        about: about + &more,
        arguments: written(command.get_arguments().filter(|arg| !is_common(arg))),
    }
}

/// Those of every command that asks a server: written once.
fn common(whole: &Command) -> Vec<Written> {
    let asking = whole.find_subcommand("ps");
    asking.map(|command| written(command.get_arguments().filter(|arg| is_common(arg)))).unwrap_or_default()
}

/// Whether an argument stands under the heading of the server.
fn is_common(arg: &Arg) -> bool {
    arg.get_help_heading().is_some()
}

fn written<'a>(arguments: impl Iterator<Item = &'a Arg>) -> Vec<Written> {
    let shown = arguments.filter(|arg| !arg.is_hide_set() && arg.get_id() != "help" && arg.get_id() != "version");
    let one = |arg: &Arg| {
        let short = arg.get_short().map(|short| format!("-{short}"));
        let long = arg.get_long().map(|long| format!("--{long}"));
        let value = arg.get_value_names().and_then(|names| names.first()).map(|name| format!("<{name}>"));
        let value = value.filter(|_| arg.get_action().takes_values());
        let names: Vec<String> = short.into_iter().chain(long).collect();
        let forms: Vec<String> =
            [names.join(", "), value.unwrap_or_default()].into_iter().filter(|part| !part.is_empty()).collect();
        Written { forms: forms.join(" "), help: arg.get_help().map(ToString::to_string).unwrap_or_default() }
    };
    shown.map(one).collect()
}

/// A command line whose commands know how they are called.
fn built(whole: Command) -> Command {
    let mut whole = whole.term_width(0);
    whole.build();
    whole
}
