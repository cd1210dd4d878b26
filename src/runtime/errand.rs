//! A program that is run for what it says: in a process group of its own, without input, bounded, and gone with everything
//! it has started when it is over, whoever ends it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use super::leftover;

/// So much of what it says is kept, of each of its two outputs. The rest is read and forgotten.
const MOST: usize = 1 << 20;

/// How long after its end what it started may go on talking.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Carried by all that errands start, with the config folder as its value: what a killed server left is found by it.
const MARK: &str = "AIKORE_ERRAND";

/// What to run.
#[derive(Debug)]
pub struct Errand {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Where it runs.
    pub directory: PathBuf,
    /// Its whole environment.
    pub environment: BTreeMap<OsString, OsString>,
    /// The server's config folder.
    pub config: PathBuf,
}

/// What came of it.
#[derive(Debug)]
pub struct Told {
    /// How it ended.
    pub status: ExitStatus,
    /// What it said, as text.
    pub output: String,
    /// What it said on the side.
    pub errors: String,
    /// It said more than is kept.
    pub cut: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Undone<T> {
    /// Somebody ended it.
    Stopped(T),
    /// It could not be run: the system's words.
    Failed(std::io::Error),
}

impl Errand {
    /// Runs it to its end, or until `stop` says otherwise. When this returns nothing of it runs any more.
    ///
    /// # Errors
    /// It could not be run, or was stopped.
    pub async fn run<T>(self, stop: impl Future<Output = T>) -> Result<Told, Undone<T>> {
        // Its own mark: what has left the group is found by it.
        let mine = format!("{:016x}", fastrand::u64(..));
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment)
            .env(MARK, &self.config)
            .env(ONE, &mine)
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(Undone::Failed)?;
        let group = child.id().and_then(|pid| i32::try_from(pid).ok());
        // Also when this future is dropped in the middle.
        let tree = Tree { group, mine };
        let over = CancellationToken::new();
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        let end = async {
            let status = child.wait().await;
            over.cancel();
            status
        };
        let work = async { tokio::join!(end, gather(output, &over), gather(errors, &over)) };
        let told = tokio::select! {
            biased;
            why = stop => Err(Undone::Stopped(why)),
            (status, output, errors) = work => status.map_err(Undone::Failed).map(|status| Told {
                status,
                cut: output.1 || errors.1,
                output: output.0,
                errors: errors.0,
            }),
        };
        tree.end().await;
        // Reaped; a process that a sick driver holds is left to kill_on_drop.
        let _ = tokio::time::timeout(LAST_WORDS, child.wait()).await;
        told
    }
}

/// One errand's mark.
const ONE: &str = "AIKORE_ERRAND_ID";

/// Everything an errand has started.
struct Tree {
    group: Option<i32>,
    mine: String,
}

impl Tree {
    async fn end(self) {
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // An error means that nobody is left in it.
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
        leftover::end_marked(ONE, &self.mine, None);
    }
}

/// What is said, as far as it is kept, and whether there was more.
async fn gather(from: Option<impl AsyncRead + Unpin>, over: &CancellationToken) -> (String, bool) {
    let Some(mut from) = from else { return (String::new(), false) };
    let mut late = std::pin::pin!(async {
        over.cancelled().await;
        tokio::time::sleep(LAST_WORDS).await;
    });
    let (mut kept, mut cut, mut piece) = (Vec::new(), false, vec![0; 16 * 1024]);
    loop {
        let read = tokio::select! {
            read = from.read(&mut piece) => read,
            () = &mut late => break,
        };
        let Ok(read) = read else { break };
        if read == 0 {
            break;
        }
        let take = read.min(MOST - kept.len());
        cut |= take < read;
        kept.extend_from_slice(piece.get(..take).unwrap_or_default());
    }
    (String::from_utf8_lossy(&kept).into_owned(), cut)
}

/// Ends what the errands of an earlier server of this config folder have left running.
pub fn end_leftovers(config: &Path) {
    let (ended, _) = leftover::end_marked(MARK, config, None);
    if ended > 0 {
        tracing::info!(ended, "processes that an earlier server had left were ended");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::runtime::proc;

    fn shell(script: &str) -> Errand {
        let path = std::env::var_os("PATH").unwrap_or_default();
        Errand {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            directory: "/".into(),
            environment: BTreeMap::from([("PATH".into(), path)]),
            config: "/somewhere".into(),
        }
    }

    async fn never() -> &'static str {
        std::future::pending().await
    }

    #[tokio::test]
    async fn what_it_says_is_kept_up_to_a_bound() {
        let told = shell("echo said; echo aside >&2; exit 3").run(never()).await.unwrap();
        assert_eq!((told.output.as_str(), told.errors.as_str(), told.cut), ("said\n", "aside\n", false));
        assert_eq!(told.status.code(), Some(3));
        let told = shell("head -c 3000000 /dev/zero").run(never()).await.unwrap();
        assert!(told.cut && told.output.len() == MOST && told.status.success());
        let mut nowhere = shell("");
        nowhere.program = "/no/such/program".into();
        assert!(matches!(nowhere.run(never()).await, Err(Undone::Failed(_))));
    }

    #[tokio::test]
    async fn nothing_is_left_when_it_is_stopped_or_over() {
        let dir = tempfile::tempdir().unwrap();
        // One in its group, one in a session of its own; both hold its output.
        let script = |end: &str| {
            format!(
                "cd {}; sleep 600 & echo $! > group; setsid sh -c 'echo $$ > away; exec sleep 600' & until [ -s away ]; do sleep 0.01; done; {end}",
                dir.path().display()
            )
        };
        let pid = |name: &str| std::fs::read_to_string(dir.path().join(name)).ok()?.trim().parse::<u32>().ok();
        let begun = Instant::now();
        let stop = async {
            while pid("away").is_none_or(|away| !proc::lives(away)) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            "enough"
        };
        let stopped = shell(&script("sleep 600")).run(stop).await;
        assert!(matches!(stopped, Err(Undone::Stopped("enough"))), "{stopped:?}");
        for name in ["group", "away"] {
            assert!(!proc::lives(pid(name).unwrap()), "{name} lives");
        }
        std::fs::remove_file(dir.path().join("away")).unwrap();
        let told = shell(&script("echo over")).run(never()).await.unwrap();
        assert_eq!(told.output, "over\n");
        for name in ["group", "away"] {
            assert!(!proc::lives(pid(name).unwrap()), "{name} lives");
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "it waited for them");
    }
}
