//! `/api/status` and `/api/system`.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Panel;
use crate::domain::{Hostname, InstanceId, InstanceName, Port, ProxyMode, Slug, Status};
use crate::proxy::Counted;

pub(super) async fn status() -> Response {
    Json(serde_json::json!({ "status": "ok", "message": "AiKore is running!", "version": env!("CARGO_PKG_VERSION") }))
        .into_response()
}

/// The settings this server was started with.
pub(super) async fn config(State(panel): State<Panel>) -> Response {
    Json(&*panel.settings).into_response()
}

pub(super) async fn available_ports(State(panel): State<Panel>) -> Response {
    Json(serde_json::json!({ "available_ports": panel.instances.available_ports() })).into_response()
}

/// An instance's ways in, where they lead, and what has gone through.
#[derive(Serialize)]
struct RouteView<'a> {
    instance_id: InstanceId,
    name: &'a InstanceName,
    slug: &'a Slug,
    status: Status,
    mode: ProxyMode,
    /// `None` where instances have no paths.
    path: Option<String>,
    port: Option<Port>,
    hostname: Option<&'a Hostname>,
    target: Option<SocketAddr>,
    #[serde(flatten)]
    counted: Counted,
}

pub(super) async fn routes(State(panel): State<Panel>) -> Response {
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
                counted: entry.counted(),
            }
        })
        .collect();
    Json(views).into_response()
}
