//! The git repositories below an instance's folder: found, told, and put back to where they were.
//!
//! Git is asked as a program of its own, with an end. What is read off the files alone needs none.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::git::git;
use super::sources;

/// How deep repositories are looked for: `app/custom_nodes/some-node` is the usual place of the deepest.
const DEPTH: usize = 4;

/// So many at most.
const MOST: usize = 200;

/// Folders that hold other people's repositories, or so many files that looking is not worth it.
const LEFT_OUT: [&str; 6] = ["node_modules", "site-packages", "models", "output", "outputs", "wheels"];

/// A repository, as it is or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Repository {
    /// Where it lies, inside the instance's folder.
    pub path: String,
    /// The commit it is at.
    pub commit: String,
    /// The branch, if it is on one.
    pub branch: Option<String>,
    /// Whether files of it differ from that commit.
    pub changed: bool,
    /// The first line of the commit's message.
    pub subject: Option<String>,
    /// A commit that holds what differed, for putting it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
}

/// The repositories below a folder, by their paths. With `keep` what differs in them is kept in a commit of its own, which
/// changes neither files nor branches.
pub async fn find(home: &Path, keep: bool) -> Vec<Repository> {
    let folder = home.to_owned();
    let Ok(paths) = tokio::task::spawn_blocking(move || folders(&folder)).await else { return Vec::new() };
    let mut all = Vec::new();
    for path in paths {
        all.extend(tell(home, &path, keep).await);
    }
    all
}

/// Folders with a `.git`, shallow ones first.
fn folders(home: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut rest = vec![(PathBuf::new(), 0)];
    while let Some((inside, depth)) = rest.pop() {
        let path = home.join(&inside);
        if path.join(".git").exists() {
            found.push(inside.clone());
        }
        // Environments hold packages, not the app.
        if depth == DEPTH || path.join("pyvenv.cfg").exists() || path.join("conda-meta").exists() {
            continue;
        }
        let entries = fs::read_dir(&path).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let wanted = folders.filter(|folder| {
            let name = folder.file_name();
            !name.as_encoded_bytes().starts_with(b".") && !LEFT_OUT.iter().any(|left| name == *left)
        });
        rest.extend(wanted.map(|folder| (inside.join(folder.file_name()), depth + 1)));
    }
    found.sort();
    found.truncate(MOST);
    found
}

async fn tell(home: &Path, inside: &Path, keep: bool) -> Option<Repository> {
    let folder = home.join(inside);
    let head = git(&folder, &["log", "-1", "--format=%H%n%s"]).await.ok()?;
    let (commit, subject) = head.split_once('\n').unwrap_or((&head, ""));
    let branch = git(&folder, &["branch", "--show-current"]).await.unwrap_or_default();
    // Links that the app's models are reached by hide files that git knows: no change of a person's.
    let changed = git(&folder, &["diff", "--quiet", "--diff-filter=d", "--ignore-submodules", "HEAD"]).await.is_err();
    let kept = if keep && changed { git(&folder, &["stash", "create"]).await.ok() } else { None };
    Some(Repository {
        path: inside.to_str()?.to_owned(),
        commit: commit.to_owned(),
        branch: Some(branch).filter(|branch| !branch.is_empty()),
        changed,
        subject: Some(subject.to_owned()).filter(|subject| !subject.is_empty()),
        kept: kept.filter(|commit| !commit.is_empty()),
    })
}

/// Puts repositories back to where they were. What differs in them now is kept as a stash. Returns what could not be put
/// back, as sentences.
pub async fn restore(home: &Path, repositories: &[Repository]) -> Vec<String> {
    let mut words = Vec::new();
    for repository in repositories {
        if let Err(why) = put_back(home, repository).await {
            let path = if repository.path.is_empty() { "." } else { &repository.path };
            words.push(format!("{path} could not be put back to {}: {why}", short(&repository.commit)));
        }
    }
    words
}

