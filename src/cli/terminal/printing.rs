//! What is printed here. A reader may stop for as long as it likes (`| less`): a thread waits for it, so that everything
//! else goes on. How much it holds is bounded by what the server sends ahead of what was printed.

use std::io::{self, Write};
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc;

/// The thread, and the way to it.
#[derive(Debug)]
pub(super) struct Printing {
    pieces: Option<std::sync::mpsc::Sender<(Vec<u8>, u64)>>,
    /// The places everything before which was printed.
    printed: mpsc::UnboundedReceiver<u64>,
    thread: Option<JoinHandle<()>>,
}

impl Printing {
    pub(super) fn begin() -> Self {
        let (pieces, to_print) = std::sync::mpsc::channel::<(Vec<u8>, u64)>();
        let (done, printed) = mpsc::unbounded_channel();
        let thread = thread::spawn(move || {
            let mut out = io::stdout();
            for (piece, place) in to_print {
                // Dropping the sender says that nobody reads.
                if out.write_all(&piece).and_then(|()| out.flush()).is_err() || done.send(place).is_err() {
                    return;
                }
            }
        });
        Self { pieces: Some(pieces), printed, thread: Some(thread) }
    }

    /// Prints; what ends before this place was printed then.
    pub(super) fn print(&self, piece: Vec<u8>, place: u64) {
        if let Some(pieces) = &self.pieces {
            // An error means that nobody reads, which `printed` says.
            let _ = pieces.send((piece, place));
        }
    }

    /// What was printed since; `None` when nobody reads any more.
    pub(super) async fn printed(&mut self) -> Option<u64> {
        self.printed.recv().await
    }

    /// Waits until everything was printed.
    pub(super) async fn finish(&mut self) {
        self.pieces = None;
        while self.printed.recv().await.is_some() {}
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the thread that prints panicked");
        }
    }
}
