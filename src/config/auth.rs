//! Who may come in: by a password unless somebody says otherwise.

use std::path::Path;

use http::HeaderName;

use super::ConfigError;
use super::settings::{Given, wrong};
use crate::domain::{Hostname, Invalid};

/// A shorter password that is given at start is taken, with a warning: whoever writes it there means it.
const ADVISED: usize = 8;

/// What was said about login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// Whether anybody has to log in.
    pub is_needed: bool,
    /// The admin's password, if it is set at start.
    pub password: Option<Password>,
    /// The field in which an outer proxy names the user it let in.
    pub user_header: Option<HeaderName>,
}

/// A password in the clear. It is never printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

/// Reads the settings; gives what was said and what a person should be warned of.
pub(super) fn check(given: &Given) -> Result<(Auth, Vec<String>), ConfigError> {
    let is_needed = match given.text("auth") {
        Some("password") => true,
        Some("none") => false,
        other => return Err(wrong("auth", &format!("{:?} is neither password nor none", other.unwrap_or_default()))),
    };
    let password = password(given)?;
    let mut warnings = Vec::new();
    if let Some(Password(text)) = &password
        && text.chars().count() < ADVISED
    {
        warnings.push(format!("AIKORE_PASSWORD is shorter than {ADVISED} characters: it will be guessed."));
    }
    let user_header = given.text("auth-user-header").map(|name| {
        name.parse().map_err(|_| wrong("auth-user-header", &format!("{name:?} is no name of a header field")))
    });
    let user_header: Option<HeaderName> = user_header.transpose()?;
    if user_header.is_some() && given.text("trusted-proxies").is_none() {
        let why = "it is believed from AIKORE_TRUSTED_PROXIES only, and there is none: name the proxy's network there";
        return Err(wrong("auth-user-header", why));
    }
    if !is_needed {
        warnings.push(
            "There is no login (AIKORE_AUTH=none): whoever reaches the dashboard has a shell and every GPU.".to_owned(),
        );
    }
    Ok((Auth { is_needed, password, user_header }, warnings))
}

fn password(given: &Given) -> Result<Option<Password>, ConfigError> {
    match (given.text("password"), given.text("password-file")) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(wrong("password-file", "AIKORE_PASSWORD is set too; keep one of them")),
        (Some(text), None) => Ok(Some(Password(text.to_owned()))),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(Path::new(path))
                .map_err(|error| wrong("password-file", &format!("{path} can't be read: {error}")))?;
            // As editors and `echo` leave it.
            let text = text.trim_end_matches(['\n', '\r']);
            if text.is_empty() {
                return Err(wrong("password-file", &format!("{path} is empty")));
            }
            Ok(Some(Password(text.to_owned())))
        }
    }
}

/// The names the panel answers to (DNS rebinding: a page of another origin must not reach us under its own name).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedHosts {
    /// What suits the login: any name with one, since a page elsewhere has no cookie of ours, and without one addresses,
    /// loopback names, single labels and private names.
    Unsaid,
    /// These names, and what loopback always has.
    Listed(Vec<Hostname>),
    /// Any (`*`).
    Any,
}

impl std::str::FromStr for AllowedHosts {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.trim() {
            "" => Ok(Self::Unsaid),
            "*" => Ok(Self::Any),
            list => {
                let names = list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(Hostname::parse);
                Ok(Self::Listed(names.collect::<Result<_, _>>()?))
            }
        }
    }
}
