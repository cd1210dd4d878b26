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

pub(super) async fn all(State(panel): State<Panel>) -> Response {
    let offered = find_out(&panel).await;
    told(&offered, &offered)
}

pub(super) async fn python(State(panel): State<Panel>) -> Response {
    let offered = find_out(&panel).await;
    told(&offered, &offered.python.iter().map(|python| &python.version).collect::<Vec<_>>())
}

pub(super) async fn cuda(State(panel): State<Panel>) -> Response {
    #[derive(Serialize)]
    struct Cuda<'a> {
        cu: &'a str,
        version: &'a str,
    }
    let offered = find_out(&panel).await;
    told(&offered, &offered.cuda.iter().map(|one| Cuda { cu: &one.cu, version: &one.version }).collect::<Vec<_>>())
}

/// One that nobody knows has none.
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
