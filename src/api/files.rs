//! The dashboard's page and its files.

use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::error::{ApiError, not_found};
use crate::assets::{self, Place};
use crate::proxy::pages::POLICY;

/// Kept by the browser and asked about each time: an update of the server must not leave old pages behind.
const ASKED: &str = "no-cache";

/// Never asked about again: another content has another address.
const FOREVER: &str = "public, max-age=31536000, immutable";

pub(super) async fn index(uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let mut response = file("index.html", ASKED, uri, &headers).await?;
    // An app that is shown inside the dashboard may live at an origin of its own: a public port or a host name.
    let policy = HeaderValue::from_str(&format!("{POLICY}; frame-src http: https:"));
    response.headers_mut().extend(policy.map(|policy| (CONTENT_SECURITY_POLICY, policy)));
    Ok(response)
}

/// Browsers ask for it on behalf of every page that names no icon, apps under a path included.
pub(super) async fn icon(uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    file("img/icon.svg", ASKED, uri, &headers).await
}

pub(super) async fn asset(Path(path): Path<String>, uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    match assets::place(&path, &assets::bundle()) {
        Place::Bundled(path) => file(path, FOREVER, uri, &headers).await,
        Place::Plain(path) => file(path, ASKED, uri, &headers).await,
        // Modules of two versions must not meet in one page: it is told to load itself anew (assets/js/stale.js).
        Place::Other => {
            let gone = ApiError::new(
                StatusCode::NOT_FOUND,
                "This file belongs to another version of the dashboard. Reload the page.",
            );
            Ok(([(CACHE_CONTROL, "no-store")], gone).into_response())
        }
    }
}

async fn file(path: &str, keep: &'static str, uri: Uri, headers: &HeaderMap) -> Result<Response, ApiError> {
    let Some(asset) = assets::get_for(path, headers.get_all(ACCEPT_ENCODING).iter()) else {
        return Err(not_found(uri).await);
    };
    let known = headers.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
    let mut response = if asset.is_known(known) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = ([(CONTENT_TYPE, asset.media_type)], asset.bytes).into_response();
        if let Some(name) = asset.coding.name() {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        response
    };
    let fields = response.headers_mut();
    fields.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    if asset.varies {
        fields.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    if let Ok(etag) = HeaderValue::try_from(asset.etag) {
        fields.insert(ETAG, etag);
    }
    Ok(response)
}
