//! Which folder a call is about: an instance's own, or the shared models.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::error::ApiError;
use crate::domain::UploadId;
use crate::instances::Place;

/// The place in the path: `{id}` names an instance, and without one it is the models.
pub(super) struct In(pub(super) Place);

impl<S: Send + Sync> FromRequestParts<S> for In {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Some(id) = named(parts, state, "id").await else { return Ok(Self(Place::Models)) };
        let id = id.parse().map_err(|_| {
            ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("{id:?} is not an instance's id, which is a number."),
            )
        })?;
        Ok(Self(Place::Home(id)))
    }
}

/// The upload in the path.
pub(super) struct Upload(pub(super) UploadId);

impl<S: Send + Sync> FromRequestParts<S> for Upload {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let name = named(parts, state, "upload").await.unwrap_or_default();
        let unknown = |_| ApiError::new(StatusCode::NOT_FOUND, format!("There is no upload {name:?}."));
        UploadId::parse(&name).map(Self).map_err(unknown)
    }
}

async fn named<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> Option<String> {
    let Path(mut found) = Path::<HashMap<String, String>>::from_request_parts(parts, state).await.ok()?;
    found.remove(name)
}
