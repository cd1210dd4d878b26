//! `/api/instances/{id}/file`: the texts of an instance's folder. Content as the earlier system had it, and around it what keeps
//! two people, or a person and a program, from overwriting each other.

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::header::{CACHE_CONTROL, ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::Panel;
use super::audit::{Noted, NothingDone};
use super::error::ApiError;
use super::json::{Body, Id, Params};
use crate::auth::Caller;
use crate::blueprints::Origin;
use crate::domain::{FolderPath, InstanceId, Status};
use crate::folders::keeping::{Base, Saving};
use crate::folders::text::Text;
use crate::instances::{Opened, SaveText, kind_of, path_of};

/// Which file, and how.
#[derive(Deserialize)]
pub(super) struct Which {
    file_type: String,
    path: Option<String>,
    /// Start what runs anew, when it is saved.
    #[serde(default)]
    restart: bool,
    /// `false`: all but the content is wanted.
    content: Option<bool>,
}

/// A text, and what its writer saw before.
#[derive(Deserialize)]
pub(super) struct Save {
    pub(super) content: String,
    /// Null: there was none.
    #[serde(default, deserialize_with = "said")]
    pub(super) version: Option<Option<String>>,
}

/// What somebody saw who wants a former text back.
#[derive(Deserialize, Default)]
pub(super) struct Restore {
    #[serde(default, deserialize_with = "said")]
    pub(super) version: Option<Option<String>>,
}

/// A text that is to be checked.
#[derive(Deserialize)]
pub(super) struct Check {
    pub(super) content: String,
}

fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What a call says about what was seen: in its body, or by the conditions of HTTP.
pub(super) fn base_of(version: Option<Option<String>>, headers: &HeaderMap) -> Base {
    let field = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    match version {
        Some(Some(version)) => Base::Version(version),
        Some(None) => Base::Absent,
        None => match (field(IF_MATCH), field(IF_NONE_MATCH)) {
            (Some("*") | None, None) => Base::Unsaid,
            (Some(tag), _) if tag != "*" => Base::Version(tag.trim_start_matches("W/").trim_matches('"').to_owned()),
            (_, Some("*")) => Base::Absent,
            _ => Base::Unsaid,
        },
    }
}

/// What is known of a text, without it.
pub(super) fn facts(text: &Text) -> Value {
    let Text { version, mode, size, modified, .. } = text;
    json!({ "version": version, "mode": mode, "size": size, "modified": modified })
}

/// The answer to a save.
pub(super) fn saved(saving: Saving, path: &str, detail: &str) -> Response {
    match saving {
        Saving::Done { text, note, changed } => {
            let tag = etag(&text);
            let mut answer = json!({ "ok": true, "detail": detail, "note": note, "changed": changed, "restart": null });
            merge(&mut answer, facts(&text));
            ([(ETAG, tag)], Json(answer)).into_response()
        }
        Saving::Stale(present) => {
            let detail = match &present {
                Some(_) => format!(
                    "'{path}' was changed on the disk since you opened it. Look at the difference; then save yours, or take \
                     that one."
                ),
                None => format!("'{path}' was deleted since you opened it. Save it again to make it anew."),
            };
            let (version, content) = match present {
                Some(text) => (Some(facts(&text)), Some(text.content)),
                None => (None, None),
            };
            let mut present = version.unwrap_or(Value::Null);
            merge(&mut present, json!({ "content": content }));
            let answer = json!({ "detail": detail, "field": "version", "present": present });
            (StatusCode::CONFLICT, Json(answer)).into_response()
        }
    }
}

pub(super) fn etag(text: &Text) -> String {
    format!("\"{}\"", text.version)
}

/// Adds members to an object; anything else stays as it is.
pub(super) fn merge(object: &mut Value, more: Value) {
    if let (Some(members), Value::Object(more)) = (object.as_object_mut(), more) {
        members.extend(more);
    }
}

pub(super) fn origin_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Stock => "stock",
        Origin::Custom => "custom",
    }
}

/// The files there are to edit.
pub(super) async fn editable(State(panel): State<Panel>, Id(id): Id) -> Result<Response, ApiError> {
    let found = panel.instances.editable(id).await?;
    let parent = found.parent.map(|(id, name)| json!({ "id": id, "name": name }));
    Ok(fresh(Json(json!({ "files": found.files, "parent": parent }))))
}

