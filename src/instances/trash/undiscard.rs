//! Putting deleted files back where they were.

use super::Found;
use super::discarded::{DISCARDED, Origin, PutBackError};
use crate::domain::{FolderPath, InstanceId};
use crate::instances::places::Place;
use crate::instances::{Error, Instances, blocking};

/// How many of those in the way are named.
const NAMED: usize = 3;

impl Instances {
    /// Whether an entry of the trash is files that were deleted, by whose token they can be put back.
    pub fn token_of_trash(entry: &str) -> Option<&str> {
        entry.strip_prefix(DISCARDED)
    }

    /// Puts things back that were deleted together: all of them, or none. How many there were, and what, for people.
    ///
    /// # Errors
    /// They are no longer in the trash, where they were is gone, or something has their names.
    pub async fn put_back(&self, token: &str) -> Result<(usize, String), Error> {
        let _trash = self.inner.trash.lock().await;
        let name = format!("{DISCARDED}{token}");
        let is_it = |found: &Found| found.path.file_name() == Some(name.as_ref());
        let found = self.find_trash().await?.into_iter().find(is_it).ok_or_else(|| gone(token))?;
        let discarded = found.discarded.ok_or_else(|| {
            Error::busy("From where these files were deleted is not known: their record can't be read.")
        })?;
        let place = self.find_place(self.place_of(&discarded.origin)?)?;
        let (path, what, home) = (found.path, discarded.in_words(), place.path.clone());
        let back = blocking(move || discarded.put_back(&path, &place.open_or_make()?)).await?;
        self.inner.gallery.look_again(&home).await;
        let count = back.map_err(|error| match error {
            PutBackError::Taken(taken) => in_the_way(&taken),
            PutBackError::Folder(error) => error.into(),
        })?;
        tracing::info!(%token, %what, "put back from the trash");
        Ok((count, what))
    }

    /// The folder they came from: an instance that was itself deleted and put back has another id.
    fn place_of(&self, origin: &Origin) -> Result<Place, Error> {
        let instance = |id: &InstanceId, name: &str| {
            let here =
                self.get(*id).ok().or_else(|| self.list().into_iter().find(|one| one.chosen.name.as_str() == name));
            here.map(|instance| instance.id).ok_or_else(|| {
                Error::busy(format!("They were in {}, which is gone. Put '{name}' back first.", origin.in_words()))
            })
        };
        Ok(match origin {
            Origin::Home { instance: id, name } => Place::Home(instance(id, name)?),
            Origin::Outputs { instance: id, name } => Place::Outputs(instance(id, name)?),
            Origin::Models => Place::Models,
        })
    }
}

fn gone(token: &str) -> Error {
    Error::NotInTrash(format!("{DISCARDED}{token}"))
}

fn in_the_way(taken: &[FolderPath]) -> Error {
    let named: Vec<String> = taken.iter().take(NAMED).map(|path| format!("'{path}'")).collect();
    let more = taken.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let (are, them) = if taken.len() == 1 { ("is", "it") } else { ("are", "them") };
    Error::busy(format!(
        "{}{more} {are} there again. Rename {them} or move {them} away, then put the deleted ones back. Nothing was changed.",
        named.join(", ")
    ))
}
