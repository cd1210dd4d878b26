//! `/api/builder/wheels`: the shelf; `/api/instances/{id}/wheels`: what an instance has of it. Building itself is for an
//! image that has compilers.

use axum::Json;
use axum::extract::{Extension, Path, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Panel;
use super::answers::{Done, Gone};
use super::audit::Noted;
use super::blocking::blocking;
use super::error::ApiError;
use super::file_answer::{self, Form};
use super::json::{Body, Id, Params, is_late};
use crate::domain::{Timestamp, WheelName};
use crate::instances::WheelsError;
use crate::wheels::{ShelfError, Wheel};

/// What a wheel may be sent as. No form can send these without asking us first (CORS).
const MEDIA: [&str; 3] = ["application/octet-stream", "application/zip", "application/x-zip-compressed"];

/// List the shelf.
///
/// Every wheel, the newest first.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The wheels.", body = Vec<WheelView<'_>>),
    )
)]
pub(super) async fn shelf(State(panel): State<Panel>) -> Result<Response, ApiError> {
    let shelf = panel.instances.shelf().clone();
    let wheels = blocking(move || shelf.list()).await??;
    Ok(Json(wheels.iter().map(view).collect::<Vec<_>>()).into_response())
}

/// A wheel on the shelf.
#[derive(Serialize, ToSchema)]
#[schema(as = Wheel)]
pub(super) struct WheelView<'a> {
    filename: &'a WheelName,
    /// Mebibytes, to two digits.
    size_mb: f64,
    /// Bytes.
    size: u64,
    /// `2026-11-28 17:04`: when it was built.
    created_at: String,
    /// When the file was written last.
    modified: Timestamp,
    /// What it was built for; `N/A` where nobody has said.
    cuda_arch: String,
    /// As above.
    cuda_ver: String,
    /// As above.
    torch_ver: String,
    /// The preset it was built by, or `Unknown`.
    source_preset: String,
    /// The package, from the file's name.
    name: String,
    version: String,
    python: String,
    abi: String,
    platform: String,
}

fn view(wheel: &Wheel) -> WheelView<'_> {
    let parts = wheel.name.parts();
    let or = |value: &Option<String>, other: &str| value.clone().unwrap_or_else(|| other.to_owned());
    let origin = &wheel.origin;
    WheelView {
        filename: &wheel.name,
        size_mb: mebibytes(wheel.size),
        size: wheel.size,
        // `2026-11-28 17:04`, of 2026-11-28T17:04:11.000Z.
        created_at: origin.created_at.clone().unwrap_or_else(|| {
            wheel.modified.to_string().chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect()
        }),
        modified: wheel.modified,
        cuda_arch: or(&origin.cuda_arch, "N/A"),
        cuda_ver: or(&origin.cuda_ver, "N/A"),
        torch_ver: or(&origin.torch_ver, "N/A"),
        source_preset: or(&origin.source_preset, "Unknown"),
        name: parts.name.to_owned(),
        version: parts.version.to_owned(),
        python: parts.python.to_owned(),
        abi: parts.abi.to_owned(),
        platform: parts.platform.to_owned(),
    }
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

/// Download a wheel.
///
/// As a file, whole or in parts (`Range`).
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The file.", body = Vec<u8>, content_type = "application/octet-stream", headers(("etag" = String, description = "Its version."))),
        (status = 206, description = "The part that was asked for."),
        (status = 304, description = "It is the one the client has (`If-None-Match`)."),
        (status = 404, description = "There is no such wheel."),
        (status = 416, description = "The part that was asked for is behind the end."),
    )
)]
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

/// Take a wheel off the shelf.
///
/// Instances that have it keep it.
#[utoipa::path(
    delete,
    path = "",
    responses(
        (status = 200, description = "It is gone.", body = Gone),
        (status = 404, description = "There is no such wheel."),
    )
)]
pub(super) async fn remove(State(panel): State<Panel>, Path(name): Path<String>) -> Result<Response, ApiError> {
    let name = known(&name)?;
    let (shelf, doomed) = (panel.instances.shelf().clone(), name.clone());
    blocking(move || shelf.remove(&doomed)).await??;
    Ok((Extension(Noted::about(name.to_string())), Json(Gone::new())).into_response())
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HowToPut {
    /// Replace one of the same name.
    #[serde(default)]
    overwrite: bool,
}

/// Put a wheel on the shelf.
///
/// The body is the file, however large; it is there whole or not at all. Its name says what it is for.
#[utoipa::path(
    put,
    path = "",
    params(HowToPut),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "The wheel.", body = WheelView<'_>),
        (status = 400, description = "The file was cut off."),
        (status = 409, description = "There is one of this name."),
        (status = 415, description = "The body is sent as something else."),
        (status = 422, description = "The name, or the file, is no wheel's."),
        (status = 507, description = "The disk is too full."),
    )
)]
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

/// A wheel an instance has, or may have.
#[derive(Serialize, ToSchema)]
pub(super) struct InstanceWheel<'a> {
    filename: &'a WheelName,
    /// Mebibytes, to two digits.
    size_mb: f64,
    /// Bytes.
    size: u64,
    /// Whether the instance has it.
    installed: bool,
    /// Whether it is on the shelf; what is not can only be kept or taken away.
    on_shelf: bool,
    /// Why the instance's Python can't use it, if that is known.
    misfit: Option<&'a str>,
}

/// List the wheels of an instance.
///
/// Those it has and those it may have, with why one does not fit.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The wheels.", body = Vec<InstanceWheel<'_>>),
        (status = 404, description = "There is no such instance."),
    )
)]
pub(super) async fn of_instance(State(panel): State<Panel>, Id(id): Id) -> Result<Response, ApiError> {
    let all = panel.instances.wheels(id).await?;
    let views = all.iter().map(|one| InstanceWheel {
        filename: &one.filename,
        size_mb: mebibytes(one.size),
        size: one.size,
        installed: one.installed,
        on_shelf: one.on_shelf,
        misfit: one.misfit.as_deref(),
    });
    Ok(Json(views.collect::<Vec<_>>()).into_response())
}

/// Which wheels an instance is to have.
#[derive(Deserialize, ToSchema)]
#[schema(as = ChooseWheels)]
pub(super) struct Choice {
    /// Their names; the others go.
    filenames: Vec<String>,
}

/// Choose the wheels of an instance.
///
/// It has exactly these then; its next start installs them.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Choice, example = json!({"filenames": []})),
    responses(
        (status = 200, description = "They are chosen.", body = Done),
        (status = 404, description = "There is no such instance, or no such wheel."),
        (status = 409, description = "It is busy."),
        (status = 507, description = "The disk is too full."),
    )
)]
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
    let answer = Json(Done::new("Wheels synchronized successfully."));
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
