//! The listeners of public ports: opened and closed as the routes ask for them, while everything else goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::accept::{self, Shared};
use super::dispatch::Entrance;
use super::listeners::Listeners;
use super::workers::{Crew, Place};
use crate::domain::Port;

/// How often a port that another program holds is tried again.
const RETRY: Duration = Duration::from_secs(3);

/// Keeps one listener per address and wanted port.
pub(super) struct Pool {
    /// The host addresses of the dashboard.
    pub(super) hosts: BTreeSet<IpAddr>,
    /// The ports that lead somewhere.
    pub(super) wanted: watch::Receiver<BTreeSet<Port>>,
    /// Which of them other programs have.
    pub(super) unserved: watch::Sender<BTreeSet<Port>>,
    /// Who serves what comes in.
    pub(super) crew: Crew,
    pub(super) shared: Shared,
    pub(super) closing: CancellationToken,
}

impl Pool {
    /// Follows the routes until the server goes.
    pub(super) async fn run(mut self) {
        let mut open: BTreeMap<Port, CancellationToken> = BTreeMap::new();
        let mut complained: BTreeSet<Port> = BTreeSet::new();
        loop {
            let wanted = self.wanted.borrow_and_update().clone();
            open.retain(|port, listener| {
                let keep = wanted.contains(port);
                if !keep {
                    // Requests under way are finished, tunnels stay: only new connections are not taken any more.
                    listener.cancel();
                }
                keep
            });
            complained.retain(|port| wanted.contains(port));
            for port in wanted.iter().filter(|port| !open.contains_key(port)).copied().collect::<Vec<_>>() {
                match self.listen(port) {
                    Ok(listener) => {
                        complained.remove(&port);
                        open.insert(port, listener);
                    }
                    Err(error) if complained.insert(port) => {
                        tracing::warn!(%port, "a public port is not served yet: {error}");
                    }
                    Err(_) => {}
                }
            }
            if *self.unserved.borrow() != complained {
                self.unserved.send_replace(complained.clone());
            }
            let retry = async {
                if complained.is_empty() {
                    std::future::pending::<()>().await;
                }
                tokio::time::sleep(RETRY).await;
            };
            tokio::select! {
                () = self.closing.cancelled() => return,
                changed = self.wanted.changed() => if changed.is_err() { return },
                () = retry => {}
            }
        }
    }

    fn listen(&self, port: Port) -> Result<CancellationToken, String> {
        let addresses: Vec<SocketAddr> = self.hosts.iter().map(|host| SocketAddr::new(*host, port.get())).collect();
        let listeners = Listeners::bind_one_each(&addresses).map_err(|error| error.to_string())?;
        let closing = self.closing.child_token();
        for socket in listeners.into_groups().into_iter().flatten() {
            let home = usize::from(port.get()) % self.crew.len().max(1);
            let place = Place { crew: self.crew.clone(), home, spread: true };
            accept::start(socket, place, Entrance::Pool(port), &self.shared, &closing)
                .map_err(|error| error.to_string())?;
        }
        Ok(closing)
    }
}
