//! One check: the environment is found, its own Python says what is in it, and whoever can looks for conflicts.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep_until};

use super::conflicts::Verdict;
use super::report::{Checked, Found, Machine, Told};
use crate::instances::{blocking, now};
use crate::jobs::{Halt, Ticket};
use crate::runtime::errand::{self, Errand, Undone};
use crate::runtime::python::{self, PythonEnvironment, PythonKind};

/// What the environment's own Python runs.
const LOOK: &str = include_str!("look.py");

/// How many phases there are.
const PHASES: u64 = 3;

/// What a check needs to know.
#[derive(Debug)]
pub(super) struct Check {
    /// Whose environment it is.
    pub(super) name: String,
    /// The family's folder.
    pub(super) home: PathBuf,
    /// Where its script says that the environment is.
    pub(super) named: String,
    /// The variables of the instance.
    pub(super) environment: BTreeMap<OsString, OsString>,
    /// The server's config folder.
    pub(super) config: PathBuf,
    pub(super) machine: Machine,
    /// How long it may take.
    pub(super) limit: Duration,
}

/// A check under way in an environment.
struct Visit<'a> {
    check: &'a Check,
    ticket: &'a Ticket,
    program: PathBuf,
    variables: BTreeMap<OsString, OsString>,
    end: Instant,
}

impl Check {
    pub(super) async fn run(self, ticket: &Ticket) -> Result<Checked, Halt> {
        ticket.proceed()?;
        ticket.expect(PHASES);
        ticket.say("Looking for the environment");
        let (home, named) = (self.home.clone(), self.named.clone());
        let found = blocking(move || {
            let found = python::find(&home, &named)?;
            let stands = found.program().exists();
            Some((found, stands))
        });
        let found = found.await.map_err(|error| Halt::Failed(error.to_string()))?;
        ticket.advance(1);
        let Some((environment, stands)) = found else {
            return Ok(self.without_environment());
        };
        if !stands {
            return Err(Halt::Failed(format!(
                "The environment {} is broken: its Python ({}) is not there any more. Rebuild the environment.",
                environment.path.display(),
                environment.program().display()
            )));
        }
        let visit = Visit {
            ticket,
            program: environment.program(),
            variables: self.variables(&environment),
            end: Instant::now() + self.limit,
            check: &self,
        };
        ticket.say("Reading packages");
        let told: Told = visit.look("packages").await?;
        let nvcc = visit.nvcc().await?;
        ticket.advance(1);
        ticket.say("Checking conflicts");
        let verdict = visit.verdict(&told).await?;
        let note = verdict.is_none().then(|| {
            "Conflicts could not be checked: the environment has neither pip nor packaging, and there is no uv."
                .to_owned()
        });
        let (name, machine) = (self.name.clone(), self.machine.clone());
        Ok(Checked::new(Found { name, at: now(), environment: Some(environment), told, nvcc, machine, verdict, note }))
    }

    fn without_environment(self) -> Checked {
        let note = format!(
            "There is no Python environment in {} yet: the first start of the instance makes it, if its app has one.",
            self.home.display()
        );
        Checked::new(Found {
            name: self.name,
            at: now(),
            environment: None,
            told: Told::default(),
            nvcc: None,
            machine: self.machine,
            verdict: None,
            note: Some(note),
        })
    }

    /// The instance's variables, as they are once its environment is active.
    fn variables(&self, environment: &PythonEnvironment) -> BTreeMap<OsString, OsString> {
        let mut all = self.environment.clone();
        let bin = environment.path.join("bin");
        let paths = all.get(OsStr::new("PATH")).cloned().unwrap_or_default();
        let joined = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&paths)));
        // A folder whose name holds a colon can't be in PATH.
        all.insert("PATH".into(), joined.unwrap_or(paths));
        let name = match environment.kind {
            PythonKind::Venv => "VIRTUAL_ENV",
            PythonKind::Conda => "CONDA_PREFIX",
        };
        all.insert(name.into(), environment.path.clone().into());
        for (name, value) in [("PIP_DISABLE_PIP_VERSION_CHECK", "1"), ("PIP_NO_INPUT", "1"), ("NO_COLOR", "1")] {
            all.insert(name.into(), value.into());
        }
        all
    }
}

