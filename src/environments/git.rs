//! git, as it is asked here.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// How long one question to git may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks git: never a password, never another user's settings, and not for ever.
pub(super) async fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    git_within(PATIENCE, folder, arguments).await
}

/// The same, for what takes longer.
pub(super) async fn git_within(patience: Duration, folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let common = [
        "-c",
        "safe.directory=*",
        "-c",
        "advice.detachedHead=false",
        "-c",
        "user.name=AiKore",
        "-c",
        "user.email=aikore@localhost",
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.hooksPath=/dev/null",
    ];
    let mut command = Command::new("git");
    command
        .args(common)
        .args(arguments)
        .current_dir(folder)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        // A folder that has lost its `.git` must not be taken for one of the repository around the config folder.
        .env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap_or(folder))
        .env_remove(OsStr::new("GIT_DIR"))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let said = tokio::time::timeout(patience, command.output())
        .await
        .map_err(|_| format!("git took longer than {} s", patience.as_secs()))?
        .map_err(|error| format!("git could not be run: {error}"))?;
    if said.status.success() {
        return Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned());
    }
    let complaint = String::from_utf8_lossy(&said.stderr);
    let line = complaint.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("git said no");
    Err(line.trim().to_owned())
}
