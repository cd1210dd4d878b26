//! `/api/system/blueprints`: the catalogue, the text of each, and the user's own.

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::header::ETAG;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Panel;
use super::audit::Noted;
use super::error::ApiError;
use super::json::{Body, OptionalBody, Params};
use super::texts::{Check, Restore, Save, base_of, checked, fresh, merge, origin_word, saved};
use crate::auth::Caller;
use crate::blueprints::{Blueprint, Origin, Param, ParamType, Params as Inputs};
use crate::domain::ProxyMode;
use crate::folders::keeping::Saving;
use crate::instances::{NewBlueprint, SaveText};

/// A blueprint in the list: the members of the earlier system, then ours.
#[derive(Serialize)]
struct BlueprintView<'a> {
    filename: &'a str,
    category: Option<&'a str>,
    name: Option<&'a str>,
    description: Option<&'a str>,
    proxy: ProxyMode,
    gpu: Option<&'a str>,
    min_vram: Option<&'a str>,
    disk: Option<&'a str>,
    homepage: Option<&'a str>,
    license: Option<&'a str>,
    icon: Option<&'a str>,
    params: Vec<ParamView>,
    /// What of its inputs can't be understood: sentences.
    param_faults: Vec<String>,
    header: &'a std::collections::BTreeMap<String, String>,
}

/// An input, as a form needs it.
#[derive(Serialize)]
struct ParamView {
    name: String,
    r#type: ParamType,
    default: Option<serde_json::Value>,
    label: String,
    hint: Option<String>,
    required: bool,
    options: Vec<String>,
    min: Option<i64>,
    max: Option<i64>,
    /// The environment variable it becomes.
    variable: String,
}

impl ParamView {
    fn new(param: Param) -> Self {
        Self {
            variable: param.variable(),
            default: param.default.map(|value| value.shown()),
            r#type: param.kind,
            name: param.name,
            label: param.label,
            hint: param.hint,
            required: param.required,
            options: param.options,
            min: param.min,
            max: param.max,
        }
    }
}

impl<'a> BlueprintView<'a> {
    fn new(blueprint: &'a Blueprint) -> Self {
        let header = &blueprint.header;
        let Inputs { list, faults } = header.params();
        Self {
            filename: blueprint.name.as_str(),
            category: header.get("category"),
            name: header.get("name"),
            description: header.get("description"),
            proxy: header.proxy(),
            gpu: header.get("gpu"),
            min_vram: header.get("min_vram"),
            disk: header.get("disk"),
            homepage: header.get("homepage"),
            license: header.get("license"),
            icon: header.get("icon"),
            params: list.into_iter().map(ParamView::new).collect(),
            param_faults: faults,
            header: header.all(),
        }
    }
}

pub(super) async fn list(State(panel): State<Panel>) -> Result<Response, ApiError> {
    let all = panel.instances.blueprints().await?;
    let of = |origin: Origin| -> Vec<BlueprintView<'_>> {
        all.iter().filter(|blueprint| blueprint.origin == origin).map(BlueprintView::new).collect()
    };
    Ok(Json(json!({ "stock": of(Origin::Stock), "custom": of(Origin::Custom) })).into_response())
}

/// The user's own, and those that can be put back.
pub(super) async fn own(State(panel): State<Panel>) -> Result<Response, ApiError> {
    let (own, deleted) = panel.instances.own_blueprints().await?;
    Ok(fresh(Json(json!({ "blueprints": own, "deleted": deleted }))))
}

/// From which side.
#[derive(Deserialize)]
pub(super) struct Side {
    origin: Option<String>,
}

/// A blueprint with its text: the one an instance would get, unless a side is named.
pub(super) async fn read(
    State(panel): State<Panel>,
    Path(filename): Path<String>,
    Params(side): Params<Side>,
) -> Result<Response, ApiError> {
    let origin = match side.origin.as_deref() {
        None => None,
        Some("stock") => Some(Origin::Stock),
        Some("custom") => Some(Origin::Custom),
        Some(other) => {
            let why = format!("{other:?} is not one of: stock, custom.");
            return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, why).blaming(Some("origin".into())));
        }
    };
    show(&panel, &filename, origin).await
}

/// One of the user's own with its text.
pub(super) async fn read_own(State(panel): State<Panel>, Path(filename): Path<String>) -> Result<Response, ApiError> {
    show(&panel, &filename, Some(Origin::Custom)).await
}

async fn show(panel: &Panel, filename: &str, origin: Option<Origin>) -> Result<Response, ApiError> {
    let shown = panel.instances.shown_blueprint(filename, origin).await?;
    let custom = shown.blueprint.origin == Origin::Custom;
    let mut answer = json!(BlueprintView::new(&shown.blueprint));
    merge(
        &mut answer,
        json!({
            "origin": origin_word(shown.blueprint.origin),
            "content": shown.blueprint.script,
            "version": shown.version,
            "shadows": custom && shown.twin,
            "shadowed": !custom && shown.twin,
            "used_by": shown.used_by,
            "read_only": shown.read_only,
        }),
    );
    Ok(fresh(([(ETAG, format!("\"{}\"", shown.version))], Json(answer))))
}

