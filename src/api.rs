//! The dashboard's HTTP surface: thin handlers over the use cases. Paths, fields and status codes follow the earlier
//! system where it had them (`compat.md`), so its scripts keep working.

mod answers;
mod audit;
mod backups;
mod blocking;
mod blueprint_view;
mod blueprints;
mod copies;
mod described;
mod desktops;
mod discard;
mod docs;
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
mod metrics;
mod notices;
mod offered;
mod outputs;
mod places;
mod ranges;
mod room;
mod routes;
mod saved_texts;
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
use axum::routing::{any, get};
use tokio_util::sync::CancellationToken;
use utoipa_axum::routes;

use crate::auth::{Audit, Caller, Login};
use crate::backups::Backups;
use crate::checks::Checks;
use crate::domain::{BasePath, Hostname};
use crate::instances::Instances;
use crate::journal::Journal;
use crate::monitor::Monitor;
use crate::notices::Notices;
use crate::proxy::Table;
use crate::proxy::headers::host;
use crate::proxy::pages::POLICY;
use crate::tasks::Tasks;
use described::Routes;

pub use error::{ApiError, Unrouted};
pub use feed::Feed;
pub use metrics::Answered;
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
    /// What can't be made again, in archives.
    pub backups: Backups,
    /// What looks at scripts.
    pub checks: Checks,
    /// What people are told.
    pub notices: Notices,
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
    /// What the panel itself has answered.
    pub answered: Arc<Answered>,
    /// The largest body of a call; chunked bodies count too.
    pub max_body: usize,
}

/// One setting, as it is shown.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
#[schema(as = Setting)]
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

impl Origin {
    /// Whether the client is at the machine itself: there names below `localhost` lead here.
    fn is_this_machine(&self) -> bool {
        host::is_loopback(&self.host)
    }
}

/// Whether a websocket at this path is ours (compat.md §3, §5), built yet or not.
pub fn has_websocket(path: &str) -> bool {
    ["/api/instances/", "/api/builder/", "/api/system/", "/.aikore/"].iter().any(|ours| path.starts_with(ours))
}

