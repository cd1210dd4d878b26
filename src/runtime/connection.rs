//! The server's end of the line to a shim.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;

use super::leftover::sweep;
use super::protocol::{Hello, Record, Report, Request, line, record_name, reserve_name, socket_name};
use super::socket_path::SocketPath;
use super::{Run, RunEvent, RunHandle};
use crate::domain::{Exit, RunId};

/// How long a living shim may take to say its first line.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connects to the shim of a run.
pub(super) async fn connect(shims: &Path, run: &RunId) -> io::Result<Run> {
    let path = SocketPath::new(shims, &socket_name(run))?;
    let stream = UnixStream::connect(path.as_path()).await?;
    let (reader, writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let hello = tokio::time::timeout(PATIENCE, first_line(&mut lines)).await??;
    let (events_out, events) = mpsc::channel(64);
    if let Some(error) = hello.log_error {
        // There is room: it is the first.
        let _ = events_out.try_send(RunEvent::LogState { error: Some(error), lost: hello.log_lost });
    }
    let (requests, requests_in) = mpsc::channel(8);
    let line =
        Line { shims: shims.to_owned(), run: run.clone(), lines, writer, requests: requests_in, events: events_out };
    // Owned by its channels: it ends when the `Run` and its handles are dropped, or when the shim is gone.
    match hello.exit {
        Some(exit) => tokio::spawn(line.over(Some(exit))),
        None => tokio::spawn(line.follow()),
    };
    Ok(Run {
        id: hello.run,
        instance: hello.instance,
        shim: hello.shim,
        leader: hello.leader,
        app_port: hello.app_port,
        log_size: hello.log_size,
        progress: hello.progress,
        exit: hello.exit,
        events,
        handle: RunHandle { requests },
    })
}

async fn first_line(lines: &mut Lines<BufReader<OwnedReadHalf>>) -> io::Result<Hello> {
    let line = lines.next_line().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
    match serde_json::from_str(&line)? {
        Report::Hello(hello) => Ok(hello),
        other => Err(io::Error::other(format!("the shim began with {other:?}"))),
    }
}

struct Line {
    shims: PathBuf,
    run: RunId,
    lines: Lines<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
    requests: mpsc::Receiver<Request>,
    events: mpsc::Sender<RunEvent>,
}

impl Line {
    async fn follow(mut self) {
        let ended = loop {
            tokio::select! {
                next = self.lines.next_line() => match next {
                    Ok(Some(text)) => match serde_json::from_str(&text) {
                        Ok(Report::Ended { exit }) => break Some(exit),
                        Ok(Report::Progress { progress }) => self.tell(RunEvent::Progress(progress)).await,
                        Ok(Report::Log { size }) => self.tell(RunEvent::Log(size)).await,
                        Ok(Report::LogState { error, lost }) => self.tell(RunEvent::LogState { error, lost }).await,
                        Ok(Report::Hello(_)) => {}
                        Err(error) => tracing::debug!(run = %self.run, %error, "a newer shim says something unknown"),
                    },
                    Ok(None) | Err(_) => break self.recorded_end(),
                },
                request = self.requests.recv() => match request {
                    // A write that fails is followed by the end of the lines.
                    Some(request) => drop(self.writer.write_all(&line(&request)).await),
                    None => return,
                },
            }
        };
        self.over(ended).await;
    }

    /// Tells the end, and clears up once it is stored.
    async fn over(mut self, ended: Option<Exit>) {
        match ended {
            Some(exit) => {
                self.tell(RunEvent::Ended(exit)).await;
                // The record stays until the end is stored: a server that dies here leaves it to the next one.
                while let Some(request) = self.requests.recv().await {
                    if request == Request::Collected {
                        let _ = self.writer.write_all(&line(&request)).await;
                        forget(&self.shims, &self.run);
                        // The shim goes now; the line is its last sign of life.
                        let _ = tokio::time::timeout(PATIENCE, async {
                            while let Ok(Some(_)) = self.lines.next_line().await {}
                        })
                        .await;
                        return;
                    }
                }
            }
            None => {
                let run = self.run.clone();
                // Reading every process's environment takes a while.
                let _ = tokio::task::spawn_blocking(move || sweep(&run, None)).await;
                forget(&self.shims, &self.run);
                self.tell(RunEvent::Lost).await;
            }
        }
    }

    /// Nobody listens any more: then nobody needs to know.
    async fn tell(&self, event: RunEvent) {
        let _ = self.events.send(event).await;
    }

    fn recorded_end(&self) -> Option<Exit> {
        recorded_end(&self.shims, &self.run)
    }
}

/// The exit record of a run, if its shim left one.
pub(super) fn recorded_end(shims: &Path, run: &RunId) -> Option<Exit> {
    let bytes = std::fs::read(shims.join(record_name(run))).ok()?;
    serde_json::from_slice::<Record>(&bytes).map(|record| record.exit).ok()
}

/// Removes what a run left in the shims folder.
pub(super) fn forget(shims: &Path, run: &RunId) {
    for name in [record_name(run), reserve_name(run), socket_name(run)] {
        let _ = std::fs::remove_file(shims.join(name));
    }
}
