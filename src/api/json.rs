//! Reading what a call brings: every refusal is `{"detail": "…"}` in words.

use std::error::Error;

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::error::ApiError;
use crate::domain::InstanceId;
use crate::proxy::drain::UploadError;

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

/// A JSON body that may be left out.
pub(super) struct OptionalBody<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let is_json = is_json(&request);
        let bytes = read(request, state).await?;
        // A form or a text can be sent by any page without asking us first (CORS); JSON can't.
        if !is_json {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body must be JSON (Content-Type: application/json).",
            ));
        }
        parse(&bytes).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let is_json = is_json(&request);
        let bytes = read(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !is_json {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body must be JSON (Content-Type: application/json).",
            ));
        }
        parse(&bytes).map(Self)
    }
}

fn is_json(request: &Request) -> bool {
    let media = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"))
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if is_late(&rejection) {
            return ApiError::new(StatusCode::REQUEST_TIMEOUT, "The rest of the request did not come.");
        }
        let detail = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => "Request body too large.".to_owned(),
            _ => format!("The body can't be read: {rejection}."),
        };
        ApiError::new(rejection.status(), detail)
    })
}

/// Whether the client stopped in the middle of its body.
pub(super) fn is_late(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if matches!(error.downcast_ref(), Some(UploadError::Late(_))) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let what = if error.is_data() { "The body does not fit" } else { "The body is not valid JSON" };
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{what}: {error}."))
    })
}

/// The id in the path.
pub(super) struct Id(pub(super) InstanceId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = Path::<String>::from_request_parts(parts, state).await.map(|Path(text)| text).unwrap_or_default();
        parse_id(&text).map(Self)
    }
}

/// A number in the path that is no instance's id.
pub(super) struct Number(pub(super) i64);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = Path::<String>::from_request_parts(parts, state).await.map(|Path(text)| text).unwrap_or_default();
        text.parse().map(Self).map_err(|_| {
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{text:?} is no id, which is a number here."))
        })
    }
}

/// An instance's id.
pub(super) fn parse_id(text: &str) -> Result<InstanceId, ApiError> {
    text.parse().map_err(|_| {
        let detail = format!("{text:?} is not an instance's id, which is a number.");
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    })
}

/// The query string.
pub(super) struct Params<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Self(params)),
            Err(rejection) => {
                Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("The query can't be read: {rejection}.")))
            }
        }
    }
}
