//! An X server under s6 instead of under the keeper: in the container a second scan directory is there for that, so that what s6
//! keeps alive is what a desktop can't do without (`container.md` §2.5).

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::environment::shell_quoted;
use super::{Plan, last_lines, program};
use crate::domain::RunId;

/// Where the container has its scan directory for desktops.
const SCAN: &str = "/run/aikore/desktops";

/// How long an X server may take to end, in milliseconds.
const GRACE: &str = "8000";

/// The scan directory, where an `s6-svscan` looks after it and this user may use it.
pub(super) fn scan_directory() -> Option<PathBuf> {
    let scan = PathBuf::from(SCAN);
    let is_ours = nix::unistd::access(&scan, nix::unistd::AccessFlags::W_OK).is_ok();
    let is_looked_after = scan.join(".s6-svscan/control").exists();
    let has_tools = ["s6-svscanctl", "s6-svc", "s6-svstat"].iter().all(|name| program(name).is_some());
    (is_ours && is_looked_after && has_tools).then_some(scan)
}

/// The service of one X server.
#[derive(Debug, Clone)]
pub(super) struct Service {
    scan: PathBuf,
    folder: PathBuf,
}

impl Service {
    /// The service of this run's X server.
    pub(super) fn of(scan: &Path, run: &RunId) -> Self {
        Self { scan: scan.to_owned(), folder: scan.join(run.to_string()) }
    }

    /// Puts it there; s6 starts it, and starts it again whenever it ends, on the display it had.
    pub(super) fn add(&self, plan: &Plan) -> io::Result<()> {
        let server = plan.tools.engine.command(plan, None);
        // A name with a dot is not looked at until it is whole.
        let draft = self.scan.join(format!(".new-{}", plan.run));
        fs::create_dir_all(&draft)?;
        let here = shell_quoted(&self.folder.to_string_lossy());
        let words: Vec<String> = std::iter::once(server.get_program())
            .chain(server.get_args())
            .map(|word| shell_quoted(&word.to_string_lossy()))
            .collect();
        let (first, rest) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let run = format!(
            "#!/bin/sh\n# The X server of a desktop; its display comes on standard output.\ncd {} || exit 1\n\
             had=\n[ ! -s {here}/display ] || had=:$(cat {here}/display)\n\
             exec {first} $had {} >{here}/told 2>{here}/messages\n",
            shell_quoted(&plan.folder.to_string_lossy()),
            rest.join(" "),
        );
        fs::write(draft.join("run"), run)?;
        fs::set_permissions(draft.join("run"), fs::Permissions::from_mode(0o755))?;
        fs::rename(&draft, &self.folder)?;
        self.look("-a")
    }

    /// The display that it says it has, once it does; it keeps that from then on.
    pub(super) fn display(&self) -> Option<u32> {
        let told = fs::read_to_string(self.folder.join("told")).ok()?;
        let display: u32 = told.strip_suffix('\n')?.trim().parse().ok()?;
        fs::write(self.folder.join("display"), display.to_string()).ok()?;
        Some(display)
    }

    /// The end of what it has printed.
    pub(super) fn last_words(&self) -> String {
        let said = fs::read(self.folder.join("messages")).unwrap_or_default();
        last_lines(&said)
    }

    /// The process that keeps it there: the root of whatever it starts.
    pub(super) fn supervisor(&self) -> Option<u32> {
        let said = Command::new("s6-svstat").args(["-o", "pid"]).arg(&self.folder).output().ok()?;
        let server: u32 = String::from_utf8(said.stdout).ok()?.trim().parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{server}/stat")).ok()?;
        stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
    }

    /// Ends it and takes it out. It waits until the X server has ended.
    pub(super) fn remove(&self) {
        if !self.folder.exists() {
            return;
        }
        let _ = Command::new("s6-svc").args(["-wD", "-T", GRACE, "-dx"]).arg(&self.folder).status();
        let _ = fs::remove_dir_all(&self.folder);
        let _ = self.look("-an");
    }

    /// Has the scan directory looked at again.
    fn look(&self, how: &str) -> io::Result<()> {
        let status = Command::new("s6-svscanctl").arg(how).arg(&self.scan).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("s6-svscanctl: {status}"))) }
    }
}

/// The runs that have a service whose files are in this folder.
pub(super) fn runs(scan: &Path, folder: &Path) -> Vec<RunId> {
    let there = format!("cd {} ||", shell_quoted(&folder.to_string_lossy()));
    let is_ours = |name: &String| {
        let script = fs::read_to_string(scan.join(name).join("run"));
        !name.starts_with('.') && script.is_ok_and(|script| script.contains(&there))
    };
    let entries = fs::read_dir(scan).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(is_ours).map(RunId).collect()
}
