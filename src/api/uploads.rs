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
use serde::Serialize;
use utoipa::ToSchema;

use super::audit::{Noted, NothingDone};
use super::error::ApiError;
use super::folders::noted;
use super::places::{In, Upload};
use super::{Panel, Room};
use crate::domain::{FolderPath, Timestamp, UploadId};
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

/// Ask what uploads can.
///
/// As tus has it: versions and extensions, in headers.
#[utoipa::path(
    options,
    path = "",
    responses(
        (status = 204, description = "What this server can.", headers(("tus-resumable" = String, description = "1.0.0"), ("tus-version" = String, description = "1.0.0"), ("tus-extension" = String, description = "creation,expiration,termination"))),
    )
)]
pub(super) async fn options() -> Response {
    let can = [("tus-version", "1.0.0"), ("tus-extension", "creation,expiration,termination")];
    (StatusCode::NO_CONTENT, can).into_response()
}

/// An upload that was begun.
#[derive(Serialize, ToSchema)]
pub(super) struct Begun {
    id: UploadId,
    /// Where the file will be, from the folder on.
    path: FolderPath,
    /// Where its pieces go, as the header says it.
    location: String,
}

/// Begin an upload.
///
/// tus 1.0.0, creation: `Upload-Length` in bytes, and `Upload-Metadata` with `path` (or `filename`) in base64, and
/// `overwrite` if a file may be replaced. Then send pieces to `Location`.
#[utoipa::path(
    post,
    path = "",
    params(("upload-length" = u64, Header, description = "Bytes in all.", example = 5), ("upload-metadata" = String, Header, description = "Pairs of a key and a value in base64: `path`, `filename`, `overwrite`.", example = "path bm90ZXMudHh0"), ("tus-resumable" = String, Header, description = "The protocol's version: 1.0.0.", example = "1.0.0")),
    responses(
        (status = 201, description = "It is begun.", body = Begun, headers(("tus-resumable" = String, description = "1.0.0"), ("location" = String, description = "Where its pieces go, relative to this address."), ("upload-offset" = String, description = "Bytes that have come."), ("upload-expires" = String, description = "Until when it is kept, if nothing more comes."))),
        (status = 400, description = "A header is missing or no number."),
        (status = 403, description = "It leads out of the folder."),
        (status = 404, description = "There is no such instance."),
        (status = 409, description = "There is a file of this name."),
        (status = 412, description = "The call does not speak tus 1.0.0."),
        (status = 503, description = "Too many uploads are under way."),
        (status = 507, description = "The disk is too full for it."),
    )
)]
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
    let answer = Begun { id: state.id.clone(), path: state.path.clone(), location: location.clone() };
    let location = [(LOCATION, location)];
    let mut response = (StatusCode::CREATED, progress(&state), location, Json(answer)).into_response();
    note(&mut response, place, &state);
    Ok(response)
}

/// Ask how far an upload is.
///
/// tus 1.0.0: go on at `Upload-Offset`.
#[utoipa::path(
    head,
    path = "",
    params(("tus-resumable" = String, Header, description = "The protocol's version: 1.0.0.", example = "1.0.0")),
    responses(
        (status = 200, description = "How far it is.", headers(("tus-resumable" = String, description = "1.0.0"), ("upload-offset" = String, description = "Bytes that have come."), ("upload-expires" = String, description = "Until when it is kept, if nothing more comes."), ("upload-length" = String, description = "Bytes in all."), ("upload-metadata" = String, description = "What its client said of it."))),
        (status = 404, description = "There is no such upload, or no longer."),
        (status = 412, description = "The call does not speak tus 1.0.0."),
        (status = 423, description = "A file of this name has come meanwhile."),
    )
)]
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

/// Send a piece of an upload.
///
/// tus 1.0.0: the bytes from `Upload-Offset` on, as `application/offset+octet-stream`. What has come is kept,
/// whatever cuts the call off. With the last byte the file is where it goes, whole.
#[utoipa::path(
    patch,
    path = "",
    params(("upload-offset" = u64, Header, description = "Where the piece begins.", example = 0), ("tus-resumable" = String, Header, description = "The protocol's version: 1.0.0.", example = "1.0.0")),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 204, description = "They have come.", headers(("tus-resumable" = String, description = "1.0.0"), ("upload-offset" = String, description = "Bytes that have come."), ("upload-expires" = String, description = "Until when it is kept, if nothing more comes."))),
        (status = 400, description = "A header is missing or no number."),
        (status = 404, description = "There is no such upload, or no longer."),
        (status = 409, description = "It goes on elsewhere; or there is a file of this name."),
        (status = 412, description = "The call does not speak tus 1.0.0."),
        (status = 415, description = "The piece is sent as something else."),
        (status = 507, description = "The disk is too full."),
    )
)]
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

/// Give up an upload.
///
/// What has come is removed.
#[utoipa::path(
    delete,
    path = "",
    params(("tus-resumable" = String, Header, description = "The protocol's version: 1.0.0.", example = "1.0.0")),
    responses(
        (status = 204, description = "It is gone.", headers(("tus-resumable" = String, description = "1.0.0"))),
        (status = 404, description = "There is no such upload, or no longer."),
        (status = 412, description = "The call does not speak tus 1.0.0."),
    )
)]
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
