//! What is known of an upload besides its bytes: a small file in its place, so that it outlives the server. How much has
//! come is the length of the part itself.

use std::fs::Metadata;
use std::io::Read;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::domain::{FolderPath, Timestamp, UploadId};
use crate::folders::{Folder, FolderError};
use crate::instances::places::OURS;

/// No record is longer.
const LIMIT: u64 = 1 << 20;

/// An upload that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Where it goes.
    pub(super) path: FolderPath,
    /// How long it is.
    pub(super) length: u64,
    /// Whether it may replace the file that has its name.
    pub(super) overwrite: bool,
    /// What its client said of it, as it was said.
    pub(super) metadata: String,
    /// When.
    pub(super) begun: Timestamp,
    /// Whether it is where it goes: kept for a while, since the last answer may not have arrived.
    pub(super) finished: bool,
}

/// The folder of the records, in a place.
pub(super) fn records() -> FolderPath {
    joined(&FolderPath::root(), "uploads")
}

fn place_of(id: &UploadId) -> FolderPath {
    records().join(&format!("{id}.json")).unwrap_or_else(|_| records())
}

/// Something of ours in a folder. The names are short and plain: they always fit.
fn joined(folder: &FolderPath, name: &str) -> FolderPath {
    folder.join(&format!("{OURS}{name}")).unwrap_or_else(|_| folder.clone())
}

impl Record {
    /// Where the bytes are that have come: beside the place they go to, which may be a disk of its own.
    pub(super) fn part(&self, id: &UploadId) -> FolderPath {
        joined(&self.path.parent().unwrap_or_else(FolderPath::root), &format!("upload-{id}"))
    }

    /// `None` when there is none, or none that can be understood.
    pub(super) fn read(folder: &Folder, id: &UploadId) -> Result<Option<Self>, FolderError> {
        let file = match folder.open_file(&place_of(id)) {
            Err(FolderError::Missing(_)) => return Ok(None),
            opened => opened?.0,
        };
        let mut text = Vec::new();
        file.take(LIMIT).read_to_end(&mut text).map_err(|error| FolderError::of(&place_of(id), &error))?;
        Ok(serde_json::from_slice(&text).ok())
    }

    pub(super) fn write(&self, folder: &Folder, id: &UploadId) -> Result<(), FolderError> {
        folder.make_folders(&records(), &mut Vec::new())?;
        let text = serde_json::to_vec(self).map_err(|error| FolderError::Failed(place_of(id), error.to_string()))?;
        folder.write_whole(&place_of(id), &text)
    }

    /// Whether all of it is where it goes, though the server died before it could say so: the part has gone, and a file of
    /// this length has come since.
    pub(super) fn has_arrived(&self, folder: &Folder, id: &UploadId) -> bool {
        let gone = matches!(folder.entry(&self.part(id)), Err(FolderError::Missing(_)));
        let since = |facts: &Metadata| facts.modified().is_ok_and(|time| Timestamp::of(time) >= self.begun);
        gone && folder.open_file(&self.path).is_ok_and(|(_, facts)| facts.len() == self.length && since(&facts))
    }

    /// Forgets an upload; what has come of it goes too.
    pub(super) fn remove(&self, folder: &Folder, id: &UploadId) -> Result<(), FolderError> {
        for path in [self.part(id), place_of(id)] {
            match folder.remove_file(&path) {
                Ok(()) | Err(FolderError::Missing(_)) => {}
                Err(error) => return Err(error),
            }
        }
        // The last one takes the folder along.
        let _ = folder.remove_folder(&records());
        Ok(())
    }
}

/// Removes what has not been touched since a moment. How many uploads.
pub(super) fn expire(folder: &Folder, since: SystemTime) -> Result<usize, FolderError> {
    let listed = match folder.list(&records()) {
        Err(FolderError::Missing(_)) => return Ok(0),
        listed => listed?,
    };
    let touched = |path: &FolderPath| folder.open_file(path).ok().and_then(|(_, facts)| facts.modified().ok());
    let mut removed = 0;
    for entry in listed {
        let Ok(path) = records().join(&entry.name) else { continue };
        let id = entry.name.strip_suffix(".json").and_then(|name| UploadId::parse(name).ok());
        let record = id.as_ref().and_then(|id| Record::read(folder, id).ok().flatten());
        let part = record.as_ref().zip(id.as_ref()).and_then(|(record, id)| touched(&record.part(id)));
        if touched(&path).max(part).is_none_or(|last| last >= since) {
            continue;
        }
        match record.zip(id) {
            Some((record, id)) => record.remove(folder, &id)?,
            // What a crash left while it was written.
            None => folder.remove_file(&path)?,
        }
        removed += 1;
    }
    let _ = folder.remove_folder(&records());
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    fn record(path: &str) -> Record {
        let path = FolderPath::parse(path).unwrap();
        let begun = Timestamp::of(SystemTime::now() - Duration::from_secs(60));
        Record { path, length: 3, overwrite: false, metadata: "path eA==".to_owned(), begun, finished: false }
    }

    #[test]
    fn a_record_comes_back_and_what_is_old_goes() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        fs::create_dir(dir.path().join("in")).unwrap();
        let (old, young) = (UploadId::of(1), UploadId::of(2));
        for (id, path) in [(&old, "in/a"), (&young, "in/b")] {
            let record = record(path);
            record.write(&folder, id).unwrap();
            assert_eq!(Record::read(&folder, id).unwrap(), Some(record.clone()));
            folder.create_file(&record.part(id)).unwrap();
        }
        assert_eq!(Record::read(&folder, &UploadId::of(3)).unwrap(), None);
        let past = SystemTime::now() - Duration::from_secs(1000);
        let age = |path: &str| fs::File::options().write(true).open(dir.path().join(path)).unwrap().set_modified(past);
        age(&format!(".aikore-uploads/{old}.json")).unwrap();
        let limit = past + Duration::from_secs(10);
        assert_eq!(expire(&folder, limit).unwrap(), 0, "its bytes are young");
        age(&format!("in/.aikore-upload-{old}")).unwrap();
        fs::write(dir.path().join(".aikore-uploads/.aikore-new-1"), "torn").unwrap();
        age(".aikore-uploads/.aikore-new-1").unwrap();
        assert_eq!(expire(&folder, limit).unwrap(), 2);
        assert_eq!(fs::read_dir(dir.path().join("in")).unwrap().count(), 1);
        record("in/b").remove(&folder, &young).unwrap();
        assert_eq!(fs::read_dir(dir.path().join("in")).unwrap().count(), 0);
        assert!(!dir.path().join(".aikore-uploads").exists());
        assert_eq!(expire(&folder, limit).unwrap(), 0);
    }

    #[test]
    fn what_arrived_is_known_by_its_length() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let (id, record) = (UploadId::of(1), record("a"));
        folder.create_file(&record.part(&id)).unwrap();
        fs::write(dir.path().join("a"), "abc").unwrap();
        assert!(!record.has_arrived(&folder, &id), "its part is still there");
        folder.remove_file(&record.part(&id)).unwrap();
        assert!(record.has_arrived(&folder, &id));
        fs::write(dir.path().join("a"), "abcd").unwrap();
        assert!(!record.has_arrived(&folder, &id));
        fs::write(dir.path().join("a"), "abc").unwrap();
        let earlier = SystemTime::now() - Duration::from_secs(1000);
        fs::File::options().write(true).open(dir.path().join("a")).unwrap().set_modified(earlier).unwrap();
        assert!(!record.has_arrived(&folder, &id), "it was there before");
    }
}
