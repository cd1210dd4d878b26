//! The start of a shell on a PTY of its own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pty_process::{Command, OwnedReadPty, OwnedWritePty};
use tokio::process::Child;
use tokio::sync::mpsc;

use super::MARK;
use super::activation::{self, Activation};
use super::session::{Input, Session, Size};
use crate::domain::InstanceId;

const SHELL: &str = "/bin/bash";

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
}

/// A session with what drives it.
pub(super) struct Started {
    pub(super) session: Arc<Session>,
    pub(super) read: OwnedReadPty,
    pub(super) write: OwnedWritePty,
    pub(super) child: Child,
    pub(super) inputs: mpsc::UnboundedReceiver<Input>,
    pub(super) start_file: PathBuf,
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
        .write_all(&activation::start_file(&spec.activation, &spec.directory))?;
    let started = on_a_pty(spec, &id, &start_file).inspect_err(|_| {
        // It says nothing more than why the shell did not start.
        let _ = fs::remove_file(&start_file);
    });
    let (child, shell, (read, write)) = started?;
    // Unbounded in pieces; in bytes it is bounded by `Session::unread`, which every piece takes its room of.
    let (sender, inputs) = mpsc::unbounded_channel();
    let session = Session::new(id, spec.instance, (name, spec.is_kept), shell, spec.size, sender);
    Ok(Started { session: Arc::new(session), read, write, child, inputs, start_file })
}

fn on_a_pty(spec: &Spec, id: &str, start_file: &Path) -> io::Result<(Child, u32, (OwnedReadPty, OwnedWritePty))> {
    let (pty, pts) = pty_process::open().map_err(io::Error::other)?;
    pty.resize(pty_process::Size::new(spec.size.rows, spec.size.cols)).map_err(io::Error::other)?;
    let child = Command::new(SHELL)
        .arg("--rcfile")
        .arg(start_file)
        .arg("-i")
        .env_clear()
        .envs(&spec.environment)
        .env(MARK, id)
        .env("COLORTERM", "truecolor")
        .current_dir(&spec.directory)
        .spawn(pts)
        .map_err(io::Error::other)?;
    let shell = child.id().ok_or_else(|| io::Error::other("the shell ended at once"))?;
    Ok((child, shell, pty.into_split()))
}
