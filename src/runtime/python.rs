//! Which Python environment an instance has: by what its script says, and by what is really there.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Where environments are by custom, the likelier first.
const USUAL: [&str; 5] = ["env", "venv", ".venv", ".conda", "conda"];

/// What kind of environment it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PythonKind {
    /// Of `python -m venv`, virtualenv or uv.
    Venv,
    /// Of conda, mamba or micromamba.
    Conda,
}

/// An environment that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PythonEnvironment {
    /// What made it.
    pub kind: PythonKind,
    /// Its folder.
    #[schema(value_type = String)]
    pub path: PathBuf,
    /// Its version as its files tell it, without running anything: `3.12.4`, sometimes only `3.12`.
    pub version: Option<String>,
}

/// The environment of the instance whose folder this is. `named`: the path its script gives, seen from there. A script may
/// say anything and run anything: a path it names counts wherever it leads, if an environment is there.
pub fn find(home: &Path, named: &str) -> Option<PythonEnvironment> {
    let folders = fs::read_dir(home).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> =
        folders.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()).collect();
    folders.sort();
    let usual = |folder: &Path| USUAL.map(|name| folder.join(name));
    let mut candidates = vec![home.join(named)];
    candidates.extend(usual(home));
    // An app's own folder holds it now and then.
    candidates.extend(folders.iter().flat_map(|folder| usual(folder)));
    candidates.iter().find_map(|path| at(path))
}

/// The environment in this folder, if it is one.
fn at(path: &Path) -> Option<PythonEnvironment> {
    // `./env/` is shown as `env`.
    let path: PathBuf = path.components().collect();
    if let Ok(entries) = fs::read_dir(path.join("conda-meta")) {
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let version = names.filter_map(|name| conda_version(&name).map(str::to_owned)).next();
        return Some(PythonEnvironment { kind: PythonKind::Conda, path, version });
    }
    let config = fs::read_to_string(path.join("pyvenv.cfg")).ok()?;
    Some(PythonEnvironment { kind: PythonKind::Venv, version: venv_version(&config), path })
}

/// `version = 3.12.4` of venv, `version_info = 3.12.4.final.0` of virtualenv and uv.
fn venv_version(config: &str) -> Option<String> {
    let value = config.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        matches!(key.trim(), "version" | "version_info").then(|| value.trim())
    })?;
    let numbers: Vec<&str> = value.split('.').take_while(|part| part.parse::<u32>().is_ok()).take(3).collect();
    (numbers.len() >= 2).then(|| numbers.join("."))
}

/// `python-3.12.4-h99e199e_1.json`: the record of the package.
fn conda_version(record: &str) -> Option<&str> {
    let version = record.strip_suffix(".json")?.strip_prefix("python-")?.split('-').next()?;
    version.starts_with(|c: char| c.is_ascii_digit()).then_some(version)
}

impl PythonEnvironment {
    /// Its Python.
    pub fn program(&self) -> PathBuf {
        self.path.join("bin/python")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_off_the_files() {
        for (config, version) in [
            ("home = /usr/bin\nversion = 3.12.4\n", Some("3.12.4")),
            ("version_info = 3.11.9.final.0\n", Some("3.11.9")),
            ("version_info=3.13\n", Some("3.13")),
            ("home = /usr/bin\n", None),
            ("version = what\n", None),
        ] {
            assert_eq!(venv_version(config).as_deref(), version, "{config}");
        }
        assert_eq!(conda_version("python-3.12.4-h99e199e_1.json"), Some("3.12.4"));
        for other in ["python-dateutil-2.9.0-py_0.json", "python_abi-3.12-5_cp312.json", "history"] {
            assert_eq!(conda_version(other), None, "{other}");
        }
    }

    #[test]
    fn what_the_script_names_comes_first_and_what_is_there_counts() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        let make = |path: &Path, conda: bool| {
            fs::create_dir_all(path.join("conda-meta")).unwrap();
            if conda {
                fs::write(path.join("conda-meta/python-3.10.2-h1_0.json"), "").unwrap();
            } else {
                fs::remove_dir(path.join("conda-meta")).unwrap();
                fs::write(path.join("pyvenv.cfg"), "version = 3.12.1").unwrap();
            }
        };
        fs::create_dir_all(home.join("empty/env")).unwrap();
        assert_eq!(find(&home, "./env"), None);
        make(&home.join("app/.venv"), false);
        let found = |named: &str| find(&home, named).map(|found| (found.kind, found.path, found.version));
        let venv = |path: PathBuf| Some((PythonKind::Venv, path, Some("3.12.1".to_owned())));
        assert_eq!(found("./env"), venv(home.join("app/.venv")));
        make(&home.join("venv"), false);
        assert_eq!(found("./env/"), venv(home.join("venv")));
        assert_eq!(found("./app/.venv/"), venv(home.join("app/.venv")));
        let elsewhere = dir.path().join("miniconda/envs/x");
        make(&elsewhere, true);
        let named = elsewhere.to_str().unwrap();
        assert_eq!(found(named), Some((PythonKind::Conda, elsewhere.clone(), Some("3.10.2".to_owned()))));
    }
}
