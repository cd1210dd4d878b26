//! `/metrics`: what Prometheus asks for. Everything is counted where it happens; here it is only written down, in OpenMetrics'
//! text format. Labels name instances, cards, statuses and disks and nothing that a client could make up.

mod families;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Panel;
use super::error::ApiError;
use crate::monitor::Own;

/// What the panel has answered, by the first digit of the status.
#[derive(Debug, Default)]
pub struct Answered([AtomicU64; 6]);

impl Answered {
    fn add(&self, status: StatusCode) {
        if let Some(class) = self.0.get(usize::from(status.as_u16() / 100)) {
            class.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn counts(&self) -> [u64; 6] {
        self.0.each_ref().map(|class| class.load(Ordering::Relaxed))
    }
}

/// Counts the panel's own answers.
pub(super) async fn count(State(answered): State<Arc<Answered>>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    answered.add(response.status());
    response
}

/// Read the figures for Prometheus.
///
/// In the text format of OpenMetrics: instances, ways in, restarts, processor, memory, disks, GPUs, the server
/// itself.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The figures.", body = String, content_type = "application/openmetrics-text"),
    )
)]
pub(super) async fn read(State(panel): State<Panel>) -> Result<Response, ApiError> {
    let machine = panel.monitor.latest().await;
    let shown = families::Shown {
        own: Own::read(),
        machine: &machine,
        instances: &panel.instances.list(),
        routes: &panel.routes.load().entries(),
        restarts: &panel.instances.restarts(),
        panel: panel.answered.counts(),
    };
    let text = families::write(&shown)
        .map_err(|_| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "The figures could not be written."))?;
    Ok(([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response())
}
