//! What is known of an instance's environment and its past, and pruning that past.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::super::error::Error;
use super::super::{Instances, blocking};
use super::pending;
use crate::domain::{Instance, InstanceId, InstanceName, Timestamp};
use crate::environments::{self, Changes, Kind, Last, Lock, Past, Repository, Snapshot, SnapshotId, Stage, Trial};
use crate::files::measure::{Measured, measure};
use crate::files::space;
use crate::runtime::python::{self, PythonEnvironment, PythonKind};

/// How long measuring may take; what is not known by then is said to be unknown.
const PATIENCE: Duration = Duration::from_secs(15);

/// An environment, and what it was.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EnvironmentState {
    /// Where it is: inside the instance's folder, or elsewhere.
    path: Option<String>,
    kind: Option<PythonKind>,
    python: Option<String>,
    /// Bytes on the disk, and those of them that nothing else shares.
    size: Option<u64>,
    own: Option<u64>,
    packages: Option<usize>,
    /// When what a good start ran with was last written down.
    locked_at: Option<Timestamp>,
    /// Whose it is, if not the instance's own.
    family: Option<Owner>,
    repositories: Vec<Repository>,
    trial: Option<TrialView>,
    last: Option<Last>,
    snapshots: Vec<SnapshotView>,
    /// Whether packages can be shared with the cache, so that two environments with the same torch cost one.
    same_disk: bool,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = EnvironmentOwner)]
struct Owner {
    id: InstanceId,
    name: InstanceName,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Trial)]
struct TrialView {
    kind: Kind,
    state: Stage,
    at: Timestamp,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Snapshot)]
struct SnapshotView {
    id: SnapshotId,
    at: Timestamp,
    before: Kind,
    python: Option<String>,
    size: Option<u64>,
    own: Option<u64>,
    has_environment: bool,
    packages: usize,
    repositories: Vec<Repository>,
    /// From this state to what came after it.
    changes: Changes,
}

/// What pruning frees, or has freed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Pruned {
    /// Bytes.
    freed: u64,
    snapshots: Vec<PrunedSnapshot>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PrunedSnapshot {
    id: SnapshotId,
    own: u64,
    what: &'static str,
}

impl Instances {
    /// What is known of an instance's environment.
    ///
    /// # Errors
    /// There is no such instance.
    pub async fn environment(&self, id: InstanceId) -> Result<EnvironmentState, Error> {
        let inner = &self.inner;
        let instance = self.get(id)?;
        let family = inner.family(&instance)?;
        let named = inner.header(&family).await.venv_path().to_owned();
        let past = inner.past_of(&family);
        let repositories = environments::repositories(past.home(), false).await;
        let (folder, cache) = (inner.setup.layout.instances(), inner.setup.layout.cache());
        let told = move || {
            let same_disk = space::links(&folder, &cache);
            tell(&past, &named, repositories, owner(&instance, &family), same_disk)
        };
        blocking(told).await
    }

    /// Removes environments of former states, with `whole` all that is known of them; without names, of all. A dry run only
    /// says what that would free.
    ///
    /// # Errors
    /// There is no such instance or state, or something is being tried that needs them.
    pub async fn prune_environments(
        &self,
        id: InstanceId,
        wanted: Option<Vec<SnapshotId>>,
        whole: bool,
        dry_run: bool,
    ) -> Result<Pruned, Error> {
        let inner = &self.inner;
        let family = inner.family(&self.get(id)?)?;
        let past = inner.past_of(&family);
        // Nothing is begun meanwhile.
        let _guard = inner.trying.lock().await;
        blocking(move || prune(&past, wanted, whole, dry_run)).await?
    }
}

fn owner(instance: &Instance, family: &Arc<Instance>) -> Option<Owner> {
    (instance.id != family.id).then(|| Owner { id: family.id, name: family.chosen.name.clone() })
}

fn tell(
    past: &Past,
    named: &str,
    repositories: Vec<Repository>,
    family: Option<Owner>,
    same_disk: bool,
) -> EnvironmentState {
    let end = Instant::now() + PATIENCE;
    let size = |path: &Path| measure(path, &|_| false, &|| Instant::now() < end);
    let found = python::find(past.home(), named);
    let installed = found.as_ref().map(|found| environments::packages(&found.path));
    let measured = found.as_ref().and_then(|found| size(&found.path));
    let trial = pending(past.home()).map(|Trial { kind, state, at, .. }| TrialView { kind, state, at });
    let snapshots = snapshots(past, installed.as_ref(), &repositories, &size);
    EnvironmentState {
        path: found.as_ref().map(|found| place(past, found)),
        kind: found.as_ref().map(|found| found.kind),
        python: found.and_then(|found| found.version),
        size: measured.map(|measured| measured.disk),
        own: measured.map(|measured| measured.own),
        packages: installed.map(|installed| installed.0.len()),
        locked_at: past.last_lock().map(|(_, at)| at),
        family,
        repositories,
        trial,
        last: past.state().last,
        snapshots,
        same_disk,
    }
}

fn place(past: &Past, found: &PythonEnvironment) -> String {
    found.path.strip_prefix(past.home()).unwrap_or(&found.path).display().to_string()
}

fn snapshots(
    past: &Past,
    installed: Option<&Lock>,
    repositories: &[Repository],
    size: &dyn Fn(&Path) -> Option<Measured>,
) -> Vec<SnapshotView> {
    let mut after = (installed.cloned().unwrap_or_default(), repositories.to_vec());
    let mut views = Vec::new();
    for snapshot in past.snapshots() {
        let lock = past.packages_of(&snapshot.id);
        let changes = Changes::between((&lock, &snapshot.repositories), (&after.0, &after.1));
        let kept = past.kept(&snapshot.id);
        let has_environment = kept.is_dir();
        let measured = if has_environment { size(&kept) } else { Some(Measured::default()) };
        let Snapshot { id, at, before, python, repositories, .. } = snapshot;
        after = (lock, repositories.clone());
        views.push(SnapshotView {
            id,
            at,
            before,
            python,
            size: measured.map(|measured| measured.disk),
            own: measured.map(|measured| measured.own),
            has_environment,
            packages: after.0.0.len(),
            repositories,
            changes,
        });
    }
    views
}

fn prune(past: &Past, wanted: Option<Vec<SnapshotId>>, whole: bool, dry_run: bool) -> Result<Pruned, Error> {
    let all = past.snapshots();
    let ids = match wanted {
        None => all.into_iter().map(|snapshot| snapshot.id).collect(),
        Some(wanted) => {
            let missing = wanted.iter().find(|id| !all.iter().any(|snapshot| snapshot.id == **id));
            if let Some(missing) = missing {
                return Err(Error::NotThere(format!("There is no earlier state {} any more.", missing.as_str())));
            }
            wanted
        }
    };
    if let Some(trial) = past.state().trial.filter(|trial| trial.state == Stage::UnderWay && !dry_run) {
        return Err(Error::busy(format!(
            "A {} is under way and may need what was before. Prune when it is over.",
            trial.kind.noun()
        )));
    }
    let mut pruned = Pruned { freed: 0, snapshots: Vec::new() };
    for id in ids {
        let kept = past.kept(&id);
        if !whole && !kept.exists() {
            continue;
        }
        let own = measure(&if whole { past.folder(&id) } else { kept }, &|_| false, &|| true).unwrap_or_default().own;
        if !dry_run {
            past.prune(&id, whole)?;
        }
        pruned.freed += own;
        pruned.snapshots.push(PrunedSnapshot { id, own, what: if whole { "all" } else { "environment" } });
    }
    Ok(pruned)
}
