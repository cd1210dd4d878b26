//! One request: is it well formed, may it pass, and whose is it?

use std::pin::Pin;

use axum::Router;
use http::header::{ALLOW, STRICT_TRANSPORT_SECURITY};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tower::ServiceExt;

use super::access_log::{AccessLog, Line};
use crate::api::{self, Seen};
use crate::auth::{Door, Refusal};
use crate::domain::{Port, Slug};
use crate::proxy::body::{self, Body};
use crate::proxy::drain::{self, Upload};
use crate::proxy::headers::fields::{Field, Fields};
use crate::proxy::headers::host;
use crate::proxy::pages::{Asker, MARK};
use crate::proxy::request_id::{self, RequestId};
use crate::proxy::target::InstancePath;
use crate::proxy::{Arrival, Entry, Forwarding, Next, Peer, Proxy, redirect};
use crate::tasks::Tasks;

/// The longest method anybody registered is UPDATEREDIRECTREF (IANA, 17 letters).
const MAX_METHOD: usize = 32;

/// Which kind of listener a connection came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entrance {
    /// The dashboard's addresses.
    Panel,
    /// A port of the pool.
    Pool(Port),
}

/// Whose a request is.
enum Choice<'a> {
    /// It is answered here.
    Answer(Response<Body>),
    /// An app's.
    App(Box<Forwarding<'a>>),
    /// The dashboard's. (Boxed: what the data plane moves about for every request stays small.)
    Panel(Pin<Box<dyn Future<Output = Response<Body>> + Send + 'a>>),
}

impl<'a> From<Next<'a>> for Choice<'a> {
    fn from(next: Next<'a>) -> Self {
        match next {
            Next::Answer(response) => Self::Answer(response),
            Next::Forward(forwarding) => Self::App(forwarding),
        }
    }
}

/// What every connection shares.
pub(super) struct Front {
    pub(super) door: Door,
    pub(super) proxy: Proxy,
    /// The dashboard and its API, and where they run.
    pub(super) panel: Router,
    pub(super) panel_runtime: Handle,
    pub(super) panel_calls: Tasks,
    pub(super) hsts: bool,
    pub(super) path_routes: bool,
    pub(super) access_log: Option<AccessLog>,
}

