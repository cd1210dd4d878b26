//! Starting a run: one shim per run.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::connection;
use super::leftover::sweep;
use super::protocol::Spec;
use super::shim::STARTED;
use super::{Run, Runtime};
use crate::domain::{InstanceId, Port, RunId};

/// How long a shim may take to start its child; it only forks.
const PATIENCE: Duration = Duration::from_secs(20);

/// What to start.
#[derive(Debug)]
pub struct LaunchSpec {
    /// Names the run.
    pub run: RunId,
    /// Whose run.
    pub instance: InstanceId,
    /// Program and arguments.
    pub command: Vec<String>,
    /// Working directory.
    pub directory: PathBuf,
    /// The child's whole environment.
    pub environment: BTreeMap<OsString, OsString>,
    /// Where its output goes.
    pub log: PathBuf,
    /// Where it was told to listen.
    pub app_port: Port,
}

/// A run that could not be started: a sentence.
#[derive(Debug, thiserror::Error)]
#[error("It could not be started: {0}")]
pub struct LaunchError(String);

impl Runtime {
    /// Starts a run and connects to it.
    ///
    /// # Errors
    /// Nothing runs then.
    pub async fn launch(&self, spec: LaunchSpec) -> Result<Run, LaunchError> {
        let run = spec.run.clone();
        self.start_shim(spec).await?;
        match connection::connect(&self.shims, &run).await {
            Ok(run) => Ok(run),
            Err(error) => {
                // It runs and does not answer: end it by its mark rather than leave it unrecorded.
                let _ = tokio::task::spawn_blocking(move || sweep(&run, None)).await;
                Err(LaunchError(format!("its supervisor does not answer: {error}")))
            }
        }
    }

    async fn start_shim(&self, spec: LaunchSpec) -> Result<(), LaunchError> {
        let failed = |what: &str, error: &dyn std::fmt::Display| LaunchError(format!("{what}: {error}"));
        let instructions = Spec {
            run: spec.run,
            instance: spec.instance,
            shims: self.shims.clone(),
            log: spec.log,
            command: spec.command,
            app_port: spec.app_port,
            log_file_size: self.log_file_size,
            open_files: self.open_files,
        };
        let instructions = serde_json::to_vec(&instructions).map_err(|error| failed("instructions", &error))?;
        // This very image, even when an upgrade has replaced the file meanwhile.
        let mut shim = Command::new("/proc/self/exe")
            .arg0("aikore")
            .arg("shim")
            .env_clear()
            .envs(spec.environment)
            .current_dir(&spec.directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| failed(&spec.directory.display().to_string(), &error))?;
        if let Some(mut stdin) = shim.stdin.take() {
            stdin
                .write_all(&instructions)
                .await
                .map_err(|error| failed("the supervisor took no instructions", &error))?;
        }
        let mut answer = String::new();
        if let Some(mut stdout) = shim.stdout.take() {
            let read = tokio::time::timeout(PATIENCE, stdout.read_to_string(&mut answer)).await;
            read.map_err(|error| failed("the supervisor says nothing", &error))?
                .map_err(|error| failed("the supervisor's answer can't be read", &error))?;
        }
        tokio::spawn(async move {
            // Only so that no zombie remains; what happened is told over the socket and in the record.
            if let Err(error) = shim.wait().await {
                tracing::debug!(%error, "a shim's end could not be awaited");
            }
        });
        match answer.trim() {
            started if started.starts_with(STARTED.trim_end()) => Ok(()),
            "" => Err(LaunchError("its supervisor ended at once".to_owned())),
            why => Err(LaunchError(why.to_owned())),
        }
    }
}
