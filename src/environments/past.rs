//! What an instance's environment was before, on the disk: `.aikore-environment` in the instance's folder.
//!
//! `state.json`: what is being tried, and what became of it last. `lock.txt`: what the last good start ran with.
//! `snapshots/<id>/`: `snapshot.json`, `lock.txt`, and `environment/`, the environment itself, unless it was pruned.
//!
//! Every step can be cut off by a crash. An environment is moved by one rename, and what is to be done next is written down
//! before it is done, so that the next start goes on where it stopped. All of it waits for the disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Environment, Lock, Move, Repository, packages};
use crate::domain::Timestamp;
use crate::files::leftovers;
use crate::runtime::folder::{self, FolderError};
use crate::runtime::python::{self, PythonKind};

/// The folder's name.
pub const FOLDER: &str = ".aikore-environment";

/// So many environments of former states are kept; older ones are known by their lists of packages.
const KEPT_WHOLE: usize = 2;

/// So many former states are known.
const KEPT: usize = 20;

/// The name of a snapshot, which says when it was made: `20261128-201500-4f1a`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct SnapshotId(String);

impl SnapshotId {
    /// A new one.
    pub(super) fn new(at: Timestamp) -> Self {
        let digits: String = at.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
        let (day, time) = digits.split_at_checked(8).unwrap_or((&digits, ""));
        Self(format!("{day}-{time}-{:04x}", fastrand::u16(..)))
    }

    /// A name that may come from anywhere.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c) || c == '-';
        (!text.is_empty() && text.len() <= 40 && text.chars().all(plain)).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is tried with an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TrialKind)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The app and its packages as they are now published.
    Update,
    /// The same app, its environment made anew.
    Rebuild,
    /// As it was before.
    Rollback,
}

impl Kind {
    /// For sentences: "the update".
    pub fn noun(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Rebuild => "rebuild",
            Self::Rollback => "way back",
        }
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TrialStage)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The next start begins it.
    Asked,
    /// The environment before is kept in a snapshot; the app has not been ready with the new one.
    UnderWay,
}

/// Something that is tried: it holds once the app is ready with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// What.
    pub kind: Kind,
    /// How far it is.
    pub state: Stage,
    /// Since when.
    pub at: Timestamp,
    /// What was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<SnapshotId>,
    /// Where a way back leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<SnapshotId>,
    /// Whether that one has no environment any more, and it is made anew by its list of packages.
    #[serde(default)]
    pub by_lock: bool,
}

/// What became of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TrialOutcome)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The app was ready with it.
    Good,
    /// It was taken back.
    Undone,
    /// It could not be taken back.
    Failed,
}

/// The last trial that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LastTrial)]
pub struct Last {
    /// What was tried.
    pub kind: Kind,
    /// What became of it.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
    /// Why, if it did not go well.
    pub reason: Option<String>,
}

/// What is known of an environment beside what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// What is tried.
    #[serde(default)]
    pub trial: Option<Trial>,
    /// What was tried last.
    #[serde(default)]
    pub last: Option<Last>,
}

/// A former state of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its name.
    pub id: SnapshotId,
    /// When it was left.
    pub at: Timestamp,
    /// For what.
    pub before: Kind,
    /// Where the environment was, inside the instance's folder; `None`: there was none.
    pub environment: Option<PathBuf>,
    /// Whether conda made it.
    #[serde(default)]
    pub is_conda: bool,
    /// The version of its Python.
    pub python: Option<String>,
    /// The instance's folder then: environments hold it.
    pub home: PathBuf,
    /// Where the app's repositories were.
    pub repositories: Vec<Repository>,
}

/// A snapshot that has been taken, or could not be.
pub type Taken = Result<Snapshot, FolderError>;

/// The past of one instance's environment.
#[derive(Debug, Clone)]
pub struct Past {
    home: PathBuf,
    root: PathBuf,
}

impl Past {
    /// Of the instance whose folder this is.
    pub fn new(home: impl Into<PathBuf>) -> Self {
        let home = home.into();
        Self { root: home.join(FOLDER), home }
    }

