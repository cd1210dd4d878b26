//! The dashboard's HTTP surface: thin handlers over the use cases. Paths, fields and status codes follow the earlier
//! system where it had them (`compat.md`), so its scripts keep working.

mod audit;
mod blueprints;
mod copies;
mod desktops;
mod discard;
mod environments;
mod error;
mod events;
mod feed;
mod file_answer;
mod files;
mod folders;
mod instances;
mod jobs;
mod json;
mod log_follow;
mod login;
mod logs;
mod offered;
mod outputs;
mod places;
mod ranges;
mod room;
mod server_log;
mod sessions;
mod stats;
mod system;
mod terminals;
mod texts;
mod tokens;
mod trash;
mod uploads;
mod versions;
mod view;
mod wheels;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, patch, post, put};
use tokio_util::sync::CancellationToken;

use crate::auth::{Audit, Caller, Login};
use crate::checks::Checks;
use crate::domain::{BasePath, Hostname};
use crate::instances::Instances;
use crate::journal::Journal;
use crate::monitor::Monitor;
use crate::proxy::Table;
use crate::proxy::headers::host;
use crate::proxy::pages::POLICY;
use crate::tasks::Tasks;

pub use error::{ApiError, Unrouted};
pub use feed::Feed;
pub use room::Room;

/// What the handlers work with.
#[derive(Debug, Clone)]
pub struct Panel {
    /// The use cases.
    pub instances: Instances,
    /// Who may come in.
    pub login: Login,
    /// Where changes are written down.
    pub audit: Audit,
    /// The settings this server was started with, to be shown.
    pub settings: Arc<[SettingView]>,
    /// What the server itself says.
    pub journal: Journal,
    /// What looks at scripts.
    pub checks: Checks,
    /// What changes.
    pub feed: Feed,
    /// The ways in.
    pub routes: Arc<Table>,
    /// The machine.
    pub monitor: Monitor,
    /// Names this run of the server: a page that sees another one knows that it was started anew.
    pub boot: Arc<str>,
    /// Cancelled when the server goes: streams end then.
    pub closing: CancellationToken,
    /// Who follows logs and looks at desktops: the end of the server waits for them, so that each hears why it ends.
    pub followers: Tasks,
    /// Instances answer at `<slug>.<domain>` too.
    pub base_domain: Option<Hostname>,
    /// The prefix of an outer proxy.
    pub base_path: BasePath,
    /// Whether instances answer at paths.
    pub path_routes: bool,
    /// The largest body of a call; chunked bodies count too.
    pub max_body: usize,
}

/// One setting, as it is shown.
#[derive(Debug, Clone, serde::Serialize)]
pub struct SettingView {
    /// Its flag.
    pub name: &'static str,
    /// Its variable.
    pub env: String,
    /// Its value; never a secret's.
    pub value: String,
    /// `flag`, `environment` or `default`.
    pub source: &'static str,
    /// One line that says what it is.
    pub help: &'static str,
}

/// How a request reached us, put beside it by the server: URLs in answers are made of it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// `http` or `https`, as the client sees it.
    pub scheme: &'static str,
    /// The host and port the client used.
    pub authority: String,
    /// The client's address.
    pub address: IpAddr,
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
    ["/api/instances/", "/api/builder/", "/api/system/", "/.aikore/"].iter().any(|ours| path.starts_with(ours))
}

