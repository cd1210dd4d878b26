//! Uploads that nobody goes on with are removed, when the server comes up and once a day.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{limit, record};
use crate::folders::{Folder, FolderError};
use crate::instances::{Inner, blocking};

const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

impl Inner {
    /// Until the server goes.
    pub(in crate::instances) async fn keep_uploads_tidy(self: Arc<Self>) {
        loop {
            let places = self.places_of_uploads();
            // A panic of it was logged by its task; the next day is another one.
            let _ = blocking(move || places.iter().for_each(|place| tidy(place))).await;
            tokio::select! {
                () = self.leaving.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    fn places_of_uploads(&self) -> Vec<PathBuf> {
        let layout = &self.setup.layout;
        let roster = self.roster.list();
        let roots = roster.iter().filter(|instance| instance.chosen.parent_instance_id.is_none());
        let homes = roots.map(|instance| layout.instance(&instance.chosen.name));
        homes.chain([layout.models()]).collect()
    }
}

fn tidy(place: &Path) {
    match Folder::open(place).and_then(|folder| record::expire(&folder, limit())) {
        Ok(0) | Err(FolderError::Missing(_)) => {}
        Ok(removed) => tracing::info!(place = %place.display(), removed, "uploads nobody went on with were removed"),
        Err(error) => tracing::warn!(place = %place.display(), %error, "old uploads can't be removed"),
    }
}
