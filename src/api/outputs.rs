//! `/api/instances/{id}/outputs`: what an instance has made.

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::{Extension, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Panel;
use super::audit::NothingDone;
use super::error::ApiError;
use super::file_answer::{self, Form, attachment};
use super::json::{Body, Id, Params};
use crate::domain::{FolderPath, Media, MediaKind};
use crate::outputs::{Cursor, Piece, Question, Side};

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct List {
    /// Where the page begins: `next` of the one before.
    before: Option<String>,
    /// At most so many.
    limit: Option<usize>,
    /// Only of this kind: `image`, `video`, `audio`, `text`, `other`; `all` is every kind.
    kind: Option<String>,
    /// Words that paths must hold.
    #[serde(default)]
    q: String,
}

/// List outputs.
///
/// What an instance has made, the newest first, a page at a time. `ETag` is the list's: a page that is asked for with
/// it (`If-None-Match`) is answered with 304 as long as nothing changes.
#[utoipa::path(
    get,
    path = "",
    params(List),
    responses(
        (status = 200, description = "A page.", body = crate::outputs::Page, headers(("etag" = String, description = "The list's version."))),
        (status = 304, description = "Nothing has changed."),
        (status = 404, description = "There is no such instance."),
    )
)]
pub(super) async fn list(
    State(panel): State<Panel>,
    Id(id): Id,
    Params(asked): Params<List>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let refused = |why: String| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, why);
    let kind = asked.kind.as_deref().filter(|kind| !kind.is_empty() && *kind != "all");
    let question = Question {
        before: asked.before.as_deref().map(Cursor::parse).transpose().map_err(refused)?,
        limit: asked.limit,
        kind: kind.map(MediaKind::parse).transpose().map_err(|error| refused(format!("kind={error}.")))?,
        words: asked.q,
        known: known(&headers),
    };
    let page = panel.instances.outputs(id, question).await?;
    let fields = [(CACHE_CONTROL, "private, no-cache")];
    let Some(page) = page else { return Ok((StatusCode::NOT_MODIFIED, fields).into_response()) };
    let etag = (ETAG, format!("\"{}\"", page.version));
    Ok((fields, [etag], Json(page)).into_response())
}

/// The one ETag a page of ours sends.
fn known(headers: &HeaderMap) -> Option<String> {
    let tag = headers.get(IF_NONE_MATCH)?.to_str().ok()?.trim();
    Some(tag.trim_start_matches("W/").trim_matches('"').to_owned())
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct One {
    /// Which, from the folder of outputs on.
    #[param(value_type = String)]
    path: FolderPath,
    /// To be kept, not shown: anything but `0` and `false`.
    #[serde(default)]
    download: Option<String>,
}

/// Read an output.
///
/// As it is, whole or in parts (`Range`): to be shown where that can do no harm, else to be kept.
#[utoipa::path(
    get,
    path = "",
    params(One),
    responses(
        (status = 200, description = "The file; its media type is the file's.", body = Vec<u8>, content_type = "application/octet-stream", headers(("etag" = String, description = "Its version."))),
        (status = 206, description = "The part that was asked for."),
        (status = 304, description = "It is the one the client has (`If-None-Match`)."),
        (status = 400, description = "It is no file."),
        (status = 403, description = "It leads out of the folder."),
        (status = 404, description = "There is no such instance, or no such file."),
        (status = 416, description = "The part that was asked for is behind the end."),
    )
)]
pub(super) async fn content(
    State(panel): State<Panel>,
    Id(id): Id,
    Params(one): Params<One>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let name = one.path.name().to_owned();
    let (file, facts) = panel.instances.output_file(id, one.path).await?;
    let keep = one.download.is_some_and(|word| !matches!(word.as_str(), "0" | "false"));
    let form = Media::of(&name).shown_as.filter(|_| !keep).map_or(Form::Kept, Form::Shown);
    file_answer::send(file, &facts, &name, form, &headers).await
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Small {
    /// Of which file.
    #[param(value_type = String)]
    path: FolderPath,
    /// Its longer side in pixels: 256 or 512; 256 unless said.
    size: Option<u32>,
    /// The version it is asked of: with it the answer is good for ever.
    v: Option<String>,
}

/// Look at an output.
///
/// A small picture. With `v` (the file's `version`) it may be kept for good.
#[utoipa::path(
    get,
    path = "",
    params(Small),
    responses(
        (status = 200, description = "The picture.", body = Vec<u8>, content_type = "image/webp"),
        (status = 400, description = "It is no file."),
        (status = 403, description = "It leads out of the folder."),
        (status = 404, description = "There is no such instance, or no such file."),
        (status = 415, description = "It is no picture that can be read."),
    )
)]
pub(super) async fn thumbnail(
    State(panel): State<Panel>,
    Id(id): Id,
    Params(small): Params<Small>,
) -> Result<Response, ApiError> {
    let side = Side::of(small.size.unwrap_or(256)).map_err(crate::instances::Error::from)?;
    let made = panel.instances.output_thumbnail(id, small.path, side).await?;
    let version = made.version.to_string();
    let keep =
        if small.v.as_ref() == Some(&version) { "private, max-age=31536000, immutable" } else { "private, no-cache" };
    let fields = [
        (CONTENT_TYPE, made.media_type.to_owned()),
        (CACHE_CONTROL, keep.to_owned()),
        (ETAG, format!("\"{version}-{}\"", side.pixels())),
    ];
    let mut answer = (fields, made.bytes).into_response();
    file_answer::harmless(answer.headers_mut());
    Ok(answer)
}