/// The router of everything that is not an app's.
pub fn router(panel: Panel) -> Router {
    let api = Router::new()
        .route("/auth/login", post(login::log_in))
        .route("/auth/setup", post(login::set_up))
        .route("/auth/logout", post(login::log_out))
        .route("/auth/password", put(login::change_password))
        .route("/auth/session", get(sessions::session))
        .route("/auth/sessions", get(sessions::sessions).delete(sessions::end_other_sessions))
        .route("/auth/sessions/{id}", axum::routing::delete(sessions::end_session))
        .route("/auth/tokens", get(tokens::tokens).post(tokens::make_token))
        .route("/auth/tokens/{id}", axum::routing::delete(tokens::revoke_token))
        .route("/audit", get(audit::read))
        .route("/status", get(system::status))
        .route("/system/config", get(system::config))
        .route("/events", get(events::events))
        .route("/system/desktop", get(desktops::means))
        .route("/system/info", get(stats::info))
        .route("/system/stats", get(stats::now))
        .route("/system/stats/history", get(stats::history))
        .route("/system/log", get(server_log::read))
        .route("/system/log/follow", get(server_log::follow))
        .route("/system/routes", get(system::routes))
        .route("/system/blueprints", get(blueprints::list))
        .route("/system/blueprints/{filename}", get(blueprints::read))
        .route("/system/blueprints/check", post(blueprints::check))
        .route("/system/blueprints/custom", get(blueprints::own).post(blueprints::create))
        .route(
            "/system/blueprints/custom/{filename}",
            get(blueprints::read_own).put(blueprints::save).delete(blueprints::delete),
        )
        .route("/system/blueprints/custom/{filename}/rename", post(blueprints::rename))
        .route("/system/blueprints/custom/{filename}/restore", post(blueprints::put_back))
        .route("/system/blueprints/custom/{filename}/history", get(blueprints::history))
        .route("/system/blueprints/custom/{filename}/history/{n}", get(blueprints::former))
        .route("/system/blueprints/custom/{filename}/history/{n}/restore", post(blueprints::restore_save))
        .route("/system/available-ports", get(system::available_ports))
        .route("/instances", get(instances::list).post(instances::create))
        .route("/instances/", get(instances::list).post(instances::create))
        .route("/instances/order", put(instances::arrange))
        .route("/instances/{id}", get(instances::read).put(instances::change).delete(instances::delete))
        .route("/instances/{id}/start", post(instances::start))
        .route("/instances/{id}/stop", post(instances::stop))
        .route("/instances/{id}/restart", post(instances::restart))
        .route("/instances/{id}/instantiate", post(instances::instantiate))
        .route("/instances/{id}/logs", get(logs::read))
        .route("/instances/{id}/logs/runs", get(logs::runs))
        .route("/instances/{id}/logs/follow", get(logs::follow))
        .route("/instances/{id}/copy", post(copies::copy))
        .route("/instances/{id}/environment", get(environments::read))
        .route("/instances/{id}/environment/prune", post(environments::prune))
        .route("/instances/{id}/update", post(environments::update))
        .route("/instances/{id}/rebuild", post(environments::rebuild))
        .route("/instances/{id}/rollback", post(environments::roll_back))
        .route("/instances/{id}/screen", get(desktops::picture))
        .route("/instances/{id}/size", get(copies::size))
        .route("/instances/{id}/terminal", get(terminals::socket::open))
        .route("/instances/{id}/terminals", get(terminals::list).post(terminals::create))
        .route("/instances/{id}/terminals/{terminal}", put(terminals::rename).delete(terminals::end))
        .route("/instances/{id}/version-check", post(versions::check))
        .route("/instances/{id}/versions", get(versions::last))
        .route("/instances/{id}/wheels", get(wheels::of_instance).post(wheels::choose))
        .route("/builder/wheels", get(wheels::shelf))
        .route("/builder/wheels/{name}", put(wheels::put).delete(wheels::remove))
        .route("/builder/wheels/{name}/download", get(wheels::download))
        .route("/builder/versions", get(offered::all))
        .route("/builder/versions/python", get(offered::python))
        .route("/builder/versions/cuda", get(offered::cuda))
        .route("/builder/versions/torch/{cu}", get(offered::torch))
        .route("/builder", any(wheels::not_built))
        .route("/builder/{*rest}", any(wheels::not_built))
        .route("/instances/{id}/file", get(texts::read).put(texts::save))
        .route("/instances/{id}/file/editable", get(texts::editable))
        .route("/instances/{id}/file/check", post(texts::check))
        .route("/instances/{id}/file/history", get(texts::history))
        .route("/instances/{id}/file/history/{n}", get(texts::former))
        .route("/instances/{id}/file/history/{n}/restore", post(texts::restore))
        .merge(files_of("/instances/{id}/files"))
        .merge(files_of("/models/files"))
        .route("/instances/{id}/files/discard", post(discard::files))
        .route("/instances/{id}/outputs", get(outputs::list))
        .route("/instances/{id}/outputs/content", get(outputs::content))
        .route("/instances/{id}/outputs/thumbnail", get(outputs::thumbnail))
        .route("/instances/{id}/outputs/metadata", get(outputs::metadata))
        .route("/instances/{id}/outputs/archive", get(outputs::archive).post(outputs::pick))
        .route("/instances/{id}/outputs/discard", post(discard::outputs))
        .route("/models/files/discard", post(discard::models))
        .route("/discarded/{token}/restore", post(discard::put_back))
        .route("/trash", get(trash::list).delete(trash::empty))
        .route("/trash/{name}", axum::routing::delete(trash::remove))
        .route("/trash/{name}/restore", post(trash::restore))
        .route("/jobs", get(jobs::list))
        .route("/jobs/{id}", get(jobs::read).delete(jobs::cancel));
    Router::new()
        .route("/", get(files::index))
        .route("/login", get(login::login_page))
        .route("/setup", get(login::setup_page))
        .route("/favicon.ico", get(files::icon))
        .route("/.aikore/assets/{*path}", get(files::asset))
        .route("/.aikore/instances/{slug}/state", get(instances::state))
        .route("/.aikore/instances/{slug}/start", post(instances::start_by_slug))
        .route("/.aikore/instances/{slug}/screen", get(desktops::screen))
        .nest("/api", api)
        .route_layer(axum::middleware::from_fn_with_state(panel.clone(), audit::record))
        // The last of the routes' own: whatever stands above it is behind it.
        .route_layer(axum::middleware::from_fn(gate))
        .fallback(error::unrouted)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(axum::middleware::from_fn(harden))
        .layer(axum::extract::DefaultBodyLimit::max(panel.max_body))
        .with_state(panel)
}

/// What can be done with the files of a folder.
fn files_of(folder: &str) -> Router<Panel> {
    let uploads = Router::new()
        .route(&format!("{folder}/uploads"), post(uploads::create).options(uploads::options))
        .route(
            &format!("{folder}/uploads/{{upload}}"),
            patch(uploads::go_on).head(uploads::ask).delete(uploads::give_up).options(uploads::options),
        )
        .route_layer(axum::middleware::from_fn(uploads::speak));
    Router::new()
        .route(folder, get(folders::list))
        .route(&format!("{folder}/content"), get(folders::content))
        .route(&format!("{folder}/folder"), post(folders::make))
        .route(&format!("{folder}/rename"), post(folders::rename))
        .merge(uploads)
}

/// No route answers a request that nobody let in: the server's decision point says who did, for every way here. What has no
/// route is told apart from what has one, by which an app's request that lost its prefix is known.
async fn gate(request: Request, next: Next) -> Response {
    if request.extensions().get::<Caller>().is_none() {
        return ApiError::new(StatusCode::UNAUTHORIZED, "Log in first.").into_response();
    }
    next.run(request).await
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
