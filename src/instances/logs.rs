//! Reading an instance's log.

use std::path::PathBuf;

use super::error::Error;
use super::{Instances, blocking};
use crate::domain::{InstanceId, RunId};
use crate::runtime::log::{self, Chunk};

impl Instances {
    /// A piece of the present log from `offset` on, and the run it belongs to. When `run` names another one, the piece
    /// is the present log's beginning.
    ///
    /// # Errors
    /// There is no such instance, or its log can't be read.
    pub async fn log(&self, id: InstanceId, offset: u64, run: Option<&str>) -> Result<(Chunk, Option<RunId>), Error> {
        let present = self.get(id)?.last_run.clone();
        let same = run.is_none_or(|run| present.as_ref().is_some_and(|present| present.0 == run));
        let offset = if same { offset } else { 0 };
        let path = self.log_path(id)?;
        let shown = path.display().to_string();
        let chunk = blocking(move || log::read(&path, offset)).await?;
        Ok((chunk.map_err(|error| Error::Failed(format!("{shown} can't be read: {error}.")))?, present))
    }

    /// The last lines of the present log that say something, colours included.
    ///
    /// # Errors
    /// There is no such instance.
    pub async fn log_tail(&self, id: InstanceId, lines: usize) -> Result<Vec<String>, Error> {
        let path = self.log_path(id)?;
        blocking(move || log::tail(&path, lines)).await
    }

    /// Where the present log lies.
    ///
    /// # Errors
    /// There is no such instance.
    pub fn log_path(&self, id: InstanceId) -> Result<PathBuf, Error> {
        Ok(self.inner.setup.layout.log(&self.get(id)?.chosen.name))
    }
}
