//! `/api/instances/{id}/outputs`: what an instance has made.

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::{Extension, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;

use super::Panel;
use super::audit::NothingDone;
use super::error::ApiError;
use super::file_answer::{self, Form, attachment};
use super::json::{Body, Id, Params};
use crate::domain::{FolderPath, Media, MediaKind};
use crate::outputs::{Cursor, Piece, Question, Side};

#[derive(Deserialize)]
pub(super) struct List {
    before: Option<String>,
    limit: Option<usize>,
    kind: Option<String>,
    #[serde(default)]
    q: String,
}

/// A page of the list. Its ETag is the list's: a page that is shown asks whether there is another one.
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

#[derive(Deserialize)]
pub(super) struct One {
    path: FolderPath,
    #[serde(default)]
    download: Option<String>,
}

/// A file as it is, or a part of it: to be shown where that can do no harm, else to be kept.
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

#[derive(Deserialize)]
pub(super) struct Small {
    path: FolderPath,
    size: Option<u32>,
    /// The version it is asked of: with it the answer is good for ever.
    v: Option<String>,
}

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

pub(super) async fn metadata(
    State(panel): State<Panel>,
    Id(id): Id,
    Params(one): Params<One>,
) -> Result<Response, ApiError> {
    let about = panel.instances.output_about(id, one.path).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(about)).into_response())
}

#[derive(Deserialize)]
pub(super) struct Pick {
    /// What, from the folder on.
    paths: Vec<FolderPath>,
}

/// Remembers what is to be packed: no link is long enough for ten thousand paths.
pub(super) async fn pick(State(panel): State<Panel>, Id(id): Id, Body(pick): Body<Pick>) -> Result<Response, ApiError> {
    let count = pick.paths.len();
    let (ticket, size) = panel.instances.pick_outputs(id, pick.paths).await?;
    let url = format!("api/instances/{id}/outputs/archive?ticket={ticket}");
    let answer = Json(serde_json::json!({ "url": url, "count": count, "size": size }));
    Ok((Extension(NothingDone), answer).into_response())
}

#[derive(Deserialize)]
pub(super) struct Ticket {
    ticket: String,
}

/// The archive, written while it is sent.
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
