//! The keeper: the process that holds the parts of one desktop together (`aikore desktop`, hidden). It is the leader of its run.
//!
//! The program is what the run is about: it is in the keeper's own process group, so that a stop reaches it first, and its end is
//! the run's. Whatever shows it has groups of its own, is started again when it ends, and goes last.

mod part;
mod screen;

use std::io;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use nix::sys::signal::{Signal, raise};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::told::{cookie_file, tell};
use super::{Plan, cookie, x};
use crate::blueprints::Ready;
use crate::runtime::proc;
use crate::runtime::readiness::{Look, POLITE, Readiness};
use screen::Server;

/// The command of the binary that runs it.
pub const COMMAND: &str = "desktop";

/// How long the window manager may take before the program comes without it.
const MANAGER_PATIENCE: Duration = Duration::from_secs(10);

/// Between two looks at the port of an app whose script has ended.
const LOOK: Duration = Duration::from_secs(1);

/// Runs a keeper to its end. Its only argument is the file with its plan.
pub fn main() -> ExitCode {
    let kept = plan().and_then(|plan| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("The desktop could not be started: {error}."))?;
        runtime.block_on(keep(&plan))
    });
    match kept {
        Ok(status) => leave_as(status),
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn plan() -> Result<Plan, String> {
    let file = std::env::args_os().nth(2).ok_or("The desktop got no plan.")?;
    let text = std::fs::read(file).map_err(|error| format!("The desktop's plan can't be read: {error}."))?;
    serde_json::from_slice(&text).map_err(|error| format!("The desktop got a bad plan: {error}."))
}

async fn keep(plan: &Plan) -> Result<ExitStatus, String> {
    let heard = hear_signals().map_err(|error| format!("Signals can't be heard: {error}."))?;
    cookie::make(&cookie_file(&plan.folder, &plan.run))
        .map_err(|error| format!("The cookie of the display can't be written: {error}."))?;
    let mut server = Server::start(plan).await?;
    let display = server.display;
    let desktop = plan.tools.engine.desktop(plan, display, server.tree());
    let leaving = CancellationToken::new();
    let run = async {
        // A window that comes before its manager would not get the keys.
        x::managed(&desktop, MANAGER_PATIENCE).await;
        let started = start_program(plan, display);
        // Not before: whoever hears of a desktop takes it for one with a program on it.
        if let Err(error) = tell(&plan.folder, &plan.run, &desktop) {
            say(&format!("Nobody can be told of the desktop: {error}."));
        }
        let status = match started {
            Ok(mut program) => program.wait().await,
            Err(error) => Err(io::Error::other(format!("{}: {error}", plan.command.join(" ")))),
        };
        wait_for_who_stayed(plan).await;
        leaving.cancel();
        status
    };
    let parts =
        async { tokio::join!(run, keep_manager(plan, display, &leaving), keep_browser(plan, display, &leaving)) };
    let status = tokio::select! {
        (status, (), ()) = parts => status,
        never = server.keep(plan) => match never {},
    };
    if server.is_lost() {
        // The last word in the log, since that is what a person is shown.
        say("The program ended with its X server.");
    }
    server.end().await;
    drop(heard);
    status.map_err(|error| format!("The program could not be run: {error}."))
}

/// The program gets whatever the shim was given, and the display.
fn start_program(plan: &Plan, display: u32) -> io::Result<Child> {
    let before = plan.tools.engine.before_programs().filter(|_| plan.web_ui.is_none());
    let mut words = before.map(|before| before.as_os_str().to_owned()).into_iter();
    let mut said = plan.command.iter().map(std::ffi::OsString::from);
    let first = words.next().or_else(|| said.next()).ok_or(io::ErrorKind::InvalidInput)?;
    on_display(Command::new(first).args(said), plan, display).spawn()
}

fn on_display<'a>(command: &'a mut Command, plan: &Plan, display: u32) -> &'a mut Command {
    command.env("DISPLAY", format!(":{display}")).env("XAUTHORITY", cookie_file(&plan.folder, &plan.run))
}

/// A script may leave its app behind and end; as long as that listens, the run goes on.
async fn wait_for_who_stayed(plan: &Plan) {
    let tree = nix::unistd::getppid().as_raw().unsigned_abs();
    while !proc::listening_addresses(&proc::descendants(tree), plan.app_port).is_empty() {
        tokio::time::sleep(LOOK).await;
    }
}

async fn keep_manager(plan: &Plan, display: u32, leaving: &CancellationToken) {
    let make = || {
        let mut command = Command::new(&plan.tools.openbox);
        command.arg("--sm-disable");
        on_display(&mut command, plan, display);
        Ok(command)
    };
    let nothing = || async {};
    part::keep("The window manager", make, nothing, leaving).await;
}

/// A web UI is shown once it answers.
async fn keep_browser(plan: &Plan, display: u32, leaving: &CancellationToken) {
    let (Some(web_ui), Some(browser)) = (&plan.web_ui, &plan.tools.browser) else { return };
    let url = format!("http://127.0.0.1:{}{}", plan.app_port, web_ui.path);
    let make = || {
        let mut command = Command::from(browser.command(&url, &web_ui.profile)?);
        on_display(&mut command, plan, display);
        Ok(command)
    };
    let answers = || async {
        let tree = nix::unistd::getppid().as_raw().unsigned_abs();
        let mut readiness = Readiness::new(Ready::Http(web_ui.path.clone()), plan.app_port, tree, &plan.folder);
        while !matches!(readiness.look().await, Look::Ready(_)) {
            tokio::time::sleep(POLITE).await;
        }
    };
    part::keep("The browser", make, answers, leaving).await;
}

/// A stop is for the program, which is in this group and gets it too; hearing it only keeps us here until that has ended.
/// Children start with the usual dispositions: what is heard is not ignored.
fn hear_signals() -> io::Result<Vec<tokio::signal::unix::Signal>> {
    let heard = [
        SignalKind::terminate(),
        SignalKind::interrupt(),
        SignalKind::hangup(),
        SignalKind::quit(),
        SignalKind::user_defined1(),
        SignalKind::user_defined2(),
    ];
    heard.into_iter().map(signal).collect()
}

/// Ends as the program did: its end is the run's.
fn leave_as(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;
    if let Some(signal) = status.signal() {
        if let Ok(signal) = Signal::try_from(signal) {
            // Without effect for those that are heard; they become a code, as in a shell.
            let _ = raise(signal);
        }
        return ExitCode::from(128u8.saturating_add(u8::try_from(signal).unwrap_or_default()));
    }
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Says something in the log of the run.
fn say(what: &str) {
    eprintln!("desktop: {what}");
}
