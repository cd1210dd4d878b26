//! A session: what it printed, who is attached, what is typed into it.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::locked;
use super::ring::Ring;
use crate::domain::{InstanceId, Timestamp};

/// So much of what was printed is kept.
const KEPT: usize = 2 << 20;
/// Nobody who is attached may fall so far behind: the program waits before.
pub(super) const WINDOW: u64 = 1 << 20;
/// So many bytes may have been typed that no program has read yet; whoever types more waits.
const UNREAD: usize = 4 << 20;

/// How many characters a screen has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Lines.
    pub rows: u16,
    /// Characters in a line.
    pub cols: u16,
}

impl Default for Size {
    fn default() -> Self {
        Self { rows: 24, cols: 80 }
    }
}

impl Size {
    /// None of it may be nothing: programs divide by it.
    pub fn new(rows: u16, cols: u16) -> Option<Self> {
        (rows > 0 && cols > 0).then_some(Self { rows, cols })
    }
}

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The shell, or the program in its place, has ended.
    Exit {
        /// With this exit code …
        code: Option<i32>,
        /// … unless this signal ended it.
        signal: Option<i32>,
    },
    /// Somebody, or the end of its instance or of the server, asked for it.
    Asked,
    /// Nobody was attached for long.
    Idle,
}

/// A session as a list shows it.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// How many look at it.
    pub attached: usize,
    /// What runs in front; `None` while it is the shell itself.
    pub program: Option<String>,
}

/// What was typed, on its way to the PTY.
pub(super) enum Input {
    /// This.
    Typed(Typed),
    /// Nothing more comes. Only a pipe has an end.
    End,
}

/// Some bytes.
pub(super) struct Typed {
    pub(super) bytes: Bytes,
    /// Given back when a program has read it.
    pub(super) _room: OwnedSemaphorePermit,
    pub(super) done: watch::Sender<u64>,
}

/// Somebody who is attached.
#[derive(Debug)]
pub(super) struct Client {
    /// What they have had of the output.
    pub(super) acknowledged: AtomicU64,
    /// Cancelled when they are too slow.
    pub(super) cut: CancellationToken,
}

/// A shell, and what is known of it.
#[derive(Debug)]
pub struct Session {
    /// Its id, which also marks its processes.
    pub id: String,
    /// Whose terminal it is.
    pub instance: InstanceId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// It stays when nobody is attached, and is listed.
    pub is_kept: bool,
    /// It runs a program somebody asked for and comes to hear: its end waits for them, and so does what it prints.
    pub(super) is_awaited: bool,
    /// The shell's pid.
    pub(super) shell: u32,
    name: Mutex<String>,
    ring: Mutex<Ring>,
    /// The end of the output, for those who wait for more.
    printed: watch::Sender<u64>,
    pub(super) clients: Mutex<BTreeMap<u64, Arc<Client>>>,
    next_client: AtomicU64,
    /// How many are attached.
    pub(super) attached: watch::Sender<usize>,
    /// Somebody has had more of the output, or has gone.
    pub(super) room: Notify,
    /// The shell has ended: its last words are read without waiting for anybody.
    pub(super) last_words: AtomicBool,
    inputs: mpsc::UnboundedSender<Input>,
    unread: Arc<Semaphore>,
    pub(super) size: watch::Sender<Size>,
    pub(super) ending: CancellationToken,
    pub(super) over: watch::Sender<Option<Ended>>,
    pub(super) gone: CancellationToken,
}

impl Session {
    pub(super) fn new(
        id: String,
        instance: InstanceId,
        (name, is_kept, is_awaited): (String, bool, bool),
        shell: u32,
        size: Size,
        inputs: mpsc::UnboundedSender<Input>,
    ) -> Self {
        Self {
            id,
            instance,
            created_at: Timestamp::of(std::time::SystemTime::now()),
            is_kept,
            is_awaited,
            shell,
            name: Mutex::new(name),
            ring: Mutex::new(Ring::new(KEPT)),
            printed: watch::Sender::new(0),
            clients: Mutex::default(),
            next_client: AtomicU64::new(0),
            attached: watch::Sender::new(0),
            room: Notify::new(),
            last_words: AtomicBool::new(false),
            inputs,
            unread: Arc::new(Semaphore::new(UNREAD)),
            size: watch::Sender::new(size),
            ending: CancellationToken::new(),
            over: watch::Sender::new(None),
            gone: CancellationToken::new(),
        }
    }

    /// What people call it.
    pub fn name(&self) -> String {
        locked(&self.name).clone()
    }

    /// Gives it another name.
    pub fn rename(&self, name: String) {
        *locked(&self.name) = name;
    }

