//! A new environment for an instance: its marker is set, and its script's `clean_env` sets the old one aside at the next
//! start. What was set aside stays until the app has answered with the new one, so that a person can go back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::Error;
use super::{Inner, Instances, blocking};
use crate::blueprints::Header;
use crate::domain::{Instance, InstanceId, Status};
use crate::files::leftovers;
use crate::runtime::folder::{KEPT_ASIDE, MARKER, SCRIPT};

impl Instances {
    /// Asks for a new environment. What runs is stopped and started again; with it comes what is good to know.
    ///
    /// # Errors
    /// Another instance runs on this environment, or it is being copied; nothing changed then. Or the restart failed.
    pub async fn rebuild(&self, id: InstanceId) -> Result<(Arc<Instance>, Option<String>), Error> {
        let inner = &self.inner;
        let _turn = inner.turn(id).await;
        let instance = self.get(id)?;
        let family = inner.family(&instance)?;
        inner.refuse_while_made(&instance)?;
        inner.refuse_while_source(&family, "rebuilt")?;
        self.refuse_used_by_others(&instance, &family)?;
        if instance.status == Status::Stopping {
            return Err(Error::busy(format!("'{}' is still stopping. Try again in a moment.", instance.chosen.name)));
        }
        let marker = inner.setup.layout.instance(&family.chosen.name).join(MARKER);
        let written = {
            let marker = marker.clone();
            blocking(move || set(&marker)).await??
        };
        if !written {
            return Ok((instance, Some("Nothing is installed yet: its first start does that.".to_owned())));
        }
        tracing::info!(instance = id, name = %instance.chosen.name, family = family.id, "a new environment is asked for");
        let note = (family.id != id)
            .then(|| format!("The environment is that of '{}': it is made anew for all of them.", family.chosen.name));
        if !instance.status.is_active() {
            return Ok((instance, note));
        }
        if let Err(error) = inner.stop_and_wait(id).await {
            // It runs on with the environment that it has.
            let _ = blocking(move || fs::remove_file(marker)).await?;
            return Err(error);
        }
        Ok((inner.start(id).await?, note))
    }

    fn refuse_used_by_others(&self, instance: &Instance, family: &Instance) -> Result<(), Error> {
        let of_family =
            |other: &&Arc<Instance>| other.id == family.id || other.chosen.parent_instance_id == Some(family.id);
        let all = self.list();
        let mut others = all.iter().filter(of_family).filter(|other| other.id != instance.id);
        match others.find(|other| other.status.is_active()) {
            Some(other) => Err(Error::busy(format!(
                "'{}' runs with the same environment. Stop it first, then rebuild.",
                other.chosen.name
            ))),
            None => Ok(()),
        }
    }
}

impl Inner {
    /// The app has answered: what was kept of the environment before is not needed any more.
    pub(super) fn environment_works(self: &Arc<Self>, id: InstanceId) {
        let Some(home) = self.family_home(id) else { return };
        let instances = self.setup.layout.instances();
        self.tasks.spawn("removal of an old environment", async move {
            let removal = move || {
                for kept in kept_in(&home) {
                    // Renamed first: half of an environment must not be taken for the last that worked.
                    let doomed = leftovers::doomed_name(&instances);
                    let doomed = if fs::rename(&kept, &doomed).is_ok() { doomed } else { kept };
                    if let Err(error) = leftovers::remove(&doomed) {
                        tracing::warn!(path = %doomed.display(), %error, "an old environment can't be removed");
                    }
                }
            };
            let _ = blocking(removal).await;
        });
    }

    /// What a person may go back to after a rebuild that failed, as a sentence for the reason of the failure.
    pub(super) async fn way_back(&self, id: InstanceId) -> Option<String> {
        let home = self.family_home(id)?;
        let kept = blocking(move || kept_in(&home)).await.ok()?;
        let kept = kept.first()?;
        let env = kept.display().to_string();
        let name = env.strip_suffix(KEPT_ASIDE)?;
        Some(format!("The environment before the rebuild is kept in {env}: to go back, rename it to {name}."))
    }

    fn family_home(&self, id: InstanceId) -> Option<PathBuf> {
        let family = self.roster.get(id).and_then(|instance| self.family(&instance)).ok()?;
        Some(self.setup.layout.instance(&family.chosen.name))
    }
}

/// Sets the marker in a folder that is there; `false` when it is not.
fn set(marker: &Path) -> Result<bool, Error> {
    match fs::write(marker, "") {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::Failed(format!("{} could not be written: {error}.", marker.display()))),
    }
}

/// What `clean_env` has set aside: the environment that the header names, and others one level deep. A folder that only
/// has such a name and is no environment is a person's own.
fn kept_in(home: &Path) -> Vec<PathBuf> {
    let script = fs::read(home.join(SCRIPT)).unwrap_or_default();
    let header = Header::parse(&String::from_utf8_lossy(&script));
    let named = home.join(format!("{}{KEPT_ASIDE}", header.venv_path().trim_end_matches('/')));
    let listed = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().collect::<Vec<_>>();
    let mut entries = listed(home);
    let folders = entries.iter().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let deeper: Vec<_> = folders.flat_map(|folder| listed(&folder.path())).collect();
    entries.extend(deeper);
    let is_kept = |path: &PathBuf| {
        let is_environment = path.join("pyvenv.cfg").exists() || path.join("conda-meta").exists();
        // Compared by components: `./env` is `env`.
        path.as_os_str().as_encoded_bytes().ends_with(KEPT_ASIDE.as_bytes())
            && (is_environment || path.components().eq(named.components()))
    };
    entries.into_iter().map(|entry| entry.path()).filter(is_kept).collect()
}
