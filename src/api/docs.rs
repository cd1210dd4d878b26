//! `/api/openapi.json`: what every call is, made of the code that answers it. `/api/docs` shows it.

use std::sync::{Arc, OnceLock};

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::Panel;
use super::described::{self, Table};
use super::error::ApiError;
use crate::assets;

/// The description, written when somebody first asks for it.
pub(super) struct Description {
    table: Table,
    root: String,
    written: OnceLock<Result<Bytes, String>>,
}

impl Description {
    /// Of these routes, for a dashboard below this path.
    pub(super) fn new(table: Table, root: String) -> Self {
        Self { table, root, written: OnceLock::new() }
    }

    fn written(&self) -> Result<Bytes, String> {
        let write = || {
            let whole = described::finished(&self.table, &self.root)?;
            serde_json::to_vec(&whole)
                .map(Bytes::from)
                .map_err(|error| format!("The description can't be written: {error}."))
        };
        self.written.get_or_init(write).clone()
    }
}

/// Read the description.
///
/// OpenAPI 3.1 in JSON: every call, what it takes, what it answers, every error. `GET /api/docs` shows it; programs make clients
/// of it.
#[utoipa::path(
    get,
    path = "",
    responses((status = 200, description = "The description.", body = serde_json::Value))
)]
pub(super) async fn description(Extension(description): Extension<Arc<Description>>) -> Result<Response, ApiError> {
    let written = description.written().map_err(|why| {
        tracing::error!("{why}");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, why)
    })?;
    Ok(([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], written).into_response())
}

/// The page that shows it.
pub(super) async fn page(State(panel): State<Panel>) -> Response {
    let Some(asset) = assets::get("pages/docs.html") else { return StatusCode::NOT_FOUND.into_response() };
    let html = String::from_utf8_lossy(&asset.bytes).replace("{{root}}", &panel.base_path.root());
    ([(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-cache")], html).into_response()
}
