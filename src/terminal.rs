//! Terminals: shells that live on the server, in an instance's folder with its environment active.
//!
//! A session owns a PTY, the shell on it and the newest part of what it printed. Whoever looks at it is attached and may go and
//! come back; the program notices nothing of that. How its bytes travel is not known here: `api` speaks websockets.

mod activation;
mod attachment;
mod driver;
mod ending;
mod ring;
mod session;
mod spawn;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::InstanceId;
use crate::runtime::end_marked;
use crate::tasks::Tasks;

pub use activation::{Activation, find};
pub use attachment::{Acknowledge, Attachment, Begin, Piece};
pub use session::{Ended, Session, Size, Summary, Typing};
pub use spawn::{Program, Spec};

/// Sessions of one instance at once.
pub const MOST_OF_ONE: usize = 16;
/// Sessions of all instances at once.
pub const MOST: usize = 64;
/// Carried by everything a terminal's shell starts: so its end can be proved.
pub const MARK: &str = "AIKORE_TERMINAL_ID";

/// How the names of start files end.
const ENDING: &str = ".bashrc";
/// How long the end of every session may take when the server goes.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no new terminal.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// One instance has as many as it may have.
    #[error("There are {MOST_OF_ONE} terminals of this instance already. End one that is not needed any more.")]
    ManyOfOne,
    /// All of them together are as many as there may be.
    #[error("There are {MOST} terminals on this server already. End one that is not needed any more.")]
    Many,
    /// The server is on its way out.
    #[error("The server is stopping.")]
    Closing,
    /// The machine said no.
    #[error("A shell could not be started: {0}.")]
    Failed(String),
}

/// Every session; cheap to clone.
#[derive(Debug, Clone)]
pub struct Terminals {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// The start files of the shells.
    folder: PathBuf,
    /// How long a session lives without anybody attached; `None`: for ever.
    idle: Option<Duration>,
    sessions: Mutex<Sessions>,
    tasks: Tasks,
}

#[derive(Debug, Default)]
struct Sessions {
    /// In the order they were opened.
    open: Vec<Arc<Session>>,
    /// On their way: they count as well.
    coming: Vec<InstanceId>,
    closed: bool,
}

