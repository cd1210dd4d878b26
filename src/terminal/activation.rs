//! Which Python environment a shell begins with, and the start file that makes it so.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::runtime::python::{self, PythonEnvironment, PythonKind};

/// Where the base installation of conda usually is.
const BASES: [&str; 4] = ["/home/abc/miniconda3", "/opt/conda", "/opt/miniconda3", "/opt/miniforge3"];

/// An environment that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activation {
    /// There is none (yet).
    None,
    /// A conda environment, and the script that brings the command `conda`, where there is one.
    Conda {
        /// Its folder.
        prefix: PathBuf,
        /// `etc/profile.d/conda.sh` of the base installation.
        conda: Option<PathBuf>,
    },
    /// An environment of venv, virtualenv or uv.
    Venv {
        /// Its folder.
        folder: PathBuf,
    },
}

/// Looks for the environment of an instance: where its script says (`named`), then where they usually are. What is there
/// counts, not what it is said to be. `path`: `$PATH`; `exe`: `$CONDA_EXE`.
pub fn find(folder: &Path, named: &str, path: Option<&OsStr>, exe: Option<&OsStr>) -> Activation {
    match python::find(folder, named) {
        Some(PythonEnvironment { kind: PythonKind::Conda, path: prefix, .. }) => {
            Activation::Conda { prefix, conda: conda(path, exe) }
        }
        Some(PythonEnvironment { kind: PythonKind::Venv, path: folder, .. }) => Activation::Venv { folder },
        None => Activation::None,
    }
}

/// The base installation's script.
fn conda(path: Option<&OsStr>, exe: Option<&OsStr>) -> Option<PathBuf> {
    let base_of = |exe: &Path| Some(exe.canonicalize().ok()?.parent()?.parent()?.to_owned());
    let named = exe.and_then(|exe| base_of(Path::new(exe)));
    let on_path = path.into_iter().flat_map(std::env::split_paths).filter_map(|bin| base_of(&bin.join("conda")));
    let usual = BASES.iter().map(PathBuf::from);
    let scripts = named.into_iter().chain(on_path).chain(usual).map(|base| base.join("etc/profile.d/conda.sh"));
    scripts.into_iter().find(|script| script.is_file())
}

/// The start file of a bash. Of an interactive one the user's own comes first.
pub(super) fn start_file(activation: &Activation, directory: &Path, interactive: bool) -> Vec<u8> {
    let own: &[u8] = if interactive { b"PS1='\\w\\$ '\n[ -f ~/.bashrc ] && . ~/.bashrc\n" } else { b"" };
    let mut text = own.to_vec();
    // The user's own file may have gone elsewhere.
    text.extend([b"cd -- ", quoted(directory).as_slice(), b"\n"].concat());
    match activation {
        Activation::None => {}
        Activation::Venv { folder } => {
            text.extend([b". ", quoted(&folder.join("bin/activate")).as_slice(), b"\n"].concat());
        }
        Activation::Conda { prefix, conda } => {
            let prefix = quoted(prefix);
            text.extend_from_slice(b"CONDA_ENV_PROMPT='({name}) '; export CONDA_ENV_PROMPT\n");
            if let Some(conda) = conda {
                let conda = quoted(conda);
                text.extend([b". ", conda.as_slice(), b" && conda activate ", prefix.as_slice(), b"\n"].concat());
            }
            // Without a base installation, or if it refuses: what activating comes to.
            text.extend([b"if [ \"$CONDA_PREFIX\" != ", prefix.as_slice(), b" ]; then\n"].concat());
            text.extend([b"  CONDA_PREFIX=", prefix.as_slice(), b"; export CONDA_PREFIX\n"].concat());
            text.extend_from_slice(
                b"  PATH=$CONDA_PREFIX/bin:$PATH\n  PS1=\"(${CONDA_PREFIX##*/}) $PS1\"\n  \
                  for _script in \"$CONDA_PREFIX\"/etc/conda/activate.d/*.sh; do [ -f \"$_script\" ] && . \"$_script\"; done\n  \
                  unset _script\nfi\n",
            );
        }
    }
    text
}

fn quoted(path: &Path) -> Vec<u8> {
    let mut text = vec![b'\''];
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'\'' => text.extend_from_slice(br"'\''"),
            other => text.push(*other),
        }
    }
    text.push(b'\'');
    text
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_there_counts() {
        let dir = tempfile::tempdir().unwrap();
        let place = |name: &str| dir.path().join(name);
        let found = |named: &str| find(dir.path(), named, None, None);
        assert_eq!(found("./env"), Activation::None);
        fs::create_dir(place(".venv")).unwrap();
        fs::write(place(".venv/pyvenv.cfg"), "version = 3.12.4\n").unwrap();
        assert_eq!(found("./env"), Activation::Venv { folder: place(".venv") });
        fs::create_dir_all(place("own/conda-meta")).unwrap();
        let Activation::Conda { prefix, .. } = found("./own") else { panic!("no conda") };
        assert_eq!(prefix, place("own"), "the script's word comes first");
    }

    #[test]
    fn conda_is_found_by_its_command() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap().join("base");
        for folder in ["bin", "etc/profile.d"] {
            fs::create_dir_all(base.join(folder)).unwrap();
        }
        let script = base.join("etc/profile.d/conda.sh");
        fs::write(&script, "").unwrap();
        fs::write(base.join("bin/conda"), "").unwrap();
        assert_eq!(conda(None, Some(base.join("bin/conda").as_os_str())), Some(script.clone()));
        assert_eq!(conda(Some(base.join("bin").as_os_str()), None), Some(script));
    }

    #[test]
    fn names_are_quoted() {
        let folder = PathBuf::from("/c/it's $HOME/env");
        let text = start_file(&Activation::Venv { folder }, Path::new("/c/it's $HOME"), true);
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains(r"cd -- '/c/it'\''s $HOME'"), "{text}");
        assert!(text.ends_with(". '/c/it'\\''s $HOME/env/bin/activate'\n"), "{text}");
    }
}
