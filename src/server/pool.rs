//! The listeners of public ports: opened and closed as the routes ask for them, while everything else goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::accept::{Acceptor, Shared};
use super::dispatch::Entrance;
use super::listeners::Listeners;
use super::workers;
use crate::domain::Port;

/// How often a port that another program holds is tried again.
const RETRY: Duration = Duration::from_secs(3);

/// Keeps one listener per address and wanted port.
pub(super) struct Pool {
    /// The host addresses of the dashboard.
    pub(super) hosts: BTreeSet<IpAddr>,
    /// The ports that lead somewhere.
    pub(super) wanted: watch::Receiver<BTreeSet<Port>>,
    /// Who accepts from them.
    pub(super) workers: Vec<Handle>,
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
        let listeners = Listeners::bind(&addresses, true).map_err(|error| error.to_string())?;
        let closing = self.closing.child_token();
        for socket in listeners.into_sockets() {
            let accept = |listener| {
                let acceptor = Acceptor::new(listener, Entrance::Pool(port), self.shared.clone(), closing.clone());
                self.shared.connections.spawn("accept loop of a public port", acceptor.run());
            };
            workers::on_each(&self.workers, &socket, accept).map_err(|error| error.to_string())?;
        }
        Ok(closing)
    }
}
