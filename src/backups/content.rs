//! Which files of an instance's folder are small, a person's own, and can't be had again. Pure rules.

/// No file is longer: what is, is data.
pub(super) const LONGEST: u64 = 256 << 10;

/// How deep they are looked for.
pub(super) const DEPTH: usize = 8;

/// So many at most, of one instance.
pub(super) const MOST: usize = 5_000;

/// So many things are looked at, at most, of one instance.
pub(super) const LOOKED_AT: usize = 200_000;

/// How the names of configuration files end.
const CONFIGURATION: [&str; 17] = [
    "json",
    "jsonc",
    "json5",
    "yaml",
    "yml",
    "toml",
    "ini",
    "cfg",
    "conf",
    "config",
    "env",
    "properties",
    "xml",
    "css",
    "csv",
    "txt",
    "sh",
];

/// … and those without an ending.
const BY_NAME: [&str; 3] = [".env", ".netrc", ".npmrc"];

/// Folders of which nothing is taken, and why: by their names, in lower case.
const NEVER: [(&str, &str); 27] = [
    (".git", "code: it is cloned again"),
    ("node_modules", "packages: they are installed again"),
    ("site-packages", "packages: they are installed again"),
    ("__pycache__", "made by itself"),
    (".cache", "a cache"),
    ("cache", "a cache"),
    ("caches", "a cache"),
    (".npm", "a cache"),
    ("tmp", "temporary files"),
    ("temp", "temporary files"),
    (".aikore-uploads", "uploads that are not whole"),
    ("output.logs", "logs"),
    ("logs", "logs"),
    ("log", "logs"),
    (".kiosk", "what the browser of a desktop remembers"),
    ("wheels", "packages: put them on the shelf again"),
    ("models", "models"),
    ("checkpoints", "models"),
    ("ckpts", "models"),
    ("weights", "models"),
    ("loras", "models"),
    ("embeddings", "models"),
    ("datasets", "data"),
    ("input", "pictures and other inputs"),
    ("inputs", "pictures and other inputs"),
    ("output", "outputs"),
    ("outputs", "outputs"),
];

/// Why nothing of a folder is taken; `None`: it is looked into.
pub(super) fn never(folder: &str) -> Option<&'static str> {
    let plain = folder.to_ascii_lowercase();
    NEVER.iter().find(|(name, _)| *name == plain).map(|(_, why)| *why)
}

/// Whether a file that lies in an app's folder is kept, by its name and size.
pub(super) fn is_small_config(name: &str, size: u64) -> bool {
    size <= LONGEST && !is_ours(name) && is_config(name)
}

/// What AiKore writes anew by itself, or for a moment only.
fn is_ours(name: &str) -> bool {
    matches!(name, "output.log" | ".rebuild-env") || name.starts_with(".aikore-")
}

fn is_config(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    BY_NAME.contains(&name) || (!name.starts_with('.') && CONFIGURATION.contains(&ending.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_texts_are_taken_and_nothing_that_can_be_had_again() {
        for (name, size, taken) in [
            ("launch.sh", 3_000, true),
            ("aikore_vars.env", 0, true),
            ("config.JSON", 9, true),
            (".env", 9, true),
            ("styles.csv", 9, true),
            ("config.json", LONGEST + 1, false),
            ("model.safetensors", 9, false),
            ("webui.db", 9, false),
            ("output.log", 9, false),
            (".aikore-upload-1", 9, false),
            (".rebuild-env", 0, false),
            ("README", 9, false),
            (".hidden.json", 9, false),
        ] {
            assert_eq!(is_small_config(name, size), taken, "{name}");
        }
        for folder in [".git", "node_modules", "Models", "outputs", "output.logs", "__pycache__", "wheels"] {
            assert!(never(folder).is_some(), "{folder}");
        }
        for folder in ["user", "config", "custom_nodes", ".config", ".aikore-history"] {
            assert_eq!(never(folder), None, "{folder}");
        }
    }
}
