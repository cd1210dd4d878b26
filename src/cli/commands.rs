//! The commands that ask a running server. Each file is one concern: how its commands look, and what they do.

mod attach;
mod blueprints;
mod copy;
mod create;
mod events;
mod exec;
mod gpus;
mod health;
mod jobs;
mod lifecycle;
mod logs;
mod open;
mod ps;
mod remove;
mod routes;
mod tokens;
mod trash;

use clap::{Arg, ArgMatches, Command};

use super::out::Out;
use super::server::{Server, complete, run as waiting};
use super::{Failed, candidates};

pub(super) use health::{hand_over, health};

/// What a command works with.
#[derive(Debug)]
pub(super) struct Context {
    server: Server,
    out: Out,
}

/// All of them, in the order of the help.
pub(super) fn all() -> Vec<Command> {
    let mut all = vec![ps::command(), create::command()];
    all.extend(lifecycle::commands());
    all.extend([
        logs::command(),
        exec::command(),
        attach::command(),
        open::command(),
        copy::command(),
        remove::command(),
        trash::command(),
        gpus::command(),
        events::command(),
        jobs::command(),
        routes::command(),
        tokens::command(),
    ]);
    all
}

/// What `aikore blueprint` can do besides checking files, which needs no server.
pub(super) use blueprints::commands as of_blueprints;

/// Runs the command of this name; `None`: it is none of these.
pub(super) fn run(name: &str, matches: &ArgMatches) -> Option<Result<(), Failed>> {
    let context = || Ok::<_, Failed>(Context { server: Server::named(matches)?, out: Out::new(matches) });
    macro_rules! run {
        ($command:path) => {
            context().and_then(|context| waiting($command(&context, matches)))
        };
    }
    Some(match name {
        "ps" => run!(ps::run),
        "create" => run!(create::run),
        "start" => run!(lifecycle::start),
        "stop" => run!(lifecycle::stop),
        "restart" => run!(lifecycle::restart),
        "logs" => run!(logs::run),
        "exec" => context().and_then(|context| complete(exec::run(&context, matches))),
        "attach" => context().and_then(|context| complete(attach::run(&context, matches))),
        "open" => run!(open::run),
        "copy" => run!(copy::run),
        "rm" => run!(remove::run),
        "trash" => return below(matches, trash::run),
        "gpus" => run!(gpus::run),
        "events" => run!(events::run),
        "jobs" => run!(jobs::run),
        "routes" => run!(routes::run),
        "token" => return below(matches, tokens::run),
        "blueprint" => return below(matches, blueprints::run),
        _ => return None,
    })
}

/// Runs what stands below a command that only groups.
fn below<'a, F>(
    matches: &'a ArgMatches,
    work: impl FnOnce(&'a str, Context, &'a ArgMatches) -> F,
) -> Option<Result<(), Failed>>
where
    F: Future<Output = Result<(), Failed>>,
{
    let (name, matches) = matches.subcommand()?;
    let server = Server::named(matches);
    Some(server.and_then(|server| waiting(work(name, Context { server, out: Out::new(matches) }, matches))))
}

/// The argument that names an instance.
fn instance_arg() -> Arg {
    Arg::new("instance").value_name("INSTANCE").required(true).help("Its name, slug or id").add(candidates::instances())
}

/// What was given for an argument that always is.
fn given<'a>(matches: &'a ArgMatches, name: &str) -> &'a str {
    matches.get_one::<String>(name).map(String::as_str).unwrap_or_default()
}

/// The same, for what may be left out.
fn optional<'a>(matches: &'a ArgMatches, name: &str) -> Option<&'a str> {
    matches.get_one::<String>(name).map(String::as_str)
}
