//! How big things are. Walking a big folder takes seconds, so it is done off the async threads, one at a time, and what
//! was found is good for a while.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::error::Error;
use super::{Inner, Instances, blocking, locked};
use crate::domain::{Instance, InstanceId};
use crate::environments;
use crate::files::measure::measure;

/// How long what was found is good for.
const FRESH: Duration = Duration::from_secs(30);

/// How long a question may take; what is not known by then is said to be unknown.
const PATIENCE: Duration = Duration::from_secs(20);

/// What an instance takes of the disk, in bytes. A file with several names counts once; `None` takes too long to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Sizes {
    /// Its folder, everything below included.
    pub folder: Option<u64>,
    /// The environments in it.
    pub environment: Option<u64>,
    /// What it has made.
    pub outputs: Option<u64>,
    /// The logs of its last runs.
    pub log: Option<u64>,
}

/// What has been found out.
#[derive(Debug, Default)]
pub(super) struct Known {
    instances: Mutex<HashMap<InstanceId, (Instant, Sizes)>>,
    /// By path and moment of deletion: a later folder of the same name is another one.
    trash: Mutex<HashMap<(PathBuf, u64), u64>>,
    /// One walk at a time.
    walking: tokio::sync::Mutex<()>,
}

impl Instances {
    /// How big an instance is.
    ///
    /// # Errors
    /// There is no such instance.
    pub async fn sizes(&self, id: InstanceId) -> Result<Sizes, Error> {
        let instance = self.get(id)?;
        let known = &self.inner.known;
        // Whoever asks meanwhile gets the same answer.
        let _walking = known.walking.lock().await;
        if let Some((at, sizes)) = locked(&known.instances).get(&id)
            && at.elapsed() < FRESH
        {
            return Ok(*sizes);
        }
        let home = self.inner.setup.layout.instance(&instance.chosen.name);
        let outputs = self.inner.outputs_of(&instance);
        let sizes = blocking(move || find_out(&home, &outputs, Instant::now() + PATIENCE)).await?;
        locked(&known.instances).insert(id, (Instant::now(), sizes));
        Ok(sizes)
    }
}

impl Inner {
    /// Where an instance's results are: what its parent chose is its own too.
    pub(super) fn outputs_of(&self, instance: &std::sync::Arc<Instance>) -> PathBuf {
        let chosen = &instance.chosen;
        let family = self.family(instance).ok();
        let inherited = family.as_ref().and_then(|family| family.chosen.output_path.as_ref());
        self.setup.layout.output(&chosen.name, inherited.or(chosen.output_path.as_ref()))
    }

    /// The size of something in the trash, if it is known already; if not, it will be.
    pub(super) fn trash_size(self: &std::sync::Arc<Self>, path: &Path, deleted_at: u64) -> Option<u64> {
        let key = (path.to_owned(), deleted_at);
        if let Some(size) = locked(&self.known.trash).get(&key) {
            return Some(*size);
        }
        let inner = std::sync::Arc::clone(self);
        self.tasks.spawn("size of what is in the trash", async move {
            let _walking = inner.known.walking.lock().await;
            if inner.is_leaving() || locked(&inner.known.trash).contains_key(&key) {
                return;
            }
            let (path, asked) = (key.0.clone(), std::sync::Arc::clone(&inner));
            let walk = move || {
                // A link in the trash is as big as a link.
                let is_link = std::fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink());
                if is_link { Some(0) } else { Some(measure(&path, &|_| false, &|| !asked.is_leaving())?.disk) }
            };
            if let Ok(Some(size)) = blocking(walk).await {
                locked(&inner.known.trash).insert(key, size);
            }
        });
        None
    }
}

fn find_out(home: &Path, outputs: &Path, end: Instant) -> Sizes {
    let go_on = || Instant::now() < end;
    let size = |path: &Path, skip: &dyn Fn(&Path) -> bool| Some(measure(path, skip, &go_on)?.disk);
    let whole = |path: &Path| size(path, &|_| false);
    let is_log = |inside: &Path| inside.as_os_str().as_encoded_bytes().starts_with(b"output.log");
    let logs = std::fs::read_dir(home).into_iter().flatten().flatten().map(|entry| entry.path());
    let logs = logs.filter(|path| path.strip_prefix(home).is_ok_and(is_log));
    // The quick ones first.
    let log = logs.map(|path| whole(&path)).sum();
    let outputs = whole(outputs);
    let environments = environments::find(home);
    Sizes {
        folder: whole(home),
        environment: environments.iter().map(|found| whole(&home.join(&found.inside))).sum(),
        outputs,
        log,
    }
}
