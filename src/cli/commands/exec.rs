//! `aikore exec`: a program in an instance's folder and environment.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use http::Method;
use serde_json::json;

use super::{Context, given, instance_arg};
use crate::cli::out::text;
use crate::cli::server::encoded;
use crate::cli::terminal::{self, End, How};
use crate::cli::{Failed, find, options};

pub(super) fn command() -> Command {
    options::asking("exec")
        .about("Run a program in the folder and environment of an instance")
        .long_about(
            "Run a program in the folder and environment of an instance, in a terminal on the server. Its exit code is ours. \
             Where standard input and output are no terminal, its output comes as it was written and, without --stdin, nothing can be \
             typed; what it writes as errors comes with the rest. It ends with us, unless the connection is lost: then it goes on, \
             and `aikore attach` finds it; one that waits for input of --stdin is ended.",
        )
        .arg(instance_arg())
        .arg(
            Arg::new("stdin")
                .long("stdin")
                .short('i')
                .action(ArgAction::SetTrue)
                .help("Pass on what comes to our standard input, to its end: < script.py, or a pipe"),
        )
        .arg(
            Arg::new("command")
                .value_name("COMMAND")
                .num_args(1..)
                .required(true)
                .last(true)
                .value_parser(value_parser!(OsString))
                .help("The program and its arguments, behind --"),
        )
}

pub(super) async fn run(context: &Context, matches: &ArgMatches) -> Result<(), Failed> {
    let Context { server, .. } = context;
    let words = matches.get_many::<OsString>("command").into_iter().flatten();
    let words: Option<Vec<&str>> = words.map(|word| word.to_str()).collect();
    let words = words.ok_or_else(|| Failed::bad_settings("the command is not UTF-8"))?;
    let id = find::id(&find::instance(server, given(matches, "instance")).await?);
    let how = match (terminal::is_here(), options::flag(matches, "stdin")) {
        (true, _) => How::Program,
        (false, true) => How::Fed,
        (false, false) => How::Plain,
    };
    let (rows, cols) = terminal::size().unwrap_or((24, 80));
    let wanted =
        json!({ "command": words, "plain": how != How::Program, "input": how == How::Fed, "rows": rows, "cols": cols });
    let path = format!("/api/instances/{id}/terminals");
    let session = server.call(Method::POST, &path, Some(&wanted)).await?.value;
    let session = text(&session, "id");
    let end = terminal::look(server, (id, session), how).await;
    if matches!(end, Ok(End::Signal(_) | End::Unread | End::Detached | End::Ended(_))) {
        // It was asked for by nobody else. An error means that it is gone already.
        let _ = server.call(Method::DELETE, &format!("{path}/{}", encoded(session)), None).await;
    }
    match end? {
        End::Exit(0) | End::Unread => Ok(()),
        End::Exit(code) => Err(Failed::quiet(code)),
        End::Ended(why) => Err(Failed::failure(format!("the program was ended: {why}"))),
        End::Detached => Err(Failed::failure("this terminal is gone")),
        End::Signal(signal) => Err(Failed::quiet(signal.saturating_add(128))),
    }
}