async fn put_back(home: &Path, was: &Repository) -> Result<(), String> {
    let folder = &home.join(&was.path);
    if !folder.join(".git").exists() && sources::is_known(home) {
        // A backup was restored: nothing of it has ever been here.
        return sources::fetch(home, was).await;
    }
    let now = git(folder, &["rev-parse", "HEAD"]).await?;
    let differs = git(folder, &["diff", "--quiet", "--diff-filter=d", "--ignore-submodules", "HEAD"]).await.is_err();
    if now == was.commit && !was.changed && !differs {
        return Ok(());
    }
    if differs {
        git(folder, &["stash", "push", "--quiet", "-m", "aikore: changed before an update was undone"]).await?;
    }
    if now != was.commit {
        match &was.branch {
            Some(branch) => git(folder, &["checkout", "--quiet", "--force", "-B", branch, &was.commit]).await?,
            None => git(folder, &["checkout", "--quiet", "--force", "--detach", &was.commit]).await?,
        };
        if folder.join(".gitmodules").exists() {
            git(folder, &["submodule", "--quiet", "update", "--init", "--recursive"]).await?;
        }
    }
    if let Some(kept) = &was.kept {
        git(folder, &["stash", "apply", "--quiet", kept]).await?;
    }
    Ok(())
}

/// The start of a commit's name, as people write it.
fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(folder: &Path, arguments: &[&str]) -> String {
        git(folder, arguments).await.unwrap()
    }

    /// A repository with two commits; returns their names.
    async fn repository(folder: &Path) -> [String; 2] {
        fs::create_dir_all(folder).unwrap();
        run(folder, &["init", "--quiet", "--initial-branch=main"]).await;
        let mut commits = Vec::new();
        for text in ["one\n", "two\n"] {
            fs::write(folder.join("file"), text).unwrap();
            fs::write(folder.join("other"), "same\n").unwrap();
            run(folder, &["add", "."]).await;
            run(folder, &["commit", "--quiet", "-m", text.trim()]).await;
            commits.push(run(folder, &["rev-parse", "HEAD"]).await);
        }
        commits.try_into().unwrap()
    }

    #[tokio::test]
    async fn what_is_there_is_told_and_put_back_with_a_persons_changes() {
        let home = tempfile::tempdir().unwrap();
        let app = home.path().join("app");
        let [first, second] = repository(&app).await;
        repository(&app.join("custom_nodes/node")).await;
        repository(&home.path().join("env/src")).await;
        fs::write(home.path().join("env/pyvenv.cfg"), "").unwrap();
        repository(&home.path().join("app/models/huge")).await;
        run(&app, &["checkout", "--quiet", "-B", "main", &first]).await;
        fs::write(app.join("other"), "mine\n").unwrap();
        let before = find(home.path(), true).await;
        let told: Vec<_> = before.iter().map(|one| (one.path.as_str(), one.changed)).collect();
        assert_eq!(told, [("app", true), ("app/custom_nodes/node", false)]);
        let of_app = &before[0];
        assert_eq!((of_app.commit.as_str(), of_app.branch.as_deref()), (first.as_str(), Some("main")));
        assert_eq!(of_app.subject.as_deref(), Some("one"));
        assert!(of_app.kept.is_some());
        assert_eq!(fs::read_to_string(app.join("other")).unwrap(), "mine\n", "looking changes nothing");
        // An update, with other changes on top of it.
        run(&app, &["checkout", "--quiet", "--force", "-B", "main", &second]).await;
        fs::write(app.join("other"), "theirs\n").unwrap();
        assert_eq!(restore(home.path(), &before).await, [""; 0]);
        assert_eq!(run(&app, &["rev-parse", "HEAD"]).await, first);
        assert_eq!(fs::read_to_string(app.join("file")).unwrap(), "one\n");
        assert_eq!(fs::read_to_string(app.join("other")).unwrap(), "mine\n");
        assert!(run(&app, &["stash", "list"]).await.contains("before an update was undone"));
        // What is gone is said.
        fs::remove_dir_all(app.join("custom_nodes/node/.git")).unwrap();
        fs::remove_dir_all(app.join(".git")).unwrap();
        let words = restore(home.path(), &before).await;
        assert!(words.len() == 2 && words[0].contains(&first[..10]), "{words:?}");
    }
}
