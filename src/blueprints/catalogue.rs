//! Which blueprints there are: the stock ones and the user's own, read anew at each question.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::header::Header;
use super::library::Embedded;
use crate::domain::BlueprintName;

/// Where a blueprint comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Shipped.
    Stock,
    /// The user's own; one of the same name shadows a stock one.
    Custom,
}

/// A blueprint of the catalogue.
#[derive(Debug, Clone)]
pub struct Blueprint {
    /// Its file name.
    pub name: BlueprintName,
    /// Shipped or the user's.
    pub origin: Origin,
    /// Its metadata.
    pub header: Header,
    /// The whole text.
    pub script: String,
}

/// Finds blueprints.
#[derive(Debug, Clone)]
pub struct Catalogue {
    stock: Option<PathBuf>,
    custom: PathBuf,
}

/// Why a blueprint could not be had.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Not in the catalogue.
    #[error("There is no blueprint {wanted}. Known ones: {}", .known.join(", "))]
    Unknown {
        /// The name asked for.
        wanted: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// The folder or file can't be read.
    #[error("The blueprints can't be read: {path}: {source}", path = path.display())]
    Io {
        /// What was read.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

impl Catalogue {
    /// A catalogue over the built-in stock set, or a folder instead of it, and the user's own folder.
    pub fn new(stock: Option<PathBuf>, custom: PathBuf) -> Self {
        Self { stock, custom }
    }

    /// Every blueprint, stock before custom, by name. Reads files: call it off the async threads.
    ///
    /// # Errors
    /// A folder is there but can't be read.
    pub fn list(&self) -> Result<Vec<Blueprint>, CatalogueError> {
        let mut all = match &self.stock {
            Some(folder) => read_folder(folder, Origin::Stock)?,
            None => built_in(),
        };
        all.extend(read_folder(&self.custom, Origin::Custom)?);
        Ok(all)
    }

    /// The blueprint of this name; the user's own wins.
    ///
    /// # Errors
    /// There is none, or it can't be read.
    pub fn find(&self, name: &BlueprintName) -> Result<Blueprint, CatalogueError> {
        let mut all = self.list()?;
        match all.iter().rposition(|blueprint| blueprint.name == *name) {
            Some(index) => Ok(all.swap_remove(index)),
            None => Err(CatalogueError::Unknown {
                wanted: name.to_string(),
                known: all.into_iter().map(|blueprint| blueprint.name.to_string()).collect(),
            }),
        }
    }
}

fn built_in() -> Vec<Blueprint> {
    let mut found: Vec<Blueprint> =
        Embedded::iter().filter_map(|name| blueprint(&name, Origin::Stock, &Embedded::get(&name)?.data)).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn read_folder(folder: &Path, origin: Origin) -> Result<Vec<Blueprint>, CatalogueError> {
    let failed = |path: &Path, source: io::Error| CatalogueError::Io { path: path.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(folder, error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if !path.is_file() {
            continue;
        }
        // A file that vanishes between listing and reading, or that is not ours to read, must not hide the others.
        match fs::read(&path) {
            Ok(bytes) => found.extend(blueprint(name, origin, &bytes)),
            Err(error) => tracing::warn!(path = %path.display(), %error, "a blueprint can't be read"),
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// A blueprint is a `*.sh` file with a valid name.
fn blueprint(name: &str, origin: Origin, bytes: &[u8]) -> Option<Blueprint> {
    let name = BlueprintName::parse(name).ok().filter(|name| name.as_str().ends_with(".sh"))?;
    let script = String::from_utf8_lossy(bytes).into_owned();
    Some(Blueprint { name, origin, header: Header::parse(&script), script })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stock_set_has_its_demo_apps_and_complete_headers() {
        let stock = Catalogue::new(None, PathBuf::from("/nowhere")).list().unwrap();
        let names: Vec<&str> = stock.iter().map(|blueprint| blueprint.name.as_str()).collect();
        assert!(["gradio-demo.sh", "hello.sh", "jupyterlab.sh"].iter().all(|name| names.contains(name)), "{names:?}");
        for blueprint in &stock {
            for key in ["name", "category", "description"] {
                assert!(blueprint.header.get(key).is_some(), "{} lacks {key}", blueprint.name);
            }
            let faults = blueprint.header.params().faults;
            assert!(faults.is_empty(), "{}: {faults:?}", blueprint.name);
        }
    }

    #[test]
    fn custom_shadows_stock_and_is_read_anew() {
        let dir = tempfile::tempdir().unwrap();
        let catalogue = Catalogue::new(None, dir.path().to_owned());
        let hello = BlueprintName::parse("hello.sh").unwrap();
        assert_eq!(catalogue.find(&hello).unwrap().origin, Origin::Stock);
        fs::write(dir.path().join("hello.sh"), "exec true\n").unwrap();
        fs::write(dir.path().join("notes.txt"), "not a blueprint").unwrap();
        fs::create_dir(dir.path().join("folder.sh")).unwrap();
        assert_eq!(catalogue.find(&hello).unwrap().origin, Origin::Custom);
        assert_eq!(catalogue.list().unwrap().iter().filter(|b| b.origin == Origin::Custom).count(), 1);
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let catalogue = Catalogue::new(None, PathBuf::from("/nowhere"));
        let error = catalogue.find(&BlueprintName::parse("Nope.sh").unwrap()).unwrap_err().to_string();
        assert!(error.contains("Nope.sh") && error.contains("hello.sh"), "{error}");
    }
}
