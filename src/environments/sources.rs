//! Where repositories came from, for making them anew where there is nothing: after a restore of a backup.
//!
//! Addresses may hold somebody's password, so they are in a file of their own that no call shows.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Repository;
use super::git::{git, git_within};
use super::past::FOLDER;
use crate::domain::FolderPath;
use crate::files::leftovers;
use crate::folders::{Folder, FolderError, native};

/// The file's name, in the folder of what was.
pub const SOURCES: &str = "sources.json";

/// Where files wait that belong into a repository, until it is there: below the folder of what was.
pub const WAITING: &str = "restored";

/// How long a clone may take. A line that is dead ends it sooner.
const CLONING: Duration = Duration::from_secs(3600);

/// Where one repository came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Where it lies, inside the instance's folder.
    pub path: String,
    /// What it was cloned from.
    pub url: String,
}

/// What git knows of the files of a repository, by their paths in it.
#[derive(Debug, Default)]
pub struct Known {
    /// What comes with a clone.
    pub tracked: HashSet<String>,
    /// What of that is another one here.
    pub changed: HashSet<String>,
}

/// Where the repositories of a folder came from: those that are there, and what an earlier restore has written down.
pub async fn sources(home: &Path, repositories: &[Repository]) -> Vec<Source> {
    let mut all = Vec::new();
    for Repository { path, .. } in repositories {
        if let Ok(url) = git(&home.join(path), &["config", "--get", "remote.origin.url"]).await
            && !url.is_empty()
        {
            all.push(Source { path: path.clone(), url });
        }
    }
    let known = |path: &str| repositories.iter().any(|one| one.path == path);
    all.extend(read(home).into_iter().filter(|source| !known(&source.path)));
    all
}

/// What git knows of a repository's files.
pub async fn known(folder: &Path) -> Known {
    let names = |text: Result<String, String>| -> HashSet<String> {
        text.unwrap_or_default().split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    };
    Known {
        tracked: names(git(folder, &["ls-files", "-z"]).await),
        changed: names(
            git(folder, &["diff", "--name-only", "-z", "--diff-filter=d", "--ignore-submodules", "HEAD"]).await,
        ),
    }
}

/// Whether a restore has written down where this folder's repositories came from.
pub(super) fn is_known(home: &Path) -> bool {
    home.join(FOLDER).join(SOURCES).exists()
}