    /// How it is now. It looks into `/proc`.
    pub fn summary(&self) -> Summary {
        Summary {
            id: self.id.clone(),
            name: self.name(),
            created_at: self.created_at,
            attached: *self.attached.borrow(),
            program: in_front(self.shell),
        }
    }

    /// Sets how large its screen is; the last word holds.
    pub fn resize(&self, size: Size) {
        self.size.send_if_modified(|present| std::mem::replace(present, size) != size);
    }

    /// Asks it to end; returns at once.
    pub fn end(&self) {
        self.ending.cancel();
    }

    /// Waits until nothing of it runs any more.
    pub async fn is_gone(&self) {
        self.gone.cancelled().await;
    }

    /// Somebody who types.
    pub fn typing(self: &Arc<Self>) -> Typing {
        Typing { session: Arc::clone(self), done: watch::Sender::new(0) }
    }

    pub(super) fn print(&self, bytes: &[u8]) {
        let end = {
            let mut ring = locked(&self.ring);
            ring.append(bytes);
            ring.end()
        };
        self.printed.send_replace(end);
    }

    /// What was printed from this place on.
    pub(super) fn read(&self, from: u64) -> (u64, Bytes) {
        let ring = locked(&self.ring);
        let (from, bytes) = ring.read(from);
        (from, Bytes::copy_from_slice(bytes))
    }

    /// The places where what is kept begins, where its first whole line does, and where it ends.
    pub(super) fn places(&self) -> (u64, u64, u64) {
        let ring = locked(&self.ring);
        (ring.start(), ring.first_line(), ring.end())
    }

    /// The place behind what is printed.
    pub(super) fn printed(&self) -> u64 {
        *self.printed.borrow()
    }

    pub(super) fn follow(&self) -> (watch::Receiver<u64>, watch::Receiver<Option<Ended>>) {
        (self.printed.subscribe(), self.over.subscribe())
    }

    pub(super) fn welcome(&self, at: u64) -> (u64, Arc<Client>) {
        let client = Arc::new(Client { acknowledged: AtomicU64::new(at), cut: CancellationToken::new() });
        let number = self.next_client.fetch_add(1, Ordering::Relaxed);
        let mut clients = locked(&self.clients);
        clients.insert(number, Arc::clone(&client));
        self.attached.send_replace(clients.len());
        (number, client)
    }

    /// Waits until somebody has been attached, now or before.
    pub(super) async fn was_attached(&self) {
        let mut attached = self.attached.subscribe();
        while self.next_client.load(Ordering::Relaxed) == 0 {
            // The session holds the sender.
            let _ = attached.changed().await;
        }
    }

    pub(super) fn farewell(&self, number: u64) {
        let mut clients = locked(&self.clients);
        clients.remove(&number);
        self.attached.send_replace(clients.len());
        self.room.notify_one();
    }

    /// Those for whom the program has to wait now.
    pub(super) fn slow_ones(&self) -> Vec<Arc<Client>> {
        let end = *self.printed.borrow();
        let behind = |client: &&Arc<Client>| client.acknowledged.load(Ordering::Relaxed) + WINDOW <= end;
        locked(&self.clients).values().filter(behind).map(Arc::clone).collect()
    }
}

/// Types into a session, and knows how much of it was read.
#[derive(Debug)]
pub struct Typing {
    session: Arc<Session>,
    done: watch::Sender<u64>,
}

impl Typing {
    /// Types; waits while too much is unread. What is typed into a session that is over is lost with it.
    pub async fn type_in(&self, mut bytes: Bytes) {
        while !bytes.is_empty() {
            let now = bytes.split_to(bytes.len().min(64 << 10));
            let wanted = u32::try_from(now.len()).unwrap_or(u32::MAX);
            let Ok(room) = Arc::clone(&self.session.unread).acquire_many_owned(wanted).await else { return };
            let typed = Typed { bytes: now, _room: room, done: self.done.clone() };
            if self.session.inputs.send(Input::Typed(typed)).is_err() {
                return;
            }
        }
    }

    /// Says that nothing more comes: a program that is fed reads the end of its input.
    pub fn end(&self) {
        // An error means that it reads no more anyhow.
        let _ = self.session.inputs.send(Input::End);
    }

    /// How many of the bytes typed here were passed on to the terminal.
    pub fn done(&self) -> watch::Receiver<u64> {
        self.done.subscribe()
    }
}

/// What runs in front of a terminal, unless it is the shell itself.
fn in_front(shell: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{shell}/stat")).ok()?;
    let group: u32 = stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(5)?.parse().ok()?;
    if group == shell {
        return None;
    }
    // Its leader may have gone before the others.
    let name = fs::read_to_string(format!("/proc/{group}/comm")).unwrap_or_else(|_| "a program".to_owned());
    Some(name.trim_end().to_owned())
}
