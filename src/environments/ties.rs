//! What ties a Python environment to its folder, and how it is tied to another one.
//!
//! A venv holds its own path in the first lines of its scripts, in `activate`, in `pyvenv.cfg` and in lists of editable
//! packages. All of these are text and can be changed. A conda environment holds it in binaries too: that one is made anew.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use memchr::memmem;

use crate::runtime::folder;

/// The longest first line that every kernel takes.
const SHEBANG: usize = 127;

/// An environment in an instance's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Where, inside the folder.
    pub inside: PathBuf,
    /// Whether conda made it.
    pub is_conda: bool,
}

/// The environments below a folder, also those that no header names.
pub fn find(home: &Path) -> Vec<Environment> {
    let mut found = Vec::new();
    let mut rest = vec![PathBuf::new()];
    while let Some(inside) = rest.pop() {
        let path = home.join(&inside);
        let is_conda = path.join("conda-meta").is_dir();
        if inside == Path::new(super::FOLDER) {
            // What was, not what is.
            continue;
        }
        if is_conda || path.join("pyvenv.cfg").is_file() {
            found.push(Environment { inside, is_conda });
            continue;
        }
        let entries = fs::read_dir(&path).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        rest.extend(folders.map(|folder| inside.join(folder.file_name())));
    }
    found
}

/// The path in the header, as one inside the instance's folder; `None` when it leads elsewhere.
pub fn inside(venv_path: &str) -> Option<PathBuf> {
    use std::path::Component;
    let mut inside = PathBuf::new();
    for part in Path::new(venv_path).components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => inside.push(part),
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (inside != Path::new("")).then_some(inside)
}

/// A script names the old path, and the new one would need quotes that nobody can be sure of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeedsQuotes;

/// A change of the paths that text files hold.
#[derive(Debug)]
pub struct Move<'a> {
    old: &'a str,
    new: &'a str,
}

impl<'a> Move<'a> {
    /// From one folder to another; `None` for a path that is no text.
    pub fn new(old: &'a Path, new: &'a Path) -> Option<Self> {
        Some(Self { old: old.to_str()?, new: new.to_str()? })
    }

    /// Whether an environment can be moved for sure; if not, why. Asked before gigabytes are copied.
    pub fn is_sure(&self, environment: &Path) -> Result<(), String> {
        files(environment).iter().try_for_each(|path| self.changed(path).map(drop))
    }

    /// Changes what an environment's files hold.
    pub fn apply(&self, environment: &Path) -> Result<(), String> {
        for path in files(environment) {
            if let Some(text) = self.changed(&path)? {
                let failed = |error: &dyn std::fmt::Display| format!("{} can't be changed: {error}", path.display());
                let mode = fs::metadata(&path).map_err(|error| failed(&error))?.permissions().mode() & 0o7777;
                folder::replace(&path, &text, mode).map_err(|error| failed(&error))?;
            }
        }
        Ok(())
    }

    /// A script with the new path in place of the old one; `None` when it holds none. An error when the new one would
    /// need quotes that we can't be sure of.
    pub fn script(&self, text: &[u8]) -> Result<Option<Vec<u8>>, NeedsQuotes> {
        let Some(changed) = self.replaced(text) else { return Ok(None) };
        if is_plain(self.new) { Ok(Some(changed)) } else { Err(NeedsQuotes) }
    }

    fn changed(&self, path: &Path) -> Result<Option<Vec<u8>>, String> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = fs::read(path).map_err(|error| format!("{name} can't be read: {error}"))?;
        let Some(changed) = self.replaced(&text) else { return Ok(None) };
        if changed.contains(&0) {
            return Err(format!("the program {name} holds its own path"));
        }
        if path.parent().and_then(Path::file_name).is_none_or(|folder| folder != "bin") {
            // Lists of paths, a line each: nothing to quote.
            return Ok(Some(changed));
        }
        match changed.strip_prefix(b"#!").filter(|rest| rest.starts_with(self.new.as_bytes())) {
            Some(rest) => self.first_line(rest).map(Some).ok_or_else(|| format!("the script {name} can't name it")),
            None if is_plain(self.new) => Ok(Some(changed)),
            None => Err(format!("the script {name} would need other quotes")),
        }
    }

    /// A script whose interpreter is in the new folder: the kernel takes no blanks and no long paths; a shell does.
    fn first_line(&self, rest: &[u8]) -> Option<Vec<u8>> {
        let end = memchr::memchr(b'\n', rest)?;
        let (line, body) = rest.split_at(end);
        if is_plain(self.new) && line.len() + 2 <= SHEBANG {
            return Some([b"#!".as_slice(), rest].concat());
        }
        let python = std::str::from_utf8(line).ok()?;
        let file = python.rsplit('/').next()?;
        // Arguments would need to be told from the path, and the trick below is Python's.
        let can = file.starts_with("python") && !file.contains(' ') && !self.new.contains(['"', '$', '`', '\\', '\'']);
        can.then(|| [format!("#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''").as_bytes(), body].concat())
    }

    /// `None` when the old path is not in it. A path that only begins like it is another one.
    fn replaced(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut from = 0;
        for at in memmem::find_iter(text, self.old) {
            let after = at + self.old.len();
            let ends = text.get(after).is_none_or(|next| b"/\"'\n\r:;)".contains(next));
            let begins = at.checked_sub(1).and_then(|before| text.get(before)).is_none_or(|before| !is_name(*before));
            if ends && begins {
                out.extend_from_slice(text.get(from..at)?);
                out.extend_from_slice(self.new.as_bytes());
                from = after;
            }
        }
        if from == 0 {
            return None;
        }
        out.extend_from_slice(text.get(from..)?);
        Some(out)
    }
}