impl Terminals {
    /// No session yet. The start files of shells lie in this folder; what an earlier server left there tells what it left
    /// running, which ends. It waits for that.
    pub fn new(folder: PathBuf, idle: Option<Duration>) -> Self {
        for id in earlier(&folder) {
            let (ended, _) = end_marked(MARK, &id, None);
            if ended > 0 {
                tracing::info!(session = id, processes = ended, "a terminal of an earlier server was ended");
            }
        }
        if let Err(error) = std::fs::remove_dir_all(&folder)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(path = %folder.display(), %error, "start files of earlier terminals can't be removed");
        }
        Self { shared: Arc::new(Shared { folder, idle, sessions: Mutex::default(), tasks: Tasks::default() }) }
    }

    /// Starts a shell. It waits for the disk, and must be called in a runtime.
    ///
    /// # Errors
    /// There are too many, or the machine says no.
    pub fn open(&self, spec: &Spec) -> Result<Arc<Session>, TerminalError> {
        let instance = spec.instance;
        let name = self.reserve(spec)?;
        let started = spawn::start(&self.shared.folder, spec, name);
        let mut sessions = self.sessions();
        if let Some(at) = sessions.coming.iter().position(|coming| *coming == instance) {
            sessions.coming.swap_remove(at);
        }
        let started = started.map_err(|error| TerminalError::Failed(error.to_string()))?;
        let session = Arc::clone(&started.session);
        let (terminals, idle) = (self.clone(), self.shared.idle);
        if sessions.closed {
            session.end();
        }
        sessions.open.push(Arc::clone(&session));
        self.shared.tasks.spawn("terminal", async move {
            let session = Arc::clone(&started.session);
            driver::drive(started, idle, || terminals.forget(&session)).await;
        });
        Ok(session)
    }

    /// A place, and the name it will have.
    fn reserve(&self, spec: &Spec) -> Result<String, TerminalError> {
        let mut sessions = self.sessions();
        if sessions.closed {
            return Err(TerminalError::Closing);
        }
        if sessions.open.len() + sessions.coming.len() >= MOST {
            return Err(TerminalError::Many);
        }
        let names: Vec<String> =
            sessions.open.iter().filter(|s| s.instance == spec.instance).map(|s| s.name()).collect();
        let coming = sessions.coming.iter().filter(|coming| **coming == spec.instance).count();
        if names.len() + coming >= MOST_OF_ONE {
            return Err(TerminalError::ManyOfOne);
        }
        sessions.coming.push(spec.instance);
        Ok(spec.name.clone().unwrap_or_else(|| free_name(&names)))
    }

    /// The sessions of an instance that are there to come back to, in the order they were opened.
    pub fn list(&self, instance: InstanceId) -> Vec<Arc<Session>> {
        let sessions = self.sessions();
        sessions.open.iter().filter(|one| one.instance == instance && one.is_kept).map(Arc::clone).collect()
    }

    /// One of them.
    pub fn get(&self, instance: InstanceId, id: &str) -> Option<Arc<Session>> {
        self.list(instance).into_iter().find(|one| one.id == id)
    }

    /// Ends all terminals of an instance, and waits until nothing of them runs; not for ever.
    pub async fn end_all(&self, instance: InstanceId) {
        let of_it: Vec<_> =
            self.sessions().open.iter().filter(|one| one.instance == instance).map(Arc::clone).collect();
        for session in &of_it {
            session.end();
        }
        let gone = async {
            for session in &of_it {
                session.is_gone().await;
            }
        };
        if tokio::time::timeout(PATIENCE, gone).await.is_err() {
            tracing::error!(instance, "a terminal does not come to its end");
        }
    }

    /// Prints a line of ours into every terminal of an instance.
    pub fn say(&self, instance: InstanceId, text: &str) {
        for session in self.sessions().open.iter().filter(|one| one.instance == instance) {
            session.print(format!("\r\n\x1b[33mAiKore: {text}\x1b[0m\r\n").as_bytes());
        }
    }

    /// Runs work that belongs to a terminal: it is waited for when the server goes.
    pub fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.shared.tasks.spawn(name, work);
    }

    /// Ends every session; none is opened any more.
    pub async fn close(&self) {
        let all = {
            let mut sessions = self.sessions();
            sessions.closed = true;
            sessions.open.clone()
        };
        for session in all {
            session.end();
        }
        if tokio::time::timeout(PATIENCE, self.shared.tasks.wait()).await.is_err() {
            tracing::error!(tasks = self.shared.tasks.len(), "a terminal does not end; leaving without it");
        }
    }

    fn forget(&self, session: &Arc<Session>) {
        self.sessions().open.retain(|one| !Arc::ptr_eq(one, session));
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        locked(&self.shared.sessions)
    }
}

/// `Shell`, or the first `Shell 2`, `Shell 3`, … that nobody has.
fn free_name(taken: &[String]) -> String {
    let names = std::iter::once("Shell".to_owned()).chain((2..).map(|number| format!("Shell {number}")));
    names.into_iter().find(|name| !taken.contains(name)).unwrap_or_default()
}

/// The sessions whose start files lie in a folder.
fn earlier(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(ENDING)?.to_owned())).collect()
}

/// The start file of a session's shell.
fn start_file(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}{ENDING}"))
}

/// A poisoned lock only means that a panic was logged elsewhere: the data are whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_on() {
        let taken = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(free_name(&[]), "Shell");
        assert_eq!(free_name(&taken(&["Shell"])), "Shell 2");
        assert_eq!(free_name(&taken(&["Shell", "Shell 3", "mine"])), "Shell 2");
        assert_eq!(free_name(&taken(&["Shell 2"])), "Shell");
    }
}
