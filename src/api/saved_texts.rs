//! How texts are asked for and answered, those of instances and of blueprints alike: what a writer saw before, what is saved, what
//! is stale, what was there once.

use axum::Json;
use axum::extract::Extension;
use axum::http::header::{CACHE_CONTROL, ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::Panel;
use super::audit::NothingDone;
use crate::blueprints::Origin;
use crate::domain::Timestamp;
use crate::folders::history;
use crate::folders::keeping::{Base, Saving};
use crate::folders::text::Text;

/// A text, and what its writer saw before.
#[derive(Deserialize, ToSchema)]
#[schema(as = SaveText)]
pub(super) struct Save {
    /// The whole text.
    pub(super) content: String,
    /// What the writer saw before (`version` when it was read); null: there was none. Without it whatever is there is replaced.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub(super) version: Option<Option<String>>,
}

/// What somebody saw who wants a former text back.
#[derive(Deserialize, Default, ToSchema)]
#[schema(as = RestoreText)]
pub(super) struct Restore {
    /// What is there now, as it was seen; null: nothing.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub(super) version: Option<Option<String>>,
}

/// A text that is to be checked.
#[derive(Deserialize, ToSchema)]
#[schema(as = CheckText)]
pub(super) struct Check {
    /// The text.
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
#[derive(Serialize, ToSchema)]
pub(super) struct TextFacts {
    /// What tells it from any other text.
    pub(super) version: String,
    /// Its permissions, as `0755`.
    pub(super) mode: String,
    /// Bytes.
    pub(super) size: u64,
    /// When it was changed last.
    pub(super) modified: Option<Timestamp>,
}

impl TextFacts {
    pub(super) fn of(text: &Text) -> Self {
        Self { version: text.version.clone(), mode: text.mode.clone(), size: text.size, modified: text.modified }
    }
}

/// A text is saved.
#[derive(Serialize, ToSchema)]
pub(super) struct SavedText {
    pub(super) ok: bool,
    pub(super) detail: &'static str,
    /// What is good to know: a sentence.
    pub(super) note: Option<String>,
    /// Whether it is another text than before.
    pub(super) changed: bool,
    /// Of an instance's text: it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exists: Option<bool>,
    /// What became of the restart that was asked for; null: none was, or nothing ran.
    pub(super) restart: Option<Restarted>,
    /// Of a former text that was brought back: the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content: Option<String>,
    #[serde(flatten)]
    pub(super) facts: TextFacts,
}

/// What became of a restart.
#[derive(Serialize, ToSchema)]
pub(super) struct Restarted {
    pub(super) ok: bool,
    /// A sentence.
    pub(super) detail: String,
}

/// A text is another one than its writer saw: nothing was saved.
#[derive(Serialize, ToSchema)]
pub(super) struct StaleText {
    /// A sentence.
    detail: String,
    /// `version`.
    field: &'static str,
    /// What is there now; null: nothing.
    present: Option<PresentText>,
}

/// A text as it is on the disk.
#[derive(Serialize, ToSchema)]
pub(super) struct PresentText {
    #[serde(flatten)]
    facts: TextFacts,
    /// The text.
    content: String,
}

/// The former texts of something.
#[derive(Serialize, ToSchema)]
#[schema(as = TextHistory)]
pub(super) struct History {
    /// The newest first.
    pub(super) entries: Vec<history::Save>,
}

/// A former text.
#[derive(Serialize, ToSchema)]
pub(super) struct FormerText {
    #[serde(flatten)]
    pub(super) save: history::Save,
    /// The text.
    pub(super) content: String,
}

/// The answer to a save.
pub(super) fn saved(saving: Saving, path: &str, detail: &'static str) -> Response {
    match saving {
        Saving::Done { text, note, changed } => {
            let tag = etag(&text);
            let facts = TextFacts::of(&text);
            let answer =
                SavedText { ok: true, detail, note, changed, exists: None, restart: None, content: None, facts };
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
            let present = present.map(|text| PresentText { facts: TextFacts::of(&text), content: text.content });
            let answer = StaleText { detail, field: "version", present };
            (StatusCode::CONFLICT, Json(answer)).into_response()
        }
    }
}

pub(super) fn etag(text: &Text) -> String {
    format!("\"{}\"", text.version)
}

pub(super) fn origin_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Stock => "stock",
        Origin::Custom => "custom",
    }
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
