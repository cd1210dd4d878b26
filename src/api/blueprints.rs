//! `/api/system/blueprints`: the catalogue, the text of each, and the user's own.

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::header::ETAG;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Panel;
use super::answers::Done;
use super::audit::Noted;
use super::blueprint_view::BlueprintView;
use super::error::ApiError;
use super::json::{Body, OptionalBody, Params};
use super::saved_texts::{Check, FormerText, History, Restore, Save, base_of, checked, fresh, origin_word, saved};
use crate::auth::Caller;
use crate::blueprints::Origin;
use crate::domain::{BlueprintName, InstanceName};
use crate::folders::keeping::Saving;
use crate::instances::{NewBlueprint, OwnBlueprint, Removed, SaveText};

/// Every blueprint.
#[derive(Serialize, ToSchema)]
pub(super) struct Catalogue<'a> {
    /// Those that came with AiKore.
    stock: Vec<BlueprintView<'a>>,
    /// The user's own.
    custom: Vec<BlueprintView<'a>>,
}

/// List the blueprints.
///
/// Every script an instance can be made from, with what its header says: stock ones, and the user's own. One of the
/// user's own that has the name of a stock one takes its place.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The catalogue.", body = Catalogue<'_>),
    )
)]
pub(super) async fn list(State(panel): State<Panel>) -> Result<Response, ApiError> {
    let all = panel.instances.blueprints().await?;
    let of = |origin| -> Vec<BlueprintView<'_>> {
        all.iter().filter(|blueprint| blueprint.origin == origin).map(BlueprintView::new).collect()
    };
    Ok(Json(Catalogue { stock: of(Origin::Stock), custom: of(Origin::Custom) }).into_response())
}

/// The user's own blueprints.
#[derive(Serialize, ToSchema)]
#[schema(as = OwnBlueprints)]
pub(super) struct Own {
    blueprints: Vec<OwnBlueprint>,
    /// Those that can be put back.
    deleted: Vec<Removed>,
}

/// List one's own blueprints.
///
/// The user's own, who uses them, and those that were deleted and can be put back.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "They.", body = Own),
    )
)]
pub(super) async fn own(State(panel): State<Panel>) -> Result<Response, ApiError> {
    let (blueprints, deleted) = panel.instances.own_blueprints().await?;
    Ok(fresh(Json(Own { blueprints, deleted })))
}

/// From which side.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Side {
    /// `stock` or `custom`; without it the one an instance would get.
    origin: Option<String>,
}

/// Read a blueprint.
///
/// Its header, its inputs and its text: the one an instance would get, unless `origin` names a side. The header of
/// HTTP `ETag` is its version.
#[utoipa::path(
    get,
    path = "",
    params(Side),
    responses(
        (status = 200, description = "The blueprint.", body = ShownBlueprint<'_>, headers(("etag" = String, description = "Its version."))),
        (status = 404, description = "There is no such blueprint."),
    )
)]
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

/// Read one of one's own blueprints.
///
/// As the call above, among the user's own only.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The blueprint.", body = ShownBlueprint<'_>, headers(("etag" = String, description = "Its version."))),
        (status = 404, description = "There is no such blueprint."),
    )
)]
pub(super) async fn read_own(State(panel): State<Panel>, Path(filename): Path<String>) -> Result<Response, ApiError> {
    show(&panel, &filename, Some(Origin::Custom)).await
}

/// A blueprint with its text.
#[derive(Serialize, ToSchema)]
pub(super) struct ShownBlueprint<'a> {
    #[serde(flatten)]
    blueprint: BlueprintView<'a>,
    /// `stock` or `custom`.
    origin: &'static str,
    /// Its text.
    content: &'a str,
    /// What tells this text from any other.
    version: &'a str,
    /// It takes the place of a stock one of this name.
    shadows: bool,
    /// One of the user's own takes its place.
    shadowed: bool,
    /// The instances made from it.
    used_by: &'a [InstanceName],
    /// Why it can't be saved: a sentence.
    read_only: Option<&'a str>,
}

