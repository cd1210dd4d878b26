//! What is wrong with a script, which is read and never run: what bash and shellcheck say, and what is said of it as a
//! blueprint.
//!
//! Of bash and shellcheck each check is a program of its own, with the text on its standard input, no environment but a search path, a folder
//! where no settings lie, and an end: it is killed when its time is up, when it says too much, and when nobody waits for the
//! answer any more.

mod blueprint;
mod findings;

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Semaphore;

pub use findings::{Level, Problem};

/// How long one program may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of what a program says; more is not read.
const MOST_SAID: u64 = 1 << 20;

/// Bytes of the largest text that is checked.
const MOST: usize = 512 << 10;

/// Problems in one answer.
const MOST_PROBLEMS: usize = 200;

/// Checks at a time; more wait.
const AT_ONCE: usize = 2;

/// Not told: that a file sourced at run time can't be found here, and that a variable is set or used only there.
const LEFT_OUT: &str = "SC1090,SC1091,SC2034,SC2154";

/// What a check came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = CheckReport)]
pub struct Report {
    /// What is wrong, in the order of the lines.
    pub problems: Vec<Problem>,
    /// The programs that looked at it.
    pub checked_by: Vec<&'static str>,
    /// Why not all of them did, or not all is told: a sentence.
    pub note: Option<String>,
}

/// Checks scripts; cheap to clone.
#[derive(Debug, Clone)]
pub struct Checks {
    room: Arc<Semaphore>,
}

impl Default for Checks {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Checks {
    /// Checks a blueprint, or what an instance has made of one.
    pub async fn blueprint(&self, text: &str) -> Report {
        let mut report = self.shell(text).await;
        if text.len() <= MOST {
            report.checked_by.insert(0, "aikore");
            report.problems.extend(blueprint::problems(text));
        }
        report.in_order()
    }

    /// Checks a shell script.
    pub async fn shell(&self, text: &str) -> Report {
        let mut report = Report::default();
        if text.len() > MOST {
            report.note = Some(format!("It is not checked: it has more than {} KiB.", MOST >> 10));
            return report;
        }
        // Nobody closes it.
        let Ok(_place) = self.room.acquire().await else { return report };
        match say("bash", &["-n", "/dev/stdin"], text).await {
            Ok(said) => {
                report.checked_by.push("bash");
                report.problems.extend(findings::of_bash(&said.complaints, text));
            }
            Err(why) => report.remark(why),
        }
        let arguments = ["--norc", "--shell=bash", "--format=json1", "--exclude", LEFT_OUT, "-"];
        match say("shellcheck", &arguments, text).await.map(|said| findings::of_shellcheck(&said.output)) {
            Ok(Ok(problems)) => {
                report.checked_by.push("shellcheck");
                report.problems.extend(problems);
            }
            Ok(Err(error)) => report.remark(Fault::Said(format!("shellcheck's answer can't be read: {error}."))),
            Err(why) => report.remark(why),
        }
        report.in_order()
    }
}

impl Report {
    fn in_order(mut self) -> Self {
        self.problems.sort_by_key(|problem| (problem.line, problem.column));
        if self.problems.len() > MOST_PROBLEMS {
            let all = self.problems.len();
            self.problems.truncate(MOST_PROBLEMS);
            self.note = Some(format!("There are {all} problems; the first {MOST_PROBLEMS} are shown."));
        }
        self
    }

    fn remark(&mut self, why: Fault) {
        if let Fault::Said(why) = why {
            self.note = Some(why);
        }
    }
}

/// Why a program has no word on it.
enum Fault {
    /// It is not installed, which is nobody's fault.
    NotThere,
    /// A sentence.
    Said(String),
}

/// What a program said.
struct Said {
    output: Vec<u8>,
    complaints: Vec<u8>,
}

async fn say(program: &str, arguments: &[&str], text: &str) -> Result<Said, Fault> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()))
        // Theirs to read and write the text in.
        .env("LC_ALL", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // When nobody waits any more, this future goes, and the program with it; tokio collects it.
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Fault::NotThere,
        _ => Fault::Said(format!("{program} could not be started: {error}.")),
    })?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async {
        if let Some(mut stdin) = stdin {
            // It may have seen enough before the end.
            let _ = stdin.write_all(text.as_bytes()).await;
        }
    };
    let all = async {
        let ((), output, complaints) = tokio::join!(feed, bounded(stdout), bounded(stderr));
        Ok::<_, std::io::Error>(Said { output: output?, complaints: complaints? })
    };
    match tokio::time::timeout(PATIENCE, all).await {
        Ok(Ok(said)) => Ok(said),
        Ok(Err(error)) => Err(Fault::Said(format!("{program} could not be heard: {error}."))),
        Err(_) => Err(Fault::Said(format!("{program} took longer than {} s and was ended.", PATIENCE.as_secs()))),
    }
}

async fn bounded(stream: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut said = Vec::new();
    if let Some(stream) = stream {
        stream.take(MOST_SAID).read_to_end(&mut said).await?;
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_script_is_read_and_not_run() {
        let dir = tempfile::tempdir().unwrap();
        let witness = dir.path().join("ran");
        let report = Checks::default().shell(&format!("touch {}\nif true; then\n", witness.display())).await;
        assert!(report.checked_by.contains(&"bash"), "{report:?}");
        assert!(!witness.exists());
        let broken = report.problems.iter().find(|problem| problem.by == "bash").unwrap();
        assert_eq!(broken.level, Level::Error);
        assert!(broken.message.contains("unexpected end of file"), "{broken:?}");
        assert!(Checks::default().shell("echo fine\n").await.problems.is_empty());
    }

    #[tokio::test]
    async fn what_takes_too_long_is_ended() {
        tokio::time::pause();
        let said = say("bash", &["-c", "sleep 600"], "").await;
        assert!(matches!(said, Err(Fault::Said(why)) if why.contains("took longer than 5 s")));
        assert!(matches!(say("no-such-program", &[], "").await, Err(Fault::NotThere)));
        let report = Checks::default().shell(&"x".repeat(MOST + 1)).await;
        assert!(report.note.is_some() && report.checked_by.is_empty());
    }

    #[tokio::test]
    async fn what_says_too_much_is_not_heard_to_its_end() {
        let said = say("bash", &["-c", "head -c 3000000 /dev/zero"], "").await.ok().unwrap();
        assert_eq!(said.output.len(), usize::try_from(MOST_SAID).unwrap());
    }
}
