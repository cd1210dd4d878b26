//! All inputs of a blueprint: read from its header, set by what somebody gives, handed over as variables. Pure.
//!
//! A line that can't be understood is reported and left out, so that one mistake does not hide the blueprint.

use std::collections::BTreeMap;

use serde_json::Value;

use super::param::{Param, ParamType};
use crate::domain::{Invalid, ParamValue};

/// A value that does not do, and for which input.
#[derive(Debug, PartialEq, Eq)]
pub struct BadParam {
    /// The input.
    pub name: String,
    /// A sentence.
    pub why: String,
}

/// All inputs of a blueprint, in the order of its header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params {
    /// Those that were understood.
    pub list: Vec<Param>,
    /// What was not: sentences for whoever writes the script.
    pub faults: Vec<String>,
}

impl Params {
    /// Reads the lines of a header: names and what is said of them.
    pub fn parse<'a>(lines: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut params = Self::default();
        for (name, says) in lines {
            let read = Param::parse(name, says).and_then(|param| {
                let twin = params.list.iter().find(|other| other.variable() == param.variable());
                twin.map_or(Ok(param), |twin| Err(Invalid::new(format!("it is the same variable as {}", twin.name))))
            });
            match read {
                Ok(param) => params.list.push(param),
                Err(why) => params.faults.push(format!("param.{name}: {why}.")),
            }
        }
        params
    }

    /// Sets what was given on what was there; null goes back to the default. A secret may come back as it was shown.
    ///
    /// # Errors
    /// An input is unknown, or a value does not do, or a required one is missing.
    pub fn set(&self, given: &BTreeMap<String, Value>, to: &mut BTreeMap<String, ParamValue>) -> Result<(), BadParam> {
        for (name, value) in given {
            let bad = |why: String| BadParam { name: name.clone(), why };
            let Some(param) = self.list.iter().find(|param| param.name == *name) else {
                let known: Vec<&str> = self.list.iter().map(|param| param.name.as_str()).collect();
                let words = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(bad(format!("This blueprint has no input '{name}'. Its inputs: {words}.")));
            };
            let is_secret = param.kind == ParamType::Secret;
            if value.is_null() || (is_secret && value.as_str() == Some("")) {
                to.remove(name);
            } else if !(is_secret && value.get("set").is_some_and(Value::is_boolean)) {
                let value = param.value(value).map_err(|why| bad(format!("{}: {why}.", param.label)))?;
                to.insert(name.clone(), value);
            }
        }
        let missing = self.list.iter().find(|param| {
            let blank = |value: &ParamValue| matches!(value, ParamValue::Text(text) if text.is_empty());
            param.required && to.get(&param.name).or(param.default.as_ref()).is_none_or(blank)
        });
        match missing {
            Some(param) => {
                Err(BadParam { name: param.name.clone(), why: format!("{}: it needs a value.", param.label) })
            }
            None => Ok(()),
        }
    }

    /// Drops values that mean nothing to this blueprint: those of another one it was made from before.
    pub fn keep_fitting(&self, values: &mut BTreeMap<String, ParamValue>) {
        values.retain(|name, value| self.list.iter().any(|param| param.name == *name && param.still_fits(value)));
    }

    /// The environment variables: what was chosen, or the default where that is nothing or no longer fits.
    pub fn variables(&self, chosen: &BTreeMap<String, ParamValue>) -> Vec<(String, String)> {
        let value_of = |param: &Param| {
            let own = chosen.get(&param.name).filter(|value| param.still_fits(value));
            own.or(param.default.as_ref()).map(|value| (param.variable(), value.variable()))
        };
        self.list.iter().filter_map(value_of).collect()
    }
}

#[cfg(test)]
mod tests;
