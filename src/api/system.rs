//! `/api/status` and `/api/system`.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use serde::Serialize;
use utoipa::ToSchema;

use super::Panel;
use crate::domain::Port;

/// That the server is there.
#[derive(Serialize, ToSchema)]
#[schema(as = ServerStatus)]
pub(super) struct StatusView {
    /// `ok`.
    status: &'static str,
    message: &'static str,
    /// AiKore's version.
    version: &'static str,
}

/// The public ports no instance has.
#[derive(Serialize, ToSchema)]
pub(super) struct Ports {
    #[schema(value_type = Vec<u16>)]
    available_ports: Vec<Port>,
}

/// Ask whether AiKore is there.
///
/// For scripts of the earlier system; `GET /healthz` says it without a login.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "It is.", body = StatusView),
    )
)]
pub(super) async fn status() -> Response {
    Json(StatusView { status: "ok", message: "AiKore is running!", version: env!("CARGO_PKG_VERSION") }).into_response()
}

/// Read the settings.
///
/// What this server was started with and where each value comes from. Secrets are not shown.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The settings.", body = Vec<super::SettingView>),
    )
)]
pub(super) async fn config(State(panel): State<Panel>) -> Response {
    Json(&*panel.settings).into_response()
}

/// List the free public ports.
///
/// Of the pool (`AIKORE_INSTANCE_PORT_RANGE`).
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The ports.", body = Ports),
    )
)]
pub(super) async fn available_ports(State(panel): State<Panel>) -> Response {
    Json(Ports { available_ports: panel.instances.available_ports() }).into_response()
}
