//! What a request is about: told by where it came in, its host and its path, before anybody is asked whether it may pass.

use std::sync::Arc;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;

use super::Front;
use crate::auth::Refusal;
use crate::domain::Slug;
use crate::proxy::Entry;
use crate::proxy::body::Body;
use crate::proxy::headers::fields::Fields;
use crate::proxy::pages::Asker;
use crate::proxy::target::InstancePath;

/// What a request is about, before anybody is asked whether it may pass.
pub(super) enum Place {
    /// An app, at its path or on its own origin.
    App { entry: Arc<Entry>, at_path: bool },
    /// The screen of a desktop, by the viewer's websocket.
    Screen { entry: Arc<Entry>, at_path: bool },
    /// The page in an app's place: how it is, and its Start button.
    Waiting(Arc<Entry>),
    /// The dashboard, its API and files.
    Panel,
}

/// Why a request is about nothing that could be asked whether it lets it in.
pub(super) enum Unplaced {
    /// It has its answer.
    Answered(Box<Response<Body>>),
    /// A login is handed over to this instance's origin.
    Code(Arc<Entry>),
    /// A path below `/instance/` that is none.
    UnknownSlug,
}

impl Unplaced {
    fn answered(response: Response<Body>) -> Self {
        Self::Answered(Box::new(response))
    }
}

impl Front {
    /// What a request is about. `origin`: the instance whose own origin it came to.
    pub(super) fn place(&self, request: &Request<Incoming>, origin: Option<&Arc<Entry>>) -> Result<Place, Unplaced> {
        let path = self.path(request);
        // Reserved on every origin we serve: pages and their scripts. An app's own origin sees nothing of the others.
        if let Some(reserved) = path.strip_prefix("/.aikore/") {
            let slug = reserved.strip_prefix("instances/").and_then(|rest| rest.split('/').next());
            return match (origin, slug) {
                (Some(entry), Some(slug)) if slug == entry.slug() => Ok(Place::Waiting(Arc::clone(entry))),
                (Some(_), Some(_)) => Err(Unplaced::answered(self.not_found(request))),
                (None, Some(slug)) => self.proxy.by_slug(slug).map(Place::Waiting).ok_or(Unplaced::UnknownSlug),
                (Some(entry), None) if reserved == "session" => Err(Unplaced::Code(Arc::clone(entry))),
                _ => Ok(Place::Panel),
            };
        }
        match origin {
            Some(entry) => Ok(self.of_instance(request, Arc::clone(entry), false)),
            None if path.starts_with(Slug::ROOT) && self.path_routes => {
                let slug = InstancePath::of(path).map_or("", |path| path.slug);
                let entry = self.proxy.by_slug(slug).ok_or(Unplaced::UnknownSlug)?;
                Ok(self.of_instance(request, entry, true))
            }
            None if path.starts_with(Slug::ROOT) => {
                let detail =
                    "Instances have no paths here (AIKORE_PATH_ROUTES=off): open it at its own port or host name.";
                let refusal = Refusal::plain(StatusCode::NOT_FOUND, detail.to_owned());
                Err(Unplaced::answered(self.refuse(refusal, Asker::of(request, Fields::of(request.headers())))))
            }
            None => Ok(Place::Panel),
        }
    }

    fn of_instance(&self, request: &Request<Incoming>, entry: Arc<Entry>, at_path: bool) -> Place {
        let asks = || Asker::of(request, Fields::of(request.headers())) == Asker::Websocket;
        if entry.route().desktop.is_some() && self.proxy.is_screen(request.uri().path(), &entry) && asks() {
            Place::Screen { entry, at_path }
        } else {
            Place::App { entry, at_path }
        }
    }

    fn not_found(&self, request: &Request<Incoming>) -> Response<Body> {
        let refusal = Refusal::plain(StatusCode::NOT_FOUND, "Not Found".to_owned());
        self.refuse(refusal, Asker::of(request, Fields::of(request.headers())))
    }
}
