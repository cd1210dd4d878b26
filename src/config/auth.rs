//! Who may come in: until there is a login, only the open door exists, and it must not open by accident.

use super::ConfigError;
use super::settings::{Given, wrong};
use crate::domain::{Hostname, Invalid};

/// What was said about login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Nothing: open, and therefore on loopback only.
    Unsaid,
    /// `none`, said explicitly.
    None,
}

pub(super) fn check(given: &Given) -> Result<Auth, ConfigError> {
    match given.text("auth") {
        None => Ok(Auth::Unsaid),
        Some("none") => Ok(Auth::None),
        Some("password") => {
            Err(wrong("auth", "password is not available in this version yet; use none on a network you trust"))
        }
        Some(other) => Err(wrong("auth", &format!("{other:?} is neither password nor none"))),
    }
}

/// The names the panel answers to (DNS rebinding: a page of another origin must not reach us under its own name).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedHosts {
    /// Addresses, loopback names, single labels and private names.
    Private,
    /// These names, and what loopback always has.
    Listed(Vec<Hostname>),
    /// Any (`*`).
    Any,
}

impl std::str::FromStr for AllowedHosts {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.trim() {
            "" => Ok(Self::Private),
            "*" => Ok(Self::Any),
            list => {
                let names = list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(Hostname::parse);
                Ok(Self::Listed(names.collect::<Result<_, _>>()?))
            }
        }
    }
}
