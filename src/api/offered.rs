//! `/api/builder/versions`: which versions of Python, CUDA and torch can be chosen. The lists by themselves have the form of
//! the earlier system.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Panel;
use crate::environments::offered::{Offered, Source};

const SOURCE: HeaderName = HeaderName::from_static("x-aikore-source");

/// A CUDA that torch is built for, by its names.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CudaNames)]
pub(super) struct CudaNames<'a> {
    /// As the index calls it: `cu128`.
    cu: &'a str,
    /// `12.8`.
    version: &'a str,
}

/// List the versions that can be chosen.
///
/// Of Python, CUDA and torch, the newest first; what the driver can't run is marked.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The versions.", body = Offered, headers(("x-aikore-source" = String, description = "`index`: the index was asked; `offline`: what is known without it."))),
    )
)]
pub(super) async fn all(State(panel): State<Panel>) -> Response {
    let offered = find_out(&panel).await;
    told(&offered, &offered)
}

/// List the versions of Python.
///
/// In the form of the earlier system: a list of texts.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The versions.", body = Vec<String>, headers(("x-aikore-source" = String, description = "`index`: the index was asked; `offline`: what is known without it."))),
    )
)]
pub(super) async fn python(State(panel): State<Panel>) -> Response {
    let offered = find_out(&panel).await;
    told(&offered, &offered.python.iter().map(|python| &python.version).collect::<Vec<_>>())
}

/// List the versions of CUDA.
///
/// Those torch is built for, in the form of the earlier system.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The versions.", body = Vec<CudaNames<'_>>, headers(("x-aikore-source" = String, description = "`index`: the index was asked; `offline`: what is known without it."))),
    )
)]
pub(super) async fn cuda(State(panel): State<Panel>) -> Response {
    let offered = find_out(&panel).await;
    told(&offered, &offered.cuda.iter().map(|one| CudaNames { cu: &one.cu, version: &one.version }).collect::<Vec<_>>())
}

/// List the versions of torch.
///
/// Those built for one CUDA; none for one that nobody knows.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The versions.", body = Vec<String>, headers(("x-aikore-source" = String, description = "`index`: the index was asked; `offline`: what is known without it."))),
    )
)]
pub(super) async fn torch(State(panel): State<Panel>, Path(cu): Path<String>) -> Response {
    let offered = find_out(&panel).await;
    told(&offered, &offered.torch.get(&cu).map(Vec::as_slice).unwrap_or_default())
}

async fn find_out(panel: &Panel) -> Offered {
    panel.instances.offered(&*panel.monitor.latest().await).await
}

fn told(offered: &Offered, answer: &impl Serialize) -> Response {
    let source = match offered.source {
        Source::Index => "index",
        Source::Offline => "offline",
    };
    ([(SOURCE, HeaderValue::from_static(source))], Json(answer)).into_response()
}
