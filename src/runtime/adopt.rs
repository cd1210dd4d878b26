//! Finding the runs an earlier server left behind.

use std::collections::BTreeSet;

use super::connection;
use super::leftover::sweep;
use super::{Run, Runtime};
use crate::domain::{Exit, RunId};

/// What became of a run while no server watched.
#[derive(Debug)]
pub enum Found {
    /// It lives; it is watched again.
    Running(Run),
    /// It ended, and its shim kept how; the record stays until [`Runtime::forget`], or until the run is collected where
    /// the shim is still there.
    Ended(RunId, Exit, Option<Run>),
    /// Its shim is gone without a word; what it left has been ended.
    Lost(RunId),
}

impl Runtime {
    /// Adopts every run there is, and tells what became of the `known` ones that are not there any more.
    pub async fn adopt(&self, known: impl IntoIterator<Item = RunId>) -> Vec<Found> {
        let mut runs: BTreeSet<RunId> = known.into_iter().collect();
        for entry in std::fs::read_dir(&self.shims).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let run = name.to_str().and_then(|name| name.strip_suffix(".sock").or_else(|| name.strip_suffix(".exit")));
            runs.extend(run.map(|run| RunId(run.to_owned())));
        }
        let mut found = Vec::new();
        for run in runs {
            found.push(self.adopt_one(run).await);
        }
        found
    }

    /// Removes what a run left in the shims folder, once its end is stored.
    pub fn forget(&self, run: &RunId) {
        connection::forget(&self.shims, run);
    }

    async fn adopt_one(&self, run: RunId) -> Found {
        match connection::connect(&self.shims, &run).await {
            Ok(run) => match run.exit {
                Some(exit) => Found::Ended(run.id.clone(), exit, Some(run)),
                None => Found::Running(run),
            },
            Err(error) => {
                tracing::debug!(%run, %error, "no shim answers");
                let exit = connection::recorded_end(&self.shims, &run);
                let swept = run.clone();
                if exit.is_none() {
                    let _ = tokio::task::spawn_blocking(move || sweep(&swept, None)).await;
                }
                exit.map_or_else(|| Found::Lost(run.clone()), |exit| Found::Ended(run.clone(), exit, None))
            }
        }
    }
}