/// A text.
pub(super) async fn read(
    State(panel): State<Panel>,
    Id(id): Id,
    Params(which): Params<Which>,
) -> Result<Response, ApiError> {
    let path = path_of(&which.file_type, which.path.as_deref())?;
    let Opened { path, text, proposed, from, read_only, parent } = panel.instances.text(id, path).await?;
    let mut answer = json!({
        "content": null,
        "file_type": kind_of(&path),
        "path": path,
        "exists": text.is_some(),
        "version": null,
        "mode": null,
        "size": 0,
        "modified": null,
        "from": from.map(|(filename, origin)| json!({ "filename": filename, "origin": origin_word(origin) })),
        "read_only": read_only,
        "parent": parent.map(|(id, name)| json!({ "id": id, "name": name })),
    });
    let tag = text.as_ref().map(etag);
    if let Some(text) = &text {
        merge(&mut answer, facts(text));
    }
    if which.content != Some(false) {
        let content = text.map(|text| text.content).or(proposed).unwrap_or_default();
        merge(&mut answer, json!({ "content": content }));
    }
    let mut response = fresh(Json(answer));
    if let Some(tag) = tag.and_then(|tag| tag.parse().ok()) {
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}

/// Saves one, and starts anew what runs if that is wanted.
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
    let mut answer = json!({
        "ok": true,
        "detail": detail,
        "note": note,
        "changed": changed,
        "exists": true,
        "restart": restarted.map(|(ok, detail)| json!({ "ok": ok, "detail": detail })),
    });
    merge(&mut answer, facts(&text));
    if let Some(content) = content {
        merge(&mut answer, json!({ "content": content }));
    }
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

/// Its former texts.
pub(super) async fn history(
    State(panel): State<Panel>,
    Id(id): Id,
    Params(which): Params<Which>,
) -> Result<Response, ApiError> {
    let path = path_of(&which.file_type, which.path.as_deref())?;
    let entries = panel.instances.text_history(id, path).await?;
    Ok(fresh(Json(json!({ "entries": entries }))))
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

/// One of its former texts.
pub(super) async fn former(
    State(panel): State<Panel>,
    path: Result<Path<At>, axum::extract::rejection::PathRejection>,
    Params(which): Params<Which>,
) -> Result<Response, ApiError> {
    let At { id, n } = at(path)?;
    let path = path_of(&which.file_type, which.path.as_deref())?;
    let (save, content) = panel.instances.former_text(id, path, n).await?;
    let mut answer = json!(save);
    merge(&mut answer, json!({ "content": content }));
    Ok(fresh(Json(answer)))
}

/// Brings one of them back.
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

/// What bash and shellcheck say of a text that need not be saved.
pub(super) async fn check(
    State(panel): State<Panel>,
    Id(id): Id,
    Body(check): Body<Check>,
) -> Result<Response, ApiError> {
    panel.instances.get(id)?;
    Ok(checked(&panel, &check.content).await)
}

pub(super) async fn checked(panel: &Panel, content: &str) -> Response {
    let report = panel.checks.blueprint(content).await;
    (Extension(NothingDone), fresh(Json(report))).into_response()
}

/// Scripts may hold secrets: no cache keeps them.
pub(super) fn fresh(answer: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "no-store")], answer).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_said_in_the_body_or_by_conditions() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect::<HeaderMap>()
        };
        let version = |text: &str| Base::Version(text.to_owned());
        for (body, fields, base) in [
            (None, &[][..], Base::Unsaid),
            (Some(None), &[], Base::Absent),
            (Some(Some("a".to_owned())), &[("if-match", "\"b\"")], version("a")),
            (None, &[("if-match", "\"b\"")], version("b")),
            (None, &[("if-match", "W/\"b\"")], version("b")),
            (None, &[("if-match", "*")], Base::Unsaid),
            (None, &[("if-none-match", "*")], Base::Absent),
        ] {
            assert_eq!(base_of(body, &headers(fields)), base, "{fields:?}");
        }
        let save = |text: &str| serde_json::from_str::<Save>(text).unwrap().version;
        assert_eq!(save(r#"{"content":""}"#), None);
        assert_eq!(save(r#"{"content":"","version":null}"#), Some(None));
        assert_eq!(save(r#"{"content":"","version":"a"}"#), Some(Some("a".to_owned())));
    }
}