impl Front {
    /// What is decided without waiting is decided at once; the future is what is left to do.
    pub(super) fn dispatch<'a>(
        &'a self,
        request: Request<Incoming>,
        peer: Peer,
        entrance: Entrance,
    ) -> impl Future<Output = Response<Body>> + Send + use<'a> {
        let arrival = Arrival::of(&request, peer);
        let mut line = self.access_log.as_ref().map(|log| {
            let client = self.proxy.client_ip(request.headers(), peer);
            // Boxed: few have a log, and everybody would carry its room about.
            Box::new(log.line(&request, client, arrival.id.as_str()))
        });
        let mut choice = self.choose(request, &arrival, entrance, &mut line);
        if let Choice::Answer(response) = &mut choice {
            name(response, &arrival.id);
        }
        async move {
            let mut response = match choice {
                Choice::Answer(response) => response,
                Choice::App(forwarding) => forwarding.run().await,
                Choice::Panel(answer) => answer.await,
            };
            if self.hsts {
                let year = HeaderValue::from_static("max-age=31536000");
                response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, year);
            }
            match line {
                Some(line) => line.answered(response),
                None => response,
            }
        }
    }

    /// The same place under `https`, for a request that came unencrypted to a TLS port.
    pub(super) fn to_https(&self, request: &Request<Incoming>) -> Response<Body> {
        let asker = Asker::of(request, Fields::of(request.headers()));
        let Some(host) = host::authority(request.headers()) else {
            let detail = "This port speaks TLS: use https://.".to_owned();
            return self.refuse(Refusal { status: StatusCode::BAD_REQUEST, detail }, asker);
        };
        if let Err(refusal) = self.door.admit(Some(host::without_port(host)))
            && self.proxy.by_host(host::without_port(host)).is_none()
        {
            return self.refuse(refusal, asker);
        }
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        redirect(StatusCode::PERMANENT_REDIRECT, &format!("https://{host}{path}"))
    }

    /// Whose a request is. No waiting is done here: it is the way of every byte to an app.
    fn choose(
        &self,
        mut request: Request<Incoming>,
        arrival: &Arrival,
        entrance: Entrance,
        line: &mut Option<Box<Line>>,
    ) -> Choice<'_> {
        if let Err(refusal) = check_form(&mut request) {
            return Choice::Answer(self.turn_away(refusal, request));
        }
        let host = self.proxy.client_authority(request.headers(), arrival.peer).map(host::without_port);
        let named = host.and_then(|host| self.proxy.by_host(host));
        // Open to everybody under any name: whatever watches this server must be able to ask.
        if named.is_none() && entrance == Entrance::Panel && self.path(&request) == "/healthz" {
            return Choice::Answer(healthz(request.method()));
        }
        if named.is_none()
            && let Err(refusal) = self.door.admit(host)
        {
            return Choice::Answer(self.turn_away(refusal, request));
        }
        let origin = match entrance {
            Entrance::Panel => named,
            Entrance::Pool(port) => match self.proxy.by_port(port) {
                Some(entry) => Some(entry),
                // Accepted before its instance left this port.
                None => {
                    let detail = "No instance has this port.".to_owned();
                    return Choice::Answer(self.turn_away(Refusal { status: StatusCode::NOT_FOUND, detail }, request));
                }
            },
        };
        if let Some(line) = line {
            let at_path = || InstancePath::of(self.path(&request)).map(|path| path.slug);
            if let Some(slug) = origin.as_ref().map(|entry| entry.slug()).or_else(at_path) {
                line.for_instance(slug);
            }
        }
        // Reserved on every origin we serve: pages and their scripts. An app's own origin sees nothing of the others.
        if let Some(reserved) = self.path(&request).strip_prefix("/.aikore/") {
            let of_another = |entry: &Entry| {
                reserved.strip_prefix("instances/").is_some_and(|rest| rest.split('/').next() != Some(entry.slug()))
            };
            return match origin {
                Some(entry) if of_another(&entry) => {
                    let detail = "Not Found".to_owned();
                    Choice::Answer(self.turn_away(Refusal { status: StatusCode::NOT_FOUND, detail }, request))
                }
                _ => Choice::Panel(Box::pin(self.panel(request, arrival.clone()))),
            };
        }
        match origin {
            Some(entry) => self.proxy.at_origin(request, arrival, &entry).into(),
            // The dashboard's own links are relative: they need the slash.
            None if request.uri().path() == self.proxy.base_path().as_str() => {
                Choice::Answer(redirect(StatusCode::PERMANENT_REDIRECT, &self.proxy.base_path().root()))
            }
            None if self.path(&request).starts_with(Slug::ROOT) => self.at_path(request, arrival),
            None => Choice::Panel(Box::pin(self.panel_or_rescue(request, arrival.clone()))),
        }
    }

    /// The path less the prefix of an outer proxy.
    fn path<'a>(&self, request: &'a Request<Incoming>) -> &'a str {
        self.proxy.base_path().cut(request.uri().path())
    }

    fn at_path(&self, request: Request<Incoming>, arrival: &Arrival) -> Choice<'_> {
        if self.path_routes {
            return self.proxy.at_path(request, arrival).into();
        }
        let detail = "Instances have no paths here (AIKORE_PATH_ROUTES=off): open it at its own port or host name.";
        Choice::Answer(self.turn_away(Refusal { status: StatusCode::NOT_FOUND, detail: detail.to_owned() }, request))
    }

    /// The dashboard, unless the request fell out of an instance's prefix (prefix.md 4).
    async fn panel_or_rescue(&self, request: Request<Incoming>, arrival: Arrival) -> Response<Body> {
        if !self.path_routes {
            return self.panel(request, arrival).await;
        }
        let (peer, id) = (arrival.peer, arrival.id.clone());
        if let Some(mut rescued) = self.proxy.rescue_by_referer(&request, peer) {
            drain::discard(request);
            name(&mut rescued, &id);
            return rescued;
        }
        if Asker::of(&request, arrival.fields) == Asker::Websocket && !api::has_websocket(self.path(&request)) {
            return match self.proxy.websocket_by_cookie(request.uri(), request.headers()) {
                Some(entry) => self.proxy.at_origin(request, &arrival, &entry).run().await,
                None => self.panel(request, arrival).await,
            };
        }
        let (uri, headers) = (request.uri().clone(), request.headers().clone());
        let response = self.panel(request, arrival).await;
        if response.extensions().get::<api::Unrouted>().is_some()
            && let Some(mut rescued) = self
                .proxy
                .rescue_by_trail(&uri, &headers, peer)
                .or_else(|| self.proxy.rescue_by_cookie(&uri, &headers, peer))
        {
            name(&mut rescued, &id);
            return rescued;
        }
        response
    }

    async fn panel(&self, request: Request<Incoming>, arrival: Arrival) -> Response<Body> {
        let Arrival { peer, fields, id } = arrival;
        let asker = Asker::of(&request, fields);
        let is_call = self.path(&request).starts_with("/api/");
        let (mut head, incoming) = request.into_parts();
        if let Some(uri) = self.proxy.inner_uri(&head.uri) {
            head.uri = uri;
        }
        let authority = self.proxy.client_authority(&head.headers, peer).map(str::to_owned);
        if let Err(refusal) = self.door.admit_to_panel(&head, authority.as_deref()) {
            let mut refused = self.refuse(refusal, asker);
            name(&mut refused, &id);
            return refused;
        }
        let scheme = self.proxy.scheme(&head.headers, peer);
        head.extensions.insert(Seen { scheme, authority: authority.unwrap_or_else(|| "localhost".to_owned()) });
        let incoming = Upload::new(incoming, fields.has(Field::Expect));
        let request = Request::from_parts(head, axum::body::Body::new(incoming));
        let (panel, (answer, answered)) = (self.panel.clone(), oneshot::channel());
        // Not cancelled when the client goes: a change that has begun is finished.
        let call = async move {
            let Ok(response) = panel.oneshot(request).await;
            // The client may be gone.
            let _ = answer.send(response);
        };
        {
            let _inside = self.panel_runtime.enter();
            self.panel_calls.spawn("call of the dashboard", call);
        }
        let mut response = match answered.await {
            Ok(response) if response.status() == StatusCode::NOT_FOUND && asker == Asker::Person && !is_call => {
                let detail = "There is nothing at this address. The dashboard is at its root.".to_owned();
                let mut page = self.refuse(Refusal { status: StatusCode::NOT_FOUND, detail }, asker);
                *page.extensions_mut() = response.extensions().clone();
                page
            }
            Ok(response) => response.map(Body::stream),
            Err(_) => self.refuse(
                Refusal {
                    status: StatusCode::INTERNAL_SERVER_ERROR,
                    detail: "That went wrong here; the log of the server says how.".to_owned(),
                },
                asker,
            ),
        };
        name(&mut response, &id);
        response
    }

    /// Refuses a request whose body nobody will read.
    fn turn_away(&self, refusal: Refusal, request: Request<Incoming>) -> Response<Body> {
        let asker = Asker::of(&request, Fields::of(request.headers()));
        drain::discard(request);
        self.refuse(refusal, asker)
    }

    fn refuse(&self, refusal: Refusal, asker: Asker) -> Response<Body> {
        let Refusal { status, detail } = refusal;
        let pages = self.proxy.pages();
        let heading = status.canonical_reason().unwrap_or("Refused");
        let mut response = pages.answer(status, &detail, asker, || pages.notice(heading, heading, &detail));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
        }
        response
    }
}

