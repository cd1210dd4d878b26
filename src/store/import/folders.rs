//! The folder of an instance whose name had to change moves along.

use std::path::{Component, Path, PathBuf};

use super::repair::Repaired;
use crate::domain::Layout;

/// Moves the folders of renamed instances. Only a folder strictly inside `instances/` is ever moved, and never onto
/// something that exists.
pub(super) fn follow(layout: &Layout, repaired: &[Repaired]) -> Result<(), (PathBuf, std::io::Error)> {
    for row in repaired {
        let Some(old_name) = &row.renamed_from else { continue };
        let Some(old) = inside(&layout.instances(), old_name) else {
            tracing::warn!(instance = row.id, "import: the old name leads outside instances/: its folder stays");
            continue;
        };
        let new = layout.instance(&row.instance.name);
        if !old.is_dir() || new.exists() {
            continue;
        }
        std::fs::rename(&old, &new).map_err(|error| (old.clone(), error))?;
        tracing::info!(instance = row.id, from = %old.display(), to = %new.display(), "import: moved a folder");
    }
    Ok(())
}

/// The path of `name` below `root`, when it truly lies there: no absolute or parent component, no link on the way out.
fn inside(root: &Path, name: &str) -> Option<PathBuf> {
    let plain = !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    if !plain {
        return None;
    }
    let path = root.join(name);
    let (real_root, real) = (root.canonicalize().ok()?, path.canonicalize().ok()?);
    (real != real_root && real.starts_with(&real_root)).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_inside() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("instances");
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::create_dir_all(dir.path().join("outside")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("outside"), root.join("link")).unwrap();
        assert_eq!(inside(&root, "a/b"), Some(root.join("a/b")));
        for bad in ["", ".", "..", "../outside", "/etc", "a/../..", "link", "missing"] {
            assert_eq!(inside(&root, bad), None, "{bad:?}");
        }
    }
}
