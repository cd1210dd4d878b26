//! What an app is made of, as a backup keeps it: enough to make the same environment and the same code again elsewhere.
//!
//! Environments themselves are not kept. A restore writes a former state down, without its environment, and asks for the
//! way back there: the next start clones what is missing and installs by the list of packages.

use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::past::{Kind, Past, Snapshot, SnapshotId, Stage, State, Trial};
use super::{Repository, packages};
use crate::domain::Timestamp;
use crate::runtime::folder::FolderError;
use crate::runtime::python;

/// An app without its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// Where the environment was, inside the instance's folder; `None`: there was none.
    pub environment: Option<PathBuf>,
    /// Whether conda made it.
    #[serde(default)]
    pub is_conda: bool,
    /// The version of its Python.
    pub python: Option<String>,
    /// Where the app's repositories were.
    pub repositories: Vec<Repository>,
}

impl Saved {
    /// Whether there is anything that would have to be made anew.
    pub fn is_nothing(&self) -> bool {
        self.environment.is_none() && self.repositories.is_empty()
    }
}

impl From<Snapshot> for Saved {
    fn from(snapshot: Snapshot) -> Self {
        let Snapshot { environment, is_conda, python, repositories, .. } = snapshot;
        Self { environment, is_conda, python, repositories }
    }
}

impl Past {
    /// What the app is made of, and the list of its packages. While something is being tried: what was before, since that is
    /// what works. While a way back is asked for: where it leads.
    pub fn to_save(&self, named: &str, repositories: Vec<Repository>) -> (Saved, String) {
        let trial = self.state().trial;
        let meant = trial.and_then(|trial| match (trial.state, trial.kind) {
            (Stage::UnderWay, _) => trial.snapshot,
            (Stage::Asked, Kind::Rollback) => trial.to,
            (Stage::Asked, Kind::Update | Kind::Rebuild) => None,
        });
        if let Some(snapshot) = meant.and_then(|id| self.snapshot(&id)) {
            let list = fs::read_to_string(self.lock_of(&snapshot.id)).unwrap_or_default();
            return (snapshot.into(), list);
        }
        let environment = self.environment(named);
        let python = python::find(self.home(), named).and_then(|found| found.version);
        let installed = environment.as_ref().map(|one| packages(&self.home().join(&one.inside)));
        let list = installed.unwrap_or_default().text(python.as_deref());
        let is_conda = environment.as_ref().is_some_and(|one| one.is_conda);
        (Saved { environment: environment.map(|one| one.inside), is_conda, python, repositories }, list)
    }

    /// Writes a saved state down as a former one, and asks the next start to go back to it.
    ///
    /// # Errors
    /// A file could not be written.
    pub fn ask_for(&self, saved: &Saved, list: &str, at: Timestamp) -> Result<(), FolderError> {
        let Saved { environment, is_conda, python, repositories } = saved.clone();
        let id = SnapshotId::new(at);
        let home = self.home().to_owned();
        let snapshot = Snapshot { id, at, before: Kind::Rebuild, environment, is_conda, python, home, repositories };
        self.write_down(&snapshot, list)?;
        let (kind, state, to) = (Kind::Rollback, Stage::Asked, Some(snapshot.id));
        let trial = Trial { kind, state, at, snapshot: None, to, by_lock: false };
        self.set_state(&State { trial: Some(trial), ..self.state() })
    }

    /// Whether what is there is what was saved: the packages, and the commits of the repositories.
    pub fn is_as(&self, saved: &Saved, list: &str, named: &str, repositories: &[Repository]) -> bool {
        let (now, listed) = self.to_save(named, Vec::new());
        let at = |one: &Repository| (one.path.clone(), one.commit.clone());
        let mut there = repositories.iter().map(at);
        now.environment == saved.environment
            && super::Lock::parse(&listed) == super::Lock::parse(list)
            && saved.repositories.iter().map(at).all(|wanted| there.any(|one| one == wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn install(home: &Path, name: &str) {
        let env = home.join("env");
        fs::create_dir_all(env.join(format!("lib/python3.12/site-packages/{name}-1.dist-info"))).unwrap();
        fs::write(env.join("pyvenv.cfg"), "version = 3.12.1\n").unwrap();
    }

    #[test]
    fn a_state_is_saved_and_asked_for_elsewhere() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        install(here.path(), "thing");
        let past = Past::new(here.path());
        let (saved, list) = past.to_save("./env", Vec::new());
        assert_eq!((saved.environment.as_deref(), saved.python.as_deref()), (Some(Path::new("env")), Some("3.12.1")));
        assert!(list.contains("thing==1") && past.is_as(&saved, &list, "./env", &[]), "{list}");
        install(here.path(), "more");
        assert!(!past.is_as(&saved, &list, "./env", &[]));

        let other = Past::new(there.path());
        assert!(!other.is_as(&saved, &list, "./env", &[]));
        let at = Timestamp::from_millis(1_790_000_000_123);
        other.ask_for(&saved, &list, at).unwrap();
        let trial = other.state().trial.unwrap();
        assert_eq!((trial.kind, trial.state), (Kind::Rollback, Stage::Asked));
        let to = trial.to.unwrap();
        assert!(other.packages_of(&to).0.contains_key("thing") && !other.kept(&to).exists());
        assert_eq!(other.snapshot(&to).unwrap().home, there.path());
        // A backup of it before its first start saves the same.
        assert_eq!(other.to_save("./env", Vec::new()), (saved, list));
        let nothing = Past::new(there.path().join("absent")).to_save("./env", Vec::new()).0;
        assert!(nothing.is_nothing());
    }
}
