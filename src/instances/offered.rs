//! Which versions can be chosen: asked of uv and of the package index, kept for a while.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Inner, Instances};
use crate::environments::offered::{self, ASK, CUDAS, Offered, Python};
use crate::monitor::Stats;
use crate::runtime::errand::Errand;

/// How long what the index said is good for.
const FRESH: Duration = Duration::from_secs(60 * 60);

/// How long it is left alone after it could not be asked.
const PAUSE: Duration = Duration::from_secs(5 * 60);

/// How long each of the two may take.
const PATIENCE: Duration = Duration::from_secs(12);

/// What was found out last.
#[derive(Debug, Default)]
pub(super) struct Known(tokio::sync::Mutex<Option<Answer>>);

#[derive(Debug, Clone)]
struct Answer {
    until: Instant,
    python: Vec<Python>,
    torch: Option<BTreeMap<String, Vec<String>>>,
}

impl Instances {
    /// What can be chosen. Whoever asks while it is found out waits for the same answer.
    pub async fn offered(&self, stats: &Stats) -> Offered {
        let inner = &self.inner;
        // What an earlier server has left running is ended first.
        inner.adopted.cancelled().await;
        let mut known = inner.offered.0.lock().await;
        let answer = match known.as_ref().filter(|answer| answer.until > Instant::now()) {
            Some(answer) => answer.clone(),
            None => {
                let (python, torch) = tokio::join!(inner.pythons(), inner.torches());
                let until = Instant::now() + if torch.is_some() { FRESH } else { PAUSE };
                known.insert(Answer { until, python, torch }).clone()
            }
        };
        let driver = stats.driver.as_ref();
        let cuda = driver.and_then(|driver| driver.cuda.clone());
        Offered::new(answer.python, answer.torch, driver.map(|driver| driver.version.as_str()), cuda)
    }
}

impl Inner {
    async fn pythons(self: &Arc<Self>) -> Vec<Python> {
        if let Some(uv) = self.uv() {
            let arguments = ["python", "list", "--no-config", "--output-format", "json"];
            let said = self.says(&uv, arguments.map(OsString::from).into()).await;
            if let Some(list) = said.and_then(|said| offered::of_uv(&said)).filter(|list| !list.is_empty()) {
                return list;
            }
        }
        offered::without_uv(|version| program(&format!("python{version}")).is_some())
    }

    async fn torches(self: &Arc<Self>) -> Option<BTreeMap<String, Vec<String>>> {
        // What a proxy in between prints can't look like it.
        let mark = format!("{:016x}:", fastrand::u64(..));
        let arguments =
            ["-I", "-B", "-c", ASK, &mark, &self.setup.pytorch_index, &CUDAS.to_string()].map(OsString::from).into();
        let said = self.says(&program("python3")?, arguments).await?;
        let line = said.lines().find_map(|line| line.strip_prefix(&mark))?;
        let all: BTreeMap<String, Vec<String>> = serde_json::from_str(line).ok()?;
        (!all.is_empty()).then_some(all)
    }

    /// The uv of this machine, or the one that blueprints share.
    fn uv(&self) -> Option<PathBuf> {
        let tools = self.setup.layout.cache().join("aikore-tools");
        let listed = std::fs::read_dir(tools).into_iter().flatten().flatten().map(|entry| entry.path().join("bin/uv"));
        let mut shared: Vec<PathBuf> = listed.filter(|uv| uv.is_file()).collect();
        shared.sort();
        program("uv").or_else(|| shared.pop())
    }

    /// What a program says when all is well.
    async fn says(&self, program: &Path, arguments: Vec<OsString>) -> Option<String> {
        let layout = &self.setup.layout;
        let errand = Errand {
            program: program.to_owned(),
            arguments,
            directory: layout.root().to_owned(),
            environment: std::env::vars_os().filter(|(name, _)| !is_ours(name)).collect(),
            config: layout.root().to_owned(),
        };
        let stop = async {
            tokio::select! {
                () = tokio::time::sleep(PATIENCE) => {}
                () = self.leaving.cancelled() => {}
            }
        };
        let told = errand.run(stop).await.ok()?;
        if !told.status.success() {
            tracing::debug!(program = %program.display(), errors = %told.errors.trim(), "it could not say what there is");
        }
        told.status.success().then_some(told.output)
    }
}

/// Settings of ours, passwords among them.
fn is_ours(name: &OsString) -> bool {
    name.as_encoded_bytes().starts_with(b"AIKORE_")
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
