//! A blueprint as the API shows it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::blueprints::{Blueprint, Param, ParamType, Params as Inputs};
use crate::domain::ProxyMode;

/// A blueprint in the list: the members of the earlier system, then ours.
#[derive(Serialize, ToSchema)]
pub(super) struct BlueprintView<'a> {
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
    /// The inputs it asks for.
    params: Vec<ParamView>,
    /// What of its inputs can't be understood: sentences.
    param_faults: Vec<String>,
    /// Its header as it stands there.
    header: &'a std::collections::BTreeMap<String, String>,
}

/// An input, as a form needs it.
#[derive(Serialize, ToSchema)]
pub(super) struct ParamView {
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
    pub(super) fn new(blueprint: &'a Blueprint) -> Self {
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
