//! Reading an instance's log.

use std::path::PathBuf;

use super::error::Error;
use super::{Instances, blocking};
use crate::domain::InstanceId;
use crate::runtime::log::{self, Chunk, KeptRun, Part, Question};

/// What of a log is asked for.
#[derive(Debug, Clone, Default)]
pub struct LogQuestion {
    /// The run the offset is about; the present one if nobody says.
    pub run: Option<String>,
    /// From where on.
    pub offset: u64,
    /// Whether the times of the lines are wanted too.
    pub times: bool,
}

impl Instances {
    /// A piece of a log from an offset on, and the run it belongs to: the one asked for until its end has been read, then
    /// the present one from its beginning.
    ///
    /// # Errors
    /// There is no such instance, or its log can't be read.
    pub async fn log(&self, id: InstanceId, question: LogQuestion) -> Result<Chunk, Error> {
        self.read_log(id, move |path| {
            let LogQuestion { run, offset, times } = &question;
            log::answer(path, &Question { run: run.as_deref(), offset: *offset, times: *times })
        })
        .await
    }

    /// The runs whose logs are kept, the newest first.
    ///
    /// # Errors
    /// There is no such instance, or its logs can't be read.
    pub async fn log_runs(&self, id: InstanceId) -> Result<Vec<KeptRun>, Error> {
        self.read_log(id, log::runs).await
    }

    /// The files that hold the log of a run, in their order; of the present run if none is named.
    ///
    /// # Errors
    /// There is no such instance or run, or its logs can't be read.
    pub async fn log_parts(&self, id: InstanceId, run: Option<String>) -> Result<Vec<Part>, Error> {
        let wanted = run.clone();
        let parts = self.read_log(id, move |path| log::parts_of(path, wanted.as_deref())).await?;
        match run {
            Some(run) if parts.is_empty() => Err(Error::NoRun(run)),
            _ => Ok(parts),
        }
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

    async fn read_log<T: Send + 'static>(
        &self,
        id: InstanceId,
        read: impl FnOnce(&std::path::Path) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let path = self.log_path(id)?;
        let shown = path.display().to_string();
        let read = blocking(move || read(&path)).await?;
        read.map_err(|error| Error::Failed(format!("{shown} can't be read: {error}.")))
    }
}
