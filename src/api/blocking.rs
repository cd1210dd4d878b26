//! Work that waits for the disk, off the threads that serve everybody.

use axum::http::StatusCode;

use super::error::ApiError;

/// Does it, and waits for it.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, format!("Work on the disk was cut off: {error}."))
    })
}
