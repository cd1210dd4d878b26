//! The public sockets: accept loops, limits, drain, and the choice between an app and the dashboard.
//!
//! The data plane runs on threads of its own. Requests for the dashboard cross to the panel's runtime, so that no
//! handler, query or file can hold up a proxied byte.

mod accept;
mod access_log;
mod admin;
mod calls;
mod dispatch;
mod limits;
mod listeners;
mod pool;
mod proxy_protocol;
mod seats;
mod sign_in;
mod tls;
mod workers;

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::auth::Door;
use crate::domain::Port;
use crate::proxy::Proxy;
use crate::tasks::Tasks;

pub use access_log::Format as AccessFormat;
pub use admin::AdminSocket;
pub use limits::Limits;
pub use listeners::{BindError, Listeners};
pub use tls::{Certificates, Tls, TlsError, Wanted};

use accept::Shared;
use access_log::AccessLog;
use calls::Calls;
use dispatch::{Entrance, Front};
use pool::Pool;
use seats::Seats;
use sign_in::PanelPlace;
use workers::{Place, Workers};

/// How long requests under way may take once the server is going.
const DRAIN: Duration = Duration::from_secs(5);

/// What a server listens on, and how.
#[derive(Debug)]
pub struct Sockets {
    /// The dashboard's addresses.
    pub listeners: Listeners,
    /// The ports of the pool that lead somewhere: a listener is kept for each.
    pub public_ports: watch::Receiver<BTreeSet<Port>>,
    /// Where those of them are told that other programs have.
    pub unserved_ports: watch::Sender<BTreeSet<Port>>,
    /// With certificates, every listener speaks TLS.
    pub tls: Option<Tls>,
    /// Whether browsers are told to use nothing but TLS for this name.
    pub hsts: bool,
    /// Whether instances answer at paths on the dashboard's origin.
    pub path_routes: bool,
    /// Whether every connection begins with the PROXY protocol's header.
    pub proxy_protocol: bool,
    /// How requests are logged, and whether with their query strings.
    pub access_log: Option<(AccessFormat, bool)>,
    /// Where people reach the dashboard, as `scheme://host:port`, if that can't be told from what they ask for.
    pub public_url: Option<String>,
    /// How much clients may take.
    pub limits: Limits,
}

/// A server at work.
#[derive(Debug)]
pub struct Server {
    workers: Workers,
    closing: CancellationToken,
    connections: Tasks,
    panel_calls: Tasks,
    access_log: Option<access_log::Writer>,
}

impl Server {
    /// Starts serving: the data plane on threads of its own, the panel's calls on `panel_runtime`.
    ///
    /// # Errors
    /// The threads could not be started, or a socket not be made ready.
    pub fn start(
        sockets: Sockets,
        door: Door,
        proxy: Proxy,
        panel: Router,
        panel_runtime: &Handle,
    ) -> io::Result<Self> {
        let workers = Workers::start()?;
        let closing = CancellationToken::new();
        let (connections, panel_calls) = (Tasks::default(), Tasks::default());
        let log = sockets.access_log.map(|(format, with_query)| AccessLog::start(format, with_query)).transpose()?;
        let (log, writer) = log.unzip();
        let port = sockets.listeners.addresses().first().map_or(0, SocketAddr::port);
        let front = Arc::new(Front {
            door,
            panel_place: PanelPlace::new(sockets.public_url, port, proxy.base_path().clone()),
            proxy,
            calls: Calls::new(panel, panel_runtime.clone(), panel_calls.clone(), &sockets.limits),
            max_headers: sockets.limits.headers,
            hsts: sockets.hsts && sockets.tls.is_some(),
            path_routes: sockets.path_routes,
            access_log: log,
        });
        let shared = Shared {
            front,
            tls: sockets.tls,
            proxy_protocol: sockets.proxy_protocol,
            connections: connections.clone(),
            seats: Seats::new(&sockets.limits),
            limits: sockets.limits,
        };
        let pool = Pool {
            hosts: sockets.listeners.addresses().iter().map(SocketAddr::ip).collect(),
            wanted: sockets.public_ports,
            unserved: sockets.unserved_ports,
            crew: workers.crew().clone(),
            shared: shared.clone(),
            closing: closing.clone(),
        };
        for group in sockets.listeners.into_groups() {
            for (member, socket) in group.into_iter().enumerate() {
                let place = Place { crew: workers.crew().clone(), home: member, spread: false };
                accept::start(socket, place, Entrance::Panel, &shared, &closing)?;
            }
        }
        {
            let _inside = workers.crew().handle(0).map(Handle::enter);
            connections.spawn("public ports", pool.run());
        }
        if let Some(tls) = &shared.tls {
            let _inside = panel_runtime.enter();
            tls.watch(&connections, closing.clone());
        }
        Ok(Self { workers, closing, connections, panel_calls, access_log: writer })
    }

    /// Stops accepting, lets requests under way finish, and cuts what is still there after a while. Children are still
    /// running meanwhile: they would fail the very requests we are waiting for.
    pub async fn stop(self) {
        self.closing.cancel();
        if tokio::time::timeout(DRAIN, self.connections.wait()).await.is_err() {
            tracing::info!(connections = self.connections.len(), "cutting what is still connected");
        }
        let workers = self.workers;
        if let Err(error) = tokio::task::spawn_blocking(move || workers.stop()).await {
            tracing::error!(%error, "the data plane did not end in order");
        }
        // A change half done must be finished: these are short.
        if tokio::time::timeout(DRAIN, self.panel_calls.wait()).await.is_err() {
            tracing::warn!(calls = self.panel_calls.len(), "calls of the dashboard are still under way");
        }
        if let Some(writer) = self.access_log {
            writer.finish().await;
        }
    }
}
