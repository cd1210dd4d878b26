//! Which instance somebody means: by its name, its slug or its id, each exact.

use serde_json::Value;

use super::Failed;
use super::out::text;
use super::server::Server;

/// How alike a name must be to be worth a mention.
const ALIKE: f64 = 0.75;
/// How many of them are mentioned.
const MENTIONED: usize = 3;

/// The instance that is meant.
pub(super) async fn instance(server: &Server, named: &str) -> Result<Value, Failed> {
    let all = server.get("/api/instances").await?;
    let all = all.as_array().map(Vec::as_slice).unwrap_or_default();
    pick(all, named).cloned()
}

/// The id of an instance.
pub(super) fn id(instance: &Value) -> i64 {
    instance.get("id").and_then(Value::as_i64).unwrap_or_default()
}

fn pick<'a>(all: &'a [Value], named: &str) -> Result<&'a Value, Failed> {
    let is_meant = |instance: &&Value| {
        text(instance, "name") == named || text(instance, "slug") == named || id(instance).to_string() == named
    };
    let mut meant = all.iter().filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(unknown("instance", named, all.iter().map(|one| text(one, "name")))),
        (Some(one), Some(other)) => {
            let told = |one: &Value| format!("'{}' (id {})", text(one, "name"), id(one));
            let others: Vec<String> = [one, other].into_iter().chain(meant).map(told).collect();
            Err(Failed::bad_settings(format!(
                "'{named}' could be {}. Name it by its full name, or by its id",
                others.join(" or ")
            )))
        }
    }
}

/// There is no such thing; perhaps one of these was meant.
pub(super) fn unknown<'a>(what: &str, named: &str, all: impl Iterator<Item = &'a str>) -> Failed {
    let lower = named.to_lowercase();
    let likeness = |name: &str| strsim::jaro_winkler(&lower, &name.to_lowercase());
    let mut near: Vec<(&str, f64)> = all.map(|name| (name, likeness(name))).filter(|(_, like)| *like > ALIKE).collect();
    near.sort_by(|a, b| b.1.total_cmp(&a.1));
    let near: Vec<String> = near.iter().take(MENTIONED).map(|(name, _)| format!("'{name}'")).collect();
    let hint = if near.is_empty() { String::new() } else { format!(" Did you mean {}?", near.join(" or ")) };
    Failed::not_found(format!("There is no {what} '{named}'.{hint}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_slugs_and_ids() {
        let all = [
            json!({ "id": 1, "name": "My Comfy", "slug": "my-comfy" }),
            json!({ "id": 2, "name": "forge", "slug": "forge" }),
            json!({ "id": 3, "name": "1", "slug": "1" }),
        ];
        for (named, id) in [("My Comfy", 1), ("my-comfy", 1), ("forge", 2), ("2", 2), ("3", 3)] {
            assert_eq!(super::id(pick(&all, named).unwrap()), id, "{named}");
        }
        let failed = pick(&all, "1").unwrap_err();
        assert!(failed.code == 2 && failed.why.contains("'My Comfy' (id 1) or '1' (id 3)"), "{failed:?}");
        let failed = pick(&all, "Forgé").unwrap_err();
        assert_eq!((failed.code, &*failed.why), (3, "There is no instance 'Forgé'. Did you mean 'forge'?"));
        assert_eq!(pick(&all, "xyz").unwrap_err().why, "There is no instance 'xyz'.");
    }
}
