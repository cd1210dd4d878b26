//! Somebody who looks at a session: reads what is printed at a pace of their own.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use tokio::sync::watch;

use super::session::{Client, Ended, Session};

/// Where somebody begins to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// With all that is kept.
    Start,
    /// Where they had left off.
    Place(u64),
}

/// What comes next.
#[derive(Debug)]
pub enum Piece {
    /// It was printed. The place of its first byte is where the piece before ended, unless some of it is kept no more.
    Output(u64, Bytes),
    /// The session is over, and all it printed was given.
    Ended(Ended),
    /// They were too slow: others waited for them long enough.
    Cut,
}

/// Somebody who is attached; whoever drops it is not any more.
#[derive(Debug)]
pub struct Attachment {
    session: Arc<Session>,
    number: u64,
    client: Arc<Client>,
    position: u64,
    printed: watch::Receiver<u64>,
    over: watch::Receiver<Option<Ended>>,
}

/// Says how much somebody has had of the output: the program waits for those who are far behind.
#[derive(Debug, Clone)]
pub struct Acknowledge {
    session: Arc<Session>,
    client: Arc<Client>,
}

impl Attachment {
    /// Attaches somebody.
    pub fn new(session: &Arc<Session>, from: Begin) -> Self {
        let (start, line, end) = session.places();
        let position = match from {
            Begin::Place(place) if (start..=end).contains(&place) => place,
            _ => line,
        };
        let (number, client) = session.welcome(position);
        let (printed, over) = session.follow();
        Self { session: Arc::clone(session), number, client, position, printed, over }
    }

    /// The place of the next byte.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The place behind the last byte there is now.
    pub fn end(&self) -> u64 {
        self.session.printed()
    }

    /// By what they say how much they have had.
    pub fn acknowledge(&self) -> Acknowledge {
        Acknowledge { session: Arc::clone(&self.session), client: Arc::clone(&self.client) }
    }

    /// The next piece. May be dropped while it waits; nothing is lost then.
    pub async fn next(&mut self) -> Piece {
        loop {
            // Looked at before the output: what is printed last is printed before the end.
            let over = *self.over.borrow_and_update();
            self.printed.borrow_and_update();
            let (from, bytes) = self.session.read(self.position);
            if !bytes.is_empty() {
                self.position = from + bytes.len() as u64;
                return Piece::Output(from, bytes);
            }
            if let Some(ended) = over {
                return Piece::Ended(ended);
            }
            // The session holds the senders, and we hold the session.
            tokio::select! {
                _ = self.printed.changed() => {}
                _ = self.over.changed() => {}
                () = self.client.cut.cancelled() => return Piece::Cut,
            }
        }
    }

    /// Resolves when they are too slow, also while they are being sent something.
    pub fn cut(&self) -> impl Future<Output = ()> + Send + use<> {
        self.client.cut.clone().cancelled_owned()
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        self.session.farewell(self.number);
    }
}

impl Acknowledge {
    /// They have had everything before this place.
    pub fn up_to(&self, place: u64) {
        // Nobody has had more than there is: else one wrong word would end the flow control.
        let place = place.min(self.session.printed());
        let before = self.client.acknowledged.fetch_max(place, Ordering::Relaxed);
        if before < place {
            self.session.room.notify_one();
        }
    }
}
