//! The dashboard's part of the requests, and what turns out to be an app's after all.

use http::{HeaderMap, Request, Response, StatusCode};
use hyper::body::Incoming;

use super::{Entrance, Front, name};
use crate::api::{self, Seen};
use crate::auth::{Caller, Refusal, Visitor};
use crate::domain::Route;
use crate::proxy::Arrival;
use crate::proxy::body::Body;
use crate::proxy::drain::{self, Upload};
use crate::proxy::headers::fields::Field;
use crate::proxy::pages::Asker;

impl Front {
    /// The dashboard, unless the request fell out of an instance's prefix (prefix.md 4).
    pub(super) async fn panel_or_rescue(
        &self,
        request: Request<Incoming>,
        mut arrival: Arrival,
        visitor: Visitor,
        verdict: Result<Caller, Refusal>,
    ) -> Response<Body> {
        // Before there is a password nothing is anybody's; and who is sent to the login must arrive there, whatever page of an
        // app sent them.
        let is_door =
            || self.path(&request) == "/login" && request.uri().query().is_some_and(|q| q.starts_with("next="));
        let nobody = !visitor.caller.is_known();
        if !self.path_routes || (nobody && (self.door.login().awaits_setup() || is_door())) {
            return self.panel(request, arrival, verdict).await;
        }
        let (peer, id) = (arrival.peer, arrival.id.clone());
        let caller = visitor.caller.clone();
        let may = |headers: &HeaderMap, route: &Route| self.door.may_open(headers, &caller, route);
        if let Some(mut rescued) = self.proxy.rescue_by_referer(&request, peer, |route| may(request.headers(), route)) {
            drain::discard(request);
            name(&mut rescued, &id);
            return rescued;
        }
        if Asker::of(&request, arrival.fields) == Asker::Websocket && !api::has_websocket(self.path(&request)) {
            return match self.proxy.websocket_by_cookie(request.uri(), request.headers()) {
                Some(entry) => {
                    let admitted = self.admit_to_app(&request, &mut arrival, &visitor, &entry, true, Entrance::Panel);
                    match admitted {
                        Ok(_) => self.proxy.at_origin(request, &arrival, &entry).run().await,
                        Err(answer) => {
                            drain::discard(request);
                            *answer
                        }
                    }
                }
                None => self.panel(request, arrival, verdict).await,
            };
        }
        let (uri, headers) = (request.uri().clone(), request.headers().clone());
        let response = self.panel(request, arrival, verdict).await;
        if response.extensions().get::<api::Unrouted>().is_some()
            && let Some(mut rescued) = self
                .proxy
                .rescue_by_trail(&uri, &headers, peer, |route| may(&headers, route))
                .or_else(|| self.proxy.rescue_by_cookie(&uri, &headers, peer, |route| may(&headers, route)))
        {
            name(&mut rescued, &id);
            return rescued;
        }
        response
    }

    /// The dashboard, for whoever was let in. For anybody else it says only whether there is such an address: an app's request
    /// that lost its prefix is told by that.
    pub(super) async fn panel(
        &self,
        request: Request<Incoming>,
        arrival: Arrival,
        verdict: Result<Caller, Refusal>,
    ) -> Response<Body> {
        let asker = Asker::of(&request, arrival.fields);
        let refused =
            verdict.as_ref().err().map(|refusal| self.refuse_or_send(refusal.clone(), &request, &arrival, None));
        let Arrival { peer, fields, id, .. } = arrival;
        let is_stranger = matches!(verdict, Ok(Caller::Nobody));
        let is_call = self.path(&request).starts_with("/api/");
        let (mut head, incoming) = request.into_parts();
        if let Some(uri) = self.proxy.inner_uri(&head.uri) {
            head.uri = uri;
        }
        let authority = self.proxy.client_authority(&head.headers, peer).map(str::to_owned);
        let scheme = self.proxy.scheme(&head.headers, peer);
        let address = self.proxy.client_ip(&head.headers, peer);
        if let (Ok(Caller::Session(_)), Some(authority), Asker::Person) = (&verdict, &authority, asker) {
            self.panel_place.note(scheme, authority);
        }
        head.extensions.insert(Seen {
            scheme,
            authority: authority.unwrap_or_else(|| "localhost".to_owned()),
            address,
        });
        // Without it no route of the panel answers.
        if let Ok(caller) = verdict {
            head.extensions.insert(caller);
        }
        let incoming = Upload::new(incoming, fields.has(Field::Expect), peer.patience);
        let answered = self.calls.answer(Request::from_parts(head, incoming), is_stranger).await;
        let mut response = match (answered, refused) {
            (Ok(response), Some(mut refused)) => {
                *refused.extensions_mut() = response.extensions().clone();
                refused
            }
            (Ok(response), None)
                if response.status() == StatusCode::NOT_FOUND && asker == Asker::Person && !is_call =>
            {
                let detail = "There is nothing at this address. The dashboard is at its root.".to_owned();
                let mut page = self.refuse(Refusal::plain(StatusCode::NOT_FOUND, detail), asker);
                *page.extensions_mut() = response.extensions().clone();
                page
            }
            (Ok(response), None) => response.map(Body::stream),
            (Err(refusal), _) => self.refuse(refusal, asker),
        };
        name(&mut response, &id);
        response
    }
}
