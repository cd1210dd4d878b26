//! Which texts of a folder are worth offering: those every app may have, those the script's header names, and what other small
//! texts lie at the top.

use std::path::Path;

use super::{KINDS, kind_of};
use crate::blueprints::Header;
use crate::domain::{FolderPath, Timestamp};
use crate::folders::text::MOST;
use crate::folders::{Entry, Folder, FolderError, Kind};

/// So many other files are offered.
const OTHERS: usize = 40;

/// How the names of texts end.
const ENDINGS: [&str; 22] = [
    "bat",
    "bash",
    "cfg",
    "conf",
    "csv",
    "css",
    "env",
    "html",
    "ini",
    "js",
    "json",
    "jsonc",
    "md",
    "old",
    "properties",
    "ps1",
    "py",
    "sh",
    "toml",
    "txt",
    "xml",
    "yaml",
];

/// A text that can be edited, or made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct EditableFile {
    /// As the calls name it: `script`, `requirements`, `launch_args`, `file`.
    pub file_type: &'static str,
    /// Seen from the instance's folder.
    pub path: FolderPath,
    /// Whether it is there.
    pub exists: bool,
    /// Bytes.
    pub size: u64,
    /// When it was changed last.
    pub modified: Option<Timestamp>,
    /// Whether the header of the script names it.
    pub named: bool,
}

/// The files that a script's header names: `files`, with commas between them. What is no path inside is left out.
pub(super) fn named_in(header: &Header) -> Vec<FolderPath> {
    let names = header.get("files").unwrap_or_default().split(',').map(str::trim);
    names
        .filter_map(|name| FolderPath::parse(name.strip_prefix("./").unwrap_or(name)).ok())
        .filter(|path| !path.is_root())
        .collect()
}

/// Blocks.
pub(super) fn list(home: &Path, named: &[FolderPath]) -> Result<Vec<EditableFile>, FolderError> {
    let folder = match Folder::open(home) {
        Ok(folder) => Some(folder),
        // It has never been started.
        Err(FolderError::Missing(_)) => None,
        Err(error) => return Err(error),
    };
    let mut files: Vec<EditableFile> = Vec::new();
    let known = KINDS.iter().filter_map(|(_, path)| FolderPath::parse(path).ok());
    for path in known.chain(named.iter().cloned()) {
        if files.iter().all(|file| file.path != path) {
            let entry =
                folder.as_ref().and_then(|folder| folder.entry(&path).ok()).filter(|entry| entry.kind == Kind::File);
            files.push(EditableFile::new(path.clone(), entry.as_ref(), named.contains(&path)));
        }
    }
    let entries = folder.map_or_else(|| Ok(Vec::new()), |folder| folder.list(&FolderPath::root()))?;
    let others = entries
        .iter()
        .filter(|entry| is_offered(entry))
        .filter_map(|entry| Some(EditableFile::new(FolderPath::root().join(&entry.name).ok()?, Some(entry), false)));
    let others: Vec<_> = others.filter(|other| files.iter().all(|file| file.path != other.path)).take(OTHERS).collect();
    files.extend(others);
    Ok(files)
}

impl EditableFile {
    fn new(path: FolderPath, entry: Option<&Entry>, named: bool) -> Self {
        Self {
            file_type: kind_of(&path),
            exists: entry.is_some(),
            size: entry.map_or(0, |entry| entry.size),
            modified: entry.and_then(|entry| entry.modified),
            named,
            path,
        }
    }
}

fn is_offered(entry: &Entry) -> bool {
    let Entry { name, kind, size, .. } = entry;
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let is_text = ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()) || ending == "yml");
    let is_ours = name.starts_with(".aikore") || name == "aikore_vars.env" || name.starts_with("output.log");
    *kind == Kind::File && *size <= MOST && is_text && !is_ours && (!name.starts_with('.') || name == ".env")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(files: &[EditableFile]) -> Vec<(&str, &str, bool)> {
        files.iter().map(|file| (file.file_type, file.path.as_str(), file.exists)).collect()
    }

    #[test]
    fn what_is_worth_offering() {
        let dir = tempfile::tempdir().unwrap();
        let named = named_in(&Header::parse(
            "### AIKORE-METADATA-START ###\n# aikore.files = ./app/config.yaml, extra.json , ../out, /etc/passwd, ,launch.sh\n",
        ));
        let known = [
            ("script", "launch.sh", false),
            ("requirements", "requirements.txt", false),
            ("launch_args", "launch_args.txt", false),
            ("file", "app/config.yaml", false),
            ("file", "extra.json", false),
        ];
        assert_eq!(paths(&list(&dir.path().join("never started"), &named).unwrap()), known);

        let home = dir.path();
        std::fs::create_dir(home.join("app")).unwrap();
        for file in [
            "launch.sh",
            "launch.sh.old",
            "app/config.yaml",
            "notes.md",
            "b.YML",
            "aikore_vars.env",
            "output.log",
            "x.png",
            ".env",
            ".hidden.txt",
        ] {
            std::fs::write(home.join(file), "x").unwrap();
        }
        std::fs::write(home.join("huge.txt"), vec![b'x'; usize::try_from(MOST).unwrap() + 1]).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", home.join("out.txt")).unwrap();
        let files = list(home, &named).unwrap();
        assert_eq!(
            paths(&files),
            [
                ("script", "launch.sh", true),
                ("requirements", "requirements.txt", false),
                ("launch_args", "launch_args.txt", false),
                ("file", "app/config.yaml", true),
                ("file", "extra.json", false),
                ("file", ".env", true),
                ("file", "b.YML", true),
                ("file", "launch.sh.old", true),
                ("file", "notes.md", true),
            ]
        );
        assert!(files.iter().filter(|file| file.named).map(|file| file.path.as_str()).eq([
            "launch.sh",
            "app/config.yaml",
            "extra.json"
        ]));
    }
}