/// Every route, with what it is described by.
fn routes() -> Routes {
    let api = Routes::default()
        .at("/auth/login", routes!(login::log_in))
        .at("/auth/setup", routes!(login::set_up))
        .at("/auth/logout", routes!(login::log_out))
        .at("/auth/password", routes!(login::change_password))
        .at("/auth/session", routes!(sessions::session))
        .at("/auth/sessions", routes!(sessions::sessions, sessions::end_other_sessions))
        .at("/auth/sessions/{id}", routes!(sessions::end_session))
        .at("/auth/tokens", routes!(tokens::tokens, tokens::make_token))
        .at("/auth/tokens/{id}", routes!(tokens::revoke_token))
        .at("/audit", routes!(audit::read))
        .at("/status", routes!(system::status))
        .at("/system/config", routes!(system::config))
        .at("/events", routes!(events::events))
        .at("/system/desktop", routes!(desktops::means))
        .at("/system/info", routes!(stats::info))
        .at("/system/stats", routes!(stats::now))
        .at("/system/stats/history", routes!(stats::history))
        .at("/system/log", routes!(server_log::read))
        .at("/system/log/follow", routes!(server_log::follow))
        .at("/system/routes", routes!(routes::list))
        .at("/system/debug-nginx", routes!(routes::as_nginx))
        .at("/system/blueprints", routes!(blueprints::list))
        .at("/system/blueprints/{filename}", routes!(blueprints::read))
        .at("/system/blueprints/check", routes!(blueprints::check))
        .at("/system/blueprints/custom", routes!(blueprints::own, blueprints::create))
        .at("/system/blueprints/custom/{filename}", routes!(blueprints::read_own, blueprints::save, blueprints::delete))
        .at("/system/blueprints/custom/{filename}/rename", routes!(blueprints::rename))
        .at("/system/blueprints/custom/{filename}/restore", routes!(blueprints::put_back))
        .at("/system/blueprints/custom/{filename}/history", routes!(blueprints::history))
        .at("/system/blueprints/custom/{filename}/history/{n}", routes!(blueprints::former))
        .at("/system/blueprints/custom/{filename}/history/{n}/restore", routes!(blueprints::restore_save))
        .at("/system/available-ports", routes!(system::available_ports))
        .at("/instances", routes!(instances::list, instances::create))
        .plain("/instances/", get(instances::list).post(instances::create))
        .at("/instances/order", routes!(instances::arrange))
        .at("/instances/{id}", routes!(instances::read, instances::change, instances::delete))
        .at("/instances/{id}/start", routes!(instances::start))
        .at("/instances/{id}/stop", routes!(instances::stop))
        .at("/instances/{id}/restart", routes!(instances::restart))
        .at("/instances/{id}/instantiate", routes!(instances::instantiate))
        .at("/instances/{id}/logs", routes!(logs::read))
        .at("/instances/{id}/logs/runs", routes!(logs::runs))
        .at("/instances/{id}/logs/follow", routes!(logs::follow))
        .at("/instances/{id}/copy", routes!(copies::copy))
        .at("/instances/{id}/environment", routes!(environments::read))
        .at("/instances/{id}/environment/prune", routes!(environments::prune))
        .at("/instances/{id}/update", routes!(environments::update))
        .at("/instances/{id}/rebuild", routes!(environments::rebuild))
        .at("/instances/{id}/rollback", routes!(environments::roll_back))
        .at("/instances/{id}/screen", routes!(desktops::picture))
        .at("/instances/{id}/size", routes!(copies::size))
        .at("/instances/{id}/terminal", routes!(terminals::socket::open))
        .at("/instances/{id}/terminals", routes!(terminals::list, terminals::create))
        .at("/instances/{id}/terminals/{terminal}", routes!(terminals::rename, terminals::end))
        .at("/instances/{id}/version-check", routes!(versions::check))
        .at("/instances/{id}/versions", routes!(versions::last))
        .at("/instances/{id}/wheels", routes!(wheels::of_instance, wheels::choose))
        .at("/builder/wheels", routes!(wheels::shelf))
        .at("/builder/wheels/{name}", routes!(wheels::put, wheels::remove))
        .at("/builder/wheels/{name}/download", routes!(wheels::download))
        .at("/builder/versions", routes!(offered::all))
        .at("/builder/versions/python", routes!(offered::python))
        .at("/builder/versions/cuda", routes!(offered::cuda))
        .at("/builder/versions/torch/{cu}", routes!(offered::torch))
        .plain("/builder", any(wheels::not_built))
        .plain("/builder/{*rest}", any(wheels::not_built))
        .at("/instances/{id}/file", routes!(texts::read, texts::save))
        .at("/instances/{id}/file/editable", routes!(texts::editable))
        .at("/instances/{id}/file/check", routes!(texts::check))
        .at("/instances/{id}/file/history", routes!(texts::history))
        .at("/instances/{id}/file/history/{n}", routes!(texts::former))
        .at("/instances/{id}/file/history/{n}/restore", routes!(texts::restore))
        .merge(files_of("/instances/{id}/files"))
        .merge(files_of("/models/files"))
        .at("/instances/{id}/files/discard", routes!(discard::files))
        .at("/instances/{id}/outputs", routes!(outputs::list))
        .at("/instances/{id}/outputs/content", routes!(outputs::content))
        .at("/instances/{id}/outputs/thumbnail", routes!(outputs::thumbnail))
        .at("/instances/{id}/outputs/metadata", routes!(outputs::metadata))
        .at("/instances/{id}/outputs/archive", routes!(outputs::archive, outputs::pick))
        .at("/instances/{id}/outputs/discard", routes!(discard::outputs))
        .at("/models/files/discard", routes!(discard::models))
        .at("/discarded/{token}/restore", routes!(discard::put_back))
        .at("/trash", routes!(trash::list, trash::empty))
        .at("/trash/{name}", routes!(trash::remove))
        .at("/trash/{name}/restore", routes!(trash::restore))
        .at("/backups", routes!(backups::list, backups::create))
        .at("/backups/{name}", routes!(backups::remove))
        .at("/backups/{name}/download", routes!(backups::download))
        .at("/notices", routes!(notices::list))
        .at("/notices/read", routes!(notices::read))
        .at("/notices/targets", routes!(notices::targets, notices::add))
        .at("/notices/targets/{id}", routes!(notices::change, notices::remove))
        .at("/notices/targets/{id}/test", routes!(notices::test))
        .at("/jobs", routes!(jobs::list))
        .at("/jobs/{id}", routes!(jobs::read, jobs::cancel))
        .at("/openapi.json", routes!(docs::description))
        .plain("/docs", get(docs::page));
    Routes::default()
        .plain("/", get(files::index))
        .at("/metrics", routes!(metrics::read))
        .plain("/login", get(login::login_page))
        .plain("/setup", get(login::setup_page))
        .plain("/favicon.ico", get(files::icon))
        .plain("/.aikore/assets/{*path}", get(files::asset))
        .at("/.aikore/instances/{slug}/state", routes!(instances::state))
        .at("/.aikore/instances/{slug}/start", routes!(instances::start_by_slug))
        .at("/.aikore/instances/{slug}/screen", routes!(desktops::screen))
        .nest("/api", api)
}

/// The router of everything that is not an app's.
pub fn router(panel: Panel) -> Router {
    let (router, table) = routes().parts();
    let description = Arc::new(docs::Description::new(table, panel.base_path.root()));
    router
        .route_layer(axum::Extension(description))
        .route_layer(axum::middleware::from_fn_with_state(panel.clone(), audit::record))
        // The last of the routes' own: whatever stands above it is behind it.
        .route_layer(axum::middleware::from_fn(gate))
        .fallback(error::unrouted)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(axum::middleware::from_fn(harden))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&panel.answered), metrics::count))
        .layer(axum::extract::DefaultBodyLimit::max(panel.max_body))
        .with_state(panel)
}

/// The description of every call, as `GET /api/openapi.json` gives it at the root of an address.
///
/// # Errors
/// A sentence for who has added a call.
pub fn description() -> Result<serde_json::Value, String> {
    described::finished(&routes().parts().1, "/")
}

/// What can be done with the files of a folder.
fn files_of(folder: &str) -> Routes {
    let uploads = Routes::default()
        .at(&format!("{folder}/uploads"), routes!(uploads::create, uploads::options))
        .at(
            &format!("{folder}/uploads/{{upload}}"),
            routes!(uploads::go_on, uploads::ask, uploads::give_up, uploads::options),
        )
        .map(|router| router.route_layer(axum::middleware::from_fn(uploads::speak)));
    Routes::default()
        .at(folder, routes!(folders::list))
        .at(&format!("{folder}/content"), routes!(folders::content))
        .at(&format!("{folder}/folder"), routes!(folders::make))
        .at(&format!("{folder}/rename"), routes!(folders::rename))
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
