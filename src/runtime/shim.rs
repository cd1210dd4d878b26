//! The shim: the process that owns one run's process tree, terminal and log (`aikore shim`, hidden).
//!
//! One thread, one `poll` loop, no async runtime: it has to be small, since there is one per running instance, and it has
//! to outlive every server. As child subreaper it inherits whatever the blueprint forks away, so that "the tree is
//! empty" is the kernel's word (`waitpid` says `ECHILD`) and not a guess.

mod clients;
mod ending;
mod exit_record;
mod log_writer;
mod osc;
mod spawn;
mod telling;
mod terminal;

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use clients::Clients;
use ending::Ending;
use exit_record::ExitRecord;
use log_writer::LogWriter;
use telling::Told;
use terminal::Terminal;

use super::protocol::{Hello, Record, Report, Request, Spec, VERSION};
use crate::domain::{Exit, Timestamp};

/// What the shim says on its standard output once the child runs; anything else is an error to show.
pub(super) const STARTED: &str = "started ";

/// How much of the terminal is read at once.
const READ: usize = 64 * 1024;

/// How often the loop looks at clocks while nothing else happens.
const TICK: Duration = Duration::from_millis(50);

/// How long a shim whose tree is gone waits for a server to collect the end; the record on disk stays in any case.
const LINGER: Duration = Duration::from_secs(5);

/// How long the rest of a tree may take to end after its leader ended by itself.
const LEFTOVER_GRACE: Duration = Duration::from_secs(5);

/// How long the tree may take when the shim itself is told to end, as when a container stops.
const OWN_STOP_GRACE: Duration = Duration::from_secs(8);

