//! The dashboard's HTTP surface: thin handlers over the use cases. Paths, fields and status codes follow the earlier
//! system where it had them (`compat.md`), so its scripts keep working.

mod copies;
mod error;
mod events;
mod files;
mod instances;
mod jobs;
mod json;
mod logs;
mod system;
mod trash;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::{get, post};
use tokio_util::sync::CancellationToken;

use crate::domain::{BasePath, Hostname};
use crate::instances::Instances;
use crate::monitor::Monitor;
use crate::proxy::Table;
use crate::proxy::headers::host;
use crate::proxy::pages::POLICY;

pub use error::{ApiError, Unrouted};

/// The largest body of a call, as in the earlier system; chunked bodies count too.
const MAX_BODY: usize = 10 * 1024 * 1024;

/// What the handlers work with.
#[derive(Debug, Clone)]
pub struct Panel {
    /// The use cases.
    pub instances: Instances,
    /// The ways in.
    pub routes: Arc<Table>,
    /// The machine.
    pub monitor: Monitor,
    /// Names this run of the server: a page that sees another one knows that it was started anew.
    pub boot: Arc<str>,
    /// Cancelled when the server goes: streams end then.
    pub closing: CancellationToken,
    /// Instances answer at `<slug>.<domain>` too.
    pub base_domain: Option<Hostname>,
    /// The prefix of an outer proxy.
    pub base_path: BasePath,
    /// Whether instances answer at paths.
    pub path_routes: bool,
}

/// How a request reached us, put beside it by the server: URLs in answers are made of it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// `http` or `https`, as the client sees it.
    pub scheme: &'static str,
    /// The host and port the client used.
    pub authority: String,
}

impl Panel {
    /// Where the client believes the dashboard is, as URLs in answers need it.
    fn origin(&self, seen: &Seen) -> Origin {
        let authority = seen.authority.as_str();
        let host = host::without_port(authority);
        let port = authority.strip_prefix(host).unwrap_or_default();
        Origin {
            scheme: seen.scheme,
            host: host.to_owned(),
            port: port.to_owned(),
            base_domain: self.base_domain.clone(),
            base_path: self.path_routes.then(|| self.base_path.clone()),
        }
    }
}

/// Where the client believes the dashboard is.
#[derive(Debug, Clone)]
struct Origin {
    scheme: &'static str,
    host: String,
    /// With its colon; empty for the scheme's default.
    port: String,
    base_domain: Option<Hostname>,
    /// What stands before the path of an instance; `None` where instances have no paths.
    base_path: Option<BasePath>,
}

/// Whether a websocket at this path is ours (compat.md §3, §5), built yet or not.
pub fn has_websocket(path: &str) -> bool {
    ["/api/instances/", "/api/builder/", "/.aikore/"].iter().any(|ours| path.starts_with(ours))
}

/// The router of everything that is not an app's.
pub fn router(panel: Panel) -> Router {
    let api = Router::new()
        .route("/status", get(system::status))
        .route("/events", get(events::events))
        .route("/system/info", get(system::info))
        .route("/system/stats", get(system::stats))
        .route("/system/routes", get(system::routes))
        .route("/system/blueprints", get(system::blueprints))
        .route("/system/available-ports", get(system::available_ports))
        .route("/instances", get(instances::list).post(instances::create))
        .route("/instances/", get(instances::list).post(instances::create))
        .route("/instances/{id}", get(instances::read).put(instances::change).delete(instances::delete))
        .route("/instances/{id}/start", post(instances::start))
        .route("/instances/{id}/stop", post(instances::stop))
        .route("/instances/{id}/restart", post(instances::restart))
        .route("/instances/{id}/instantiate", post(instances::instantiate))
        .route("/instances/{id}/logs", get(logs::read))
        .route("/instances/{id}/logs/runs", get(logs::runs))
        .route("/instances/{id}/copy", post(copies::copy))
        .route("/instances/{id}/rebuild", post(copies::rebuild))
        .route("/instances/{id}/size", get(copies::size))
        .route("/trash", get(trash::list).delete(trash::empty))
        .route("/trash/{name}", axum::routing::delete(trash::remove))
        .route("/trash/{name}/restore", post(trash::restore))
        .route("/jobs", get(jobs::list))
        .route("/jobs/{id}", get(jobs::read).delete(jobs::cancel));
    Router::new()
        .route("/", get(files::index))
        .route("/favicon.ico", get(files::icon))
        .route("/.aikore/assets/{*path}", get(files::asset))
        .route("/.aikore/instances/{slug}/state", get(instances::state))
        .route("/.aikore/instances/{slug}/start", post(instances::start_by_slug))
        .nest("/api", api)
        .fallback(error::unrouted)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(axum::middleware::from_fn(harden))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_BODY))
        .with_state(panel)
}

/// What every answer of ours carries.
async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Never no-referrer: the path routes need to know which page a request came from (prefix.md).
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
