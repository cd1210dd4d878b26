//! `/api/instances/{id}/file`: the texts of an instance's folder. Content as the earlier system had it, and around it what keeps
//! two people, or a person and a program, from overwriting each other.

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::header::ETAG;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Panel;
use super::answers::Named;
use super::audit::Noted;
use super::error::ApiError;
use super::json::{Body, Id, Params};
use super::saved_texts::{
    Check, FormerText, History, Restarted, Restore, Save, SavedText, StaleText, TextFacts, base_of, checked, etag,
    fresh, origin_word, saved,
};
use crate::auth::Caller;
use crate::domain::{BlueprintName, FolderPath, InstanceId, Status, Timestamp};
use crate::folders::keeping::Saving;
use crate::instances::{EditableFile, Opened, SaveText, kind_of, path_of};

/// Which file, and how.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// `script`, `requirements`, `launch_args`, or `file` with a `path`.
    file_type: String,
    /// From the instance's folder on.
    path: Option<String>,
    /// Start what runs anew, when it is saved.
    #[serde(default)]
    restart: bool,
    /// `false`: all but the content is wanted.
    content: Option<bool>,
}

/// What can be edited of an instance.
#[derive(Serialize, ToSchema)]
pub(super) struct Editable {
    files: Vec<EditableFile>,
    /// Whose folder they are in, if not the instance's own.
    parent: Option<Named>,
}

/// A text of an instance.
#[derive(Serialize, ToSchema)]
pub(super) struct OpenedText {
    /// The text; of a script that is not there yet, what the instance will get; null where it was not asked for.
    content: Option<String>,
    /// As the calls name it: `script`, `requirements`, `launch_args`, `file`.
    file_type: &'static str,
    /// From the instance's folder on.
    path: FolderPath,
    /// Whether it is there.
    exists: bool,
    /// What tells it from any other text.
    version: Option<String>,
    /// Its permissions, as `0755`.
    mode: Option<String>,
    /// Bytes.
    size: u64,
    /// When it was changed last.
    modified: Option<Timestamp>,
    /// The blueprint the script came from.
    from: Option<TextOrigin>,
    /// Why it can't be saved here: a sentence.
    read_only: Option<String>,
    /// Whose folder it is in, if not the instance's own.
    parent: Option<Named>,
}

/// A blueprint that a script came from.
#[derive(Serialize, ToSchema)]
pub(super) struct TextOrigin {
    filename: BlueprintName,
    /// `stock` or `custom`.
    origin: &'static str,
}

/// List the texts of an instance.
///
/// Those that are edited most: script, requirements, arguments, and what the script's header names.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The texts.", body = Editable),
        (status = 404, description = "There is no such instance."),
    )
)]
pub(super) async fn editable(State(panel): State<Panel>, Id(id): Id) -> Result<Response, ApiError> {
    let found = panel.instances.editable(id).await?;
    let parent = found.parent.map(|(id, name)| Named { id, name: name.to_string() });
    Ok(fresh(Json(Editable { files: found.files, parent })))
}

/// Read a text of an instance.
///
/// Its content and its version; of a script that is not there yet, what the instance will get. `content=false` leaves
/// the content out.
#[utoipa::path(
    get,
    path = "",
    params(Which),
    responses(
        (status = 200, description = "The text.", body = OpenedText, headers(("etag" = String, description = "Its version, if it is there."))),
        (status = 400, description = "It is no file."),
        (status = 403, description = "It leads out of the folder."),
        (status = 404, description = "There is no such instance, or no such text."),
    )
)]
pub(super) async fn read(
    State(panel): State<Panel>,
    Id(id): Id,
    Params(which): Params<Which>,
) -> Result<Response, ApiError> {
    let path = path_of(&which.file_type, which.path.as_deref())?;
    let Opened { path, text, proposed, from, read_only, parent } = panel.instances.text(id, path).await?;
    let tag = text.as_ref().map(etag);
    let facts = text.as_ref().map(TextFacts::of);
    let answer = OpenedText {
        file_type: kind_of(&path),
        path,
        exists: text.is_some(),
        size: facts.as_ref().map_or(0, |facts| facts.size),
        mode: facts.as_ref().map(|facts| facts.mode.clone()),
        modified: facts.as_ref().and_then(|facts| facts.modified),
        version: facts.map(|facts| facts.version),
        from: from.map(|(filename, origin)| TextOrigin { filename, origin: origin_word(origin) }),
        read_only,
        parent: parent.map(|(id, name)| Named { id, name: name.to_string() }),
        content: (which.content != Some(false)).then(|| text.map(|text| text.content).or(proposed).unwrap_or_default()),
    };
    let mut response = fresh(Json(answer));
    if let Some(tag) = tag.and_then(|tag| tag.parse().ok()) {
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}

/// Save a text of an instance.
///
/// Say which `version` you saw (or `If-Match`), and nobody's work is lost: what changed meanwhile is not replaced but
/// answered with 409. The text before is kept in the history. With `restart=true` an instance that runs is started
/// anew.
#[utoipa::path(
    put,
    path = "",
    params(Which),
    request_body(content = Save, example = json!({"content": "--listen\n"})),
    responses(
        (status = 200, description = "It is saved.", body = SavedText, headers(("etag" = String, description = "Its new version."))),
        (status = 400, description = "It is no file."),
        (status = 403, description = "It can't be written here."),
        (status = 404, description = "There is no such instance, or no such text."),
        (status = 409, description = "It is another one than the writer saw; `present` holds it.", body = StaleText),
        (status = 507, description = "The disk is too full."),
    )
)]
pub(super) async fn save(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
    Params(which): Params<Which>,
    headers: HeaderMap,
    Body(save): Body<Save>,
) -> Result<Response, ApiError> {
    let path = path_of(&which.file_type, which.path.as_deref())?;
    let base = base_of(save.version, &headers);
    let save = SaveText { content: save.content, base, by: caller.name() };
    let saving = panel.instances.save_text(id, path.clone(), save).await?;
    finish(&panel, id, &path, saving, which.restart, None).await
}

