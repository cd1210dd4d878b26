//! Terminals of instances: where a shell begins, and with what.

use std::fs;
use std::sync::Arc;

use serde::Deserialize;

use super::error::Error;
use super::{Inner, Instances, blocking};
use crate::domain::{Instance, InstanceId, InstanceName};
use crate::terminal::{self, Program, Session, Size, Spec, Summary, TerminalError};

/// How long a terminal's name may be.
const LONGEST: usize = 40;

/// What somebody wants of a new terminal.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenTerminal {
    /// What it is called; left out: `Shell`, `Shell 2`, ….
    pub name: Option<String>,
    /// Lines of its screen.
    pub rows: Option<u16>,
    /// Characters in a line.
    pub cols: Option<u16>,
    /// A program with its arguments, instead of a shell: the terminal ends with it.
    pub command: Option<Vec<String>>,
    /// For a program: nothing is typed, and its output comes as it was written.
    #[serde(default)]
    pub plain: bool,
    /// For a plain program: what is typed is its standard input, which ends where the client says so.
    #[serde(default)]
    pub input: bool,
}

impl Instances {
    /// The terminals of an instance, in the order they were opened.
    ///
    /// # Errors
    /// There is no such instance.
    pub async fn terminals(&self, id: InstanceId) -> Result<Vec<Summary>, Error> {
        self.get(id)?;
        let all = self.inner.terminals.list(id);
        blocking(move || all.iter().map(|session| session.summary()).collect()).await
    }

    /// One terminal of an instance.
    ///
    /// # Errors
    /// There is no such instance or terminal.
    pub fn terminal(&self, id: InstanceId, terminal: &str) -> Result<Arc<Session>, Error> {
        self.get(id)?;
        self.inner.terminals.get(id, terminal).ok_or(Error::NoTerminal)
    }

    /// Opens a terminal that stays until it is ended.
    ///
    /// # Errors
    /// There is no such instance, there are too many terminals, or no shell can be started.
    pub async fn open_terminal(&self, id: InstanceId, wanted: OpenTerminal) -> Result<Arc<Session>, Error> {
        let name = wanted.name.as_deref().map(checked_name).transpose()?;
        let size = Size::default();
        let (rows, cols) = (wanted.rows.unwrap_or(size.rows), wanted.cols.unwrap_or(size.cols));
        let size = Size::new(rows, cols).ok_or_else(|| Error::Invalid {
            field: if rows == 0 { "rows" } else { "cols" },
            why: "A screen has at least one line and one column.".to_owned(),
        })?;
        let (plain, input) = (wanted.plain, wanted.input);
        let program = wanted.command.map(|words| checked_program(words, plain, input)).transpose()?;
        let name = name.or_else(|| program.as_ref().and_then(name_of));
        self.inner.open_terminal(id, name, size, true, program).await
    }

    /// Opens a terminal for one client: it ends with the connection.
    ///
    /// # Errors
    /// There is no such instance, there are too many terminals, or no shell can be started.
    pub async fn open_passing_terminal(&self, id: InstanceId) -> Result<Arc<Session>, Error> {
        self.inner.open_terminal(id, None, Size::default(), false, None).await
    }

    /// Gives a terminal another name.
    ///
    /// # Errors
    /// There is no such instance or terminal, or the name won't do.
    pub async fn rename_terminal(&self, id: InstanceId, terminal: &str, name: &str) -> Result<Summary, Error> {
        let session = self.terminal(id, terminal)?;
        session.rename(checked_name(name)?);
        blocking(move || session.summary()).await
    }

    /// Runs what serves a terminal's client, as work that is waited for.
    pub fn serve_terminal(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.inner.terminals.spawn("client of a terminal", work);
    }
}

impl Inner {
    async fn open_terminal(
        &self,
        id: InstanceId,
        name: Option<String>,
        size: Size,
        is_kept: bool,
        program: Option<Program>,
    ) -> Result<Arc<Session>, Error> {
        if self.is_leaving() {
            return Err(Error::Closing);
        }
        let instance = self.roster.get(id)?;
        self.refuse_while_made(&instance)?;
        let family = self.family(&instance)?;
        let header = self.header(&instance).await;
        let environment = self.environment(&instance, &family, &header, None, instance.app_port);
        let directory = self.setup.layout.instance(&family.chosen.name);
        let terminals = self.terminals.clone();
        let opened = blocking(move || {
            // An instance that never started has no folder yet; its first start finds this one.
            fs::create_dir_all(&directory)
                .map_err(|error| Error::Failed(format!("{} could not be made: {error}.", directory.display())))?;
            let (path, exe) = (std::env::var_os("PATH"), std::env::var_os("CONDA_EXE"));
            let activation = terminal::find(&directory, header.venv_path(), path.as_deref(), exe.as_deref());
            let spec = Spec { instance: id, name, is_kept, size, directory, environment, activation, program };
            terminals.open(&spec).map_err(Error::from)
        });
        let session = opened.await??;
        // It may have been deleted or renamed meanwhile: the shell would sit in a folder that is nobody's.
        let still = self.roster.get(id).and_then(|now| self.family(&now));
        if still.as_ref().is_ok_and(|now| now.chosen.name == family.chosen.name) {
            return Ok(session);
        }
        session.end();
        still?;
        Err(Error::busy(format!("'{}' was renamed at this moment. Try again.", family.chosen.name)))
    }

    /// The shells stay where they are, which has another name now: their variables name the old one.
    pub(super) fn tell_terminals_of_rename(&self, instance: &Instance, name: &InstanceName) {
        let text = format!(
            "this folder belongs to “{name}” now. New terminals have the new paths; this one has the old ones."
        );
        self.terminals.say(instance.id, &text);
        for satellite in self.satellites(instance.id) {
            self.terminals.say(satellite.id, &text);
        }
    }
}

fn checked_program(words: Vec<String>, is_plain: bool, is_fed: bool) -> Result<Program, Error> {
    let why = match words.first() {
        None => "A command has at least one word.",
        Some(program) if program.is_empty() => "A command begins with the name of a program.",
        _ if words.iter().any(|word| word.contains('\0')) => "A command can't hold the character NUL.",
        _ if is_fed && !is_plain => {
            let why = "A terminal's input has no end: `input` goes with `plain`.".to_owned();
            return Err(Error::Invalid { field: "input", why });
        }
        _ => return Ok(Program { words, is_plain, is_fed }),
    };
    Err(Error::Invalid { field: "command", why: why.to_owned() })
}

/// A program's own name, where that does for a terminal's.
fn name_of(program: &Program) -> Option<String> {
    let first = program.words.first()?;
    checked_name(first.rsplit('/').next()?).ok()
}

fn checked_name(name: &str) -> Result<String, Error> {
    let name = name.trim();
    let why = match name.chars().count() {
        0 => "A terminal needs a name.",
        length if length > LONGEST => "A terminal's name has at most 40 characters.",
        _ if name.chars().any(char::is_control) => "A terminal's name can't hold control characters.",
        _ => return Ok(name.to_owned()),
    };
    Err(Error::Invalid { field: "name", why: why.to_owned() })
}

impl From<TerminalError> for Error {
    fn from(error: TerminalError) -> Self {
        match error {
            TerminalError::ManyOfOne | TerminalError::Many => Self::busy(error.to_string()),
            TerminalError::Closing => Self::Closing,
            TerminalError::Failed(_) => Self::Failed(error.to_string()),
        }
    }
}
