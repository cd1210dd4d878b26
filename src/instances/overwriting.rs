//! Two people, one instance: a change says what its person saw, and is refused where that is no longer so.
//!
//! Values rather than one revision per instance: what others change beside it (its status, another member) is no reason
//! to refuse, and the answer can name both values.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::error::{Error, Overwritten};
use crate::domain::NewInstance;

/// The members a person edits, as the API shows them; `port` is the public one in either mode. Not `params`: they are changed
/// one by one, and the answer would show the secrets among them.
fn members(chosen: &NewInstance) -> [(&'static str, Value); 16] {
    [
        ("name", json!(chosen.name)),
        ("base_blueprint", json!(chosen.base_blueprint)),
        ("gpu_ids", json!(chosen.gpu_ids)),
        ("output_path", json!(chosen.output_path)),
        ("autostart", json!(chosen.autostart)),
        ("persistent_mode", json!(chosen.persistent_mode)),
        ("hostname", json!(chosen.hostname)),
        ("use_custom_hostname", json!(chosen.use_custom_hostname)),
        ("python_version", json!(chosen.python_version)),
        ("cuda_version", json!(chosen.cuda_version)),
        ("torch_version", json!(chosen.torch_version)),
        ("port", json!(chosen.public_port())),
        ("access", json!(chosen.access)),
        ("restart_policy", json!(chosen.restart_policy)),
        ("helper", json!(chosen.helper)),
        ("group", json!(chosen.group)),
    ]
}

/// What a person changed, for people: each member with its old and its new value. Of a blueprint's settings only that they
/// were changed: there may be secrets among them.
pub fn in_words(before: &NewInstance, after: &NewInstance) -> String {
    let word = |value: Value| match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text,
        other => other.to_string(),
    };
    let pairs = members(before).into_iter().zip(members(after));
    let differing = pairs.filter(|((_, old), (_, new))| old != new);
    let mut words: Vec<String> =
        differing.map(|((field, old), (_, new))| format!("{field}: {} → {}", word(old), word(new))).collect();
    if before.params != after.params {
        words.push("params".to_owned());
    }
    words.join(", ")
}

/// Refuses a change that would undo what somebody else did meanwhile. A member that would stay as it is, or that both
/// changed to the same, is no conflict.
pub(super) fn refuse_overwriting(
    base: &BTreeMap<String, Value>,
    present: &NewInstance,
    next: &NewInstance,
) -> Result<(), Error> {
    let said = |field| base.get(field).map(|value| if value == "" { Value::Null } else { value.clone() });
    let conflicts: Vec<_> = members(present)
        .into_iter()
        .zip(members(next))
        .filter_map(|((field, theirs), (_, yours))| {
            let base = said(field)?;
            (base != theirs && yours != theirs).then_some(Overwritten { field, base, yours, theirs })
        })
        .collect();
    if conflicts.is_empty() { Ok(()) } else { Err(Error::Overwriting(conflicts)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_in_words() {
        let before = NewInstance::new("a".parse().unwrap(), "a".parse().unwrap(), "x.sh".parse().unwrap());
        let after = NewInstance { autostart: true, access: crate::domain::Access::Public, ..before.clone() };
        assert_eq!(in_words(&before, &after), "autostart: false → true, access: private → public");
        assert_eq!(in_words(&before, &before), "");
    }

    #[test]
    fn only_what_both_changed_differently_is_refused() {
        let saw = NewInstance::new("a".parse().unwrap(), "a".parse().unwrap(), "x.sh".parse().unwrap());
        let mut present = saw.clone();
        present.gpu_ids = Some("1".parse().unwrap());
        let mut next = present.clone();
        next.autostart = true;
        let base = |json: Value| serde_json::from_value::<BTreeMap<String, Value>>(json).unwrap();

        // Somebody else's member is not touched by this change.
        refuse_overwriting(&base(json!({ "autostart": false, "gpu_ids": null })), &present, &next).unwrap();
        next.gpu_ids = Some("2".parse().unwrap());
        // Nothing was said about what was seen: as before.
        refuse_overwriting(&base(json!({ "autostart": false })), &present, &next).unwrap();
        for seen in [json!(null), json!("")] {
            let refused = refuse_overwriting(&base(json!({ "gpu_ids": seen })), &present, &next).unwrap_err();
            let Error::Overwriting(members) = refused else { panic!("{refused}") };
            assert_eq!(
                members,
                [Overwritten { field: "gpu_ids", base: json!(null), yours: json!("2"), theirs: json!("1") }]
            );
        }
        // Both want the same.
        refuse_overwriting(&base(json!({ "gpu_ids": null })), &present, &present).unwrap();
    }
}
