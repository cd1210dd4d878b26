//! What the API may ask for, as it comes off the wire, and its way to checked values.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::error::Error;
use crate::blueprints::Header;
use crate::domain::{
    Access, BlueprintName, GpuIds, GroupLabel, Helper, Hostname, InstanceName, Invalid, NewInstance, OutputPath, Port,
    RestartPolicy, Slug, Version,
};

/// A new instance. Members nobody knows are ignored.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[expect(missing_docs, reason = "each member is the column of the same name")]
pub struct Create {
    pub name: String,
    pub base_blueprint: String,
    #[serde(flatten)]
    pub choices: Choices,
    #[serde(default)]
    pub source_instance_id: Option<i64>,
}

/// A new satellite of an instance. Members nobody knows are ignored.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[expect(missing_docs, reason = "each member is the column of the same name")]
pub struct Instantiate {
    pub new_name: String,
    #[serde(flatten)]
    pub choices: Choices,
}

/// A change of an instance: what is absent stays, what is null goes back to its default. `base` holds what the person saw
/// of the members that are set: a change that somebody else made meanwhile is not overwritten then.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[expect(missing_docs, reason = "each member is the column of the same name")]
pub struct Change {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub base_blueprint: Option<String>,
    #[serde(default)]
    pub base: BTreeMap<String, Value>,
    #[serde(flatten)]
    pub choices: Choices,
}

/// The members that creating and changing share. The outer `Option`: whether it was said at all.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Choices {
    #[serde(deserialize_with = "said")]
    pub gpu_ids: Option<Option<String>>,
    #[serde(deserialize_with = "said")]
    pub output_path: Option<Option<String>>,
    pub autostart: Option<bool>,
    pub persistent_mode: Option<bool>,
    #[serde(deserialize_with = "said")]
    pub hostname: Option<Option<String>>,
    pub use_custom_hostname: Option<bool>,
    #[serde(deserialize_with = "said")]
    pub python_version: Option<Option<String>>,
    #[serde(deserialize_with = "said")]
    pub cuda_version: Option<Option<String>>,
    #[serde(deserialize_with = "said")]
    pub torch_version: Option<Option<String>>,
    #[serde(deserialize_with = "said")]
    pub port: Option<Option<i64>>,
    #[serde(deserialize_with = "said")]
    pub persistent_port: Option<Option<i64>>,
    pub access: Option<Access>,
    pub restart_policy: Option<RestartPolicy>,
    pub helper: Option<Helper>,
    pub order: Option<i64>,
    #[serde(deserialize_with = "said")]
    pub group: Option<Option<String>>,
    pub params: Option<BTreeMap<String, Value>>,
}

/// Tells `null` from absence.
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// How a change was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Applied {
    /// At once.
    Hot,
    /// By a restart, or to be used by the next start.
    Cold,
}

impl Choices {
    /// The public port asked for: `None` nothing was said, `Some(None)` automatic.
    pub(super) fn wanted_port(&self) -> Result<Option<Option<Port>>, Error> {
        let Some(wanted) = self.port.or(self.persistent_port) else { return Ok(None) };
        let checked = wanted.map(|number| {
            u16::try_from(number)
                .ok()
                .and_then(Port::new)
                .ok_or_else(|| Error::Refused { field: "port", why: format!("{number} is not a port.") })
        });
        checked.transpose().map(Some)
    }

    /// Sets everything that was said but the public port, which has to be allocated, and the inputs of the blueprint.
    pub(super) fn apply(&self, to: &mut NewInstance) -> Result<(), Error> {
        set("gpu_ids", &self.gpu_ids, &mut to.gpu_ids, GpuIds::parse)?;
        set("output_path", &self.output_path, &mut to.output_path, OutputPath::parse)?;
        set("hostname", &self.hostname, &mut to.hostname, Hostname::parse)?;
        set("python_version", &self.python_version, &mut to.python_version, Version::parse)?;
        set("cuda_version", &self.cuda_version, &mut to.cuda_version, Version::parse)?;
        set("torch_version", &self.torch_version, &mut to.torch_version, Version::parse)?;
        set("group", &self.group, &mut to.group, GroupLabel::parse)?;
        if let Some(autostart) = self.autostart {
            to.autostart = autostart;
        }
        if let Some(persistent_mode) = self.persistent_mode {
            let public = to.public_port();
            to.persistent_mode = persistent_mode;
            // The public port stays the instance's in either mode.
            to.port = None;
            to.persistent_port = None;
            to.set_public_port(public);
        }
        if let Some(use_custom_hostname) = self.use_custom_hostname {
            to.use_custom_hostname = use_custom_hostname;
        }
        if let Some(access) = self.access {
            to.access = access;
        }
        if let Some(restart_policy) = self.restart_policy {
            to.restart_policy = restart_policy;
        }
        if let Some(helper) = self.helper {
            to.helper = helper;
        }
        if let Some(order) = self.order {
            to.order = order;
        }
        Ok(())
    }

