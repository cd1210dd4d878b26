//! What differs between two states of an app. Pure.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Lock, Repository};

/// What differs, from an earlier state to a later one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Changes {
    /// Packages that came, went, or are of another version.
    pub packages: Vec<PackageChange>,
    /// Repositories that came, went, or are at another commit.
    pub repositories: Vec<RepositoryChange>,
}

/// A package that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PackageChange {
    /// Its name.
    pub name: String,
    /// Its version before; `None`: it was not there.
    pub from: Option<String>,
    /// Its version after; `None`: it is gone.
    pub to: Option<String>,
}

/// A repository that is not where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RepositoryChange {
    /// Where it lies, inside the instance's folder.
    pub path: String,
    /// Its commit before.
    pub from: Option<String>,
    /// Its commit after.
    pub to: Option<String>,
}

impl Changes {
    /// Compares.
    pub fn between(before: (&Lock, &[Repository]), after: (&Lock, &[Repository])) -> Self {
        let version = |lock: &Lock, name: &str| lock.0.get(name).map(|locked| locked.version.clone());
        let names: BTreeSet<&String> = before.0.0.keys().chain(after.0.0.keys()).collect();
        let packages = names.into_iter().filter_map(|name| {
            let (from, to) = (version(before.0, name), version(after.0, name));
            (from != to).then(|| PackageChange { name: name.clone(), from, to })
        });
        let commit =
            |all: &[Repository], path: &str| all.iter().find(|one| one.path == path).map(|one| one.commit.clone());
        let paths: BTreeSet<&String> = before.1.iter().chain(after.1).map(|one| &one.path).collect();
        let repositories = paths.into_iter().filter_map(|path| {
            let (from, to) = (commit(before.1, path), commit(after.1, path));
            (from != to).then(|| RepositoryChange { path: path.clone(), from, to })
        });
        Self { packages: packages.collect(), repositories: repositories.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_went_and_moved() {
        let repository = |path: &str, commit: &str| Repository {
            path: path.to_owned(),
            commit: commit.to_owned(),
            branch: None,
            changed: false,
            subject: None,
            kept: None,
        };
        let before = Lock::parse("a==1\nb==1\nc==1\n");
        let after = Lock::parse("a==1\nb==2\nd==1\n");
        let changes = Changes::between(
            (&before, &[repository("app", "1"), repository("gone", "1")]),
            (&after, &[repository("app", "2"), repository("new", "1")]),
        );
        let told: Vec<_> =
            changes.packages.iter().map(|one| (one.name.as_str(), one.from.as_deref(), one.to.as_deref())).collect();
        assert_eq!(told, [("b", Some("1"), Some("2")), ("c", Some("1"), None), ("d", None, Some("1"))]);
        assert_eq!(changes.repositories.len(), 3);
        assert_eq!(Changes::between((&before, &[]), (&before, &[])), Changes::default());
    }
}