impl Visit<'_> {
    /// Runs a program to its end, which a person or the clock may bring forward.
    async fn run(&self, program: &Path, arguments: Vec<OsString>) -> Result<errand::Told, Halt> {
        let errand = Errand {
            program: program.to_owned(),
            arguments,
            directory: self.check.home.clone(),
            environment: self.variables.clone(),
            config: self.check.config.clone(),
        };
        let limit = self.check.limit;
        let stop = async {
            tokio::select! {
                halt = self.ticket.stopped() => halt,
                () = sleep_until(self.end) => Halt::Failed(format!(
                    "The check took longer than {} s and was ended. Python may hang in this environment: try it in the \
                     instance's terminal, or rebuild the environment.",
                    limit.as_secs()
                )),
            }
        };
        errand.run(stop).await.map_err(|undone| match undone {
            Undone::Stopped(halt) => halt,
            Undone::Failed(error) => Halt::Failed(format!("{} could not be run: {error}.", program.display())),
        })
    }

    fn python(&self, arguments: &[&str]) -> Vec<OsString> {
        // Isolated: nothing but the environment counts. And nothing is written into it.
        ["-I", "-B"].iter().chain(arguments).map(OsString::from).collect()
    }

    /// What the script says.
    async fn look<T: DeserializeOwned>(&self, what: &str) -> Result<T, Halt> {
        // What an environment prints by itself can't look like it.
        let mark = format!("{:016x}:", fastrand::u64(..));
        let told = self.run(&self.program, self.python(&["-c", LOOK, &mark, what])).await?;
        let line = told.output.lines().rev().find_map(|line| line.strip_prefix(&mark));
        let parsed = line.and_then(|line| serde_json::from_str(line).ok());
        parsed.ok_or_else(|| {
            let last = told.errors.lines().rev().find(|line| !line.trim().is_empty());
            let why = match last {
                Some(line) => format!("\"{}\"", line.trim()),
                None if told.cut => "it said too much".to_owned(),
                None => format!("it ended with {}", told.status),
            };
            Halt::Failed(format!(
                "Python ({}) could not say what is in the environment: {why}. Try it in the instance's terminal, or rebuild \
                 the environment.",
                self.program.display()
            ))
        })
    }

    /// By whoever is there and gives an answer that is understood.
    async fn verdict(&self, told: &Told) -> Result<Option<Verdict>, Halt> {
        if told.pip {
            let said = self.run(&self.program, self.python(&["-m", "pip", "check"])).await?;
            if let Some(verdict) = Verdict::of_pip(&said.output, said.status.code()) {
                return Ok(Some(verdict));
            }
        }
        let near = ["bin/uv", "uv"].map(|name| self.check.config.join(name));
        if let Some(uv) = self.found("uv", &near) {
            let mut arguments: Vec<OsString> =
                ["--offline", "--no-config", "pip", "check", "--python"].map(OsString::from).into();
            arguments.push(self.program.clone().into());
            let said = self.run(&uv, arguments).await?;
            if let Some(verdict) = Verdict::of_uv(&said.errors, said.status.code()) {
                return Ok(Some(verdict));
            }
        }
        if !told.packaging {
            return Ok(None);
        }
        Ok(Some(Verdict::of_metadata(&self.look::<Vec<String>>("unmet").await?)))
    }

    /// The CUDA of the compiler, where there is one.
    async fn nvcc(&self) -> Result<Option<String>, Halt> {
        let home = self.variables.get(OsStr::new("CUDA_HOME")).map(|home| Path::new(home).join("bin/nvcc"));
        let near: Vec<PathBuf> = home.into_iter().chain([PathBuf::from("/usr/local/cuda/bin/nvcc")]).collect();
        let Some(nvcc) = self.found("nvcc", &near) else { return Ok(None) };
        match self.run(&nvcc, vec!["--version".into()]).await {
            Ok(said) => Ok(release(&said.output)),
            // It is there and does not run: that is not what was asked about.
            Err(Halt::Failed(_)) if Instant::now() < self.end => Ok(None),
            Err(halt) => Err(halt),
        }
    }

    /// A program in the environment's PATH, or at one of these places.
    fn found(&self, name: &str, near: &[PathBuf]) -> Option<PathBuf> {
        let path = self.variables.get(OsStr::new("PATH")).cloned().unwrap_or_default();
        let in_path = std::env::split_paths(&path).map(|folder| folder.join(name));
        in_path.chain(near.iter().cloned()).find(|file| is_program(file))
    }
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
}

/// `Cuda compilation tools, release 12.4, V12.4.131`
fn release(output: &str) -> Option<String> {
    let (_, rest) = output.split_once("release ")?;
    let version: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    (!version.is_empty()).then_some(version)
}

#[cfg(test)]
mod tests;
