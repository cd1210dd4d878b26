//! Why a command did not do its work, and the exit codes that say so to programs.

use std::io;

use http::StatusCode;
use serde_json::Value;

use crate::config::ConfigError;

/// The command failed.
const FAILURE: u8 = 1;
/// Bad usage, or bad settings: trying again will not help until somebody changes them.
const BAD_SETTINGS: u8 = 2;
/// What was named is not there.
const NOT_FOUND: u8 = 3;
/// No server answers.
const NO_SERVER: u8 = 4;
/// The server does not let us in, or not so far.
const NOT_ALLOWED: u8 = 5;
/// Ended by Ctrl-C, as shells count it.
pub(super) const INTERRUPTED: u8 = 130;

/// What each exit code means, for the help, the man page and the reference.
pub(super) const EXIT_CODES: &[(&str, &str)] = &[
    ("0", "Done."),
    ("1", "It failed; one sentence on standard error says why."),
    ("2", "Bad usage, or a bad setting."),
    ("3", "What was named (an instance, a run, a token, …) is not there."),
    ("4", "No server answers."),
    ("5", "The server wants a token, does not know it, or the token may not do this."),
    ("130", "Ended by Ctrl-C. What the server was asked to do goes on."),
    ("other", "`exec` and `attach`: the exit code of the program, or 128 and the number of the signal that ended it."),
];

/// They, as the help shows them.
pub(super) fn table() -> String {
    let rows = EXIT_CODES.iter().map(|(code, what)| format!("  {code:<7}{}", what.replace('`', "")));
    rows.collect::<Vec<_>>().join("\n")
}

/// Why a command did not do its work: a line for a person, and the exit code.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) code: u8,
    /// Empty when there is nothing to say.
    pub(super) why: String,
    /// The server's own words, for programs.
    said: Option<Value>,
}

impl Failed {
    pub(super) fn failure(why: impl std::fmt::Display) -> Self {
        Self::new(FAILURE, why)
    }

    pub(super) fn bad_settings(why: impl std::fmt::Display) -> Self {
        Self::new(BAD_SETTINGS, why)
    }

    pub(super) fn not_found(why: impl std::fmt::Display) -> Self {
        Self::new(NOT_FOUND, why)
    }

    pub(super) fn no_server(why: impl std::fmt::Display) -> Self {
        Self::new(NO_SERVER, why)
    }

    /// The same with another exit code.
    pub(super) fn with_code(self, code: u8) -> Self {
        Self { code, ..self }
    }

    /// Ends with this code and without a word.
    pub(super) fn quiet(code: u8) -> Self {
        Self::new(code, "")
    }

    /// The server refused.
    pub(super) fn refused(status: StatusCode, why: String, said: Option<Value>) -> Self {
        let code = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => NOT_ALLOWED,
            StatusCode::NOT_FOUND => NOT_FOUND,
            _ => FAILURE,
        };
        Self { said, ..Self::new(code, why) }
    }

    /// Nobody reads on what we write (`| head`): that is their choice and no failure.
    pub(super) fn writing(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::quiet(0) } else { Self::failure(error) }
    }

    fn new(code: u8, why: impl std::fmt::Display) -> Self {
        Self { code, why: why.to_string(), said: None }
    }

    /// No server answers: it may do so later.
    pub(super) fn is_no_server(&self) -> bool {
        self.code == NO_SERVER
    }

    /// The server does not let us in so far.
    pub(super) fn is_not_allowed(&self) -> bool {
        self.code == NOT_ALLOWED
    }

    /// As programs read it: the server's own words, or ours in their form.
    pub(super) fn as_json(&self) -> Value {
        self.said.clone().unwrap_or_else(|| serde_json::json!({ "detail": self.why }))
    }
}

impl From<ConfigError> for Failed {
    fn from(error: ConfigError) -> Self {
        Self::bad_settings(error)
    }
}
