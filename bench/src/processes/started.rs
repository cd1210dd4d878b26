//! Processes of ours: they end with whoever started them, and take along what they have started.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Stat, family, living};
use crate::failure::{Context, Failure, Result};

/// Carried by everything that is started, and by what that starts: an app outlives a server that has crashed.
const MARK: &str = "BENCH_RUN";
/// The same for one [`Process`] and what it starts.
const PROCESS_MARK: &str = "BENCH_PROCESS";

fn mark() -> &'static str {
    static MARK: OnceLock<String> = OnceLock::new();
    MARK.get_or_init(|| format!("{:016x}", fastrand::u64(..)))
}

/// Marks a command as ours. In a group of its own: a Ctrl-C is for us alone, and we end the others in order.
pub(crate) fn ours(command: &mut Command) -> &mut Command {
    command.env(MARK, mark()).process_group(0)
}

/// Ends whatever this run has started and that is still there.
pub(crate) fn kill_marked() {
    kill_carriers(MARK, mark());
}

/// Ends whoever has this variable with this value in its environment.
fn kill_carriers(name: &str, value: &str) {
    let carried = format!("{name}={value}");
    for (pid, _) in living() {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|variable| variable == carried.as_bytes()) {
            send(pid, Signal::SIGKILL);
        }
    }
}

/// Ends a process as a crash would: it can't do anything about it.
pub(crate) fn crash(pid: u32) {
    send(pid, Signal::SIGKILL);
}

/// A process of ours. Dropping it ends it and everything it started.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// When it was started, as [`Stat`] says it.
    started: Option<u64>,
    what: String,
    log: PathBuf,
    /// What it starts carries this too, and is found by it when nothing else leads there: a supervisor of AiKore's
    /// belongs to nobody once its server has crashed.
    mark: String,
}

impl Process {
    /// Starts a command whose output goes to a log.
    pub(crate) fn start(what: &str, command: &mut Command, log: &Path) -> Result<Self> {
        let mark = format!("{:016x}", fastrand::u64(..));
        let out = File::create(log).context(log.display())?;
        let child = spawn(what, command, &mark, out)?;
        let started = Stat::of(child.id()).map(|stat| stat.started);
        Ok(Self { child, started, what: what.to_owned(), log: log.to_owned(), mark })
    }

    /// Crashes it and starts it again. What it had started goes on, and still ends with it. Returns when that began.
    pub(crate) fn crash_and_start(&mut self, command: &mut Command) -> Result<Instant> {
        crash(self.pid());
        self.child.wait()?;
        let out = File::options().append(true).open(&self.log).context(self.log.display())?;
        let began = Instant::now();
        self.child = spawn(&self.what, command, &self.mark, out)?;
        self.started = Stat::of(self.child.id()).map(|stat| stat.started);
        Ok(began)
    }

    /// Its id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until `ready` says something; an error with its last words if it ends before, or takes too long.
    pub(crate) async fn until<T>(&mut self, patience: Duration, mut ready: impl FnMut() -> Option<T>) -> Result<T> {
        let until = Instant::now() + patience;
        loop {
            if let Some(value) = ready() {
                return Ok(value);
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(Failure::new(format!("{} ended ({status}): {}", self.what, self.last_words())));
            }
            if Instant::now() > until {
                return Err(Failure::new(format!("{} did not get ready: {}", self.what, self.last_words())));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn last_words(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().rev().take(12).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }
}

fn spawn(what: &str, command: &mut Command, mark: &str, out: File) -> Result<Child> {
    let command = ours(command).env(PROCESS_MARK, mark).stdin(Stdio::null());
    let child = command.stdout(out.try_clone()?).stderr(out).spawn();
    child.context(format!("{what} can't be started ({})", command.get_program().display()))
}

impl Process {
    /// Its family and its group: who is left of the group belongs to it even after it has gone itself. Unless the number
    /// has passed to another process.
    fn members(&self) -> Vec<(u32, u64)> {
        let pid = self.pid();
        if Stat::of(pid).is_some_and(|stat| Some(stat.started) != self.started) {
            return Vec::new();
        }
        let family = family(pid);
        let belongs = |pid: u32, stat: &Stat| stat.group == self.pid() || family.contains(&pid);
        living().into_iter().filter(|(pid, stat)| belongs(*pid, stat)).map(|(pid, stat)| (pid, stat.started)).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let members = self.members();
        if matches!(self.child.try_wait(), Ok(None)) {
            send(self.pid(), Signal::SIGTERM);
        }
        // AiKore lets requests finish (5 s) and then stops its instances.
        let until = Instant::now() + Duration::from_secs(15);
        while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(5));
        }
        for (pid, started) in members {
            if Stat::of(pid).is_some_and(|stat| stat.started == started && stat.state != 'Z') {
                send(pid, Signal::SIGKILL);
            }
        }
        kill_carriers(PROCESS_MARK, &self.mark);
        // Killed by now, so this does not last.
        let _ = self.child.wait();
    }
}

fn send(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        // It may have ended by itself in this moment.
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

#[cfg(test)]
mod tests {
    use super::super::children;
    use super::*;

    #[test]
    fn what_is_dropped_ends_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 300 & exec sleep 301"]);
        let process = Process::start("sleep", &mut command, &folder.path().join("log")).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        let members = family(process.pid());
        assert_eq!(members.len(), 2);
        // It crashes: its child must go all the same.
        send(process.pid(), Signal::SIGKILL);
        drop(process);
        std::thread::sleep(Duration::from_millis(50));
        assert!(members.iter().all(|pid| is_gone(*pid)));
    }

    #[test]
    fn what_outlives_a_crash_ends_with_the_process_that_came_after() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "setsid sleep 302 & exec sleep 303"]);
        let mut process = Process::start("sleep", &mut command, &folder.path().join("log")).unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        let survivor = loop {
            // Once it is the program it is to become: a shell may still be on its way there.
            let found = children(process.pid()).into_iter().find(|pid| Stat::of(*pid).is_some_and(|s| s.group == *pid));
            match found {
                Some(pid) => break pid,
                None => assert!(Instant::now() < until, "it started nothing"),
            }
        };
        let first = process.pid();
        process.crash_and_start(&mut Command::new("true")).unwrap();
        assert_ne!(process.pid(), first);
        assert!(is_gone(first) && !is_gone(survivor));
        drop(process);
        while !is_gone(survivor) {
            assert!(Instant::now() < until, "it was left behind");
        }
    }

    fn is_gone(pid: u32) -> bool {
        Stat::of(pid).is_none_or(|stat| stat.state == 'Z')
    }
}
