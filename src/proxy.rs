//! The data plane: which instance a request is for, and how it gets there and back.
//!
//! Header, target and rewrite rules are pure functions with tables of tests; `../shared/proxy.md`'s points are named where
//! a rule comes from one. Requests come here before axum sees them.

pub mod body;
pub mod desktop;
pub mod drain;
mod error;
mod forward;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod headers;
mod page_helper;
pub mod pages;
pub mod request_id;
mod rescue;
mod table;
pub mod target;
mod traffic;
mod tunnel;
mod upstream;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

use body::Body;
use headers::fields::Fields;
use headers::forwarded::IpText;
use headers::host;
use pages::{Asker, Pages};
use request_id::RequestId;
use rescue::Trail;
use target::{InstancePath, WayIn};

pub use error::ProxyError;
pub use forward::Forwarding;
pub use table::{Entry, Table};
pub use traffic::Counted;

use crate::domain::{BasePath, Port, Route, Screen};

/// What the proxy has to know of the connection a request came over.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// The other end.
    pub address: SocketAddr,
    /// Its IP address as text: written once, and not for every request.
    pub ip: IpText,
    /// The port it came in by.
    pub local_port: u16,
    /// Whether it was encrypted.
    pub tls: bool,
    /// How long its client may stop in the middle of a request's body.
    pub patience: Duration,
}

/// What is known of a request besides itself.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The connection it came over.
    pub peer: Peer,
    /// Which of the fields that mean something here it came with.
    pub fields: Fields,
    /// Its name.
    pub id: RequestId,
    /// Its `Authorization` is one of our tokens, which no app gets to see.
    pub ours_in_authorization: bool,
    /// Ends a websocket: whoever opened it is let in no more.
    pub until: Option<CancellationToken>,
    /// Whoever makes it may look at a desktop, and not touch it.
    pub only_looks: bool,
}

impl Arrival {
    /// Looks at a request that has come over this connection.
    pub fn of<B>(request: &Request<B>, peer: Peer) -> Self {
        let fields = Fields::of(request.headers());
        let id = RequestId::of(request.headers(), fields);
        Self { peer, fields, id, ours_in_authorization: false, until: None, only_looks: false }
    }
}

/// What becomes of a request.
pub enum Next<'a> {
    /// It is answered here.
    Answer(Response<Body>),
    /// It goes to an app.
    Forward(Box<Forwarding<'a>>),
}

impl Next<'_> {
    /// The answer, whoever gives it.
    pub async fn run(self) -> Response<Body> {
        match self {
            Self::Answer(response) => response,
            Self::Forward(forwarding) => forwarding.run().await,
        }
    }
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
    base_path: BasePath,
    pages: Pages,
    trail: Trail,
}

impl Proxy {
    /// A proxy over a table of routes, that believes the forwarding headers of these networks and lives under an outer
    /// proxy's `base_path`.
    pub fn new(table: Arc<Table>, trusted: Vec<IpNet>, base_path: BasePath) -> Self {
        let pages = Pages::load(&base_path);
        Self { inner: Arc::new(Inner { table, trusted, base_path, pages, trail: Trail::default() }) }
    }

    /// The prefix an outer proxy serves everything under.
    pub fn base_path(&self) -> &BasePath {
        &self.inner.base_path
    }

    /// A URI less the prefix of an outer proxy, where it has that.
    pub fn inner_uri(&self, uri: &Uri) -> Option<Uri> {
        let path = self.inner.base_path.cut(uri.path());
        (path.len() < uri.path().len()).then(|| with_query(path, uri).parse().ok())?
    }

    /// The pages it answers with itself.
    pub fn pages(&self) -> &Pages {
        &self.inner.pages
    }

