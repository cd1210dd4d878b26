//! The runs whose logs are kept, and what is known of each beyond its files (`output.logs/runs.json`).
//!
//! The files are the truth. The index adds what they can't say: when a run began, how it ended, what was lost. Without
//! it, or with a broken one, every run can still be read.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files::{self, Part};
use crate::domain::{Exit, RunId, Timestamp};

const INDEX: &str = "runs.json";

/// A run as the index has it. Fields are only ever added, with a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::runtime) struct Known {
    pub(in crate::runtime) run: RunId,
    #[serde(default)]
    pub(in crate::runtime) started_at: Option<Timestamp>,
    #[serde(default)]
    pub(in crate::runtime) exit: Option<Exit>,
    #[serde(default)]
    pub(in crate::runtime) lost: u64,
}

/// A run whose log is kept.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct KeptRun {
    /// Which run of the instance, counted.
    pub number: u64,
    /// Its name.
    pub run: RunId,
    /// When it began, if known.
    pub started_at: Option<Timestamp>,
    /// When it ended; as far as known, when it last printed something. `None` for the newest one while it runs.
    pub ended_at: Option<Timestamp>,
    /// How it ended, if known.
    pub exit: Option<Exit>,
    /// The oldest byte that is kept.
    pub start: u64,
    /// How many bytes it has written, those no longer kept included.
    pub size: u64,
    /// Bytes that could not be written.
    pub lost: u64,
}

/// Every run whose log is kept, the newest first.
///
/// # Errors
/// The folder is there and can't be read.
pub fn runs(log: &Path) -> io::Result<Vec<KeptRun>> {
    let parts = files::parts(log)?;
    let known = read(&files::folder(log));
    let mut all: Vec<KeptRun> =
        parts.chunk_by(|a, b| a.number == b.number).filter_map(|run| kept(run, &known)).collect();
    all.reverse();
    // Whether the newest one has ended is said by its record only: silence is no end.
    if let Some(newest) = all.first_mut() {
        newest.ended_at = newest.exit.map(|exit| exit.at);
    }
    Ok(all)
}

fn kept(parts: &[Part], known: &[Known]) -> Option<KeptRun> {
    let (first, last) = (parts.first()?, parts.last()?);
    let meta = fs::metadata(&last.path).ok()?;
    let known = known.iter().find(|known| known.run == first.run);
    let exit = known.and_then(|known| known.exit);
    let printed = meta.modified().ok().map(Timestamp::of);
    Some(KeptRun {
        number: first.number,
        run: first.run.clone(),
        started_at: known.and_then(|known| known.started_at),
        ended_at: exit.map(|exit| exit.at).or(printed),
        exit,
        start: first.start,
        size: last.start + meta.len(),
        lost: known.map_or(0, |known| known.lost),
    })
}

/// What the index says; nothing if it can't be read.
pub(in crate::runtime) fn read(folder: &Path) -> Vec<Known> {
    let bytes = fs::read(folder.join(INDEX)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Writes the index anew, by rename.
pub(in crate::runtime) fn write(folder: &Path, known: &[Known]) -> io::Result<()> {
    let fresh = folder.join("runs.json-new");
    fs::write(&fresh, serde_json::to_vec(known).map_err(io::Error::other)?)?;
    fs::rename(&fresh, folder.join(INDEX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_with_and_without_an_index() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("output.log");
        assert_eq!(runs(&log).unwrap(), []);
        let folder = files::folder(&log);
        fs::create_dir(&folder).unwrap();
        for (name, text) in [("3.a.100.log", "12345"), ("3.a.105.log", "12"), ("4.b.0.log", "x")] {
            fs::write(folder.join(name), text).unwrap();
        }
        let exit = Exit { code: Some(1), signal: None, at: Timestamp::from_millis(9) };
        let known = Known {
            run: RunId("a".to_owned()),
            started_at: Some(Timestamp::from_millis(5)),
            exit: Some(exit),
            lost: 7,
        };
        write(&folder, &[known]).unwrap();
        let all = runs(&log).unwrap();
        assert_eq!(all.iter().map(|run| run.number).collect::<Vec<_>>(), [4, 3]);
        assert_eq!((all[1].start, all[1].size, all[1].lost, all[1].exit), (100, 107, 7, Some(exit)));
        assert_eq!((all[1].started_at, all[1].ended_at), (Some(Timestamp::from_millis(5)), Some(exit.at)));
        assert_eq!((all[0].size, all[0].started_at, all[0].ended_at), (1, None, None));
        for broken in ["", "{", "[{\"run\":5}]", "[{\"run\":\"a\"}]"] {
            fs::write(folder.join(INDEX), broken).unwrap();
            let all = runs(&log).unwrap();
            assert_eq!((all.len(), all[1].size, all[1].exit), (2, 107, None), "{broken}");
            assert!(all[1].ended_at.is_some(), "the last sign of it");
        }
    }
}