/// Read what is written in an output.
///
/// Size of a picture, the prompt and workflow an app has written into it, the beginning of a text.
#[utoipa::path(
    get,
    path = "",
    params(One),
    responses(
        (status = 200, description = "What there is to say.", body = crate::outputs::About),
        (status = 400, description = "It is no file."),
        (status = 403, description = "It leads out of the folder."),
        (status = 404, description = "There is no such instance, or no such file."),
    )
)]
pub(super) async fn metadata(
    State(panel): State<Panel>,
    Id(id): Id,
    Params(one): Params<One>,
) -> Result<Response, ApiError> {
    let about = panel.instances.output_about(id, one.path).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(about)).into_response())
}

/// What is to be packed.
#[derive(Deserialize, ToSchema)]
pub(super) struct Pick {
    /// What, from the folder on.
    paths: Vec<FolderPath>,
}

/// Where the archive is to be had.
#[derive(Serialize, ToSchema)]
pub(super) struct Picked {
    /// Seen from the dashboard's address.
    url: String,
    /// How many paths were picked.
    count: usize,
    /// Bytes of all files together.
    size: u64,
}

/// Choose outputs for an archive.
///
/// Remembers which for a few minutes and answers where the archive is to be had: no link is long enough for ten
/// thousand paths. Nothing is changed.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Pick, example = json!({"paths": ["picture.png"]})),
    responses(
        (status = 200, description = "Where the archive is.", body = Picked),
        (status = 400, description = "It is no file or folder."),
        (status = 403, description = "It leads out of the folder."),
        (status = 404, description = "There is no such instance, or no such file."),
    )
)]
pub(super) async fn pick(State(panel): State<Panel>, Id(id): Id, Body(pick): Body<Pick>) -> Result<Response, ApiError> {
    let count = pick.paths.len();
    let (ticket, size) = panel.instances.pick_outputs(id, pick.paths).await?;
    let url = format!("api/instances/{id}/outputs/archive?ticket={ticket}");
    let answer = Json(Picked { url, count, size });
    Ok((Extension(NothingDone), answer).into_response())
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Ticket {
    /// From the answer to the choice.
    ticket: String,
}

/// Download an archive of outputs.
///
/// A zip, written while it is sent; folders with everything in them.
#[utoipa::path(
    get,
    path = "",
    params(Ticket),
    responses(
        (status = 200, description = "The archive.", body = Vec<u8>, content_type = "application/zip"),
        (status = 404, description = "There is no such instance, or the choice is not known any more: make it anew."),
    )
)]
pub(super) async fn archive(
    State(panel): State<Panel>,
    Id(id): Id,
    Params(Ticket { ticket }): Params<Ticket>,
) -> Result<Response, ApiError> {
    let slug = panel.instances.get(id)?.chosen.slug.clone();
    let pieces = panel.instances.output_archive(id, &ticket)?;
    let body = stream::unfold(Some(pieces), |pieces| async {
        let mut pieces = pieces?;
        match pieces.recv().await {
            Some(Piece::Part(bytes)) => Some((Ok(bytes), Some(pieces))),
            Some(Piece::Whole) => None,
            // The client must see that it has not all of it.
            None => Some((Err(std::io::Error::other("the archive was cut off")), None)),
        }
    });
    let fields = [
        (CONTENT_TYPE, "application/zip".to_owned()),
        (CONTENT_DISPOSITION, attachment(&format!("{slug}-outputs.zip"))),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    let mut answer = (fields, HttpBody::from_stream(body)).into_response();
    file_answer::harmless(answer.headers_mut());
    Ok(answer)
}