    /// Whether this peer's forwarding headers are believed.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        if self.inner.trusted.is_empty() {
            return false;
        }
        let peer = peer.to_canonical();
        self.inner.trusted.iter().any(|network| network.contains(&peer))
    }

    /// Whether this peer may say whose connection its own is (PROXY protocol): any, unless some are named.
    pub fn may_introduce(&self, peer: IpAddr) -> bool {
        self.inner.trusted.is_empty() || self.trusts(peer)
    }

    /// The instance whose own origin this host name is, if it is one's.
    pub fn by_host(&self, host: &str) -> Option<Arc<Entry>> {
        self.inner.table.by_host(host)
    }

    /// The instance of this slug.
    pub fn by_slug(&self, slug: &str) -> Option<Arc<Entry>> {
        self.inner.table.load().by_slug(slug).cloned()
    }

    /// The instance this port of the pool leads to.
    pub fn by_port(&self, port: Port) -> Option<Arc<Entry>> {
        self.inner.table.load().by_port(port).cloned()
    }

    /// What becomes of a request whose path lies under an instance's on the dashboard's origin.
    pub fn at_path(&self, request: Request<Incoming>, arrival: &Arrival, entry: &Arc<Entry>) -> Next<'_> {
        self.for_entry(request, arrival, entry, WayIn::Path)
    }

    /// The answer where a path under `/instance/` names none.
    pub fn unknown(&self, slug: &str, asker: Asker) -> Response<Body> {
        let near = self.inner.table.load().near(slug);
        self.inner.pages.error(&ProxyError::Unknown { slug: slug.to_owned(), near }, &asker)
    }

    /// What becomes of a request on an instance's own origin: its public port or a host name.
    pub fn at_origin(&self, request: Request<Incoming>, arrival: &Arrival, entry: &Arc<Entry>) -> Next<'_> {
        self.for_entry(request, arrival, entry, WayIn::Origin)
    }

    fn for_entry(&self, request: Request<Incoming>, arrival: &Arrival, entry: &Arc<Entry>, way: WayIn) -> Next<'_> {
        let below = InstancePath::below(&self.inner.base_path, &entry.route.slug, request.uri().path()).map(str::len);
        if entry.app.is_some() {
            self.for_desktop(request, arrival, entry, way, below)
        } else {
            self.to_app(request, arrival, entry, way, below)
        }
    }

    /// Whether this is where the viewer of an instance's desktop has its websocket.
    pub fn is_screen(&self, path: &str, entry: &Entry) -> bool {
        let is_ours = matches!(&entry.route.desktop, Some(desktop) if matches!(desktop.screen, Screen::Socket(_)));
        let below = InstancePath::below(&self.inner.base_path, &entry.route.slug, path);
        is_ours && below.unwrap_or_else(|| self.inner.base_path.cut(path)) == desktop::SOCKET
    }

    fn forward(
        &self,
        request: Request<Incoming>,
        arrival: &Arrival,
        entry: &Arc<Entry>,
        way: &forward::Way,
    ) -> Next<'_> {
        match forward::begin(self, entry, request, arrival, way) {
            Ok(forwarding) => Next::Forward(forwarding),
            Err(error) => Next::Answer(self.failed(entry, &error, way.asker, &arrival.id)),
        }
    }

    /// The answer to a request that no app answered, which is counted and kept.
    fn failed(&self, entry: &Entry, error: &ProxyError, asker: Asker, id: &RequestId) -> Response<Body> {
        entry.traffic.failure(error.status(), error.to_string(), id.as_str().to_owned());
        let mut response = self.inner.pages.error(error, &asker);
        response.headers_mut().insert(request_id::FIELD, id.to_value());
        response
    }

    /// A request outside every prefix that came from an instance's page is sent back below that instance's prefix,
    /// whether the panel has such a path or not.
    pub fn rescue_by_referer(
        &self,
        request: &Request<Incoming>,
        peer: Peer,
        may: impl Fn(&Route) -> bool,
    ) -> Option<Response<Body>> {
        let authority = self.client_authority(request.headers(), peer)?;
        let slug = rescue::by_referer(request.headers(), authority, &self.inner.base_path)?;
        self.rescue(slug, request.uri(), request.headers(), peer, may)
    }

    /// A request for which the panel has no path is sent to the instance to which the page or script that made it was
    /// found to belong, although its address does not say so.
    pub fn rescue_by_trail(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        peer: Peer,
        may: impl Fn(&Route) -> bool,
    ) -> Option<Response<Body>> {
        let authority = self.client_authority(headers, peer)?;
        let from = rescue::referring_path(headers, authority, &self.inner.base_path)?;
        let instance = self.inner.trail.follow(self.client_ip(headers, peer), headers, from)?;
        let slug = self.inner.table.load().by_instance(instance)?.route.slug.clone();
        self.rescue(slug.as_str(), uri, headers, peer, may)
    }

    /// A request for which the panel has no path is sent below the instance whose page this browser opened last.
    pub fn rescue_by_cookie(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        peer: Peer,
        may: impl Fn(&Route) -> bool,
    ) -> Option<Response<Body>> {
        self.rescue(rescue::by_cookie(headers)?, uri, headers, peer, may)
    }

    /// The same for a websocket, which can't be redirected: the instance it is for.
    pub fn websocket_by_cookie(&self, uri: &Uri, headers: &HeaderMap) -> Option<Arc<Entry>> {
        let slug = rescue::by_cookie(headers).filter(|_| self.is_eligible(uri, headers))?;
        let found = self.inner.table.load().by_slug(slug).cloned()?;
        let app = found.app.clone().unwrap_or(found);
        Some(app).filter(|app| app.upstream.is_some())
    }

    /// Never to an instance that does not run: what is not there can't have asked. Who may not open it hears nothing of
    /// it (`may`).
    fn rescue(
        &self,
        slug: &str,
        uri: &Uri,
        headers: &HeaderMap,
        peer: Peer,
        may: impl Fn(&Route) -> bool,
    ) -> Option<Response<Body>> {
        let routes = self.inner.table.load();
        let entry = routes.by_slug(slug).map(|entry| entry.of_app())?;
        if entry.upstream.is_none() || !self.is_eligible(uri, headers) {
            return None;
        }
        if !may(&entry.route) {
            return None;
        }
        let path = self.inner.base_path.cut(uri.path());
        self.inner.trail.mark(self.client_ip(headers, peer), headers, path, entry.route.instance);
        tracing::debug!(path, slug, "rescued");
        let mut response = redirect(
            StatusCode::TEMPORARY_REDIRECT,
            &rescue::destination(uri, &self.inner.base_path, &entry.route.prefix),
        );
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.headers_mut().insert(pages::MARK, HeaderValue::from_static("rescued"));
        Some(response)
    }

    fn trail(&self) -> &Trail {
        &self.inner.trail
    }

    fn is_eligible(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        rescue::is_eligible(self.inner.base_path.cut(uri.path()), headers)
    }

    /// From the path of an app that can't live there to its public port, the rest of the path kept.
    fn to_origin(
        &self,
        request: &Request<Incoming>,
        peer: Peer,
        route: &Route,
        below: Option<&str>,
    ) -> Result<Response<Body>, ProxyError> {
        let host = host::authority(request.headers()).map(host::without_port);
        let (Some(host), Some(port)) = (host, route.public_port) else {
            return Err(ProxyError::RootOnly(Box::new(route.clone())));
        };
        let scheme = self.scheme(request.headers(), peer);
        let rest = below.filter(|rest| !rest.is_empty()).unwrap_or("/");
        let app = if route.persistent { Route::APP } else { "" };
        Ok(redirect(
            StatusCode::TEMPORARY_REDIRECT,
            &with_query(&format!("{scheme}://{host}:{port}{app}{rest}"), request.uri()),
        ))
    }

    /// The authority the client used: what a trusted proxy says it was, or `Host`.
    pub fn client_authority<'a>(&self, headers: &'a HeaderMap, peer: Peer) -> Option<&'a str> {
        let said = if self.trusts(peer.address.ip()) { headers.get("x-forwarded-host") } else { None };
        let said =
            said.and_then(|host| host.to_str().ok()?.split(',').next()).map(str::trim).filter(|host| !host.is_empty());
        said.or_else(|| host::authority(headers))
    }

    /// The client's address: what a trusted proxy says it was, or the peer's. The last entry is the one that proxy added.
    pub fn client_ip(&self, headers: &HeaderMap, peer: Peer) -> IpAddr {
        let said = headers.get_all("x-forwarded-for").iter().next_back().filter(|_| self.trusts(peer.address.ip()));
        let last = said.and_then(|line| line.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        last.unwrap_or(peer.address.ip())
    }

    /// The scheme the client used, as far as can be told.
    pub fn scheme(&self, headers: &HeaderMap, peer: Peer) -> &'static str {
        match headers.get("x-forwarded-proto").filter(|_| self.trusts(peer.address.ip())) {
            Some(proto) if proto == "https" => "https",
            Some(_) => "http",
            None if peer.tls => "https",
            None => "http",
        }
    }
}

fn with_query(path: &str, uri: &Uri) -> String {
    match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    }
}

/// A redirect of ours.
pub fn redirect(status: StatusCode, location: &str) -> Response<Body> {
    let mut response = Response::new(body::empty());
    *response.status_mut() = status;
    match HeaderValue::try_from(location) {
        Ok(location) => drop(response.headers_mut().insert(LOCATION, location)),
        Err(_) => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    response
}
