//! What somebody gave for an input of a blueprint (`param.<name>` of its header).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value, in the form it is stored. What it must look like is the blueprint's to say.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ParamValue {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text, a path, or one of some words.
    Text(String),
    /// What nobody is to read again: neither the API nor the server's log shows it.
    Secret {
        /// The secret itself.
        secret: String,
    },
}

impl ParamValue {
    /// The value of the environment variable.
    pub fn variable(&self) -> String {
        match self {
            Self::Bool(yes) => yes.to_string(),
            Self::Int(number) => number.to_string(),
            Self::Text(text) | Self::Secret { secret: text } => text.clone(),
        }
    }

    /// What the API tells of it.
    pub fn shown(&self) -> serde_json::Value {
        match self {
            Self::Bool(yes) => (*yes).into(),
            Self::Int(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
            Self::Secret { .. } => serde_json::json!({ "set": true }),
        }
    }
}

impl fmt::Debug for ParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(yes) => yes.fmt(f),
            Self::Int(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Secret { .. } => f.write_str("(secret)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_handed_over_and_shown() {
        for (value, stored, variable, shown) in [
            (ParamValue::Bool(true), "true", "true", "true"),
            (ParamValue::Int(-5), "-5", "-5", "-5"),
            (ParamValue::Text("a b".to_owned()), r#""a b""#, "a b", r#""a b""#),
            (ParamValue::Secret { secret: "k".to_owned() }, r#"{"secret":"k"}"#, "k", r#"{"set":true}"#),
        ] {
            assert_eq!(serde_json::to_string(&value).unwrap(), stored);
            assert_eq!(serde_json::from_str::<ParamValue>(stored).unwrap(), value);
            assert_eq!((value.variable().as_str(), value.shown().to_string().as_str()), (variable, shown));
        }
    }

    #[test]
    fn a_secret_is_not_in_what_is_logged() {
        let secret = ParamValue::Secret { secret: "hunter2".to_owned() };
        assert!(!format!("{secret:?}").contains("hunter2"));
    }
}