async fn show(panel: &Panel, filename: &str, origin: Option<Origin>) -> Result<Response, ApiError> {
    let shown = panel.instances.shown_blueprint(filename, origin).await?;
    let custom = shown.blueprint.origin == Origin::Custom;
    let answer = ShownBlueprint {
        blueprint: BlueprintView::new(&shown.blueprint),
        origin: origin_word(shown.blueprint.origin),
        content: &shown.blueprint.script,
        version: &shown.version,
        shadows: custom && shown.twin,
        shadowed: !custom && shown.twin,
        used_by: &shown.used_by,
        read_only: shown.read_only.as_deref(),
    };
    Ok(fresh(([(ETAG, format!("\"{}\"", shown.version))], Json(answer))))
}

/// What has come of a new blueprint.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeBlueprint {
    detail: &'static str,
    filename: String,
    /// What tells its text from any other.
    version: Option<String>,
    /// It takes the place of a stock one of this name.
    shadows: bool,
    /// What is good to know: a sentence.
    note: Option<String>,
}

/// Make a blueprint.
///
/// Saves a new script among the user's own. One with the name of a stock one takes its place for new instances; the
/// answer says so.
#[utoipa::path(
    post,
    path = "",
    request_body(content = NewBlueprint, example = json!({"filename": "mine.sh", "content": "#!/usr/bin/env bash\necho hello\n"})),
    responses(
        (status = 201, description = "It is saved.", body = MadeBlueprint),
        (status = 400, description = "The name is none a blueprint can have."),
        (status = 409, description = "There is one of this name."),
        (status = 507, description = "The disk is too full."),
    )
)]
pub(super) async fn create(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    Body(new): Body<NewBlueprint>,
) -> Result<Response, ApiError> {
    let filename = new.filename.clone();
    let noted = Noted::about(filename.clone());
    let (saving, shadows) = panel.instances.create_blueprint(new, caller.name()).await?;
    let answer = MadeBlueprint {
        detail: "Custom blueprint created successfully.",
        version: version_of(&saving).map(str::to_owned),
        shadows,
        note: note(&filename, shadows),
        filename,
    };
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

/// Save one of one's own blueprints.
///
/// Replaces the text of one that is there. Say which `version` you saw (or `If-Match`), and nobody's work is lost:
/// what changed meanwhile is not replaced but answered with 409. The text before is kept in the history.
#[utoipa::path(
    put,
    path = "",
    request_body(content = Save, example = json!({"content": "#!/usr/bin/env bash\necho hello again\n"})),
    responses(
        (status = 200, description = "It is saved.", body = super::saved_texts::SavedText, headers(("etag" = String, description = "Its new version."))),
        (status = 404, description = "There is no such blueprint."),
        (status = 409, description = "It is another one than the writer saw; `present` holds it.", body = super::saved_texts::StaleText),
        (status = 507, description = "The disk is too full."),
    )
)]
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

/// Another name.
#[derive(Deserialize, ToSchema)]
#[schema(as = RenameBlueprint)]
pub(super) struct Rename {
    /// The new file name.
    filename: String,
}

/// What has come of another name.
#[derive(Serialize, ToSchema)]
pub(super) struct RenamedBlueprint {
    ok: bool,
    detail: &'static str,
    filename: BlueprintName,
    /// It takes the place of a stock one of this name.
    shadows: bool,
    /// What is good to know: a sentence.
    note: Option<String>,
    /// The instances that name it and were changed with it.
    followed_by: Vec<InstanceName>,
}

