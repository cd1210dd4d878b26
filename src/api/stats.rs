//! `/api/system/info` and `/api/system/stats`: what the machine has, does, and did.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Panel;
use super::json::Params;
use crate::monitor::{Stats, Use};

/// What is told of the past when nobody says how much of it: ten minutes, in seconds.
const LATELY: u64 = 600;

/// A sample as the dashboard and scripts get it: the members of the earlier system, then ours.
#[derive(Serialize)]
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

pub(super) async fn info(State(panel): State<Panel>) -> Response {
    let stats = panel.monitor.latest().await;
    let gpus: Vec<_> = stats
        .gpus
        .iter()
        .map(
            |gpu| serde_json::json!({ "id": gpu.id, "uuid": gpu.uuid, "name": gpu.name, "vram_total": gpu.vram.total }),
        )
        .collect();
    Json(serde_json::json!({
        "gpu_count": gpus.len(),
        "gpus": gpus,
        "gpu_note": stats.gpu_note,
        "driver": stats.driver,
        "cpu_cores": stats.cpu_cores,
        "ram_total": stats.ram.total,
        "version": env!("CARGO_PKG_VERSION"),
    }))
    .into_response()
}

pub(super) async fn now(State(panel): State<Panel>) -> Response {
    Json(StatsView::new(&*panel.monitor.latest().await)).into_response()
}

#[derive(Deserialize)]
pub(super) struct Since {
    /// Seconds since 1970.
    since: Option<u64>,
}

/// The figures since a moment, in columns; the further back, the coarser.
pub(super) async fn history(State(panel): State<Panel>, Params(asked): Params<Since>) -> Response {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Json(panel.monitor.past(asked.since.unwrap_or(now.saturating_sub(LATELY)))).into_response()
}
