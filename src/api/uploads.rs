//! Uploads that can be gone on with: tus 1.0.0 (<https://tus.io/protocols/resumable-upload>), its core and the extensions
//! creation, expiration and termination.

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;

use super::audit::{Noted, NothingDone};
use super::error::ApiError;
use super::folders::noted;
use super::places::{In, Upload};
use super::{Panel, Room};
use crate::domain::{FolderPath, Timestamp};
use crate::folders::FolderError;
use crate::instances::{Error, NewUpload, Place, UploadState};

const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const PIECE: &str = "application/offset+octet-stream";

/// What every call of the protocol says, and every answer.
pub(super) async fn speak(request: Request, next: Next) -> Response {
    let said = request.headers().get(RESUMABLE);
    let speaks = *request.method() == Method::OPTIONS || said == Some(&VERSION);
    let mut response = if speaks {
        next.run(request).await
    } else {
        let detail = "Uploads speak tus 1.0.0: the call must say so (Tus-Resumable: 1.0.0).";
        let refused = ApiError::new(StatusCode::PRECONDITION_FAILED, detail);
        ([(HeaderName::from_static("tus-version"), VERSION)], refused).into_response()
    };
    response.headers_mut().insert(RESUMABLE, VERSION);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What this server can.
pub(super) async fn options() -> Response {
    let can = [("tus-version", "1.0.0"), ("tus-extension", "creation,expiration,termination")];
    (StatusCode::NO_CONTENT, can).into_response()
}

pub(super) async fn create(
    State(panel): State<Panel>,
    In(place): In,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let length = number(&headers, &LENGTH)?;
    let metadata = text(&headers, &METADATA).unwrap_or_default().to_owned();
    let path = target(&metadata)?;
    let overwrite = value(&metadata, "overwrite").as_deref() == Some("true");
    let state = panel.instances.begin_upload(place, NewUpload { path, length, overwrite, metadata }).await?;
    // Relative to this call's address: whatever prefix an outer proxy has put before it.
    let location = format!("uploads/{}", state.id);
    let answer = serde_json::json!({ "id": state.id, "path": state.path, "location": location });
    let location = [(LOCATION, location)];
    let mut response = (StatusCode::CREATED, progress(&state), location, Json(answer)).into_response();
    note(&mut response, place, &state);
    Ok(response)
}

pub(super) async fn ask(State(panel): State<Panel>, In(place): In, Upload(id): Upload) -> Result<Response, ApiError> {
    // 4xx would say that it has to be begun anew, and 409 that it goes on elsewhere.
    let state = panel.instances.upload(place, id).await.map_err(|error| match error {
        Error::Folder(FolderError::Exists(_)) => ApiError::new(StatusCode::LOCKED, error.to_string()),
        error => error.into(),
    })?;
    let mut headers = progress(&state);
    headers.insert(LENGTH, state.length.into());
    if let Ok(metadata) = HeaderValue::from_str(&state.metadata)
        && !metadata.is_empty()
    {
        headers.insert(METADATA, metadata);
    }
    Ok((StatusCode::OK, headers).into_response())
}

pub(super) async fn go_on(
    State(panel): State<Panel>,
    In(place): In,
    Upload(id): Upload,
    room: Option<Extension<Room>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if text(&headers, &CONTENT_TYPE) != Some(PIECE) {
        let detail = format!("A piece of an upload is sent as {PIECE}.");
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let offset = number(&headers, &OFFSET)?;
    let piece = number(&headers, &CONTENT_LENGTH).ok();
    // A piece may take hours: it has room of its own.
    if let Some(Extension(room)) = room {
        room.leave();
    }
    // A server on its way out waits for nobody's piece; what has come is kept.
    let body = body.into_data_stream().take_until(panel.closing.clone().cancelled_owned());
    let state = panel.instances.continue_upload(place, id, offset, piece, body).await?;
    let mut response = (StatusCode::NO_CONTENT, progress(&state)).into_response();
    note(&mut response, place, &state);
    Ok(response)
}

pub(super) async fn give_up(
    State(panel): State<Panel>,
    In(place): In,
    Upload(id): Upload,
) -> Result<Response, ApiError> {
    let path = panel.instances.abandon_upload(place, id).await?;
    Ok((StatusCode::NO_CONTENT, Extension(noted(place, format!("given up: {path}")))).into_response())
}

/// Only the end is written down: a thousand pieces are one upload.
fn note(response: &mut Response, place: Place, state: &UploadState) {
    if state.finished {
        let noted: Noted = noted(place, format!("{} ({} bytes)", state.path, state.length));
        let action = if place == Place::Models { "model.upload" } else { "instance.upload" };
        response.extensions_mut().insert(noted.called(action));
    } else {
        response.extensions_mut().insert(NothingDone);
    }
}

fn progress(state: &UploadState) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(OFFSET, state.offset.into());
    if !state.finished
        && let Ok(date) = HeaderValue::from_str(&http_date(state.expires))
    {
        headers.insert(EXPIRES, date);
    }
    headers
}

fn http_date(moment: Timestamp) -> String {
    httpdate::fmt_http_date(std::time::UNIX_EPOCH + std::time::Duration::from_millis(moment.millis()))
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, ApiError> {
    let digits = text(headers, name).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|text| text.parse().ok()).ok_or_else(|| {
        ApiError::new(StatusCode::BAD_REQUEST, format!("The call must say {name} as a number of bytes."))
    })
}

/// Where an upload goes: its `path` from the folder on, or its `filename` in the folder itself.
fn target(metadata: &str) -> Result<FolderPath, ApiError> {
    let unclear = |detail: String| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
    let path = value(metadata, "path").or_else(|| value(metadata, "filename"));
    let path =
        path.ok_or_else(|| unclear("Upload-Metadata must say where it goes: path or filename, in base64.".to_owned()))?;
    FolderPath::parse(&path).map_err(|why| unclear(format!("It can't go to {path:?}: {}.", why.0)))
}

/// The value of one key of `Upload-Metadata`: pairs of a key and a value in base64, with commas between.
fn value(metadata: &str, key: &str) -> Option<String> {
    let pairs = metadata.split(',').map(|pair| pair.trim().split_once(' ').unwrap_or((pair.trim(), "")));
    let (_, encoded) = pairs.into_iter().find(|(found, _)| *found == key)?;
    String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata() {
        let said = format!("filename {}, path {},empty,bad !", STANDARD.encode("b"), STANDARD.encode("in/\u{e4} b"));
        assert_eq!(value(&said, "filename").as_deref(), Some("b"));
        assert_eq!(value(&said, "empty").as_deref(), Some(""));
        assert_eq!((value(&said, "bad"), value(&said, "missing")), (None, None));
        assert_eq!(target(&said).unwrap().as_str(), "in/\u{e4} b");
        assert_eq!(target(&format!("filename {}", STANDARD.encode("b"))).unwrap().as_str(), "b");
        for bad in ["", "path", "path !", &format!("path {}", STANDARD.encode("../x"))] {
            assert!(target(bad).is_err() || bad == "path", "{bad}");
        }
    }
}
