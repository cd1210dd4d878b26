//! One request: is it well formed, may it pass, and whose is it?

mod admission;
mod form;
mod panel;
mod place;

use std::pin::Pin;

use http::header::{ALLOW, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;

use super::access_log::{AccessLog, Line};
use super::calls::Calls;
use super::sign_in::PanelPlace;
use crate::auth::{Door, Refusal};
use crate::domain::Port;
use crate::proxy::body::Body;
use crate::proxy::drain;
use crate::proxy::headers::fields::Fields;
use crate::proxy::headers::host;
use crate::proxy::pages::{Asker, MARK};
use crate::proxy::request_id::{self, RequestId};
use crate::proxy::target::InstancePath;
use crate::proxy::{Arrival, Entry, Forwarding, Next, Peer, Proxy, redirect};
use place::{Place, Unplaced};

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
    /// The dashboard and its API.
    pub(super) calls: Calls,
    pub(super) max_headers: usize,
    pub(super) hsts: bool,
    pub(super) path_routes: bool,
    pub(super) access_log: Option<AccessLog>,
    pub(super) panel_place: PanelPlace,
}

impl Front {
    /// What is decided without waiting is decided at once; the future is what is left to do.
    pub(super) fn dispatch<'a>(
        &'a self,
        request: Request<Incoming>,
        peer: Peer,
        entrance: Entrance,
    ) -> impl Future<Output = Response<Body>> + Send + use<'a> {
        let mut arrival = Arrival::of(&request, peer);
        let mut line = self.access_log.as_ref().map(|log| {
            let client = self.proxy.client_ip(request.headers(), peer);
            // Boxed: few have a log, and everybody would carry its room about.
            Box::new(log.line(&request, client, arrival.id.as_str()))
        });
        let mut choice = self.choose(request, &mut arrival, entrance, &mut line);
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
            return self.refuse(Refusal::plain(StatusCode::BAD_REQUEST, detail), asker);
        };
        if let Err(refusal) = self.door.admit(Some(host::without_port(host)))
            && self.proxy.by_host(host::without_port(host)).is_none()
        {
            return self.refuse(refusal, asker);
        }
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        redirect(StatusCode::PERMANENT_REDIRECT, &format!("https://{host}{path}"))
    }

    /// Whose a request is, and whether it may pass. No waiting is done here: it is the way of every byte to an app.
    fn choose(
        &self,
        mut request: Request<Incoming>,
        arrival: &mut Arrival,
        entrance: Entrance,
        line: &mut Option<Box<Line>>,
    ) -> Choice<'_> {
        if let Err(refusal) = form::check(&mut request, self.max_headers) {
            return Choice::Answer(self.turn_away(refusal, request));
        }
        let host = self.proxy.client_authority(request.headers(), arrival.peer).map(host::without_port);
        let named = host.and_then(|host| self.proxy.by_host(host));
        // Open to everybody under any name: whatever watches this server must be able to ask.
        if named.is_none() && entrance == Entrance::Panel && self.path(&request) == "/healthz" {
            return Choice::Answer(form::healthz(request.method()));
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
                    let refusal = Refusal::plain(StatusCode::NOT_FOUND, "No instance has this port.".to_owned());
                    return Choice::Answer(self.turn_away(refusal, request));
                }
            },
        };
        if let Some(line) = line {
            let at_path = || InstancePath::of(self.path(&request)).map(|path| path.slug);
            if let Some(slug) = origin.as_ref().map(|entry| entry.slug()).or_else(at_path) {
                line.for_instance(slug);
            }
        }
        let visitor = self.door.who(&self.visit(&request, arrival));
        arrival.ours_in_authorization = visitor.ours_in_authorization;
        self.drop_unbelieved_user(&mut request, arrival);
        match self.place(&request, origin.as_ref()) {
            Ok(Place::App { entry, at_path }) => {
                if let Err(answer) = self.admit_to_app(&request, arrival, &visitor, &entry, at_path, entrance) {
                    drain::discard(request);
                    return Choice::Answer(*answer);
                }
                if at_path {
                    self.proxy.at_path(request, arrival, &entry).into()
                } else {
                    self.proxy.at_origin(request, arrival, &entry).into()
                }
            }
            Ok(Place::Screen { entry, at_path }) => {
                match self.admit_to_app(&request, arrival, &visitor, &entry, at_path, entrance) {
                    Ok(caller) => {
                        Choice::Panel(Box::pin(self.panel(of_screen(request, &entry), arrival.clone(), Ok(caller))))
                    }
                    Err(answer) => {
                        drain::discard(request);
                        Choice::Answer(*answer)
                    }
                }
            }
            Ok(Place::Waiting(entry)) => match self.admit_to_waiting(&request, arrival, &visitor, &entry) {
                Ok(caller) => Choice::Panel(Box::pin(self.panel(request, arrival.clone(), Ok(caller)))),
                Err(refusal) => Choice::Answer(self.turn_away(refusal, request)),
            },
            Ok(Place::Panel) => {
                // The dashboard's own links are relative: they need the slash.
                if origin.is_none() && request.uri().path() == self.proxy.base_path().as_str() {
                    return Choice::Answer(redirect(StatusCode::PERMANENT_REDIRECT, &self.proxy.base_path().root()));
                }
                let verdict = self.door.to_panel(&self.visit(&request, arrival), &visitor.caller);
                let verdict = verdict.map(|()| visitor.caller.clone());
                if origin.is_some() {
                    return Choice::Panel(Box::pin(self.panel(request, arrival.clone(), verdict)));
                }
                Choice::Panel(Box::pin(self.panel_or_rescue(request, arrival.clone(), visitor, verdict)))
            }
            Err(Unplaced::Answered(answer)) => {
                drain::discard(request);
                Choice::Answer(*answer)
            }
            Err(Unplaced::Code(entry)) => {
                let response = self.take_code(&request, arrival, &entry);
                drain::discard(request);
                Choice::Answer(response)
            }
            Err(Unplaced::UnknownSlug) => {
                // Which instances there are is not for everybody to find out.
                let known = self.door.to_panel(&self.visit(&request, arrival), &visitor.caller);
                let response = match known {
                    Ok(()) => {
                        let slug = InstancePath::of(self.path(&request)).map_or("", |path| path.slug);
                        self.proxy.unknown(slug, Asker::of(&request, arrival.fields))
                    }
                    Err(refusal) => self.refuse_or_send(refusal, &request, arrival, None),
                };
                drain::discard(request);
                Choice::Answer(response)
            }
        }
    }

    /// The path less the prefix of an outer proxy.
    fn path<'a>(&self, request: &'a Request<Incoming>) -> &'a str {
        self.proxy.base_path().cut(request.uri().path())
    }

    /// Refuses a request whose body nobody will read.
    fn turn_away(&self, refusal: Refusal, request: Request<Incoming>) -> Response<Body> {
        let asker = Asker::of(&request, Fields::of(request.headers()));
        drain::discard(request);
        self.refuse(refusal, asker)
    }

    fn refuse(&self, refusal: Refusal, asker: Asker) -> Response<Body> {
        let Refusal { status, detail, .. } = refusal;
        let pages = self.proxy.pages();
        let heading = status.canonical_reason().unwrap_or("Refused");
        let mut response = pages.answer(status, &detail, asker, || pages.notice(heading, heading, &detail));
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
        }
        response
    }
}

/// The viewer's websocket, at the address where the panel answers it.
fn of_screen(mut request: Request<Incoming>, entry: &Entry) -> Request<Incoming> {
    // A slug holds nothing that a path could misread.
    if let Ok(uri) = format!("/.aikore/instances/{}/screen", entry.slug()).parse() {
        *request.uri_mut() = uri;
    }
    request
}

/// What is ours says which line of the log it is.
fn name(response: &mut Response<Body>, id: &RequestId) {
    if response.headers().contains_key(MARK) {
        response.headers_mut().insert(request_id::FIELD, id.to_value());
    }
}
