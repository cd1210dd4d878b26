//! Files that were deleted out of a folder. Each deletion is an entry of its own, with a record of where its things came
//! from; in it they lie as they lay in their folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::record::read_plain;
use crate::domain::{FolderPath, InstanceId, Timestamp};
use crate::files::leftovers;
use crate::folders::{Folder, FolderError};
use crate::runtime::folder::replace;

/// How the names of such entries begin; what follows is the token.
pub(super) const DISCARDED: &str = ".files-";

const RECORD: &str = ".aikore-discarded.json";

/// The folder in an entry that holds the things.
const THINGS: &str = "files";

/// From where something was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "place", rename_all = "lowercase")]
pub(in crate::instances) enum Origin {
    /// The folder of an instance, which may get another name meanwhile.
    Home {
        /// The instance; the one of this name, once that is gone.
        instance: InstanceId,
        name: String,
    },
    /// The outputs of an instance.
    Outputs { instance: InstanceId, name: String },
    /// The shared models.
    Models,
}

impl Origin {
    /// For people.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Home { name, .. } => format!("the folder of '{name}'"),
            Self::Outputs { name, .. } => format!("the outputs of '{name}'"),
            Self::Models => "the models".to_owned(),
        }
    }
}

/// What was deleted, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::instances) struct Discarded {
    pub(super) deleted_at: Timestamp,
    #[serde(flatten)]
    pub(super) origin: Origin,
    /// None of them lies in another.
    paths: Vec<FolderPath>,
}

impl Discarded {
    pub(in crate::instances) fn new(deleted_at: Timestamp, origin: Origin, paths: Vec<FolderPath>) -> Self {
        let all: BTreeSet<FolderPath> = paths.into_iter().collect();
        let lies_in_another = |path: &&FolderPath| {
            std::iter::successors(path.parent(), FolderPath::parent).any(|folder| all.contains(&folder))
        };
        let paths = all.iter().filter(|path| !lies_in_another(path)).cloned().collect();
        Self { deleted_at, origin, paths }
    }

    pub(in crate::instances) fn paths(&self) -> &[FolderPath] {
        &self.paths
    }

    pub(in crate::instances) fn count(&self) -> usize {
        self.paths.len()
    }

    /// What, and from where, for people: `a.png and 2 more, from the outputs of 'A'`.
    pub(in crate::instances) fn in_words(&self) -> String {
        format!("{}, from {}", self.title(), self.origin.in_words())
    }

    /// The first of the things by its name, and how many more.
    pub(super) fn title(&self) -> String {
        let first = self.paths.first().map(FolderPath::name).unwrap_or_default();
        match self.paths.len() {
            0 | 1 => first.to_owned(),
            more => format!("{first} and {} more", more - 1),
        }
    }

    /// `None` when there is none, or none that can be understood.
    pub(super) fn read(entry: &Path) -> Option<Self> {
        serde_json::from_str(&read_plain(&entry.join(RECORD))?).ok()
    }

    /// Moves the things out of their folder into a new entry of the trash: all of them, or none.
    pub(in crate::instances) fn put_away(
        &self,
        from: &Folder,
        trashcan: &Path,
        token: &str,
    ) -> Result<(), FolderError> {
        let entry = trashcan.join(format!("{DISCARDED}{token}"));
        let kept = Folder::open_or_make(&entry.join(THINGS))?;
        // The record first: should the server die in the middle, what is here can still be put back.
        let done = self.write(&entry).and_then(|()| move_all(&self.paths, from, &kept));
        if done.is_err() {
            leave_nothing(&entry);
        }
        done
    }

    /// Moves the things back to where they were: all of them, or none. How many there were; or what is in the way.
    pub(super) fn put_back(&self, entry: &Path, to: &Folder) -> Result<usize, PutBackError> {
        let kept = Folder::open(&entry.join(THINGS))?;
        // One that was put away when the server died may be missing here, since it never left.
        let there: Vec<FolderPath> = self.paths.iter().filter(|path| kept.entry(path).is_ok()).cloned().collect();
        let taken: Vec<FolderPath> = there.iter().filter(|path| to.entry(path).is_ok()).cloned().collect();
        if !taken.is_empty() {
            return Err(PutBackError::Taken(taken));
        }
        move_all(&there, &kept, to)?;
        leave_nothing(entry);
        Ok(there.len())
    }

    fn write(&self, entry: &Path) -> Result<(), FolderError> {
        let failed = |error: std::io::Error| FolderError::of(&FolderPath::root(), &error);
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        replace(&entry.join(RECORD), &text, 0o600).map_err(|error| failed(error.source))
    }
}

/// Why things can't be put back.
#[derive(Debug)]
pub(super) enum PutBackError {
    /// Something has their names.
    Taken(Vec<FolderPath>),
    Folder(FolderError),
}

impl From<FolderError> for PutBackError {
    fn from(error: FolderError) -> Self {
        Self::Folder(error)
    }
}

