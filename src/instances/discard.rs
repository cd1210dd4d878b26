//! Files that are deleted out of a folder: they go to the trash, from where they can be put back.

use super::error::Error;
use super::places::Place;
use super::trash::{Discarded, Origin};
use super::{Instances, blocking, now};
use crate::domain::{FolderPath, Layout};
use crate::folders::{Folder, FolderError};

/// Things in one call.
const MOST: usize = 10_000;

/// What was moved to the trash.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
#[schema(as = Discarded)]
pub struct Discard {
    /// By which it can be put back.
    pub token: String,
    /// How many things; one that lies in another does not count.
    pub count: usize,
    /// What, for people.
    #[serde(skip)]
    pub what: String,
}

impl Instances {
    /// Moves things out of a folder to the trash: all of them, or none. What lies on another disk goes to the trash there.
    ///
    /// # Errors
    /// One is not there, is AiKore's own, or lies on another disk than the trash.
    pub async fn discard(&self, place: Place, paths: Vec<FolderPath>) -> Result<Discard, Error> {
        if paths.is_empty() || paths.len() > MOST {
            return Err(Error::Invalid { field: "paths", why: format!("Say what to delete: 1 to {MOST} paths.") });
        }
        let _trash = self.inner.trash.lock().await;
        let found = self.find_place(place)?;
        let origin = match (place, &found.owner) {
            (Place::Home(_), Some((instance, name))) => Origin::Home { instance: *instance, name: name.clone() },
            (Place::Outputs(_), Some((instance, name))) => Origin::Outputs { instance: *instance, name: name.clone() },
            _ => Origin::Models,
        };
        let trashcan = self.inner.setup.layout.trashcan();
        let token = format!("{:016x}", fastrand::u64(..));
        let discarded = Discarded::new(now(), origin, paths);
        let (count, what) = (discarded.count(), discarded.in_words());
        let (key, place) = (token.clone(), found.path.clone());
        let put_away = blocking(move || {
            let folder = Folder::open(&found.path)?;
            discarded.paths().iter().try_for_each(|path| found.refuse_ours(&folder, path))?;
            match discarded.put_away(&folder, &trashcan, &key) {
                Err(FolderError::OtherDisk(_)) => discarded.put_away(&folder, &Layout::trashcan_in(&found.disk), &key),
                done => done,
            }
        })
        .await;
        self.inner.gallery.look_again(&place).await;
        put_away??;
        tracing::info!(%token, %what, "moved to the trash");
        Ok(Discard { token, count, what })
    }
}
