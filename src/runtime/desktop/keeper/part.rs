//! A part of a desktop besides its program: started, started again when it ends, and ended with all it has started.

use std::io;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, Command};
use tokio_util::sync::CancellationToken;

use super::super::last_lines;
use super::say;

/// How long a part may take to end.
const GRACE: Duration = Duration::from_secs(3);

/// Whoever lived that long did not fail at its start.
const WELL: Duration = Duration::from_secs(30);

/// The first pause before a part is started again; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);

/// None is longer.
const LONGEST: Duration = Duration::from_secs(10);

/// How much of what a part prints is kept, in bytes.
const KEPT: usize = 4096;

/// How long to wait before something that ended is started again.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    in_a_row: u32,
}

impl Restarts {
    /// The pause after an end.
    pub(super) fn pause(&mut self, lived: Duration) -> Duration {
        self.in_a_row = if lived >= WELL { 0 } else { self.in_a_row.saturating_add(1) };
        PAUSE.saturating_mul(1 << self.in_a_row.min(10)).min(LONGEST)
    }

    /// Whether an end is news: the first of a row is said, the others would only fill the log.
    pub(super) fn is_first(&self) -> bool {
        self.in_a_row <= 1
    }
}

/// A part that was started.
pub(super) struct Part {
    pub(super) child: Child,
    last: LastWords,
}

impl Part {
    /// Starts it in a process group of its own. What it prints is read and forgotten, but for the end of it.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
        let mut child = command.spawn()?;
        let last = LastWords::default();
        if let Some(stderr) = child.stderr.take() {
            // Ends when the last process that could print has closed its end.
            tokio::spawn(last.clone().hear(stderr));
        }
        Ok(Self { child, last })
    }

    /// Waits for its end.
    pub(super) async fn ended(&mut self) -> String {
        let status = self.child.wait().await;
        status.map_or_else(|error| error.to_string(), |status| status.to_string())
    }

    /// The end of what it has printed.
    pub(super) async fn last_words(&self) -> String {
        // What it printed before its end may still be on its way.
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.last.quoted()
    }

    /// Ends it and whatever it has started.
    pub(super) async fn end(&mut self) {
        let Some(group) = self.child.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw) else { return };
        let _ = killpg(group, Signal::SIGTERM);
        if tokio::time::timeout(GRACE, self.child.wait()).await.is_err() {
            let _ = killpg(group, Signal::SIGKILL);
            let _ = self.child.wait().await;
        }
        // Those that outlive the first of them.
        let _ = killpg(group, Signal::SIGKILL);
    }
}

/// The end of what a part printed: browsers print for months, and nobody reads it unless they fail.
#[derive(Debug, Clone, Default)]
struct LastWords(Arc<Mutex<Vec<u8>>>);

impl LastWords {
    async fn hear(self, mut stream: ChildStderr) {
        let mut piece = [0; 1024];
        while let Ok(read @ 1..) = stream.read(&mut piece).await {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend(piece.get(..read).unwrap_or_default());
            let excess = kept.len().saturating_sub(KEPT);
            kept.drain(..excess);
        }
    }

    fn quoted(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        last_lines(&kept)
    }
}

/// Keeps a part there until `leaving`: once `ready` it is started, and again whenever it ends.
pub(super) async fn keep<F: Future<Output = ()>>(
    name: &str,
    make: impl Fn() -> io::Result<Command>,
    ready: impl Fn() -> F,
    leaving: &CancellationToken,
) {
    let mut restarts = Restarts::default();
    loop {
        tokio::select! {
            () = leaving.cancelled() => return,
            () = ready() => {}
        }
        let begun = Instant::now();
        let how = match make().and_then(|mut command| Part::start(command.stdout(Stdio::null()))) {
            Err(error) => format!("could not be started ({error})."),
            Ok(mut part) => {
                tokio::select! {
                    () = leaving.cancelled() => return part.end().await,
                    how = part.ended() => format!("ended ({how}).{}", part.last_words().await),
                }
            }
        };
        let pause = restarts.pause(begun.elapsed());
        if restarts.is_first() {
            say(&format!("{name} {how}\nIt is started again."));
        }
        tokio::select! {
            () = leaving.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_forgotten() {
        let mut restarts = Restarts::default();
        let short = Duration::from_secs(1);
        let pauses: Vec<u128> = (0..7).map(|_| restarts.pause(short).as_millis()).collect();
        assert_eq!(pauses, [1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
        assert!(!restarts.is_first());
        assert_eq!(restarts.pause(WELL), PAUSE);
        assert!(restarts.is_first());
    }
}
