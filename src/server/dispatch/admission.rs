//! Asking the door, and what somebody gets who may not pass: a sentence, or the way to the login.

use std::sync::Arc;

use http::{HeaderName, Method, Request, Response, StatusCode};
use hyper::body::Incoming;

use super::super::sign_in;
use super::{Entrance, Front};
use crate::auth::{Caller, Link, Refusal, Remedy, Visit, Visitor};
use crate::domain::Access;
use crate::proxy::body::Body;
use crate::proxy::headers::cookies;
use crate::proxy::pages::Asker;
use crate::proxy::{Arrival, Entry};

impl Front {
    pub(super) fn visit<'a>(&'a self, request: &'a Request<Incoming>, arrival: &Arrival) -> Visit<'a> {
        let headers = request.headers();
        Visit {
            headers,
            fields: arrival.fields,
            method: request.method(),
            asker: Asker::of(request, arrival.fields),
            path: self.path(request),
            authority: self.proxy.client_authority(headers, arrival.peer),
            address: self.proxy.client_ip(headers, arrival.peer),
            trusted: self.proxy.trusts(arrival.peer.address.ip()),
        }
    }

    /// Who the user is says the outer proxy, or nobody: apps read such a field too, and many (all of WSGI and CGI) take `_` for `-`.
    pub(super) fn drop_unbelieved_user(&self, request: &mut Request<Incoming>, arrival: &Arrival) {
        let Some(name) = self.door.user_header() else { return };
        let trusted = self.proxy.trusts(arrival.peer.address.ip());
        let alike = |other: &str| {
            other.len() == name.as_str().len()
                && other.bytes().zip(name.as_str().bytes()).all(|(a, b)| a == b || (a == b'_' && b == b'-'))
        };
        let unbelieved = |other: &&HeaderName| alike(other.as_str()) && !(trusted && *other == name);
        let dropped: Vec<HeaderName> = request.headers().keys().filter(unbelieved).cloned().collect();
        for name in dropped {
            request.headers_mut().remove(name);
        }
    }

    /// Whether a request may go to an app, and who makes it; if not, what is answered instead.
    pub(super) fn admit_to_app(
        &self,
        request: &Request<Incoming>,
        arrival: &mut Arrival,
        visitor: &Visitor,
        entry: &Arc<Entry>,
        at_path: bool,
        entrance: Entrance,
    ) -> Result<Caller, Box<Response<Body>>> {
        let route = entry.route();
        let visit = self.visit(request, arrival);
        let asker = visit.asker;
        let origin = (!at_path).then_some((entry, entrance));
        let admitted = self.door.to_instance(&visit, visitor, route.instance, route.access);
        match self.door.link(&visit, request.uri(), route.instance, route.access) {
            Ok(None) => {}
            Ok(Some(Link { clean, pass })) if pass.is_some() || admitted.is_ok() => {
                // Wide enough for what falls out of the prefix; its name says which instance it is for.
                let root = self.proxy.base_path().root();
                let path = if at_path { root.as_str() } else { "/" };
                let tls = self.proxy.scheme(visit.headers, arrival.peer) == "https";
                let name = cookies::pass(route.instance);
                let cookie = pass.and_then(|pass| cookies::ours(&name, &pass, path, Some(cookies::AGE), tls));
                return Err(Box::new(sign_in::clean_link(&clean, cookie)));
            }
            Ok(Some(_)) => {
                let detail = "This link does not open the instance (any more). Ask whoever gave it to you for another.";
                let refusal = Refusal::plain(StatusCode::UNAUTHORIZED, detail.to_owned());
                return Err(Box::new(self.refuse(refusal, visit.asker)));
            }
            Err(refusal) => return Err(Box::new(self.refuse(refusal, visit.asker))),
        }
        match admitted {
            Ok(caller) => {
                if asker == Asker::Websocket && route.access != Access::Public {
                    arrival.until = caller.ended().cloned();
                }
                arrival.only_looks = route.access != Access::Public && caller.only_looks(route.instance);
                Ok(caller)
            }
            Err(refusal) => Err(Box::new(self.refuse_or_send(refusal, request, arrival, origin))),
        }
    }

    /// Whether a call of the page in an app's place may pass: looking, as the app itself; starting it, as its API.
    pub(super) fn admit_to_waiting(
        &self,
        request: &Request<Incoming>,
        arrival: &Arrival,
        visitor: &Visitor,
        entry: &Entry,
    ) -> Result<Caller, Refusal> {
        let (route, visit) = (entry.route(), self.visit(request, arrival));
        let caller = self.door.to_instance(&visit, visitor, route.instance, route.access)?;
        self.door.to_controls(&visit, &caller, route)?;
        Ok(caller)
    }

    pub(super) fn take_code(&self, request: &Request<Incoming>, arrival: &Arrival, entry: &Entry) -> Response<Body> {
        let authority = self.proxy.client_authority(request.headers(), arrival.peer).unwrap_or_default();
        let tls = self.proxy.scheme(request.headers(), arrival.peer) == "https";
        let taken = sign_in::take_code(self.door.login(), request.uri().query(), authority, entry, tls);
        taken.unwrap_or_else(|| {
            let detail = "This sign-in link is no longer valid. Open the instance again.".to_owned();
            let asker = Asker::of(request, arrival.fields);
            self.refuse(Refusal::plain(StatusCode::BAD_REQUEST, detail), asker)
        })
    }

    /// Refuses a request; a person who could log in is sent there instead. `origin`: the instance's own origin it came to.
    pub(super) fn refuse_or_send(
        &self,
        refusal: Refusal,
        request: &Request<Incoming>,
        arrival: &Arrival,
        origin: Option<(&Arc<Entry>, Entrance)>,
    ) -> Response<Body> {
        let asker = Asker::of(request, arrival.fields);
        let asks = asker == Asker::Person && matches!(*request.method(), Method::GET | Method::HEAD);
        let wanted = request.uri().path_and_query().map_or("/", |wanted| wanted.as_str());
        let sent = match (refusal.remedy.filter(|_| asks), origin) {
            (None, _) => None,
            (Some(Remedy::LogIn), None) => Some(self.panel_place.login_here(wanted)),
            (Some(Remedy::SetUp), None) => Some(self.panel_place.setup_here()),
            (Some(Remedy::SetUp), Some(_)) => None,
            (Some(Remedy::LogIn), Some((_, entrance))) => {
                let scheme = self.proxy.scheme(request.headers(), arrival.peer);
                let authority = self.proxy.client_authority(request.headers(), arrival.peer);
                let by_port = matches!(entrance, Entrance::Pool(_));
                authority.and_then(|at| self.panel_place.login_elsewhere(scheme, at, by_port, wanted))
            }
        };
        sent.unwrap_or_else(|| self.refuse(refusal, asker))
    }
}
