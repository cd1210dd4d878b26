//! What a file held before: its last saves, beside it in a hidden folder, as plain files a person can read without us.
//!
//! `<root>/<the file's path, `/` written as %2F>/0007.sh` holds a text, `saves.json` there says when and by whom. A text is
//! written before it is listed, and taken off the list before it is removed: what stands there can be read.

use std::io;

use serde::{Deserialize, Deserializer, Serialize};

use super::text::version_of;
use super::{Folder, FolderError, native};
use crate::domain::{FolderPath, Timestamp};

/// So many are kept of each file.
pub const KEPT: usize = 20;

const LIST: &str = "saves.json";

/// The longest name of a file's folder, in bytes; longer paths go by their hash.
const LONGEST: usize = 200;

/// How a text came into the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = SaveOrigin)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Somebody saved it.
    Saved,
    /// Somebody brought it back.
    Restored,
    /// It lay there when the next one was saved: AiKore did not write it.
    Found,
    /// It was deleted.
    Deleted,
}

/// One text of the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Save {
    /// Its number: the later, the higher.
    pub n: u64,
    /// When it came here.
    #[serde(deserialize_with = "moment")]
    pub at: Timestamp,
    /// Who did that.
    pub by: String,
    /// How.
    pub origin: Origin,
    /// Bytes.
    pub size: u64,
    /// What tells it from any other text.
    pub version: String,
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_rfc3339(&text).map(Timestamp::of).map_err(serde::de::Error::custom)
}

/// The past of one file.
#[derive(Debug)]
pub struct History<'a> {
    folder: &'a Folder,
    shelf: FolderPath,
    ending: String,
}

impl<'a> History<'a> {
    /// That of a file, kept below `root` in the same folder.
    ///
    /// # Errors
    /// The path is too long.
    pub fn of(folder: &'a Folder, root: &str, path: &FolderPath) -> Result<Self, FolderError> {
        let shelf = FolderPath::parse(root)?.join(&shelf_name(path))?;
        let ending = path.name().rsplit_once('.').map_or("txt", |(_, ending)| ending);
        let plain = !ending.is_empty() && ending.len() <= 8 && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
        Ok(Self { folder, shelf, ending: if plain { ending.to_owned() } else { "txt".to_owned() } })
    }

    /// What there is, the newest first. A list that can't be understood is an empty one: it is no reason not to save.
    ///
    /// # Errors
    /// It is there and can't be read.
    pub fn list(&self) -> Result<Vec<Save>, FolderError> {
        let mut all = match self.folder.read_text(&self.shelf.join(LIST)?) {
            Ok(text) => serde_json::from_str::<Vec<Save>>(&text.content).unwrap_or_else(|error| {
                tracing::warn!(shelf = %self.shelf, %error, "a history can't be understood");
                Vec::new()
            }),
            Err(FolderError::Missing(_) | FolderError::NoText(_)) => Vec::new(),
            Err(error) => return Err(error),
        };
        all.sort_by_key(|save| std::cmp::Reverse(save.n));
        Ok(all)
    }

    /// One text of the past.
    ///
    /// # Errors
    /// There is none of that number, or it can't be read.
    pub fn read(&self, n: u64) -> Result<(Save, String), FolderError> {
        let path = self.file(n)?;
        let save =
            self.list()?.into_iter().find(|save| save.n == n).ok_or_else(|| FolderError::Missing(path.clone()))?;
        Ok((save, self.folder.read_text(&path)?.content))
    }

    /// Adds a text; the oldest ones beyond what is kept go.
    ///
    /// # Errors
    /// It can't be written.
    pub fn add(&self, content: &str, by: &str, origin: Origin, at: Timestamp) -> Result<Save, FolderError> {
        let failed = |error: io::Error| FolderError::of(&self.shelf, &error);
        self.folder.dir().create_dir_all(native(&self.shelf)).map_err(failed)?;
        let mut all = self.list()?;
        let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
        let save =
            Save { n: self.last()? + 1, at, by: by.to_owned(), origin, size, version: version_of(content.as_bytes()) };
        self.folder.save(&self.file(save.n)?, content.as_bytes(), 0o600)?;
        all.insert(0, save.clone());
        let old = all.split_off(all.len().min(KEPT));
        let list = serde_json::to_vec_pretty(&all)
            .map_err(|error| FolderError::Failed(self.shelf.clone(), error.to_string()))?;
        self.folder.save(&self.shelf.join(LIST)?, &list, 0o600)?;
        for gone in old {
            if let Err(error) = self.folder.dir().remove_file(native(&self.file(gone.n)?)) {
                tracing::warn!(shelf = %self.shelf, n = gone.n, %error, "a former text could not be removed");
            }
        }
        Ok(save)
    }

    /// Makes it the past of a file that has got another name. What that one had is gone.
    ///
    /// # Errors
    /// It can't be renamed.
    pub fn move_to(&self, other: &Self) -> Result<(), FolderError> {
        other.forget()?;
        let dir = self.folder.dir();
        match dir.rename(native(&self.shelf), dir, native(&other.shelf)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FolderError::of(&self.shelf, &error)),
            _ => Ok(()),
        }
    }

    /// Removes all of it.
    ///
    /// # Errors
    /// It can't be removed.
    pub fn forget(&self) -> Result<(), FolderError> {
        match self.folder.dir().remove_dir_all(native(&self.shelf)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FolderError::of(&self.shelf, &error)),
            _ => Ok(()),
        }
    }

    /// The highest number given so far, also to what a crash kept off the list.
    fn last(&self) -> Result<u64, FolderError> {
        let names = self.folder.list(&self.shelf)?.into_iter().map(|entry| entry.name);
        Ok(names.filter_map(|name| name.split('.').next()?.parse().ok()).max().unwrap_or(0))
    }

    fn file(&self, n: u64) -> Result<FolderPath, FolderError> {
        Ok(self.shelf.join(&format!("{n:04}.{}", self.ending))?)
    }
}

/// One name for a whole path, which a person can still read.
fn shelf_name(path: &FolderPath) -> String {
    let name = path.as_str().replace('%', "%25").replace('/', "%2F");
    if name.len() <= LONGEST { name } else { format!("%{}", version_of(path.as_str().as_bytes())) }
}

/// The path a shelf is about, where its name still says it.
pub fn path_of_shelf(name: &str) -> Option<FolderPath> {
    FolderPath::parse(&name.replace("%2F", "/").replace("%25", "%")).ok().filter(|path| shelf_name(path) == name)
}
