//! The description as it is given out: what the handlers say, and around it what follows from the path and the method: its
//! area, what stands in the path, who may make the call, and the errors every call can have.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value, json};

use super::Table;
use super::words;
use crate::auth::Need;

/// The whole description, for a dashboard below this path. An error is a sentence for who works on the server.
pub(in crate::api) fn finished(table: &Table, root: &str) -> Result<Value, String> {
    let (found, mut schemas) = table.raw()?;
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (path, item) in found {
        let Value::Object(calls) = item else { continue };
        for (method, call) in calls {
            let Value::Object(call) = call else { continue };
            let mut call = Value::Object(finish_call(path, &method, call)?);
            tidy(&mut call);
            paths.entry(path).or_default().insert(method, call);
        }
    }
    schemas.remove("i64");
    for schema in schemas.values_mut() {
        tidy(schema);
    }
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "AiKore",
            "version": env!("CARGO_PKG_VERSION"),
            "description": words::INTRODUCTION,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": root.trim_end_matches('/'), "description": "This server." }],
        "tags": words::AREAS.iter().map(|area| json!({ "name": area.name, "description": area.about })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token from Settings → Access tokens or POST /api/auth/tokens. What it may do are its scopes: \
                                    read, manage, instance:<slug>, view:<slug>.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "aikore_session",
                    "description": "What a browser gets by POST /api/auth/login. It may do everything. Calls that change something \
                                    must come from a page of this server.",
                },
            },
        },
    }))
}

fn finish_call(path: &str, method: &str, mut call: Map<String, Value>) -> Result<Map<String, Value>, String> {
    let here = format!("{method} {path}");
    let says =
        |area: &words::Area| area.paths.iter().filter(|start| begins(path, start)).map(|start| start.len()).max();
    let area = words::AREAS.iter().filter(|area| says(area).is_some()).max_by_key(|area| says(area));
    let area = area.ok_or_else(|| format!("{here} belongs to no area: see src/api/described/words.rs."))?;
    call.insert("tags".to_owned(), json!([area.name]));
    call.insert("operationId".to_owned(), name_of(path, method).into());
    let mut parameters = Vec::new();
    for name in path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
        let part = words::PARTS.iter().find(|part| part.name == name && path.contains(part.at));
        let part =
            part.ok_or_else(|| format!("{here}: {{{name}}} is not explained: see src/api/described/words.rs."))?;
        let kind =
            if part.number { json!({ "type": "integer", "format": "int64" }) } else { json!({ "type": "string" }) };
        parameters.push(json!({
            "name": name, "in": "path", "required": true, "schema": kind, "description": part.about,
            "example": if part.number { part.example.parse::<i64>().map_or_else(|_| part.example.into(), Value::from) } else { part.example.into() },
        }));
    }
    let has_path = !parameters.is_empty();
    let (mut has_query, has_body) = (false, call.get("requestBody").is_some_and(Value::is_object));
    if let Some(Value::Array(own)) = call.remove("parameters") {
        has_query = own.iter().any(|one| one["in"] == "query");
        parameters.extend(own);
    }
    if !parameters.is_empty() {
        call.insert("parameters".to_owned(), parameters.into());
    }
    let is_json = call.get("requestBody").is_some_and(|body| body.pointer("/content/application~1json").is_some());
    let mut answers = match call.remove("responses") {
        Some(Value::Object(answers)) => answers,
        _ => Map::new(),
    };
    let switches = answers.contains_key("101");
    let need = need_of(path, method, switches)?;
    let mut more = Vec::new();
    if need != "nothing" {
        more.push(401);
    }
    if !matches!(need, "nothing" | "a login") || !matches!(method, "get" | "head" | "options") {
        more.push(403);
    }
    if is_json {
        more.extend([408, 413, 415, 422]);
    } else if has_body {
        more.extend([408, 413]);
    }
    if has_query || (has_path && path.contains("{id}") && !path.contains("/jobs/")) {
        more.push(422);
    }
    more.extend([500, 503]);
    for status in more {
        let text = words::ERRORS.iter().find(|(known, _)| *known == status).map_or("", |(_, text)| *text);
        answers.entry(status.to_string()).or_insert_with(|| json!({ "description": text }));
    }
    for (status, answer) in &mut answers {
        let is_error = status.as_str() >= "400";
        if is_error && method != "head" && answer.get("content").is_none() {
            answer["content"] = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Detail" } } });
        }
        if status == "503" {
            answer["headers"] = json!({ "Retry-After": {
                "description": "Seconds, where it can be said.", "schema": { "type": "integer" }, "required": false,
            } });
        }
    }
    call.insert("responses".to_owned(), answers.into());
    call.insert(
        "security".to_owned(),
        if need == "nothing" { json!([]) } else { json!([{ "token": [] }, { "session": [] }]) },
    );
    let about = call.get("description").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let about = format!(
        "{about}\n\nNeeds: {}",
        words::NEEDS.iter().find(|(known, _)| *known == need).map_or("", |(_, text)| *text)
    );
    call.insert("description".to_owned(), about.trim().into());
    call.insert("x-aikore-needs".to_owned(), need.into());
    Ok(call)
}

/// What the door asks of who makes the call, by the rule it goes by itself.
fn need_of(path: &str, method: &str, switches: bool) -> Result<&'static str, String> {
    // What the door of an instance decides, for the pages in its place.
    if path.starts_with("/.aikore/instances/") {
        return Ok("the instance");
    }
    let verb =
        Method::from_bytes(method.to_ascii_uppercase().as_bytes()).map_err(|error| format!("{method}: {error}"))?;
    let changes = switches || !matches!(verb, Method::GET | Method::HEAD | Method::OPTIONS);
    let mut filled = String::new();
    for (at, part) in path.split(['{', '}']).enumerate() {
        filled.push_str(if at % 2 == 1 { "1" } else { part });
    }
    Ok(match Need::of(&verb, changes, &filled) {
        Need::Nothing => "nothing",
        Need::BeKnown => "a login",
        Need::Read => "read",
        Need::AskSome => "read or any instance",
        Need::Ask(_) => "read or instance",
        Need::Control(_) => "instance",
        Need::Manage => "manage",
    })
}

/// `getInstancesIdLogs` of GET /api/instances/{id}/logs.
fn name_of(path: &str, method: &str) -> String {
    let mut name = method.to_owned();
    for word in path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !matches!(*word, "" | "api" | "aikore"))
    {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

/// Whether a path is this one, or below it.
fn begins(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Doc comments are broken into lines for an editor; a description is not. Numbers that have a name in the code have none here.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("$ref").is_some_and(|to| to == "#/components/schemas/i64") {
                members.remove("$ref");
                members.insert("type".to_owned(), "integer".into());
                members.insert("format".to_owned(), "int64".into());
            }
            if let Some(Value::String(text)) = members.get_mut("description") {
                *text = text.split("\n\n").map(|part| part.replace('\n', " ")).collect::<Vec<_>>().join("\n\n");
            }
            members.values_mut().for_each(tidy);
        }
        Value::Array(all) => all.iter_mut().for_each(tidy),
        _ => {}
    }
}
