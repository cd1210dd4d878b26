//! The data plane's threads: each a runtime of its own, so that a connection, and the connections to children it causes,
//! stay on one core and wake nobody else.
//!
//! Every worker accepts from the same sockets, by duplicated descriptors of one queue: whoever is idle takes the next
//! connection, so that the few busy ones of one person spread by themselves. (With a socket per worker and
//! `SO_REUSEPORT` the kernel spreads by hash, what waits in one worker's queue is lost when that one closes, and a second
//! program of the same user could share the port unseen.)

use std::io;
use std::net::TcpListener as StdListener;
use std::thread::{Builder as Thread, JoinHandle};

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

/// More would only contend for the accept queue.
const MOST: usize = 16;

/// The threads at work.
#[derive(Debug)]
pub(super) struct Workers {
    handles: Vec<Handle>,
    threads: Vec<JoinHandle<()>>,
    stop: CancellationToken,
}

impl Workers {
    /// One worker per core.
    pub(super) fn start() -> io::Result<Self> {
        let count = std::thread::available_parallelism().map_or(1, usize::from).min(MOST);
        let mut workers = Self { handles: Vec::new(), threads: Vec::new(), stop: CancellationToken::new() };
        for n in 0..count {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let stop = workers.stop.clone();
            workers.handles.push(runtime.handle().clone());
            let thread = Thread::new().name(format!("data-plane-{n}"));
            workers.threads.push(thread.spawn(move || runtime.block_on(stop.cancelled()))?);
        }
        Ok(workers)
    }

    /// Where work that belongs to no worker in particular runs.
    pub(super) fn first(&self) -> Option<&Handle> {
        self.handles.first()
    }

    /// Their runtimes, to hand sockets to.
    pub(super) fn handles(&self) -> Vec<Handle> {
        self.handles.clone()
    }

    /// Ends every thread and whatever still runs on it.
    pub(super) fn stop(self) {
        self.stop.cancel();
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the data plane panicked");
            }
        }
    }
}

/// A duplicate of a listening socket for each worker, registered there and handed to `accept`.
pub(super) fn on_each(workers: &[Handle], socket: &StdListener, mut accept: impl FnMut(TcpListener)) -> io::Result<()> {
    for worker in workers {
        let _inside = worker.enter();
        accept(TcpListener::from_std(socket.try_clone()?)?);
    }
    Ok(())
}
