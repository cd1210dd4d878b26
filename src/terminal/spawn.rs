//! The start of a shell on a PTY of its own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use pty_process::{Command, OwnedReadPty, OwnedWritePty, Pty};
use tokio::process::{Child, ChildStdin};
use tokio::sync::mpsc;

use super::MARK;
use super::activation::{self, Activation};
use super::session::{Input, Session, Size};
use crate::domain::InstanceId;

const SHELL: &str = "/bin/bash";

/// Becomes a program: its first argument is the start file, the others are the program's.
const BECOME: &str = r#". "$1"; shift; exec -- "$@""#;

/// What runs in a terminal instead of a shell.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its name and arguments.
    pub words: Vec<String>,
    /// Whoever asked for it has no terminal: what is printed comes as it was written, and nothing can be typed …
    pub is_plain: bool,
    /// … unless it is to be fed: what is typed comes out of a pipe, byte by byte, and has an end.
    pub is_fed: bool,
}

/// What a shell is started with.
#[derive(Debug)]
pub struct Spec {
    /// Whose terminal it is.
    pub instance: InstanceId,
    /// What people call it; `None`: what nobody is called.
    pub name: Option<String>,
    /// It stays when nobody is attached.
    pub is_kept: bool,
    /// How large its screen is at first.
    pub size: Size,
    /// Where it begins.
    pub directory: PathBuf,
    /// Everything in its environment.
    pub environment: BTreeMap<OsString, OsString>,
    /// The environment of Python it begins with.
    pub activation: Activation,
    /// What runs in it; `None`: a shell.
    pub program: Option<Program>,
}

/// A session with what drives it.
pub(super) struct Started {
    pub(super) session: Arc<Session>,
    pub(super) read: OwnedReadPty,
    pub(super) inlet: Inlet,
    pub(super) child: Child,
    pub(super) inputs: mpsc::UnboundedReceiver<Input>,
    pub(super) start_file: PathBuf,
}

/// Where what is typed goes.
pub(super) enum Inlet {
    /// To the terminal.
    Screen(OwnedWritePty),
    /// To the program's standard input, beside its terminal.
    Pipe(ChildStdin, OwnedWritePty),
}

pub(super) fn start(folder: &Path, spec: &Spec, name: String) -> io::Result<Started> {
    let id = format!("{:012x}", fastrand::u64(..1 << 48));
    let start_file = super::start_file(folder, &id);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&start_file)?
        .write_all(&activation::start_file(&spec.activation, &spec.directory, spec.program.is_none()))?;
    let started = on_a_pty(spec, &id, &start_file).inspect_err(|_| {
        // It says nothing more than why the shell did not start.
        let _ = fs::remove_file(&start_file);
    });
    let (mut child, shell, (read, write)) = started?;
    let inlet = match child.stdin.take() {
        Some(pipe) => Inlet::Pipe(pipe, write),
        None => Inlet::Screen(write),
    };
    // Unbounded in pieces; in bytes it is bounded by `Session::unread`, which every piece takes its room of.
    let (sender, inputs) = mpsc::unbounded_channel();
    let session =
        Session::new(id, spec.instance, (name, spec.is_kept, spec.program.is_some()), shell, spec.size, sender);
    Ok(Started { session: Arc::new(session), read, inlet, child, inputs, start_file })
}

fn on_a_pty(spec: &Spec, id: &str, start_file: &Path) -> io::Result<(Child, u32, (OwnedReadPty, OwnedWritePty))> {
    let (pty, pts) = pty_process::open().map_err(io::Error::other)?;
    pty.resize(pty_process::Size::new(spec.size.rows, spec.size.cols)).map_err(io::Error::other)?;
    let command = Command::new(SHELL).env_clear().envs(&spec.environment).env(MARK, id);
    let command = match &spec.program {
        None => command.env("COLORTERM", "truecolor").arg("--rcfile").arg(start_file).arg("-i"),
        Some(program) => {
            let command = command.args(["-c", BECOME, "aikore"]).arg(start_file).args(&program.words);
            if program.is_plain {
                make_raw(&pty)?;
                let input = if program.is_fed { Stdio::piped() } else { Stdio::null() };
                command.stdin(input).env("TERM", "dumb").env("NO_COLOR", "1")
            } else {
                command.env("COLORTERM", "truecolor")
            }
        }
    };
    let child = command.current_dir(&spec.directory).spawn(pts).map_err(io::Error::other)?;
    let shell = child.id().ok_or_else(|| io::Error::other("the shell ended at once"))?;
    Ok((child, shell, pty.into_split()))
}

/// What is printed comes out as it is: no line ends of a screen.
fn make_raw(pty: &Pty) -> io::Result<()> {
    let mut modes = tcgetattr(pty)?;
    cfmakeraw(&mut modes);
    Ok(tcsetattr(pty, SetArg::TCSANOW, &modes)?)
}
