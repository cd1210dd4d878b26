//! Desktops: what an app in persistent mode lives in. Closing the browser loses nothing, since the app's screen is here.
//!
//! One *keeper* per run (`aikore desktop`, below the run's shim) starts an X server, a window manager and the program, and for a
//! web UI a browser that shows it; it notices the end of each. What it has started it says in a file ([`told`]), which is how
//! every later server finds the screen too.

mod cookie;
mod engine;
pub mod keeper;
mod kiosk;
pub mod picture;
pub mod rfb;
mod service;
pub mod told;
mod x;

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::folder;
use crate::domain::{Port, RunId};

pub use engine::Engine;
pub use kiosk::Browser;
use told::{cookie_file, plan_file, socket, state_file};

/// The programs that desktops are made of, as they were found on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tools {
    /// The X server.
    pub engine: Engine,
    /// Where s6 looks after X servers, as in the container; elsewhere their keepers do.
    scan: Option<PathBuf>,
    /// The window manager.
    pub openbox: PathBuf,
    /// What shows a web UI; a program with windows of its own needs none.
    pub browser: Option<Browser>,
}

/// What a keeper is told.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    /// Names its files.
    pub run: RunId,
    /// The title of the screen.
    pub name: String,
    /// Where its files are.
    pub folder: PathBuf,
    /// What it is made of.
    pub tools: Tools,
    /// The program, with its arguments.
    pub command: Vec<String>,
    /// Where the program listens, if it does.
    pub app_port: Port,
    /// Where the X server serves the web, if it does.
    pub web_port: Option<Port>,
    /// What the browser shows; a program with windows of its own has none.
    pub web_ui: Option<WebUi>,
}

/// A web UI to be shown on a desktop.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WebUi {
    /// The path it is opened at, on the app's port.
    pub path: String,
    /// The browser's profile: what the UI keeps in the browser stays in it from run to run.
    pub profile: PathBuf,
}

impl Tools {
    /// Looks for the programs. `wanted`: the engine that was chosen, if one was.
    ///
    /// # Errors
    /// Which package to install: a sentence.
    pub fn find(wanted: Option<crate::domain::DesktopEngine>) -> Result<Self, String> {
        let engine = Engine::find(wanted)?;
        let openbox = program("openbox").ok_or_else(|| {
            "Persistent mode needs the window manager openbox on the server: install the package openbox.".to_owned()
        })?;
        Ok(Self { engine, scan: service::scan_directory(), openbox, browser: Browser::find() })
    }
}

impl Plan {
    /// Writes it down, and gives the command that runs its keeper.
    ///
    /// # Errors
    /// It can't be written.
    pub fn command(&self) -> Result<Vec<String>, String> {
        let failed = |error: &dyn std::fmt::Display| format!("A desktop could not be planned: {error}.");
        let file = plan_file(&self.folder, &self.run);
        let plan = serde_json::to_vec(self).map_err(|error| failed(&error))?;
        folder::replace(&file, &plan, 0o600).map_err(|error| failed(&error))?;
        // This very image, even when an upgrade has replaced the file meanwhile.
        Ok(vec!["/proc/self/exe".to_owned(), keeper::COMMAND.to_owned(), file.to_string_lossy().into_owned()])
    }
}

/// Removes what a run's desktop has left: all of it, if it was killed. It may wait for an X server to end.
pub fn clear(folder: &Path, run: &RunId) {
    if let Some(scan) = service::scan_directory() {
        service::Service::of(&scan, run).remove();
    }
    for name in [plan_file, state_file, socket, cookie_file].map(|of| of(folder, run)) {
        let _ = fs::remove_file(name);
    }
}

/// Removes what is there of desktops whose runs are over: a machine that went down left them.
pub fn clear_others(folder: &Path, living: &[RunId]) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let stem = |entry: fs::DirEntry| Some(RunId(entry.path().file_stem()?.to_str()?.to_owned()));
    let mut runs: Vec<RunId> = files.filter_map(stem).collect();
    runs.extend(service::scan_directory().iter().flat_map(|scan| service::runs(scan, folder)));
    runs.sort();
    runs.dedup();
    for run in runs.iter().filter(|run| !living.contains(run)) {
        clear(folder, run);
    }
}

/// How much is quoted of what a program printed last.
const QUOTED_LINES: usize = 3;

/// The end of what a program printed, to be put after the sentence that it failed.
fn last_lines(printed: &[u8]) -> String {
    let text = String::from_utf8_lossy(printed);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(QUOTED_LINES)..).unwrap_or_default();
    if last.is_empty() { String::new() } else { format!(" It said:\n{}", last.join("\n")) }
}

/// A program on the search path.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    })
}
