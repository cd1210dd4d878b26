//! More folders with models than the shared tree: what lies in `<root>/lora` appears as `<models>/lora/<root's name>`, a link.
//! So every app that looks into the shared tree finds it, whatever it calls the folder itself.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::folder::{self, FolderError};

/// Which links are ours, in the shared tree. A link that somebody else has made is theirs.
const RECORD: &str = ".aikore-roots.json";

/// Makes the links that are wanted, and removes those that no longer are. A root that is not there keeps its links: its disk
/// may be back soon. Waits for the disk.
///
/// # Errors
/// The link or record that could not be written.
pub fn tie(models: &Path, roots: &[PathBuf]) -> Result<(), FolderError> {
    let record = models.join(RECORD);
    let ours: BTreeMap<PathBuf, PathBuf> =
        fs::read(&record).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    if roots.is_empty() && ours.is_empty() {
        return Ok(());
    }
    let mut wanted = BTreeMap::new();
    for (link, aim) in &ours {
        let is_away = roots.iter().any(|root| aim.starts_with(root) && !root.exists());
        if is_away {
            wanted.insert(link.clone(), aim.clone());
        }
    }
    for root in roots {
        let label = label(root, roots);
        for category in categories(root) {
            wanted.insert(Path::new(&category).join(&label), root.join(category));
        }
    }
    for (link, aim) in ours.iter().filter(|(link, aim)| wanted.get(*link) != Some(aim)) {
        let link = models.join(link);
        if fs::read_link(&link).is_ok_and(|present| present == *aim) {
            fs::remove_file(&link).map_err(|source| FolderError { path: link, source })?;
        }
    }
    let mut made = BTreeMap::new();
    for (link, aim) in wanted {
        if put(&models.join(&link), &aim)? {
            made.insert(link, aim);
        }
    }
    if made == ours {
        return Ok(());
    }
    let text = serde_json::to_vec_pretty(&made)
        .map_err(|error| FolderError { path: record.clone(), source: io::Error::other(error) })?;
    folder::replace(&record, &text, 0o644)
}

/// Whether the link is there afterwards. What has its name and is no such link stays.
fn put(link: &Path, aim: &Path) -> Result<bool, FolderError> {
    let failed = |source| FolderError { path: link.to_owned(), source };
    match fs::symlink_metadata(link) {
        Ok(_) => return Ok(fs::read_link(link).is_ok_and(|present| present == aim)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    if let Some(category) = link.parent() {
        fs::create_dir_all(category).map_err(failed)?;
    }
    match std::os::unix::fs::symlink(aim, link) {
        Ok(()) => Ok(true),
        // Another instance starts at the same moment.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(true),
        Err(error) => Err(failed(error)),
    }
}

/// The folders right below a root, but for hidden ones.
fn categories(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let folders =
        entries.filter(|entry| entry.path().is_dir()).filter_map(|entry| entry.file_name().into_string().ok());
    folders.filter(|name| !name.starts_with('.')).collect()
}

/// What a root is called in the tree: its last folder's name, and a number where two have the same.
fn label(root: &Path, roots: &[PathBuf]) -> String {
    let name =
        |root: &Path| root.file_name().map_or_else(|| "models".into(), |name| name.to_string_lossy().into_owned());
    let before = roots.iter().take_while(|other| *other != root).filter(|other| name(other) == name(root)).count();
    if before == 0 { name(root) } else { format!("{}-{}", name(root), before + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_elsewhere_appears_in_the_tree_and_goes_again() {
        let dir = tempfile::tempdir().unwrap();
        let (models, nas, old) = (dir.path().join("models"), dir.path().join("nas/big"), dir.path().join("old/big"));
        for folder in
            [&models.join("lora"), &nas.join("lora"), &nas.join("vae"), &nas.join(".hidden"), &old.join("lora")]
        {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(nas.join("lora/a.safetensors"), "x").unwrap();
        let roots = vec![nas.clone(), old.clone()];
        for _ in 0..2 {
            tie(&models, &roots).unwrap();
            assert!(models.join("lora/big/a.safetensors").exists() && models.join("vae/big").is_dir());
            assert_eq!(fs::read_link(models.join("lora/big-2")).unwrap(), old.join("lora"));
            assert!(!models.join(".hidden").exists());
        }
        // What a person has put in the way stays theirs.
        fs::remove_file(models.join("vae/big")).unwrap();
        fs::create_dir(models.join("vae/big")).unwrap();
        tie(&models, &roots).unwrap();
        assert!(models.join("vae/big").is_dir() && !models.join("vae/big").is_symlink());
        // A disk that is away.
        fs::rename(&nas, dir.path().join("away")).unwrap();
        tie(&models, &roots).unwrap();
        assert!(models.join("lora/big").is_symlink());
        tie(&models, &[]).unwrap();
        assert!(!models.join("lora/big").is_symlink() && !models.join("lora/big-2").is_symlink());
        assert!(models.join("vae/big").is_dir() && dir.path().join("away/lora/a.safetensors").exists());
    }
}