    /// Sets what was said of the inputs that this script asks for.
    pub(super) fn apply_params(&self, header: &Header, to: &mut NewInstance) -> Result<(), Error> {
        let nothing = BTreeMap::new();
        let given = self.params.as_ref().unwrap_or(&nothing);
        header.params().set(given, &mut to.params).map_err(Error::from)
    }
}

/// An empty text means none, as the earlier dashboard sent it.
fn set<T>(
    field: &'static str,
    said: &Option<Option<String>>,
    to: &mut Option<T>,
    parse: fn(&str) -> Result<T, Invalid>,
) -> Result<(), Error> {
    if let Some(value) = said {
        let text = value.as_deref().filter(|text| !text.trim().is_empty());
        *to = text.map(parse).transpose().map_err(Error::invalid(field))?;
    }
    Ok(())
}

impl Create {
    /// The checked choices; slug and port are still to be allocated.
    pub(super) fn check(&self) -> Result<(InstanceName, BlueprintName), Error> {
        let name = InstanceName::parse(&self.name).map_err(Error::invalid("name"))?;
        let blueprint = BlueprintName::parse(&self.base_blueprint).map_err(Error::invalid("base_blueprint"))?;
        Ok((name, blueprint))
    }
}

/// The slug of a name, or the one of the id when the name has no ASCII form.
pub(super) fn slug_of(name: &InstanceName, id: i64) -> Slug {
    Slug::of_name(name.as_str()).unwrap_or_else(|| Slug::of_id(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(json: &str) -> Choices {
        serde_json::from_str::<Change>(json).unwrap().choices
    }

    fn instance() -> NewInstance {
        NewInstance::new("a".parse().unwrap(), "a".parse().unwrap(), "x.sh".parse().unwrap())
    }

    #[test]
    fn absent_null_and_empty_are_three_things() {
        let mut to = instance();
        change(r#"{"gpu_ids":"0, 1","unknown":5}"#).apply(&mut to).unwrap();
        assert_eq!(to.gpu_ids.as_ref().map(GpuIds::as_str), Some("0,1"));
        change(r#"{"autostart":true}"#).apply(&mut to).unwrap();
        assert!(to.gpu_ids.is_some() && to.autostart);
        change(r#"{"gpu_ids":null}"#).apply(&mut to).unwrap();
        assert_eq!(to.gpu_ids, None);
        change(r#"{"output_path":"  "}"#).apply(&mut to).unwrap();
        assert_eq!(to.output_path, None);
    }

    #[test]
    fn ports_off_the_wire() {
        assert_eq!(change("{}").wanted_port().unwrap(), None);
        assert_eq!(change(r#"{"port":null}"#).wanted_port().unwrap(), Some(None));
        assert_eq!(change(r#"{"persistent_port":19001}"#).wanted_port().unwrap(), Some(Port::new(19001)));
        for bad in [0, -5, 99999] {
            assert!(change(&format!(r#"{{"port":{bad}}}"#)).wanted_port().is_err(), "{bad}");
        }
    }

    #[test]
    fn escaping_values_are_refused() {
        for bad in [
            r#"{"output_path":"../x"}"#,
            r#"{"python_version":"3; rm"}"#,
            r#"{"gpu_ids":"$(x)"}"#,
            r#"{"hostname":"<b>"}"#,
        ] {
            assert!(matches!(change(bad).apply(&mut instance()), Err(Error::Invalid { .. })), "{bad}");
        }
    }

    #[test]
    fn the_public_port_survives_a_change_of_mode() {
        let mut to = instance();
        to.port = Port::new(19001);
        change(r#"{"persistent_mode":true}"#).apply(&mut to).unwrap();
        assert_eq!((to.port, to.persistent_port), (None, Port::new(19001)));
        change(r#"{"persistent_mode":false}"#).apply(&mut to).unwrap();
        assert_eq!((to.port, to.persistent_port), (Port::new(19001), None));
    }
}