/// Runs a shim to its end. The spec comes on standard input.
pub fn main() -> ExitCode {
    match Shim::start() {
        Ok(mut shim) => {
            println!("{STARTED}{}", shim.hello.leader);
            detach();
            shim.work();
            ExitCode::SUCCESS
        }
        Err(why) => {
            println!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Lets go of the server's pipes: a write to one after the server is gone would end us.
fn detach() {
    let _ = io::stdout().flush();
    if let Ok(null) = fs::OpenOptions::new().read(true).write(true).open("/dev/null") {
        let _ = nix::unistd::dup2_stdin(&null);
        let _ = nix::unistd::dup2_stdout(&null);
        let _ = nix::unistd::dup2_stderr(&null);
    }
}

struct Shim {
    spec: Spec,
    hello: Hello,
    terminal: Terminal,
    /// What was read from it last; kept, since it is big.
    buffer: Vec<u8>,
    log: LogWriter,
    record: ExitRecord,
    osc: osc::Filter,
    signals: SignalFd,
    clients: Clients,
    ending: Ending,
    /// The leader's exit, once it has been reaped.
    leader_exit: Option<(Option<i32>, Option<i32>)>,
    /// The tree's end, once it is empty, and when a server should have collected it.
    ended: Option<(Exit, Instant)>,
    told: Told,
}

impl Shim {
    fn start() -> Result<Self, String> {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map_err(|error| format!("the shim got no instructions: {error}"))?;
        let spec: Spec =
            serde_json::from_str(&text).map_err(|error| format!("the shim got bad instructions: {error}"))?;
        nix::unistd::setsid().map_err(|error| format!("setsid: {error}"))?;
        nix::sys::prctl::set_child_subreaper(true).map_err(|error| format!("prctl: {error}"))?;
        let signals = block_signals().map_err(|error| format!("signalfd: {error}"))?;
        let log = LogWriter::open(&spec.log, &spec.run, spec.log_file_size)
            .map_err(|error| format!("its log {} can't be written: {error}", spec.log.display()))?;
        let clients =
            Clients::listen(&spec.shims, &spec.run).map_err(|error| format!("{}: {error}", spec.shims.display()))?;
        let (terminal, slave) = Terminal::open().map_err(|error| format!("no terminal: {error}"))?;
        let leader = spawn::leader(&spec.command, slave, spec.open_files)
            .map_err(|error| format!("{} could not be started: {error}", spec.command.join(" ")))?;
        let hello = Hello {
            version: VERSION,
            run: spec.run.clone(),
            instance: spec.instance,
            shim: std::process::id(),
            leader,
            app_port: spec.app_port,
            started_at: Timestamp::of(SystemTime::now()),
            log_size: 0,
            progress: None,
            exit: None,
            log_error: None,
            log_lost: 0,
        };
        Ok(Self {
            record: ExitRecord::reserve(&spec.shims, &spec.run),
            ending: Ending::new(leader, spec.app_port),
            spec,
            hello,
            terminal,
            buffer: vec![0; READ],
            log,
            osc: osc::Filter::default(),
            signals,
            clients,
            leader_exit: None,
            ended: None,
            told: Told::default(),
        })
    }

    /// Works until the tree is gone and its end collected.
    fn work(&mut self) {
        while !self.may_go() {
            self.wait();
            self.handle_signals();
            self.read_terminal();
            self.reap();
            self.handle_clients();
            self.log.retry();
            if self.ended.is_none() {
                self.ending.tick(self.leader_exit.is_some(), Instant::now());
            }
            self.tell();
        }
        self.clients.remove_socket();
    }

    fn may_go(&self) -> bool {
        self.ended.is_some_and(|(_, linger)| self.clients.collected() || Instant::now() >= linger)
    }

    /// Sleeps until something can be read or the next tick is due.
    fn wait(&self) {
        let mut fds: Vec<PollFd<'_>> = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        if let Some(master) = self.terminal.as_fd() {
            fds.push(PollFd::new(master, PollFlags::POLLIN));
        }
        fds.extend(self.clients.fds());
        // Only a run that is on its way out, whose clients wait for news, or whose disk is full needs the clock.
        let calm = self.ending.is_idle() && self.ended.is_none() && self.told.log_error.is_none();
        let timeout = if calm && !self.has_news() {
            PollTimeout::NONE
        } else {
            PollTimeout::try_from(TICK).unwrap_or(PollTimeout::ZERO)
        };
        // EINTR and a spurious wake-up only mean another turn.
        let _ = poll(&mut fds, timeout);
    }

    fn handle_signals(&mut self) {
        while let Ok(Some(info)) = self.signals.read_signal() {
            let signal = i32::try_from(info.ssi_signo).ok().and_then(|number| Signal::try_from(number).ok());
            if matches!(signal, Some(Signal::SIGTERM | Signal::SIGINT | Signal::SIGHUP)) {
                self.ending.stop(Signal::SIGTERM, OWN_STOP_GRACE, Instant::now());
            }
        }
    }

    fn read_terminal(&mut self) {
        // A few rounds per turn: a child that never stops printing must not keep us from its exit or its Stop.
        for _ in 0..4 {
            // The kernel gives 4 KiB at a time at most; the log gets them together.
            let mut filled = 0;
            while let Some(room) = self.buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
                match self.terminal.read(room) {
                    0 => break,
                    read => filled += read,
                }
            }
            if filled > 0 {
                self.log.write(self.osc.feed(self.buffer.get(..filled).unwrap_or_default()));
            }
            if filled < READ {
                break;
            }
        }
    }

    fn reap(&mut self) {
        if self.ended.is_some() {
            return;
        }
        loop {
            match waitpid(Pid::from_raw(-1), Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => self.reaped(pid, (Some(code), None)),
                Ok(WaitStatus::Signaled(pid, signal, _)) => self.reaped(pid, (None, Some(signal as i32))),
                Err(Errno::ECHILD) => return self.tree_is_empty(),
                Err(Errno::EINTR) => {}
                Ok(_) | Err(_) => return,
            }
        }
    }

    fn reaped(&mut self, pid: Pid, exit: (Option<i32>, Option<i32>)) {
        if pid.as_raw().unsigned_abs() == self.hello.leader {
            self.leader_exit = Some(exit);
        }
    }

    fn tree_is_empty(&mut self) {
        // Nobody prints any more: what the terminal still holds is the rest.
        while self.terminal.as_fd().is_some() {
            let before = self.log.size() + self.log.lost();
            self.read_terminal();
            if self.log.size() + self.log.lost() == before {
                break;
            }
        }
        let rest = self.osc.finish();
        self.log.write(&rest);
        let (code, signal) = self.leader_exit.unwrap_or_default();
        let exit = Exit { code, signal, at: Timestamp::of(SystemTime::now()) };
        self.log.finish(exit);
        self.record.write(&Record { run: self.spec.run.clone(), instance: self.spec.instance, exit });
        self.ended = Some((exit, Instant::now() + LINGER));
        self.tell_progress();
        self.tell_log();
        self.clients.send(&Report::Ended { exit });
    }

    fn handle_clients(&mut self) {
        self.hello.log_size = self.log.size();
        self.hello.progress = self.osc.progress();
        self.hello.exit = self.ended.map(|(exit, _)| exit);
        self.hello.log_error = self.log.trouble();
        self.hello.log_lost = self.log.lost();
        self.clients.accept(|| Report::Hello(self.hello.clone()));
        for request in self.clients.read() {
            match request {
                Request::Stop { signal, grace_ms } => {
                    let signal = Signal::try_from(signal).unwrap_or(Signal::SIGTERM);
                    self.ending.stop(signal, Duration::from_millis(grace_ms), Instant::now());
                }
                Request::Collected => self.clients.set_collected(),
            }
        }
    }
}

/// Signals come as readable events instead of interruptions; the child gets an empty mask again (`spawn`).
fn block_signals() -> nix::Result<SignalFd> {
    let mut mask = SigSet::empty();
    // SIGXFSZ would end us where a limit on file sizes keeps the log from growing; the write's own error is enough.
    for signal in [Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGXFSZ] {
        mask.add(signal);
    }
    mask.thread_block()?;
    SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
}
