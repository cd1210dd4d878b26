//! The data plane: which instance a request is for, and how it gets there and back.
//!
//! Header, target and rewrite rules are pure functions with tables of tests; `../shared/proxy.md`'s points are named where
//! a rule comes from one. Requests come here before axum sees them.

pub mod body;
mod error;
mod forward;
pub mod headers;
pub mod pages;
mod table;
pub mod target;
mod tunnel;
mod upstream;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::header::LOCATION;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use ipnet::IpNet;

use body::Body;
use pages::Pages;
use table::Entry;
use target::InstancePath;

pub use error::ProxyError;
pub use table::Table;

use crate::domain::ProxyMode;

/// What the proxy has to know of the connection a request came over.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// The other end.
    pub address: SocketAddr,
    /// The port it came in by.
    pub local_port: u16,
    /// Whether it was encrypted.
    pub tls: bool,
}

/// The data plane; cheap to clone.
#[derive(Debug, Clone)]
pub struct Proxy {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    table: Arc<Table>,
    trusted: Vec<IpNet>,
    pages: Pages,
}

impl Proxy {
    /// A proxy over a table of routes, that believes the forwarding headers of these networks.
    pub fn new(table: Arc<Table>, trusted: Vec<IpNet>) -> Self {
        Self { inner: Arc::new(Inner { table, trusted, pages: Pages::load() }) }
    }

    /// The pages it answers with itself.
    pub fn pages(&self) -> &Pages {
        &self.inner.pages
    }

    /// Whether this peer's forwarding headers are believed.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.inner.trusted.iter().any(|network| network.contains(&peer))
    }

    /// Answers a request whose path lies under `/instance/`.
    pub async fn serve(&self, request: Request<Incoming>, peer: Peer) -> Response<Body> {
        let head = pages::Asker::of(&request);
        match self.route(request, peer).await {
            Ok(response) => response,
            Err(error) => self.inner.pages.error(&error, &head),
        }
    }

    async fn route(&self, request: Request<Incoming>, peer: Peer) -> Result<Response<Body>, ProxyError> {
        let Some(path) = InstancePath::of(request.uri().path()) else {
            return Err(ProxyError::Unknown { slug: String::new(), near: Vec::new() });
        };
        let table = self.inner.table.load();
        let Some(entry) = table.by_slug(path.slug) else {
            return Err(ProxyError::Unknown { slug: path.slug.to_owned(), near: table.near(path.slug) });
        };
        let prefix = path.prefix();
        match entry.route.mode {
            // Only stripped apps lose their relative links without the slash; the others decide for themselves
            // (prefix.md 9: an app that redirects the other way would loop).
            ProxyMode::Strip if path.rest.is_empty() && matches!(*request.method(), Method::GET | Method::HEAD) => {
                Ok(add_slash(request.uri()))
            }
            ProxyMode::Strip => self.forward(request, peer, entry, &prefix, true).await,
            ProxyMode::Preserve => self.forward(request, peer, entry, &prefix, false).await,
            ProxyMode::RootOnly => Err(ProxyError::RootOnly(Box::new(entry.route.clone()))),
        }
    }

    async fn forward(
        &self,
        request: Request<Incoming>,
        peer: Peer,
        entry: &Arc<Entry>,
        prefix: &str,
        strip: bool,
    ) -> Result<Response<Body>, ProxyError> {
        let Some(upstream) = &entry.upstream else { return Err(ProxyError::NotReady(Box::new(entry.route.clone()))) };
        let way = forward::Way { prefix, strip, trusted: self.trusts(peer.address.ip()), peer };
        forward::forward(request, upstream, &way, &entry.route).await
    }
}

/// `/instance/a?x` → `/instance/a/?x`, as a path without host: what the browser sees stays what it was.
fn add_slash(uri: &Uri) -> Response<Body> {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut response = Response::new(body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    match HeaderValue::try_from(format!("{}/{query}", uri.path())) {
        Ok(location) => drop(response.headers_mut().insert(LOCATION, location)),
        Err(_) => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    response
}
