//! Whether a value is what a schema says: as much of JSON Schema as our description uses, and strictly: a member that nobody
//! has described is a fault.

use std::collections::BTreeMap;

use serde_json::Value;

/// What is wrong with a value, each with where it is; nothing: it is as described.
pub(crate) fn faults(whole: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(whole, schema, value, "", &mut found);
    found
}

fn resolved<'w>(whole: &'w Value, mut schema: &'w Value) -> &'w Value {
    while let Some(to) = schema["$ref"].as_str() {
        schema = whole.pointer(to.trim_start_matches('#')).unwrap_or_else(|| panic!("{to} leads nowhere"));
    }
    schema
}

fn check(whole: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let schema = resolved(whole, schema);
    for word in schema.as_object().into_iter().flatten().map(|(word, _)| word.as_str()) {
        let known = [
            "type",
            "properties",
            "required",
            "items",
            "enum",
            "oneOf",
            "anyOf",
            "allOf",
            "additionalProperties",
            "description",
            "format",
            "minimum",
            "maximum",
            "example",
            "examples",
            "default",
            "title",
            "propertyNames",
            "deprecated",
            "minItems",
            "maxItems",
        ];
        assert!(known.contains(&word), "this test does not know what {word} means in a schema: {schema}");
    }
    for word in ["oneOf", "anyOf"] {
        if let Some(ways) = schema[word].as_array() {
            let each: Vec<_> = ways.iter().map(|way| faults(whole, way, value)).collect();
            if !each.iter().any(Vec::is_empty) {
                found.push(format!("{at}: fits none of {word}: {each:?}"));
            }
            return;
        }
    }
    if let Some(Value::Array(values)) = schema.get("enum")
        && !values.contains(value)
    {
        found.push(format!("{at}: {value} is none of {values:?}"));
    }
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let fits = |kind: &Value| kind == is || (kind == "number" && is == "integer");
    let described = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(fits),
        Value::String(_) => fits(&schema["type"]),
        _ => true,
    };
    if !described {
        found.push(format!("{at}: {value} is not of type {}", schema["type"]));
        return;
    }
    if let Some(least) = schema["minimum"].as_f64()
        && value.as_f64().is_some_and(|value| value < least)
    {
        found.push(format!("{at}: {value} is less than {least}"));
    }
    match value {
        Value::Array(all) if schema["items"].is_object() => {
            for (n, one) in all.iter().enumerate() {
                check(whole, &schema["items"], one, &format!("{at}/{n}"), found);
            }
        }
        Value::Object(members) => {
            let (mut properties, mut open, mut needed) = (BTreeMap::new(), false, Vec::new());
            let mut rest = None;
            gather(whole, schema, &mut properties, &mut needed, &mut open, &mut rest);
            for name in needed {
                if !members.contains_key(name) {
                    found.push(format!("{at}: {name} is missing"));
                }
            }
            for (name, member) in members {
                match properties.get(name.as_str()).copied().or(rest) {
                    Some(of) => check(whole, of, member, &format!("{at}/{name}"), found),
                    None if open => {}
                    None => found.push(format!("{at}: {name} is described nowhere")),
                }
            }
        }
        _ => {}
    }
}

/// The members of an object, of all the parts it is put together from.
fn gather<'w>(
    whole: &'w Value,
    schema: &'w Value,
    properties: &mut BTreeMap<&'w str, &'w Value>,
    needed: &mut Vec<&'w str>,
    open: &mut bool,
    rest: &mut Option<&'w Value>,
) {
    let schema = resolved(whole, schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        gather(whole, part, properties, needed, open, rest);
    }
    properties.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, of)| (name.as_str(), of)));
    needed.extend(schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str));
    if schema["additionalProperties"].is_object() {
        *rest = Some(&schema["additionalProperties"]);
    }
    // An object of which nothing is said holds anything.
    *open |= schema.get("properties").is_none()
        && schema.get("allOf").is_none()
        && schema.get("additionalProperties").is_none();
}