/// Moves things to the same places in another folder, whose folders are made as far as they are missing. An error takes
/// everything back.
fn move_all(paths: &[FolderPath], from: &Folder, to: &Folder) -> Result<(), FolderError> {
    let mut made = Vec::new();
    let mut moved = Vec::new();
    let done = paths.iter().try_for_each(|path| {
        to.make_folders(&path.parent().unwrap_or_else(FolderPath::root), &mut made)?;
        from.move_to(path, to, path)?;
        moved.push(path);
        Ok(())
    });
    if done.is_err() {
        for path in moved.into_iter().rev() {
            if let Err(error) = to.move_to(path, from, path) {
                let (from, to) = (to.place().display(), from.place().display());
                tracing::error!(%path, %from, %to, %error, "something could not be moved back");
            }
        }
        for folder in made.iter().rev() {
            let _ = to.remove_folder(folder);
        }
    }
    done
}

/// Removes an entry that holds nothing any more: by its empty folders, so that what could not be moved stays.
fn leave_nothing(entry: &Path) {
    if remove_empty(&entry.join(THINGS)).is_ok()
        && let Err(error) = leftovers::remove(entry)
    {
        tracing::warn!(path = %entry.display(), %error, "an empty entry of the trash can't be removed");
    }
}

fn remove_empty(folder: &Path) -> std::io::Result<()> {
    let inner: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|one| Ok(one?.path())).collect::<std::io::Result<_>>()?;
    for one in inner.iter().filter(|one| std::fs::symlink_metadata(one).is_ok_and(|facts| facts.is_dir())) {
        remove_empty(one)?;
    }
    std::fs::remove_dir(folder)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn path(text: &str) -> FolderPath {
        FolderPath::parse(text).unwrap()
    }

    fn discarded(paths: &[&str]) -> Discarded {
        let origin = Origin::Outputs { instance: 7, name: "A".to_owned() };
        Discarded::new(Timestamp::from_millis(0), origin, paths.iter().map(|text| path(text)).collect())
    }

    fn folders() -> (tempfile::TempDir, Folder, PathBuf) {
        let all = tempfile::tempdir().unwrap();
        let home = all.path().join("home");
        fs::create_dir_all(home.join("in/deep")).unwrap();
        for name in ["a", "b", "in/c", "in/deep/d"] {
            fs::write(home.join(name), name).unwrap();
        }
        let trash = all.path().join("trash");
        (all, Folder::open(&home).unwrap(), trash)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut all: Vec<_> =
            fs::read_dir(folder).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
        all.sort();
        all
    }

    #[test]
    fn none_lies_in_another() {
        let all = discarded(&["a/b", "a", "a-b", "a-b/c", "x/y", "x/y", "x/yz", "a/b/c"]);
        assert_eq!(all.paths, [path("a"), path("a-b"), path("x/y"), path("x/yz")]);
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Discarded>(&text).unwrap(), all);
        assert!(
            serde_json::from_str::<Discarded>(&text.replace("x/yz", "../x")).is_err(),
            "a record leads nowhere else"
        );
    }

    #[test]
    fn away_and_back() {
        let (all, home, trash) = folders();
        let record = discarded(&["a", "in/deep", "in/c"]);
        record.put_away(&home, &trash, "1").unwrap();
        assert_eq!(
            (names(home.place()), names(&home.place().join("in"))),
            (vec!["b".to_owned(), "in".to_owned()], vec![])
        );
        let entry = trash.join(".files-1");
        assert_eq!(Discarded::read(&entry), Some(record.clone()));
        assert!(entry.join("files/in/deep/d").exists());
        fs::remove_dir(home.place().join("in")).unwrap();
        assert_eq!(record.put_back(&entry, &home).unwrap(), 3);
        assert_eq!(fs::read_to_string(home.place().join("in/deep/d")).unwrap(), "in/deep/d");
        assert!(names(&trash).is_empty());
        drop(all);
    }

    #[test]
    fn nothing_is_half_done() {
        let (_all, home, trash) = folders();
        let missing = discarded(&["a", "in/c", "nothing"]).put_away(&home, &trash, "1");
        assert_eq!(missing, Err(FolderError::Missing(path("nothing"))));
        assert!(home.place().join("a").exists() && home.place().join("in/c").exists() && names(&trash).is_empty());

        let record = discarded(&["a", "b", "in"]);
        record.put_away(&home, &trash, "2").unwrap();
        let entry = trash.join(".files-2");
        fs::write(home.place().join("b"), "new").unwrap();
        assert!(matches!(record.put_back(&entry, &home), Err(PutBackError::Taken(taken)) if taken == [path("b")]));
        assert_eq!(
            (names(home.place()), names(&entry.join("files"))),
            (vec!["b".to_owned()], vec!["a".to_owned(), "b".to_owned(), "in".to_owned()])
        );
        fs::remove_file(home.place().join("b")).unwrap();
        // As if the server had died before the last one was moved.
        fs::rename(entry.join("files/a"), home.place().join("a")).unwrap();
        assert_eq!(record.put_back(&entry, &home).unwrap(), 2);
        assert_eq!(names(home.place()), ["a", "b", "in"]);
    }
}
