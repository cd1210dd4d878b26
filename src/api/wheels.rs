//! `/api/builder/wheels`: the shelf; `/api/instances/{id}/wheels`: what an instance has of it. Building itself is for an
//! image that has compilers.

use axum::Json;
use axum::extract::{Extension, Path, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Panel;
use super::audit::Noted;
use super::error::ApiError;
use super::file_answer::{self, Form};
use super::json::{Body, Id, Params, is_late};
use crate::domain::WheelName;
use crate::instances::WheelsError;
use crate::wheels::{ShelfError, Wheel};

/// What a wheel may be sent as. No form can send these without asking us first (CORS).
const MEDIA: [&str; 3] = ["application/octet-stream", "application/zip", "application/x-zip-compressed"];

/// Every wheel on the shelf, the newest first.
pub(super) async fn shelf(State(panel): State<Panel>) -> Result<Response, ApiError> {
    let shelf = panel.instances.shelf().clone();
    let wheels = blocking(move || shelf.list()).await??;
    Ok(Json(wheels.iter().map(view).collect::<Vec<_>>()).into_response())
}

fn view(wheel: &Wheel) -> serde_json::Value {
    let parts = wheel.name.parts();
    let or = |value: &Option<String>, other: &str| value.clone().unwrap_or_else(|| other.to_owned());
    let origin = &wheel.origin;
    serde_json::json!({
        "filename": wheel.name,
        "size_mb": mebibytes(wheel.size),
        "size": wheel.size,
        // `2026-11-28 17:04`, of 2026-11-28T17:04:11.000Z.
        "created_at": origin.created_at.clone().unwrap_or_else(|| {
            wheel.modified.to_string().chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect()
        }),
        "modified": wheel.modified,
        "cuda_arch": or(&origin.cuda_arch, "N/A"),
        "cuda_ver": or(&origin.cuda_ver, "N/A"),
        "torch_ver": or(&origin.torch_ver, "N/A"),
        "source_preset": or(&origin.source_preset, "Unknown"),
        "name": parts.name,
        "version": parts.version,
        "python": parts.python,
        "abi": parts.abi,
        "platform": parts.platform,
    })
}

/// To two digits, as the earlier system told it.
#[expect(clippy::cast_precision_loss, reason = "megabytes to two digits")]
fn mebibytes(bytes: u64) -> f64 {
    (bytes as f64 / f64::from(1 << 20) * 100.0).round() / 100.0
}

/// What can't be a wheel's name names none.
fn known(name: &str) -> Result<WheelName, ApiError> {
    WheelName::parse(name).map_err(|why| ApiError::new(StatusCode::NOT_FOUND, format!("File not found: {why}.")))
}

/// A wheel as a file, streamed.
pub(super) async fn download(
    State(panel): State<Panel>,
    Path(name): Path<String>,
    asked: HeaderMap,
) -> Result<Response, ApiError> {
    let name = known(&name)?;
    let (shelf, wanted) = (panel.instances.shelf().clone(), name.clone());
    let (file, facts) = blocking(move || shelf.open(&wanted)).await??;
    file_answer::send(file, &facts, name.as_str(), Form::Kept, &asked).await
}

/// Takes one away.
pub(super) async fn remove(State(panel): State<Panel>, Path(name): Path<String>) -> Result<Response, ApiError> {
    let name = known(&name)?;
    let (shelf, doomed) = (panel.instances.shelf().clone(), name.clone());
    blocking(move || shelf.remove(&doomed)).await??;
    Ok((Extension(Noted::about(name.to_string())), Json(serde_json::json!({ "ok": true }))).into_response())
}

#[derive(Deserialize)]
pub(super) struct HowToPut {
    /// Replace one of the same name.
    #[serde(default)]
    overwrite: bool,
}

/// Puts one on the shelf: the body is the file, however large.
pub(super) async fn put(
    State(panel): State<Panel>,
    Path(name): Path<String>,
    Params(how): Params<HowToPut>,
    request: Request,
) -> Result<Response, ApiError> {
    let name = WheelName::parse(&name).map_err(|why| {
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("'{name}' is no name of a wheel: {why}."))
    })?;
    let headers = request.headers();
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !MEDIA.contains(&media.as_str()) {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The body must be the file itself (Content-Type: application/octet-stream or application/zip).",
        ));
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let (shelf, wanted) = (panel.instances.shelf().clone(), name.clone());
    let upload = blocking(move || shelf.begin(wanted, length, how.overwrite)).await??;
    let body = request.into_body().into_data_stream();
    let wheel = upload.receive(body, |error| is_late(error)).await?;
    let noted = Noted::about(name.to_string()).with(format!("{} bytes", wheel.size));
    Ok((StatusCode::CREATED, Extension(noted), Json(view(&wheel))).into_response())
}

/// The wheels an instance has and may have.
pub(super) async fn of_instance(State(panel): State<Panel>, Id(id): Id) -> Result<Response, ApiError> {
    let all = panel.instances.wheels(id).await?;
    let view = |one: &crate::instances::Offered| {
        serde_json::json!({
            "filename": one.filename,
            "size_mb": mebibytes(one.size),
            "size": one.size,
            "installed": one.installed,
            "on_shelf": one.on_shelf,
            "misfit": one.misfit,
        })
    };
    Ok(Json(all.iter().map(view).collect::<Vec<_>>()).into_response())
}

#[derive(Deserialize)]
pub(super) struct Choice {
    filenames: Vec<String>,
}

/// Makes an instance have exactly these.
pub(super) async fn choose(
    State(panel): State<Panel>,
    Id(id): Id,
    Body(choice): Body<Choice>,
) -> Result<Response, ApiError> {
    panel.instances.choose_wheels(id, &choice.filenames).await?;
    let noted = Noted::default().with(match choice.filenames.len() {
        1 => "1 wheel".to_owned(),
        count => format!("{count} wheels"),
    });
    let answer = Json(serde_json::json!({ "ok": true, "detail": "Wheels synchronized successfully." }));
    Ok((Extension(noted), answer).into_response())
}

/// Whatever else the builder of the earlier system had.
pub(super) async fn not_built(uri: Uri) -> ApiError {
    if uri.path().contains("/builder/wheels/") {
        return ApiError::new(StatusCode::NOT_FOUND, "File not found: a wheel's name holds no slash.");
    }
    ApiError::new(
        StatusCode::NOT_IMPLEMENTED,
        "Building wheels needs compilers and CUDA, which come with the image of Dockerfile.buildbase; this server has none. \
         Build the wheel elsewhere and put it on the shelf (PUT /api/builder/wheels/<file>).",
    )
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, format!("Work on the disk was cut off: {error}."))
    })
}

impl From<ShelfError> for ApiError {
    fn from(error: ShelfError) -> Self {
        let status = match error {
            ShelfError::Folder(error) => return error.into(),
            ShelfError::Missing(_) => StatusCode::NOT_FOUND,
            ShelfError::Exists(_) => StatusCode::CONFLICT,
            ShelfError::NoWheel(_) => StatusCode::UNPROCESSABLE_ENTITY,
            ShelfError::Cut => StatusCode::BAD_REQUEST,
            ShelfError::Late => StatusCode::REQUEST_TIMEOUT,
            ShelfError::NoSpace(_) => StatusCode::INSUFFICIENT_STORAGE,
        };
        Self::new(status, error.to_string())
    }
}

impl From<WheelsError> for ApiError {
    fn from(error: WheelsError) -> Self {
        match error {
            WheelsError::Instance(error) => error.into(),
            WheelsError::Shelf(error) => error.into(),
        }
    }
}
