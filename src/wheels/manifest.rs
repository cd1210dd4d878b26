//! What the builder of the earlier system wrote down beside its wheels. Its form is read as it comes: by file name, or a
//! list; whatever is not understood is not there.

use std::collections::BTreeMap;
use std::io::Read;

use serde::Serialize;
use serde_json::Value;

use crate::domain::FolderPath;
use crate::folders::Folder;

const NAME: &str = "manifest.json";

/// A file larger than that is no manifest.
const MOST: u64 = 4 << 20;

/// How a wheel was built, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The compute capability of the cards it is for.
    pub cuda_arch: Option<String>,
    /// The CUDA it was built with.
    pub cuda_ver: Option<String>,
    /// The torch it was built for.
    pub torch_ver: Option<String>,
    /// What it was built from.
    pub source_preset: Option<String>,
    /// When.
    pub created_at: Option<String>,
}

pub(super) fn read(folder: &Folder) -> BTreeMap<String, Origin> {
    let Ok(path) = FolderPath::parse(NAME) else { return BTreeMap::new() };
    // Most shelves have none.
    let Ok((file, facts)) = folder.open_file(&path) else { return BTreeMap::new() };
    let mut text = Vec::new();
    if facts.len() > MOST || file.take(MOST).read_to_end(&mut text).is_err() {
        return BTreeMap::new();
    }
    serde_json::from_slice(&text).map(|value| parse(&value)).unwrap_or_default()
}

fn parse(manifest: &Value) -> BTreeMap<String, Origin> {
    if let Some(inner) = manifest.get("wheels").filter(|inner| inner.is_object() || inner.is_array()) {
        return parse(inner);
    }
    match manifest {
        Value::Object(members) => members.iter().map(|(name, facts)| (name.clone(), origin(facts))).collect(),
        Value::Array(list) => {
            list.iter().filter_map(|facts| Some((word(facts, &["filename", "file", "name"])?, origin(facts)))).collect()
        }
        _ => BTreeMap::new(),
    }
}

fn origin(facts: &Value) -> Origin {
    Origin {
        cuda_arch: word(facts, &["cuda_arch", "arch"]),
        cuda_ver: word(facts, &["cuda_ver", "cuda_version", "cuda"]),
        torch_ver: word(facts, &["torch_ver", "torch_version", "torch"]),
        source_preset: word(facts, &["source_preset", "preset"]),
        created_at: word(facts, &["created_at", "created"]),
    }
}

/// The first of these members that says something short.
fn word(facts: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let text = match facts.get(name)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        (!text.is_empty() && text.len() <= 200).then_some(text)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_a_builder_may_have_written() {
        let facts =
            json!({ "arch": 8.9, "cuda_ver": "cu128", "torch_version": "2.7.0", "preset": "flash-attn", "x": [] });
        let mut with_name = facts.clone();
        with_name["filename"] = json!("a.whl");
        for form in [json!({ "a.whl": facts }), json!([with_name]), json!({ "wheels": [with_name] })] {
            let all = parse(&form);
            let one = &all["a.whl"];
            assert_eq!(one.cuda_arch.as_deref(), Some("8.9"), "{form}");
            assert_eq!(one.cuda_ver.as_deref(), Some("cu128"));
            assert_eq!(one.torch_ver.as_deref(), Some("2.7.0"));
            assert_eq!((one.source_preset.as_deref(), one.created_at.as_deref()), (Some("flash-attn"), None));
        }
        for nonsense in [json!(null), json!("x"), json!([1, "x", {}]), json!({ "wheels": 1 }), json!({ "a.whl": 5 })] {
            assert!(parse(&nonsense).values().all(|one| *one == Origin::default()), "{nonsense}");
        }
    }
}