pub(super) async fn create(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    Body(new): Body<NewBlueprint>,
) -> Result<Response, ApiError> {
    let filename = new.filename.clone();
    let noted = Noted::about(filename.clone());
    let (saving, shadows) = panel.instances.create_blueprint(new, caller.name()).await?;
    let answer = json!({
        "detail": "Custom blueprint created successfully.",
        "filename": filename,
        "version": version_of(&saving),
        "shadows": shadows,
        "note": note(&filename, shadows),
    });
    Ok((StatusCode::CREATED, Extension(noted), Json(answer)).into_response())
}

fn version_of(saving: &Saving) -> Option<&str> {
    match saving {
        Saving::Done { text, .. } => Some(&text.version),
        Saving::Stale(_) => None,
    }
}

/// Said whenever it comes to be so.
fn note(filename: &str, shadows: bool) -> Option<String> {
    shadows.then(|| {
        format!("{filename} takes the place of the stock blueprint of this name: new instances get yours, until you rename or delete it.")
    })
}

pub(super) async fn save(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    Path(filename): Path<String>,
    headers: HeaderMap,
    Body(save): Body<Save>,
) -> Result<Response, ApiError> {
    let base = base_of(save.version, &headers);
    let save = SaveText { content: save.content, base, by: caller.name() };
    let saving = panel.instances.save_blueprint(&filename, save).await?;
    Ok(saved(saving, &filename, "Custom blueprint updated successfully."))
}

#[derive(Deserialize)]
pub(super) struct Rename {
    filename: String,
}

pub(super) async fn rename(
    State(panel): State<Panel>,
    Path(filename): Path<String>,
    Body(rename): Body<Rename>,
) -> Result<Response, ApiError> {
    let (new, shadows, followers) = panel.instances.rename_blueprint(&filename, &rename.filename).await?;
    let noted = Noted::default().with(format!("as {new}"));
    let answer = json!({
        "ok": true,
        "detail": "Custom blueprint renamed successfully.",
        "filename": new,
        "shadows": shadows,
        "note": note(new.as_str(), shadows),
        "followed_by": followers,
    });
    Ok((Extension(noted), Json(answer)).into_response())
}

/// Whether what is kept of it goes too.
#[derive(Deserialize)]
pub(super) struct HowToDelete {
    #[serde(default)]
    forever: bool,
}

pub(super) async fn delete(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    Path(filename): Path<String>,
    Params(how): Params<HowToDelete>,
) -> Result<Response, ApiError> {
    if how.forever {
        panel.instances.forget_blueprint(&filename).await?;
        let noted = Noted::default().with("for good");
        let answer = json!({ "ok": true, "detail": "Nothing is kept of it any more." });
        return Ok((Extension(noted), Json(answer)).into_response());
    }
    panel.instances.delete_blueprint(&filename, caller.name()).await?;
    Ok(Json(json!({ "ok": true, "detail": "Custom blueprint deleted. It can be put back." })).into_response())
}

pub(super) async fn history(State(panel): State<Panel>, Path(filename): Path<String>) -> Result<Response, ApiError> {
    let entries = panel.instances.blueprint_history(&filename).await?;
    Ok(fresh(Json(json!({ "entries": entries }))))
}

type Numbered = Result<Path<(String, u64)>, axum::extract::rejection::PathRejection>;

fn numbered(path: Numbered) -> Result<(String, u64), ApiError> {
    let refused = |_| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "The ids of saves are numbers.");
    path.map(|Path(parts)| parts).map_err(refused)
}

pub(super) async fn former(State(panel): State<Panel>, path: Numbered) -> Result<Response, ApiError> {
    let (filename, n) = numbered(path)?;
    let (save, content) = panel.instances.former_blueprint(&filename, n).await?;
    let mut answer = json!(save);
    merge(&mut answer, json!({ "content": content }));
    Ok(fresh(Json(answer)))
}

/// A former text of one that is there.
pub(super) async fn restore_save(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    path: Numbered,
    headers: HeaderMap,
    OptionalBody(restore): OptionalBody<Restore>,
) -> Result<Response, ApiError> {
    let (filename, n) = numbered(path)?;
    let base = base_of(restore.version, &headers);
    let (saving, _) = panel.instances.restore_blueprint(&filename, Some(n), base, caller.name()).await?;
    Ok(saved(saving, &filename, "Custom blueprint updated successfully."))
}

/// One that was deleted.
pub(super) async fn put_back(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    Path(filename): Path<String>,
) -> Result<Response, ApiError> {
    let base = crate::folders::keeping::Base::Absent;
    let (saving, _) = panel.instances.restore_blueprint(&filename, None, base, caller.name()).await?;
    Ok(saved(saving, &filename, "Custom blueprint put back."))
}

/// What bash and shellcheck say of a text.
pub(super) async fn check(State(panel): State<Panel>, Body(check): Body<Check>) -> Response {
    checked(&panel, &check.content).await
}