/// Rename one of one's own blueprints.
///
/// Its history goes along, and the instances that name it name it by its new name.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Rename, example = json!({"filename": "mine-too.sh"})),
    responses(
        (status = 200, description = "It has its new name.", body = RenamedBlueprint),
        (status = 400, description = "The name is none a blueprint can have."),
        (status = 404, description = "There is no such blueprint."),
        (status = 409, description = "There is one of this name."),
    )
)]
pub(super) async fn rename(
    State(panel): State<Panel>,
    Path(filename): Path<String>,
    Body(rename): Body<Rename>,
) -> Result<Response, ApiError> {
    let (new, shadows, followers) = panel.instances.rename_blueprint(&filename, &rename.filename).await?;
    let noted = Noted::default().with(format!("as {new}"));
    let answer = RenamedBlueprint {
        ok: true,
        detail: "Custom blueprint renamed successfully.",
        note: note(new.as_str(), shadows),
        filename: new,
        shadows,
        followed_by: followers,
    };
    Ok((Extension(noted), Json(answer)).into_response())
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HowToDelete {
    /// What is kept of it goes too: it can't be put back then.
    #[serde(default)]
    forever: bool,
}

/// Delete one of one's own blueprints.
///
/// It can be put back, unless `forever` says that its history goes too. Instances made from it keep their scripts.
#[utoipa::path(
    delete,
    path = "",
    params(HowToDelete),
    responses(
        (status = 200, description = "It is deleted.", body = Done),
        (status = 404, description = "There is no such blueprint."),
        (status = 409, description = "Instances need it."),
    )
)]
pub(super) async fn delete(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    Path(filename): Path<String>,
    Params(how): Params<HowToDelete>,
) -> Result<Response, ApiError> {
    if how.forever {
        panel.instances.forget_blueprint(&filename).await?;
        let noted = Noted::default().with("for good");
        return Ok((Extension(noted), Json(Done::new("Nothing is kept of it any more."))).into_response());
    }
    panel.instances.delete_blueprint(&filename, caller.name()).await?;
    Ok(Json(Done::new("Custom blueprint deleted. It can be put back.")).into_response())
}

/// List the former texts of a blueprint.
///
/// Each save, who made it and when, the newest first; of a deleted one too.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The saves.", body = History),
        (status = 404, description = "There is no such blueprint."),
    )
)]
pub(super) async fn history(State(panel): State<Panel>, Path(filename): Path<String>) -> Result<Response, ApiError> {
    let entries = panel.instances.blueprint_history(&filename).await?;
    Ok(fresh(Json(History { entries })))
}

type Numbered = Result<Path<(String, u64)>, axum::extract::rejection::PathRejection>;

fn numbered(path: Numbered) -> Result<(String, u64), ApiError> {
    let refused = |_| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "The ids of saves are numbers.");
    path.map(|Path(parts)| parts).map_err(refused)
}

/// Read a former text of a blueprint.
///
/// By the number the list gives it.
#[utoipa::path(
    get,
    path = "",
    responses(
        (status = 200, description = "The text.", body = FormerText),
        (status = 404, description = "There is no such save."),
        (status = 422, description = "The number is none."),
    )
)]
pub(super) async fn former(State(panel): State<Panel>, path: Numbered) -> Result<Response, ApiError> {
    let (filename, n) = numbered(path)?;
    let (save, content) = panel.instances.former_blueprint(&filename, n).await?;
    Ok(fresh(Json(FormerText { save, content })))
}

/// Bring back a former text of a blueprint.
///
/// Saves it anew, so that the one before stays in the history.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Option<Restore>, example = json!({})),
    responses(
        (status = 200, description = "It is saved.", body = super::saved_texts::SavedText, headers(("etag" = String, description = "Its new version."))),
        (status = 404, description = "There is no such save."),
        (status = 409, description = "It is another one than was seen; `present` holds it.", body = super::saved_texts::StaleText),
    )
)]
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

/// Put back a deleted blueprint.
///
/// As it was when it was deleted.
#[utoipa::path(
    post,
    path = "",
    responses(
        (status = 200, description = "It is there again.", body = super::saved_texts::SavedText, headers(("etag" = String, description = "Its version."))),
        (status = 404, description = "None of this name was deleted."),
        (status = 409, description = "There is one of this name by now.", body = super::saved_texts::StaleText),
    )
)]
pub(super) async fn put_back(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
    Path(filename): Path<String>,
) -> Result<Response, ApiError> {
    let base = crate::folders::keeping::Base::Absent;
    let (saving, _) = panel.instances.restore_blueprint(&filename, None, base, caller.name()).await?;
    Ok(saved(saving, &filename, "Custom blueprint put back."))
}

/// Check a script.
///
/// Its header and inputs by AiKore's rules, its syntax by bash, and more by shellcheck where that is installed.
/// Nothing is run or saved.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Check, example = json!({"content": "#!/usr/bin/env bash\necho $1\n"})),
    responses(
        (status = 200, description = "What should be looked at.", body = crate::checks::Report),
    )
)]
pub(super) async fn check(State(panel): State<Panel>, Body(check): Body<Check>) -> Response {
    checked(&panel, &check.content).await
}
