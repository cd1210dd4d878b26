//! `/api/system/info` and `/api/system/stats`: what the machine has, does, and did.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Panel;
use super::json::Params;
use crate::monitor::{Driver, Stats, Use};

/// What is told of the past when nobody says how much of it: ten minutes, in seconds.
const LATELY: u64 = 600;

/// A sample as the dashboard and scripts get it: the members of the earlier system, then ours.
#[derive(Serialize, ToSchema)]
pub(super) struct StatsView<'a> {
    #[serde(flatten)]
    machine: &'a Stats,
    /// What each running instance takes.
    instances: &'a [Use],
}

impl<'a> StatsView<'a> {
    pub(super) fn new(stats: &'a Stats) -> Self {
        Self { machine: stats, instances: &stats.trees }
    }
}

/// What the machine has.
#[derive(Serialize, ToSchema)]
pub(super) struct MachineInfo {
    gpu_count: usize,
    gpus: Vec<CardInfo>,
    /// Why GPUs are missing here: a sentence.
    gpu_note: Option<String>,
    driver: Option<Driver>,
    /// How many cores there are for us; a container may have a part of one.
    cpu_cores: f32,
    /// Bytes of main memory.
    ram_total: u64,
    /// AiKore's own.
    version: &'static str,
}

/// A GPU.
#[derive(Serialize, ToSchema)]
pub(super) struct CardInfo {
    /// Its number, in PCI bus order.
    id: u32,
    /// Its own name, which stays whatever is plugged beside it.
    uuid: String,
    /// The product's name.
    name: String,
    /// Bytes of its memory.
    vram_total: u64,
}

/// Ask what the machine has.
///
/// Its GPUs, its processor and memory, and AiKore's version.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The machine.", body = MachineInfo),
    )
)]
pub(super) async fn info(State(panel): State<Panel>) -> Response {
    let stats = panel.monitor.latest().await;
    let gpus: Vec<_> = stats
        .gpus
        .iter()
        .map(|gpu| CardInfo { id: gpu.id, uuid: gpu.uuid.clone(), name: gpu.name.clone(), vram_total: gpu.vram.total })
        .collect();
    Json(MachineInfo {
        gpu_count: gpus.len(),
        gpus,
        gpu_note: stats.gpu_note.clone(),
        driver: stats.driver.clone(),
        cpu_cores: stats.cpu_cores,
        ram_total: stats.ram.total,
        version: env!("CARGO_PKG_VERSION"),
    })
    .into_response()
}

/// Ask what the machine does.
///
/// Processor, memory, disks, GPUs, and what each running instance takes. Measured every few seconds while somebody
/// looks.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The figures.", body = StatsView<'_>),
    )
)]
pub(super) async fn now(State(panel): State<Panel>) -> Response {
    Json(StatsView::new(&*panel.monitor.latest().await)).into_response()
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Since {
    /// Seconds since 1970; ten minutes ago unless said.
    since: Option<u64>,
}

/// Ask what the machine did.
///
/// In columns of equal length; the further back, the coarser. `null` where nobody measured.
#[utoipa::path(
    get,
    path = "",
    params(Since),
    responses(
        (status = 200, description = "The figures.", body = crate::monitor::Past),
    )
)]
pub(super) async fn history(State(panel): State<Panel>, Params(asked): Params<Since>) -> Response {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Json(panel.monitor.past(asked.since.unwrap_or(now.saturating_sub(LATELY)))).into_response()
}