/// What may stand before a path that is a part of a longer one.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-/".contains(&byte) || byte >= 0x80
}

/// Whether a shell reads it as it is, without quotes.
fn is_plain(path: &str) -> bool {
    path.chars().all(|c| c.is_alphanumeric() || "/._-+,@%=:".contains(c))
}

/// The files of an environment that may hold its path.
fn files(environment: &Path) -> Vec<PathBuf> {
    let listed = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> = listed(environment.join("bin")).map(|entry| entry.path()).collect();
    all.push(environment.join("pyvenv.cfg"));
    for lib in listed(environment.join("lib")) {
        all.extend(listed(lib.path().join("site-packages")).map(|entry| entry.path()).filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".pth") || name.ends_with(".egg-link") || name.starts_with("__editable__")
        }));
    }
    // Links lead to the machine's Python, or to a file of this list.
    all.retain(|path| fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str, old: &str, new: &str) -> Option<String> {
        Move { old, new }.replaced(text.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn only_the_very_path_is_replaced() {
        for (text, changed) in [
            ("#!/c/instances/a/env/bin/python\n", Some("#!/c/instances/b/env/bin/python\n")),
            ("X=\"/c/instances/a\" Y='/c/instances/a'", Some("X=\"/c/instances/b\" Y='/c/instances/b'")),
            ("PATH=/c/instances/a:/bin", Some("PATH=/c/instances/b:/bin")),
            ("/c/instances/a", Some("/c/instances/b")),
            ("/c/instances/ab/env /c/instances/a b/env", None),
            ("/data/c/instances/a/env", None),
            ("nothing", None),
        ] {
            assert_eq!(replaced(text, "/c/instances/a", "/c/instances/b").as_deref(), changed, "{text:?}");
        }
    }

    #[test]
    fn where_an_environment_lies() {
        assert_eq!(inside("./env"), Some("env".into()));
        assert_eq!(inside("deep/my venv/"), Some("deep/my venv".into()));
        for outside in ["", ".", "..", "../env", "/opt/env", "env/../.."] {
            assert_eq!(inside(outside), None, "{outside:?}");
        }
    }

    fn environment() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let env = dir.path().join("a/env");
        fs::create_dir_all(env.join("bin")).unwrap();
        fs::create_dir_all(env.join("lib/python3.12/site-packages")).unwrap();
        fs::write(env.join("pyvenv.cfg"), format!("command = python3 -m venv {}\n", env.display())).unwrap();
        fs::write(env.join("bin/tool"), format!("#!{}/bin/python3\nprint(1)\n", env.display())).unwrap();
        fs::set_permissions(env.join("bin/tool"), fs::Permissions::from_mode(0o751)).unwrap();
        let list = env.join("lib/python3.12/site-packages/app.pth");
        fs::write(list, format!("{}\n", dir.path().join("a/app").display())).unwrap();
        (dir, env)
    }

    #[test]
    fn an_environment_is_tied_to_its_new_folder() {
        let (dir, env) = environment();
        let (old, new) = (dir.path().join("a"), dir.path().join("b"));
        let to = Move::new(&old, &new).unwrap();
        to.is_sure(&env).unwrap();
        to.apply(&env).unwrap();
        let read = |path: &str| fs::read_to_string(env.join(path)).unwrap();
        let new = new.display();
        assert_eq!(read("bin/tool"), format!("#!{new}/env/bin/python3\nprint(1)\n"));
        assert_eq!(fs::metadata(env.join("bin/tool")).unwrap().permissions().mode() & 0o7777, 0o751);
        assert_eq!(read("pyvenv.cfg"), format!("command = python3 -m venv {new}/env\n"));
        assert_eq!(read("lib/python3.12/site-packages/app.pth"), format!("{new}/app\n"));
    }

    #[test]
    fn a_folder_with_a_blank_needs_a_shell_in_the_first_line() {
        let (dir, env) = environment();
        let (old, new) = (dir.path().join("a"), dir.path().join("my b"));
        Move::new(&old, &new).unwrap().apply(&env).unwrap();
        let text = fs::read_to_string(env.join("bin/tool")).unwrap();
        let python = new.join("env/bin/python3");
        assert_eq!(text, format!("#!/bin/sh\n'''exec' \"{}\" \"$0\" \"$@\"\n' '''\nprint(1)\n", python.display()));
    }

    #[test]
    fn what_is_not_sure_is_refused() {
        let (dir, env) = environment();
        let old = dir.path().join("a");
        let refused = |new: &str| Move::new(&old, &dir.path().join(new)).unwrap().is_sure(&env).is_err();
        assert!(!refused("b") && !refused("my b"));
        assert!(refused("$(touch x)"), "a shell would run it");
        fs::write(env.join("bin/activate"), format!("VIRTUAL_ENV={}\n", env.display())).unwrap();
        assert!(!refused("b") && refused("my b"));
        fs::write(env.join("bin/program"), [b"\x7fELF\0", env.to_str().unwrap().as_bytes(), b"/x\0"].concat()).unwrap();
        assert!(refused("b"));
    }

    #[test]
    fn environments_are_found_wherever_they_are() {
        let (dir, _env) = environment();
        let home = dir.path().join("a");
        fs::create_dir_all(home.join("app/.conda/conda-meta")).unwrap();
        fs::create_dir_all(home.join("app/src")).unwrap();
        let mut found = find(&home);
        found.sort_by(|a, b| a.inside.cmp(&b.inside));
        assert_eq!(
            found,
            [
                Environment { inside: "app/.conda".into(), is_conda: true },
                Environment { inside: "env".into(), is_conda: false }
            ]
        );
    }
}
