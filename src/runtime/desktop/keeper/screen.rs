//! The X server of a desktop: started, asked for its display, and started again on the same one when it ends. A web UI's jobs go on
//! meanwhile; programs with windows of their own end with it.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use super::super::Plan;
use super::super::service::Service;
use super::super::told::socket;
use super::part::{Part, Restarts};
use super::say;

/// How long it may take until it has a display.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at a display that is to come.
const LOOK: Duration = Duration::from_millis(20);

/// Between two looks at an X server that s6 keeps.
const WATCH: Duration = Duration::from_millis(500);

/// How long a program may outlive its X server and still be taken to have ended by it.
const MOMENT: Duration = Duration::from_secs(5);

/// Where every X server has its sockets.
const SOCKETS: &str = "/tmp/.X11-unix";

/// An X server that has a display.
pub(super) struct Server {
    pub(super) display: u32,
    held: Held,
    /// When it was last found to have ended.
    lost: Option<Instant>,
}

/// By whom it is kept there.
enum Held {
    /// By this keeper.
    Here { part: Part, begun: Instant },
    /// By s6.
    There(Service),
}

/// What never is.
pub(super) enum Never {}

impl Server {
    /// Starts it and waits until it has its display.
    pub(super) async fn start(plan: &Plan) -> Result<Self, String> {
        refuse_without_room()?;
        if let Some(scan) = &plan.tools.scan {
            return Self::start_there(plan, Service::of(scan, &plan.run)).await;
        }
        let (display, part, begun) = start_here(plan, None).await?;
        Ok(Self { display, held: Held::Here { part, begun }, lost: None })
    }

    async fn start_there(plan: &Plan, service: Service) -> Result<Self, String> {
        service.add(plan).map_err(|error| format!("The X server of the desktop can't be given to s6: {error}."))?;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(display) = service.display() {
                return Ok(Self { display, held: Held::There(service), lost: None });
            }
            tokio::time::sleep(LOOK).await;
        }
        let said = service.last_words();
        service.remove();
        Err(format!("The X server of the desktop had no display after {} s.{said}", PATIENCE.as_secs()))
    }

    /// The process below which it is, where that is not below the shim.
    pub(super) fn tree(&self) -> Option<u32> {
        match &self.held {
            Held::Here { .. } => None,
            Held::There(service) => service.supervisor(),
        }
    }

    /// Starts it again whenever it ends.
    pub(super) async fn keep(&mut self, plan: &Plan) -> Never {
        let mut restarts = Restarts::default();
        loop {
            let (part, begun) = match &mut self.held {
                Held::Here { part, begun } => (part, begun),
                Held::There(_) => {
                    self.watch().await;
                    continue;
                }
            };
            let how = part.ended().await;
            self.lost = Some(Instant::now());
            let mut pause = restarts.pause(begun.elapsed());
            say(&format!("The X server ended ({how}); it is started again."));
            loop {
                tokio::time::sleep(pause).await;
                match start_here(plan, Some(self.display)).await {
                    Ok((_, again, moment)) => {
                        (*part, *begun) = (again, moment);
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

    /// Until the one that s6 keeps has ended and is there again.
    async fn watch(&mut self) {
        let socket = display_socket(self.display);
        let answers = || UnixStream::connect(&socket).is_ok();
        let until = async |there: bool| {
            while answers() != there {
                tokio::time::sleep(WATCH).await;
            }
        };
        until(false).await;
        self.lost = Some(Instant::now());
        say("The X server ended; s6 starts it again.");
        until(true).await;
    }

    /// Whether it has ended, or did a moment ago: then a program that ends does so because of that.
    pub(super) fn is_lost(&mut self) -> bool {
        let gone = match &mut self.held {
            Held::Here { part, .. } => !matches!(part.child.try_wait(), Ok(None)),
            Held::There(_) => UnixStream::connect(display_socket(self.display)).is_err(),
        };
        gone || self.lost.is_some_and(|lost| lost.elapsed() < MOMENT)
    }

    /// Ends it.
    pub(super) async fn end(&mut self) {
        match &mut self.held {
            Held::Here { part, .. } => part.end().await,
            Held::There(service) => {
                let service = service.clone();
                // A panic in there was printed; the server clears what is left.
                let _ = tokio::task::spawn_blocking(move || service.remove()).await;
            }
        }
    }
}

/// Starts it below this keeper: on any display that is free, or on the one it had before.
async fn start_here(plan: &Plan, display: Option<u32>) -> Result<(u32, Part, Instant), String> {
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
        Ok(display) => Ok((display, part, begun)),
        Err(how) => {
            part.end().await;
            let said = part.last_words().await;
            Err(format!("The X server of the desktop did not come up ({how}).{said}"))
        }
    }
}

fn display_socket(display: u32) -> String {
    format!("{SOCKETS}/X{display}")
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