    /// The instance's folder.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// What is known. A file that can't be understood counts for none: it was written by a newer version, or broken by a disk.
    pub fn state(&self) -> State {
        let read = fs::read(self.root.join("state.json")).ok();
        read.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Writes down what is known.
    ///
    /// # Errors
    /// The file that could not be written.
    pub fn set_state(&self, state: &State) -> Result<(), FolderError> {
        self.write(&self.root.join("state.json"), state)
    }

    /// The environment that is in use: where its script says, or by custom.
    pub fn environment(&self, named: &str) -> Option<Environment> {
        if let Some(found) = python::find(&self.home, named)
            && let Ok(inside) = found.path.strip_prefix(&self.home)
        {
            return Some(Environment { inside: inside.to_owned(), is_conda: found.kind == PythonKind::Conda });
        }
        // One that was made only half is moved away as well.
        let inside = super::inside(named).filter(|inside| self.home.join(inside).is_dir())?;
        Some(Environment { inside, is_conda: false })
    }

    /// Writes down what an app is made of now, as a snapshot whose environment is still in its place.
    ///
    /// # Errors
    /// The file that could not be written.
    pub fn take(&self, before: Kind, named: &str, repositories: Vec<Repository>, at: Timestamp) -> Taken {
        let environment = self.environment(named);
        let found = python::find(&self.home, named);
        let snapshot = Snapshot {
            id: SnapshotId::new(at),
            at,
            before,
            is_conda: environment.as_ref().is_some_and(|one| one.is_conda),
            environment: environment.map(|one| one.inside),
            python: found.and_then(|found| found.version),
            home: self.home.clone(),
            repositories,
        };
        let lock = snapshot.environment.as_ref().map(|inside| packages(&self.home.join(inside)));
        self.write_down(&snapshot, &lock.unwrap_or_default().text(snapshot.python.as_deref()))?;
        Ok(snapshot)
    }

    /// Writes a snapshot down, with the list of its packages.
    pub(super) fn write_down(&self, snapshot: &Snapshot, list: &str) -> Result<(), FolderError> {
        let folder = self.folder(&snapshot.id);
        make(&folder)?;
        folder::replace(&folder.join("lock.txt"), list.as_bytes(), 0o644)?;
        self.write(&folder.join("snapshot.json"), snapshot)
    }

    /// Moves the environment of a snapshot from its place into it, if that was not done before.
    ///
    /// # Errors
    /// It could not be moved.
    pub fn keep(&self, snapshot: &Snapshot) -> Result<(), FolderError> {
        let Some(inside) = &snapshot.environment else { return Ok(()) };
        let (place, kept) = (self.home.join(inside), self.kept(&snapshot.id));
        if kept.exists() || !place.exists() {
            return Ok(());
        }
        rename(&place, &kept)
    }

    /// Moves the environment of a snapshot back to its place. What is there now is moved to `aside`, or removed. `false` when
    /// the snapshot has no environment any more.
    ///
    /// # Errors
    /// It could not be moved; what is there now stays then.
    pub fn put_back(&self, snapshot: &Snapshot, aside: Option<&Path>) -> Result<bool, FolderError> {
        let Some(inside) = &snapshot.environment else { return Ok(true) };
        let (place, kept) = (self.home.join(inside), self.kept(&snapshot.id));
        if !kept.exists() {
            return Ok(false);
        }
        let mut doomed = None;
        if fs::symlink_metadata(&place).is_ok() {
            let to = aside.map_or_else(|| leftovers::doomed_name(&self.root), Path::to_owned);
            rename(&place, &to)?;
            doomed = aside.is_none().then_some(to);
        } else if let Some(parent) = place.parent() {
            make(parent)?;
        }
        rename(&kept, &place)?;
        self.tie(snapshot, &place);
        if let Some(doomed) = doomed
            && let Err(error) = leftovers::remove(&doomed)
        {
            tracing::warn!(path = %doomed.display(), %error, "what was tried can't be removed");
        }
        Ok(true)
    }

    /// The instance may have another name by now, and an environment knows where it is.
    fn tie(&self, snapshot: &Snapshot, place: &Path) {
        if snapshot.home == self.home || snapshot.is_conda {
            return;
        }
        if let Some(moving) = Move::new(&snapshot.home, &self.home)
            && let Err(why) = moving.apply(place)
        {
            tracing::warn!(environment = %place.display(), "it still names its former folder: {why}");
        }
    }

    /// Every snapshot, the newest first.
    pub fn snapshots(&self) -> Vec<Snapshot> {
        let listed = fs::read_dir(self.root.join("snapshots")).into_iter().flatten().flatten();
        let read = |folder: PathBuf| serde_json::from_slice(&fs::read(folder.join("snapshot.json")).ok()?).ok();
        let mut all: Vec<Snapshot> = listed.filter_map(|entry| read(entry.path())).collect();
        all.sort_by(|a, b| b.id.cmp(&a.id));
        all
    }

    /// One snapshot.
    pub fn snapshot(&self, id: &SnapshotId) -> Option<Snapshot> {
        self.snapshots().into_iter().find(|snapshot| snapshot.id == *id)
    }

    /// Where a snapshot lies.
    pub fn folder(&self, id: &SnapshotId) -> PathBuf {
        self.root.join("snapshots").join(id.as_str())
    }

    /// Where a snapshot's environment lies.
    pub fn kept(&self, id: &SnapshotId) -> PathBuf {
        self.folder(id).join("environment")
    }

    /// Where the list of a snapshot's packages lies.
    pub fn lock_of(&self, id: &SnapshotId) -> PathBuf {
        self.folder(id).join("lock.txt")
    }

    /// The packages of a snapshot.
    pub fn packages_of(&self, id: &SnapshotId) -> Lock {
        Lock::parse(&fs::read_to_string(self.lock_of(id)).unwrap_or_default())
    }

    /// The list of what the last good start ran with, and when that was written.
    pub fn last_lock(&self) -> Option<(Lock, Timestamp)> {
        let path = self.root.join("lock.txt");
        let written = fs::metadata(&path).and_then(|facts| facts.modified()).ok()?;
        Some((Lock::parse(&fs::read_to_string(path).ok()?), Timestamp::of(written)))
    }

    /// Writes down what is installed, after a good start.
    ///
    /// # Errors
    /// The file that could not be written.
    pub fn lock(&self, named: &str) -> Result<(), FolderError> {
        let Some(environment) = self.environment(named) else { return Ok(()) };
        let version = python::find(&self.home, named).and_then(|found| found.version);
        let text = packages(&self.home.join(environment.inside)).text(version.as_deref());
        make(&self.root)?;
        let path = self.root.join("lock.txt");
        if fs::read(&path).is_ok_and(|before| before == text.as_bytes()) {
            return Ok(());
        }
        folder::replace(&path, text.as_bytes(), 0o644)
    }

    /// Removes the environment of a snapshot, or all of it. A crash leaves a name that the next call clears.
    ///
    /// # Errors
    /// It could not be moved away.
    pub fn prune(&self, id: &SnapshotId, whole: bool) -> Result<(), FolderError> {
        let path = if whole { self.folder(id) } else { self.kept(id) };
        if fs::symlink_metadata(&path).is_ok() {
            let doomed = leftovers::doomed_name(&self.root);
            rename(&path, &doomed)?;
        }
        for doomed in leftovers::find(&self.root, leftovers::DOOMED) {
            leftovers::remove(&doomed).map_err(|source| FolderError { path: doomed, source })?;
        }
        Ok(())
    }

    /// What of the past is old enough to go by itself, and whether all of it goes.
    pub fn outdated(&self) -> Vec<(SnapshotId, bool)> {
        let all = self.snapshots();
        let whole = all.iter().filter(|snapshot| self.kept(&snapshot.id).exists()).skip(KEPT_WHOLE);
        let whole: Vec<_> = whole.map(|snapshot| &snapshot.id).collect();
        let is_old = |n: usize| n >= KEPT;
        let outdated = all.iter().enumerate().filter(|(n, one)| is_old(*n) || whole.contains(&&one.id));
        outdated.map(|(n, snapshot)| (snapshot.id.clone(), is_old(n))).collect()
    }

    fn write(&self, path: &Path, value: &impl Serialize) -> Result<(), FolderError> {
        make(&self.root)?;
        let text = serde_json::to_vec_pretty(value)
            .map_err(|error| FolderError { path: path.to_owned(), source: io::Error::other(error) })?;
        folder::replace(path, &text, 0o644)
    }
}

fn make(folder: &Path) -> Result<(), FolderError> {
    fs::create_dir_all(folder).map_err(|source| FolderError { path: folder.to_owned(), source })
}

fn rename(from: &Path, to: &Path) -> Result<(), FolderError> {
    fs::rename(from, to).map_err(|source| FolderError { path: from.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(home: &Path, mark: &str) {
        let env = home.join("env");
        fs::create_dir_all(env.join(format!("lib/python3.12/site-packages/{mark}-1.dist-info"))).unwrap();
        fs::write(env.join("pyvenv.cfg"), "version = 3.12.1\n").unwrap();
    }

    fn installed(home: &Path) -> Vec<String> {
        packages(&home.join("env")).0.into_keys().collect()
    }

    #[test]
    fn an_environment_goes_into_a_snapshot_and_back() {
        let home = tempfile::tempdir().unwrap();
        let past = Past::new(home.path());
        environment(home.path(), "old");
        let at = Timestamp::from_millis(1_790_000_000_123);
        let snapshot = past.take(Kind::Update, "./env", Vec::new(), at).unwrap();
        assert!(snapshot.id.as_str().starts_with("20260921-141320-"), "{:?}", snapshot.id);
        assert_eq!(SnapshotId::parse(snapshot.id.as_str()).as_ref(), Some(&snapshot.id));
        assert_eq!((snapshot.python.as_deref(), installed(home.path())), (Some("3.12.1"), vec!["old".to_owned()]));
        // Twice, as after a crash between the two.
        past.keep(&snapshot).unwrap();
        environment(home.path(), "new");
        past.keep(&snapshot).unwrap();
        assert_eq!(installed(home.path()), ["new"]);
        assert!(past.packages_of(&snapshot.id).0.contains_key("old"));
        assert_eq!(super::super::find(home.path()).len(), 1, "what was is not what is");
        assert!(past.put_back(&snapshot, None).unwrap());
        assert_eq!(installed(home.path()), ["old"]);
        assert!(!past.put_back(&snapshot, None).unwrap(), "it is not there any more");
        assert_eq!(leftovers::find(&home.path().join(FOLDER), leftovers::DOOMED).len(), 0);
    }

    #[test]
    fn only_the_newest_environments_stay_whole() {
        let home = tempfile::tempdir().unwrap();
        let past = Past::new(home.path());
        for n in 0..25 {
            environment(home.path(), &format!("n{n}"));
            let at = Timestamp::from_millis(1_790_000_000_000 + n * 1000);
            let snapshot = past.take(Kind::Update, "./env", Vec::new(), at).unwrap();
            past.keep(&snapshot).unwrap();
        }
        let outdated = past.outdated();
        assert_eq!((outdated.len(), outdated.iter().filter(|(_, whole)| *whole).count()), (23, 5));
        for (id, whole) in outdated {
            past.prune(&id, whole).unwrap();
        }
        let left = past.snapshots();
        assert_eq!(left.len(), 20);
        assert_eq!(left.iter().filter(|snapshot| past.kept(&snapshot.id).exists()).count(), 2);
        assert!(past.outdated().is_empty() && left[0].id > left[1].id);
    }

    #[test]
    fn names_that_lead_elsewhere_are_none() {
        for bad in ["", "..", "../x", "a/b", "20260921-141320-4f1a-and-much-much-longer-than-that"] {
            assert_eq!(SnapshotId::parse(bad), None, "{bad}");
        }
        let home = tempfile::tempdir().unwrap();
        let past = Past::new(home.path());
        assert_eq!(past.state(), State::default());
        fs::create_dir_all(home.path().join(FOLDER)).unwrap();
        fs::write(home.path().join(FOLDER).join("state.json"), "{").unwrap();
        assert_eq!(past.state(), State::default());
    }
}
