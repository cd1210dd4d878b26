//! The data plane's threads: each a runtime of its own, so that a connection, and the connections to children it causes,
//! stay on one core and wake nobody else.
//!
//! The dashboard's addresses have a socket per worker (`SO_REUSEPORT`): a connection wakes one worker and not all of them. A
//! port of the pool has one socket, and what it accepts goes to the worker with the fewest connections: thousands of
//! ports would need as many descriptors for each worker otherwise, and the few busy connections of one person spread.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder as Thread, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

/// More would only contend for the accept queue.
const MOST: usize = 16;

/// One worker per core.
pub(super) fn count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(MOST)
}

/// The threads at work.
#[derive(Debug)]
pub(super) struct Workers {
    crew: Crew,
    threads: Vec<JoinHandle<()>>,
    stop: CancellationToken,
}

impl Workers {
    /// Starts them all.
    pub(super) fn start() -> io::Result<Self> {
        let (mut members, mut threads, stop) = (Vec::new(), Vec::new(), CancellationToken::new());
        for n in 0..count() {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let stop = stop.clone();
            members.push(Member { handle: runtime.handle().clone(), connections: AtomicUsize::new(0) });
            let thread = Thread::new().name(format!("data-plane-{n}"));
            threads.push(thread.spawn(move || runtime.block_on(stop.cancelled()))?);
        }
        Ok(Self { crew: Crew(members.into()), threads, stop })
    }

    /// Who takes connections.
    pub(super) fn crew(&self) -> &Crew {
        &self.crew
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

/// One worker, as those see it who give it connections.
#[derive(Debug)]
pub(super) struct Member {
    handle: Handle,
    connections: AtomicUsize,
}

/// A connection that a worker has: counted until it is dropped.
#[derive(Debug)]
pub(super) struct Load {
    crew: Crew,
    member: usize,
}

/// Where what a socket accepts is served.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) crew: Crew,
    /// The worker that accepts.
    pub(super) home: usize,
    /// Whether others may get what it accepts.
    pub(super) spread: bool,
}

/// All workers; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Crew(Arc<[Member]>);

impl Crew {
    /// How many they are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The runtime of one of them; of the first one where there is no such.
    pub(super) fn handle(&self, member: usize) -> Option<&Handle> {
        self.0.get(member).or_else(|| self.0.first()).map(|member| &member.handle)
    }

    /// The one with the fewest connections; `home` where that is as good.
    pub(super) fn least_loaded(&self, home: usize) -> usize {
        let load = |member: &Member| member.connections.load(Ordering::Relaxed);
        let least = self.0.iter().map(load).min().unwrap_or_default();
        let at_home = self.0.get(home).is_some_and(|member| load(member) == least);
        if at_home { home } else { self.0.iter().position(|member| load(member) == least).unwrap_or(home) }
    }

    /// Counts a connection.
    pub(super) fn load(&self, member: usize) -> Load {
        if let Some(member) = self.0.get(member) {
            member.connections.fetch_add(1, Ordering::Relaxed);
        }
        Load { crew: self.clone(), member }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        if let Some(member) = self.crew.0.get(self.member) {
            member.connections.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_go_to_whoever_has_fewest() {
        let workers = Workers::start().unwrap();
        let crew = workers.crew().clone();
        assert_eq!((crew.len(), crew.least_loaded(0)), (count(), 0));
        if crew.len() > 1 {
            let first = crew.load(0);
            assert_eq!(crew.least_loaded(0), 1);
            let second = crew.load(1);
            assert!(crew.len() > 2 || crew.least_loaded(1) == 1, "at home where that is as good");
            drop((first, second));
            assert_eq!(crew.least_loaded(0), 0);
        }
        workers.stop();
    }
}
