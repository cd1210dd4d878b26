//! What a token may do.

use super::{InstanceId, Invalid};

/// One thing a token may do. An instance is named by its id, which is never used again: a name could be taken by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Ask the panel, change nothing.
    Read,
    /// Everything.
    Manage,
    /// Ask about one instance, start and stop it, and open it.
    Instance(InstanceId),
    /// Open one instance, where its access allows tokens.
    View(InstanceId),
}

impl Scope {
    /// Reads what [`Scope`]'s `Display` wrote.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new(format!("{text:?} is not a scope: read, manage, instance:<id> or view:<id>"));
        let id = |digits: &str| digits.parse().map_err(|_| wrong());
        match text.split_once(':') {
            None if text == "read" => Ok(Self::Read),
            None if text == "manage" => Ok(Self::Manage),
            Some(("instance", digits)) => id(digits).map(Self::Instance),
            Some(("view", digits)) => id(digits).map(Self::View),
            _ => Err(wrong()),
        }
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Read => f.write_str("read"),
            Self::Manage => f.write_str("manage"),
            Self::Instance(id) => write!(f, "instance:{id}"),
            Self::View(id) => write!(f, "view:{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        for scope in [Scope::Read, Scope::Manage, Scope::Instance(7), Scope::View(12)] {
            assert_eq!(Scope::parse(&scope.to_string()), Ok(scope));
        }
        for wrong in ["", "Read", "view", "view:", "view:a", "instance:1:2", "admin", "manage "] {
            assert!(Scope::parse(wrong).is_err(), "{wrong}");
        }
    }
}
