//! `/api/system/routes`: every way in, where it leads, and what has gone through. `/api/system/debug-nginx` says the same in the
//! shape of the earlier system, whose scripts look there.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Origin, Panel, Seen};
use crate::domain::{Hostname, InstanceId, InstanceName, Port, ProxyMode, Route, Slug, Status};
use crate::proxy::Counted;

/// An instance's ways in, where they lead, and what has gone through.
#[derive(Serialize, ToSchema)]
#[schema(as = Route)]
pub(super) struct RouteView<'a> {
    instance_id: InstanceId,
    name: &'a InstanceName,
    slug: &'a Slug,
    status: Status,
    mode: ProxyMode,
    /// `None` where instances have no paths.
    path: Option<String>,
    #[schema(value_type = Option<u16>)]
    port: Option<Port>,
    hostname: Option<&'a Hostname>,
    /// Where requests go; null: nowhere now.
    #[schema(value_type = Option<String>)]
    target: Option<SocketAddr>,
    /// Every address it has, as this client would type it.
    ways: Vec<Way>,
    #[serde(flatten)]
    counted: Counted,
}

/// A way in.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct Way {
    kind: Kind,
    address: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = WayKind)]
pub(super) enum Kind {
    Path,
    Port,
    Host,
}

/// List the ways in.
///
/// Every address of every instance, where it leads, and what has gone through.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The routes.", body = Vec<RouteView<'_>>),
    )
)]
pub(super) async fn list(State(panel): State<Panel>, Extension(seen): Extension<Seen>) -> Response {
    let origin = panel.origin(&seen);
    let entries = panel.routes.load().entries();
    let views: Vec<_> = entries
        .iter()
        .map(|entry| {
            let route = entry.route();
            RouteView {
                instance_id: route.instance,
                name: &route.name,
                slug: &route.slug,
                status: route.status,
                mode: route.mode,
                path: panel.path_routes.then(|| format!("{}/", route.prefix)),
                port: route.public_port,
                hostname: route.hostname.as_ref(),
                target: route.target,
                ways: ways(&origin, route),
                counted: entry.counted(),
            }
        })
        .collect();
    Json(views).into_response()
}

/// What the earlier system answered with the texts of its NGINX: `locations_d` has a file for each route.
#[derive(Serialize, ToSchema)]
pub(super) struct AsNginx {
    nginx_debug_log: &'static str,
    locations_d: BTreeMap<String, String>,
}

/// List the ways in as texts.
///
/// The same in the shape of the earlier system, for scripts that look there.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "A text for each route.", body = AsNginx),
    )
)]
pub(super) async fn as_nginx(State(panel): State<Panel>, Extension(seen): Extension<Seen>) -> Response {
    let origin = panel.origin(&seen);
    let entries = panel.routes.load().entries();
    let described = |route: &Route, counted: &Counted| {
        let mut text = String::new();
        for Way { address, .. } in ways(&origin, route) {
            // Writing to a string can't fail.
            let _ = writeln!(text, "{address}");
        }
        match route.target {
            Some(target) => _ = writeln!(text, "-> http://{target} ({})", route.mode),
            None => _ = writeln!(text, "-> nowhere: the instance is {}", route.status),
        }
        _ = writeln!(
            text,
            "{} requests, {} failed, {} websockets open",
            counted.requests, counted.failures, counted.tunnels
        );
        text
    };
    let locations_d = entries
        .iter()
        .map(|entry| (format!("{}.conf", entry.slug()), described(entry.route(), &entry.counted())))
        .collect();
    Json(AsNginx {
        nginx_debug_log: "There is no NGINX: AiKore answers on every public port itself. GET /api/system/routes has the routes in full.",
        locations_d,
    })
    .into_response()
}

/// Every address of an instance. Names that only lead here from this machine are told to who is at it.
fn ways(origin: &Origin, route: &Route) -> Vec<Way> {
    let Origin { scheme, host, port, base_domain, base_path } = origin;
    let slug = &route.slug;
    let path = base_path.as_ref().map(|_| (Kind::Path, format!("{}/", route.prefix)));
    let public = route.public_port.map(|public| (Kind::Port, format!("{scheme}://{host}:{public}/")));
    let own = route.hostname.as_ref().map(ToString::to_string);
    let below = base_domain.as_ref().map(|domain| format!("{slug}.{domain}"));
    let here = origin.is_this_machine().then(|| format!("{slug}.localhost"));
    let named = [own, below, here].into_iter().flatten().map(|name| (Kind::Host, format!("{scheme}://{name}{port}/")));
    path.into_iter().chain(public).chain(named).map(|(kind, address)| Way { kind, address }).collect()
}
