//! The dashboard's page and its files.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::error::{ApiError, not_found};
use crate::assets;

pub(super) async fn index(uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    file("index.html", uri, &headers).await
}

/// Browsers ask for it on behalf of every page that names no icon, apps under a path included.
pub(super) async fn icon(uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    file("img/icon.svg", uri, &headers).await
}

pub(super) async fn asset(Path(path): Path<String>, uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    file(&path, uri, &headers).await
}

/// Kept by the browser and asked about each time: an update of the server must not leave old scripts behind.
async fn file(path: &str, uri: Uri, headers: &HeaderMap) -> Result<Response, ApiError> {
    let Some(asset) = assets::get(path) else { return Err(not_found(uri).await) };
    let known = headers.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
    let common = [(ETAG, asset.etag.clone()), (CACHE_CONTROL, "no-cache".to_owned())];
    if asset.is_known(known) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    Ok((common, [(CONTENT_TYPE, asset.media_type)], asset.bytes.into_owned()).into_response())
}
