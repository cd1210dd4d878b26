//! Which packages an environment holds, read off its files without running anything, and the list of them: in the form of
//! `pip freeze`, so that pip and uv take it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The packages of an environment, by their plain names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock(pub BTreeMap<String, Locked>);

/// One package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    /// Its version.
    pub version: String,
    /// Where it came from, if not from an index: `git+https://…@commit`, `file:///…`.
    pub source: Option<String>,
}

/// What `direct_url.json` says (PEP 610).
#[derive(Deserialize)]
struct DirectUrl {
    url: String,
    #[serde(default)]
    vcs_info: Option<VcsInfo>,
    #[serde(default)]
    subdirectory: Option<String>,
}

#[derive(Deserialize)]
struct VcsInfo {
    vcs: String,
    commit_id: String,
}

/// Reads the packages of an environment.
pub fn packages(environment: &Path) -> Lock {
    let mut all = BTreeMap::new();
    for folder in site_packages(environment) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some((name, version)) =
                name.to_str().and_then(|name| name.strip_suffix(".dist-info")?.rsplit_once('-'))
            else {
                continue;
            };
            let source = source(&entry.path());
            all.insert(plain(name), Locked { version: version.to_owned(), source });
        }
    }
    Lock(all)
}

fn site_packages(environment: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(environment.join("lib")).into_iter().flatten().flatten();
    let folders = listed.map(|entry| entry.path().join("site-packages"));
    folders.filter(|folder| folder.is_dir()).collect()
}

fn source(package: &Path) -> Option<String> {
    let said: DirectUrl = serde_json::from_slice(&fs::read(package.join("direct_url.json")).ok()?).ok()?;
    let part = said.subdirectory.map(|folder| format!("#subdirectory={folder}")).unwrap_or_default();
    Some(match said.vcs_info {
        Some(VcsInfo { vcs, commit_id }) => format!("{vcs}+{}@{commit_id}{part}", said.url),
        None => format!("{}{part}", said.url),
    })
}

/// As packages compare names (PEP 503).
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.chars() {
        let c = if matches!(c, '.' | '_' | '-') { '-' } else { c.to_ascii_lowercase() };
        if c != '-' || !plain.ends_with('-') {
            plain.push(c);
        }
    }
    plain
}

impl Lock {
    /// The list as a text: a line a package, and in front what it is.
    pub fn text(&self, python: Option<&str>) -> String {
        let mut text = "# What is installed here, written by AiKore after a good start.\n".to_owned();
        if let Some(python) = python {
            text.push_str(&format!("# Python {python}\n"));
        }
        for (name, Locked { version, source }) in &self.0 {
            match source {
                Some(source) => text.push_str(&format!("{name} @ {source}\n")),
                None => text.push_str(&format!("{name}=={version}\n")),
            }
        }
        text
    }

    /// Reads such a text. What came from elsewhere than an index has its source for a version.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        let package = |line: &str| {
            if let Some((name, source)) = line.split_once(" @ ") {
                let version = source.rsplit_once('@').map_or(source, |(_, commit)| commit);
                return Some((plain(name), Locked { version: version.to_owned(), source: Some(source.to_owned()) }));
            }
            let (name, version) = line.split_once("==")?;
            Some((plain(name.trim()), Locked { version: version.trim().to_owned(), source: None }))
        };
        Self(lines.filter_map(package).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_read_off_its_files() {
        let dir = tempfile::tempdir().unwrap();
        let site = dir.path().join("lib/python3.12/site-packages");
        for name in
            ["Flask_Thing-1.2.3.dist-info", "torch-2.9.1+cu128.dist-info", "not-a-package", "tool-0.1.dist-info"]
        {
            fs::create_dir_all(site.join(name)).unwrap();
        }
        let said = r#"{"url":"https://example.org/tool.git","vcs_info":{"vcs":"git","commit_id":"abc"}}"#;
        fs::write(site.join("tool-0.1.dist-info/direct_url.json"), said).unwrap();
        let lock = packages(dir.path());
        let text = lock.text(Some("3.12.4"));
        assert!(text.starts_with("# What is installed"), "{text}");
        assert!(text.contains(
            "# Python 3.12.4\nflask-thing==1.2.3\ntool @ git+https://example.org/tool.git@abc\ntorch==2.9.1+cu128\n"
        ));
        let again = Lock::parse(&text);
        assert_eq!(again.0.keys().collect::<Vec<_>>(), lock.0.keys().collect::<Vec<_>>());
        assert_eq!(again.0["tool"].version, "abc");
        assert_eq!(packages(&dir.path().join("absent")), Lock::default());
    }
}