fn read(home: &Path) -> Vec<Source> {
    let text = fs::read(home.join(FOLDER).join(SOURCES)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Clones a repository that is not there, at the commit it was at. What lies in its folder already stays.
pub(super) async fn fetch(home: &Path, was: &Repository) -> Result<(), String> {
    let Some(source) = read(home).into_iter().find(|source| source.path == was.path) else {
        return Err("it is not there, and nobody knows where it came from".to_owned());
    };
    // It comes from an archive: git must neither take it for an option nor be led out of the folder by it.
    let inside = FolderPath::parse(&was.path).map_err(|why| why.to_string())?;
    if source.url.starts_with('-')
        || !is_commit(&was.commit)
        || was.branch.as_ref().is_some_and(|name| name.starts_with('-'))
    {
        return Err("what the backup says of it makes no sense".to_owned());
    }
    let part = home.join(FOLDER).join(".cloning");
    let clear = |part: &Path| leftovers::remove(part).map_err(|error| format!("{}: {error}", part.display()));
    clear(&part)?;
    let path = part.to_string_lossy().into_owned();
    let slow = ["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60"];
    let cloned = async {
        let clone = ["clone", "--quiet", "--no-checkout", "--", &source.url, &path];
        git_within(CLONING, home, &[&slow[..], &clone[..]].concat()).await?;
        if git(&part, &["cat-file", "-e", &format!("{}^{{commit}}", was.commit)]).await.is_err() {
            // One that no branch leads to any more.
            let fetch = ["fetch", "--quiet", "origin", &was.commit];
            git_within(CLONING, &part, &[&slow[..], &fetch[..]].concat()).await?;
        }
        match &was.branch {
            Some(branch) => git(&part, &["checkout", "--quiet", "--force", "-B", branch, &was.commit]).await?,
            None => git(&part, &["checkout", "--quiet", "--force", "--detach", &was.commit]).await?,
        };
        if part.join(".gitmodules").exists() {
            git_within(CLONING, &part, &["submodule", "--quiet", "update", "--init", "--recursive"]).await?;
        }
        Ok::<_, String>(())
    };
    let placed = match cloned.await {
        Ok(()) => place(home, &part, &inside),
        Err(why) => Err(why),
    };
    clear(&part)?;
    placed
}

fn is_commit(text: &str) -> bool {
    text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Moves a clone to its place, through no link. Beside what lies there it is moved name by name, and takes nobody's place.
fn place(home: &Path, part: &Path, inside: &FolderPath) -> Result<(), String> {
    let words = |error: FolderError| error.to_string();
    let failed = |error: std::io::Error| error.to_string();
    let (to, from) = (Folder::open(home).map_err(words)?, Folder::open(part).map_err(words)?);
    to.dir().create_dir_all(native(inside)).map_err(failed)?;
    let place = to.below(inside).map_err(words)?;
    for entry in from.dir().entries().map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if place.dir().symlink_metadata(&name).is_ok() {
            // A folder of files that are there already, and of ones that are not.
            let kept: PathBuf = [inside.as_str(), &name.to_string_lossy()].iter().collect();
            tracing::debug!(path = %kept.display(), "it is there already and stays");
            continue;
        }
        from.dir().rename(&name, place.dir(), &name).map_err(failed)?;
    }
    Ok(())
}

/// Puts files in their places that have waited for a repository. Done twice it changes nothing.
///
/// # Errors
/// One could not be placed; it waits on.
pub fn place_waiting(home: &Path) -> Result<(), FolderError> {
    let waiting = FolderPath::parse(FOLDER)?.join(WAITING)?;
    let folder = Folder::open(home)?;
    let Ok(shelf) = folder.below(&waiting) else { return Ok(()) };
    let mut rest = vec![FolderPath::root()];
    while let Some(here) = rest.pop() {
        for entry in shelf.list(&here)? {
            let path = here.join(&entry.name)?;
            if entry.link || entry.kind == crate::folders::Kind::Folder {
                rest.extend((!entry.link).then_some(path));
                continue;
            }
            let failed = |error: std::io::Error| FolderError::of(&path, &error);
            if let Some(parent) = path.parent() {
                folder.dir().create_dir_all(native(&parent)).map_err(failed)?;
            }
            shelf.dir().rename(native(&path), folder.dir(), native(&path)).map_err(failed)?;
        }
    }
    folder.dir().remove_dir_all(native(&waiting)).map_err(|error| FolderError::of(&waiting, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environments::{repositories, restore};

    async fn run(folder: &Path, arguments: &[&str]) -> String {
        git(folder, arguments).await.unwrap()
    }

    async fn publish(folder: &Path, name: &str, text: &str) -> String {
        fs::create_dir_all(folder).unwrap();
        if !folder.join(".git").exists() {
            run(folder, &["init", "--quiet", "--initial-branch=main"]).await;
        }
        fs::write(folder.join(name), text).unwrap();
        run(folder, &["add", "."]).await;
        run(folder, &["commit", "--quiet", "-m", text]).await;
        run(folder, &["rev-parse", "HEAD"]).await
    }

    #[tokio::test]
    async fn repositories_are_made_anew_at_their_commits_with_what_waited_for_them() {
        let upstream = tempfile::tempdir().unwrap();
        let (app, node) = (upstream.path().join("app"), upstream.path().join("node"));
        let first = publish(&app, "code", "one").await;
        publish(&node, "code", "node").await;
        let old = tempfile::tempdir().unwrap();
        let url = |path: &Path| format!("file://{}", path.display());
        run(old.path(), &["clone", "--quiet", &url(&app), "app"]).await;
        fs::create_dir_all(old.path().join("app/nodes")).unwrap();
        run(old.path(), &["clone", "--quiet", &url(&node), "app/nodes/node"]).await;
        fs::write(old.path().join("app/config.json"), "mine").unwrap();
        fs::write(old.path().join("app/code"), "changed").unwrap();
        let of_app = known(&old.path().join("app")).await;
        assert!(of_app.tracked.contains("code") && of_app.changed.contains("code") && of_app.tracked.len() == 1);
        let found = repositories(old.path(), false).await;
        let from = sources(old.path(), &found).await;
        assert_eq!(from.len(), 2, "{from:?}");

        publish(&app, "code", "two").await;
        let new = tempfile::tempdir().unwrap();
        fs::create_dir_all(new.path().join(FOLDER).join(WAITING).join("app")).unwrap();
        fs::write(new.path().join(FOLDER).join(SOURCES), serde_json::to_vec(&from).unwrap()).unwrap();
        fs::write(new.path().join(FOLDER).join(WAITING).join("app/config.json"), "mine").unwrap();
        assert_eq!(restore(new.path(), &found).await, [""; 0]);
        place_waiting(new.path()).unwrap();
        place_waiting(new.path()).unwrap();
        let text = |path: &str| fs::read_to_string(new.path().join(path)).unwrap();
        assert_eq!(
            (text("app/code"), text("app/config.json"), text("app/nodes/node/code")),
            ("one".into(), "mine".into(), "node".into())
        );
        assert_eq!(run(&new.path().join("app"), &["rev-parse", "HEAD"]).await, first);
        assert_eq!(run(&new.path().join("app"), &["branch", "--show-current"]).await, "main");
        assert!(!new.path().join(FOLDER).join(WAITING).exists() && !new.path().join(FOLDER).join(".cloning").exists());
        assert_eq!(sources(new.path(), &repositories(new.path(), false).await).await, from);
        // Where nothing is known of it, or the source is gone, it is said.
        let nowhere = tempfile::tempdir().unwrap();
        fs::create_dir_all(nowhere.path().join(FOLDER)).unwrap();
        fs::write(nowhere.path().join(FOLDER).join(SOURCES), "[]").unwrap();
        let words = restore(nowhere.path(), &found).await;
        assert!(words.len() == 2 && words[0].contains("nobody knows where it came from"), "{words:?}");
        let gone = [
            Source { path: "app".into(), url: url(&upstream.path().join("gone")) },
            Source { path: "app/nodes/node".into(), url: "--upload-pack=x".into() },
        ];
        fs::write(nowhere.path().join(FOLDER).join(SOURCES), serde_json::to_vec(&gone).unwrap()).unwrap();
        let words = restore(nowhere.path(), &found).await;
        assert!(words.len() == 2 && words[1].contains("makes no sense"), "{words:?}");
    }
}
