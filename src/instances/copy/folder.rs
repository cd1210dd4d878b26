//! The files of a copy: from the source's folder to a temporary one. Blocks; nothing here knows of rows.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::blueprints::Header;
use crate::environments::{self, Environment, Move, NeedsQuotes};
use crate::files::copy::{Copy, CopyError};
use crate::files::measure::{Measured, measure};
use crate::instances::places::UPLOADING;
use crate::jobs::Halt;
use crate::runtime::folder::{self as home, MARKER, SCRIPT};

/// What is copied to where.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// The source's folder.
    pub(super) source: PathBuf,
    /// The temporary folder.
    pub(super) temporary: PathBuf,
    /// Where that will be in the end.
    pub(super) home: PathBuf,
    /// Whether environments come along.
    pub(super) with_environments: bool,
}

/// What became of it, for the job's last message.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Environments that came along, inside the folder.
    pub(super) kept: Vec<PathBuf>,
    /// Environments that did not, and why not.
    pub(super) left: Vec<(PathBuf, String)>,
    /// `launch.sh` names the source's folder, and could not be changed.
    pub(super) script_names_source: bool,
    /// How many files vanished meanwhile.
    pub(super) vanished: usize,
}

impl Plan {
    /// The length of what will be copied, at most.
    pub(super) fn measure(&self, go_on: &dyn Fn() -> bool) -> Option<Measured> {
        measure(&self.source, &|inside| is_left_out(inside), go_on)
    }

    /// Copies everything. On an error the temporary folder is in whatever state; the caller removes it.
    pub(super) fn run(&self, go_on: &dyn Fn(u64) -> bool) -> Result<Outcome, Halt> {
        let mut outcome = Outcome::default();
        let moving = Move::new(&self.source, &self.home);
        for environment in environments::find(&self.source) {
            match self.may_come(&environment, moving.as_ref()) {
                Ok(()) => outcome.kept.push(environment.inside),
                Err(why) => outcome.left.push((environment.inside, why)),
            }
        }
        let left: Vec<&Path> = outcome.left.iter().map(|(inside, _)| inside.as_path()).collect();
        let skip = |inside: &Path| is_left_out(inside) || left.contains(&inside);
        let copied = Copy { from: &self.source, to: &self.temporary, home: &self.home, skip: &skip, go_on }
            .run()
            .map_err(|error| match error {
                // Why is the ticket's to say.
                CopyError::Stopped => Halt::Cancelled,
                io @ CopyError::Io { .. } => Halt::Failed(in_words(&io)),
            })?;
        outcome.vanished = copied.vanished.len();
        self.tie_environments(&mut outcome, &copied.vanished, moving.as_ref())?;
        outcome.script_names_source = self.change_script(moving.as_ref())?;
        Ok(outcome)
    }

    fn may_come(&self, environment: &Environment, moving: Option<&Move<'_>>) -> Result<(), String> {
        if !self.with_environments {
            return Err("a new instance gets its own".to_owned());
        }
        if self.source.join(MARKER).exists() {
            return Err("its rebuild was asked for".to_owned());
        }
        if environment.is_conda {
            return Err("a conda environment can't be moved".to_owned());
        }
        let moving = moving.ok_or("its path is no text")?;
        moving.is_sure(&self.source.join(&environment.inside))
    }

    fn tie_environments(
        &self,
        outcome: &mut Outcome,
        vanished: &[PathBuf],
        moving: Option<&Move<'_>>,
    ) -> Result<(), Halt> {
        for inside in std::mem::take(&mut outcome.kept) {
            let path = self.temporary.join(&inside);
            let tied = if vanished.iter().any(|gone| gone.starts_with(&inside)) {
                Err("it was changed while it was copied".to_owned())
            } else {
                moving.map_or(Ok(()), |moving| moving.apply(&path))
            };
            match tied {
                Ok(()) => outcome.kept.push(inside),
                Err(why) => {
                    self.drop_environment(&inside)?;
                    outcome.left.push((inside, why));
                }
            }
        }
        if outcome.left.is_empty() { Ok(()) } else { self.mark() }
    }

    /// Takes environments out of the copy again: what was copied of them can't be trusted.
    pub(super) fn drop_environments(&self, outcome: &mut Outcome, why: &str) -> Result<(), Halt> {
        for inside in std::mem::take(&mut outcome.kept) {
            self.drop_environment(&inside)?;
            outcome.left.push((inside, why.to_owned()));
            self.mark()?;
        }
        Ok(())
    }

    fn drop_environment(&self, inside: &Path) -> Result<(), Halt> {
        let path = self.temporary.join(inside);
        crate::files::leftovers::remove(&path).map_err(|error| failed(&path, &error))
    }

    /// The next start makes the environment anew.
    fn mark(&self) -> Result<(), Halt> {
        let path = self.temporary.join(MARKER);
        fs::write(&path, "").map_err(|error| failed(&path, &error))
    }

    /// Whether `launch.sh` still names the source's folder.
    fn change_script(&self, moving: Option<&Move<'_>>) -> Result<bool, Halt> {
        let path = self.temporary.join(SCRIPT);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(failed(&path, &error)),
        };
        match moving.map(|moving| moving.script(&text)) {
            Some(Ok(Some(changed))) => {
                home::replace(&path, &changed, 0o755).map_err(|error| Halt::Failed(format!("{error}.")))?;
                Ok(false)
            }
            Some(Ok(None)) => Ok(false),
            Some(Err(NeedsQuotes)) | None => Ok(true),
        }
    }
}

impl Outcome {
    /// What a person should know of it.
    pub(super) fn in_words(&self, source: &Path) -> String {
        let header = fs::read(source.join(SCRIPT))
            .map(|text| Header::parse(&String::from_utf8_lossy(&text)))
            .unwrap_or_default();
        let own = environments::inside(header.venv_path());
        let mut words = vec!["Copied.".to_owned()];
        for inside in &self.kept {
            words.push(format!("The environment {} came along.", inside.display()));
        }
        for (inside, why) in &self.left {
            let then = if own.as_ref() == Some(inside) {
                "the next start makes it anew"
            } else {
                "its app has to make it anew"
            };
            words.push(format!("The environment {} did not come along ({why}): {then}.", inside.display()));
        }
        if self.script_names_source {
            words.push(
                "Its launch.sh names the folder of the source: change that before you start it, or choose a plainer name."
                    .to_owned(),
            );
        }
        if self.vanished > 0 {
            words.push(format!("{} files vanished while they were copied, and are left out.", self.vanished));
        }
        words.join(" ")
    }
}

/// What belongs to the source's runs and not to its app: logs, and what the environment was before.
fn is_left_out(inside: &Path) -> bool {
    let name = inside.as_os_str().as_encoded_bytes();
    name.starts_with(b"output.log") && !name.contains(&b'/')
        || name == home::TRASH_RECORD.as_bytes()
        || name == environments::FOLDER.as_bytes()
        || inside.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(UPLOADING.as_bytes()))
}

fn in_words(error: &CopyError) -> String {
    match error {
        CopyError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
            format!("The disk is full ({error}). Make room, then copy again.")
        }
        other => format!("It could not be copied: {other}."),
    }
}

fn failed(path: &Path, error: &io::Error) -> Halt {
    Halt::Failed(format!("{} could not be written: {error}.", path.display()))
}
