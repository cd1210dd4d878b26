//! The X server of a desktop: started, asked for its display, and started again on the same one when it ends. A web UI's jobs go on
//! meanwhile; programs with windows of their own end with it.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use super::super::{Plan, socket};
use super::part::{Part, Restarts};
use super::say;

/// How long it may take until it has a display.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where every X server has its sockets.
const SOCKETS: &str = "/tmp/.X11-unix";

/// An X server that has a display.
pub(super) struct Server {
    pub(super) display: u32,
    part: Part,
    begun: Instant,
}

/// What never is.
pub(super) enum Never {}

impl Server {
    /// Starts it and waits until it has its display: any that is free, or the one it had before.
    pub(super) async fn start(plan: &Plan, display: Option<u32>) -> Result<Self, String> {
        refuse_without_room()?;
        // Of an earlier one that was killed.
        let _ = fs::remove_file(socket(&plan.folder, &plan.run));
        let mut command = Command::from(plan.tools.engine.command(plan, display));
        command.current_dir(&plan.folder).stdout(Stdio::piped());
        let begun = Instant::now();
        let mut part = Part::start(&mut command)
            .map_err(|error| format!("The X server of the desktop could not be started: {error}."))?;
        let told = match tokio::time::timeout(PATIENCE, display_of(&mut part.child)).await {
            Ok(Some(display)) => Ok(display),
            // It has closed its output without a word: it is ending.
            Ok(None) => Err(part.ended().await),
            Err(_) => Err(format!("it had no display after {} s", PATIENCE.as_secs())),
        };
        match told {
            Ok(display) => Ok(Self { display, part, begun }),
            Err(how) => {
                part.end().await;
                let said = part.last_words().await;
                Err(format!("The X server of the desktop did not come up ({how}).{said}"))
            }
        }
    }

    /// Starts it again whenever it ends.
    pub(super) async fn keep(&mut self, plan: &Plan) -> Never {
        let mut restarts = Restarts::default();
        loop {
            let how = self.part.ended().await;
            let mut pause = restarts.pause(self.begun.elapsed());
            say(&format!("The X server ended ({how}); it is started again."));
            loop {
                tokio::time::sleep(pause).await;
                match Self::start(plan, Some(self.display)).await {
                    Ok(again) => {
                        *self = again;
                        break;
                    }
                    Err(why) => {
                        pause = restarts.pause(Duration::ZERO);
                        say(&why);
                    }
                }
            }
        }
    }

    /// Ends it.
    pub(super) async fn end(&mut self) {
        self.part.end().await;
    }
}

/// What it says about its display: a line with the number.
async fn display_of(child: &mut Child) -> Option<u32> {
    let mut stdout = child.stdout.take()?;
    let mut said = Vec::new();
    loop {
        if stdout.read_buf(&mut said).await.ok()? == 0 {
            return None;
        }
        if said.ends_with(b"\n") {
            return std::str::from_utf8(&said).ok()?.trim().parse().ok();
        }
    }
}

/// Without a place for its socket it would say little that helps.
fn refuse_without_room() -> Result<(), String> {
    let room = nix::unistd::access(Path::new(SOCKETS), nix::unistd::AccessFlags::W_OK);
    let can_be_made = room == Err(nix::errno::Errno::ENOENT) && nix::unistd::geteuid().is_root();
    if room.is_ok() || can_be_made {
        return Ok(());
    }
    Err(format!(
        "An X server can't put its socket into {SOCKETS}: that folder has to be there, and everybody has to be allowed to write \
         into it (as root: mkdir -p {SOCKETS} && chmod 1777 {SOCKETS})."
    ))
}