/// What is ours says which line of the log it is.
fn name(response: &mut Response<Body>, id: &RequestId) {
    if response.headers().contains_key(MARK) {
        response.headers_mut().insert(request_id::FIELD, id.to_value());
    }
}

/// What no request may be, whomever it is for (proxy.md B2 7–8).
fn check_form(request: &mut Request<Incoming>) -> Result<(), Refusal> {
    let bad = |why: &str| Refusal { status: StatusCode::BAD_REQUEST, detail: format!("Bad request: {why}.") };
    if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
        return Err(Refusal {
            status: StatusCode::METHOD_NOT_ALLOWED,
            detail: format!("{} is not served here.", request.method()),
        });
    }
    if request.method().as_str().len() > MAX_METHOD {
        return Err(Refusal { status: StatusCode::NOT_IMPLEMENTED, detail: "There is no such method.".to_owned() });
    }
    if request.uri().scheme_str().is_some_and(|scheme| !matches!(scheme, "http" | "https")) {
        return Err(bad("the target's scheme"));
    }
    // `*` and authority-form have no path; only OPTIONS may ask about the server as a whole.
    if !request.uri().path().starts_with('/') && *request.method() != Method::OPTIONS {
        return Err(bad("the target is no path"));
    }
    let version = request.version();
    // Almost no target has one; it would replace Host.
    let authority = request.uri().authority().cloned();
    host::check(version, authority.as_ref(), request.headers_mut()).map_err(bad)
}

fn healthz(method: &Method) -> Response<Body> {
    let mut response = Response::new(body::full(if *method == Method::HEAD { "" } else { "{\"status\":\"ok\"}" }));
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
