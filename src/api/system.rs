//! `/api/status` and `/api/system`.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Panel;
use super::error::ApiError;
use crate::blueprints::{Blueprint, Origin};
use crate::domain::{Hostname, InstanceId, InstanceName, Port, ProxyMode, Slug, Status};
use crate::proxy::Counted;

pub(super) async fn status() -> Response {
    Json(serde_json::json!({ "status": "ok", "message": "AiKore is running!", "version": env!("CARGO_PKG_VERSION") }))
        .into_response()
}

pub(super) async fn info(State(panel): State<Panel>) -> Response {
    let stats = panel.monitor.latest().await;
    let gpus: Vec<_> = stats
        .gpus
        .iter()
        .map(|gpu| serde_json::json!({ "id": gpu.id, "name": gpu.name, "vram_total": gpu.vram.total }))
        .collect();
    Json(serde_json::json!({ "gpu_count": gpus.len(), "gpus": gpus, "version": env!("CARGO_PKG_VERSION") }))
        .into_response()
}

pub(super) async fn stats(State(panel): State<Panel>) -> Response {
    Json(&*panel.monitor.latest().await).into_response()
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

/// A blueprint in the list: the members of the earlier system, then ours.
#[derive(Serialize)]
struct BlueprintView<'a> {
    filename: &'a str,
    category: Option<&'a str>,
    name: Option<&'a str>,
    description: Option<&'a str>,
    proxy: ProxyMode,
    gpu: Option<&'a str>,
    min_vram: Option<&'a str>,
    disk: Option<&'a str>,
    homepage: Option<&'a str>,
    license: Option<&'a str>,
    icon: Option<&'a str>,
    header: &'a std::collections::BTreeMap<String, String>,
}

impl<'a> BlueprintView<'a> {
    fn new(blueprint: &'a Blueprint) -> Self {
        let header = &blueprint.header;
        Self {
            filename: blueprint.name.as_str(),
            category: header.get("category"),
            name: header.get("name"),
            description: header.get("description"),
            proxy: header.proxy(),
            gpu: header.get("gpu"),
            min_vram: header.get("min_vram"),
            disk: header.get("disk"),
            homepage: header.get("homepage"),
            license: header.get("license"),
            icon: header.get("icon"),
            header: header.all(),
        }
    }
}

pub(super) async fn blueprints(State(panel): State<Panel>) -> Result<Response, ApiError> {
    let all = panel.instances.blueprints().await?;
    let of = |origin: Origin| -> Vec<BlueprintView<'_>> {
        all.iter().filter(|blueprint| blueprint.origin == origin).map(BlueprintView::new).collect()
    };
    Ok(Json(serde_json::json!({ "stock": of(Origin::Stock), "custom": of(Origin::Custom) })).into_response())
}