/// The answer to a save, with what became of the restart.
async fn finish(
    panel: &Panel,
    id: InstanceId,
    path: &FolderPath,
    saving: Saving,
    restart: bool,
    content: Option<String>,
) -> Result<Response, ApiError> {
    let Saving::Done { text, note, changed } = saving else {
        return Ok(saved(saving, path.as_str(), ""));
    };
    let restarted = if restart { restart_of(panel, id).await } else { None };
    let failed = restarted.as_ref().is_some_and(|(ok, _)| !ok);
    let mut words = path.to_string();
    if let Some((_, detail)) = &restarted {
        words = format!("{words}; {detail}");
    }
    let detail = if failed { "File updated, but it was not restarted." } else { "File updated successfully." };
    let restart = restarted.map(|(ok, detail)| Restarted { ok, detail });
    let facts = TextFacts::of(&text);
    let answer = SavedText { ok: true, detail, note, changed, exists: Some(true), restart, content, facts };
    Ok((Extension(Noted::default().with(words)), [(ETAG, etag(&text))], Json(answer)).into_response())
}

/// Starts anew what runs. The file is saved by now, whatever comes of this.
async fn restart_of(panel: &Panel, id: InstanceId) -> Option<(bool, String)> {
    let instance = panel.instances.get(id).ok()?;
    if instance.status == Status::Stopped {
        return None;
    }
    Some(match panel.instances.restart(id, false).await {
        Ok(_) => (true, "restarting".to_owned()),
        Err(error) => (false, format!("The file is saved; the restart failed: {error}")),
    })
}

/// List the former texts.
///
/// Each save, who made it and when, the newest first.
#[utoipa::path(
    get,
    path = "",
    params(Which),
    responses(
        (status = 200, description = "The saves.", body = History),
        (status = 400, description = "It is no file."),
        (status = 403, description = "It leads out of the folder."),
        (status = 404, description = "There is no such instance, or no such text."),
    )
)]
pub(super) async fn history(
    State(panel): State<Panel>,
    Id(id): Id,
    Params(which): Params<Which>,
) -> Result<Response, ApiError> {
    let path = path_of(&which.file_type, which.path.as_deref())?;
    let entries = panel.instances.text_history(id, path).await?;
    Ok(fresh(Json(History { entries })))
}

/// The id of an instance and the number of a save.
#[derive(Deserialize)]
pub(super) struct At {
    id: InstanceId,
    n: u64,
}

fn at(path: Result<Path<At>, axum::extract::rejection::PathRejection>) -> Result<At, ApiError> {
    let Path(at) = path
        .map_err(|_| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "The ids of instances and saves are numbers."))?;
    Ok(at)
}

/// Read a former text.
///
/// By the number the list gives it.
#[utoipa::path(
    get,
    path = "",
    params(Which),
    responses(
        (status = 200, description = "The text.", body = FormerText),
        (status = 400, description = "It is no file."),
        (status = 403, description = "It leads out of the folder."),
        (status = 404, description = "There is no such instance, or no such save."),
    )
)]
pub(super) async fn former(
    State(panel): State<Panel>,
    path: Result<Path<At>, axum::extract::rejection::PathRejection>,
    Params(which): Params<Which>,
) -> Result<Response, ApiError> {
    let At { id, n } = at(path)?;
    let path = path_of(&which.file_type, which.path.as_deref())?;
    let (save, content) = panel.instances.former_text(id, path, n).await?;
    Ok(fresh(Json(FormerText { save, content })))
}

/// Bring back a former text.
///
/// Saves it anew, so that the one before stays in the history.
#[utoipa::path(
    post,
    path = "",
    params(Which),
    request_body(content = Option<Restore>, example = json!({})),
    responses(
        (status = 200, description = "It is saved.", body = SavedText, headers(("etag" = String, description = "Its new version."))),
        (status = 400, description = "It is no file."),
        (status = 403, description = "It can't be written here."),
        (status = 404, description = "There is no such instance, or no such save."),
        (status = 409, description = "It is another one than was seen; `present` holds it.", body = StaleText),
        (status = 507, description = "The disk is too full."),
    )
)]
pub(super) async fn restore(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    path: Result<Path<At>, axum::extract::rejection::PathRejection>,
    Params(which): Params<Which>,
    headers: HeaderMap,
    super::json::OptionalBody(restore): super::json::OptionalBody<Restore>,
) -> Result<Response, ApiError> {
    let At { id, n } = at(path)?;
    let path = path_of(&which.file_type, which.path.as_deref())?;
    let base = base_of(restore.version, &headers);
    let (saving, content) = panel.instances.restore_text(id, path.clone(), n, base, caller.name()).await?;
    finish(&panel, id, &path, saving, which.restart, Some(content)).await
}

/// Check a script of an instance.
///
/// As `POST /api/system/blueprints/check`; it need not be saved.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Check, example = json!({"content": "#!/usr/bin/env bash\necho $1\n"})),
    responses(
        (status = 200, description = "What should be looked at.", body = crate::checks::Report),
        (status = 404, description = "There is no such instance."),
    )
)]
pub(super) async fn check(
    State(panel): State<Panel>,
    Id(id): Id,
    Body(check): Body<Check>,
) -> Result<Response, ApiError> {
    panel.instances.get(id)?;
    Ok(checked(&panel, &check.content).await)
}
