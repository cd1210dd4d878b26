//! The names of archives: when each was made, and why. Pure.

use crate::domain::{Invalid, Timestamp, word_enum};

word_enum! {
    /// Why a backup was made.
    Reason {
        /// Somebody asked for it. It never goes by itself.
        Manual = "manual",
        /// It was time.
        Scheduled = "scheduled",
        /// A new version was about to change the store.
        Migration = "migration",
    }
}

impl Reason {
    /// Whether it goes by itself when there are newer ones.
    pub fn is_automatic(self) -> bool {
        self != Self::Manual
    }
}

/// `aikore-20261129-064026-manual.tar.gz`; a second one of the same second ends in `-manual-2.tar.gz`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupName {
    text: String,
    /// When it was made; to the second.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

const ENDING: &str = ".tar.gz";

impl BackupName {
    /// The `n`th name of this moment, from 1.
    pub fn new(at: Timestamp, reason: Reason, n: usize) -> Self {
        let moment = compact(at);
        let more = if n < 2 { String::new() } else { format!("-{n}") };
        let text = format!("aikore-{moment}-{reason}{more}{ENDING}");
        Self { text, at: Timestamp::from_millis(at.millis() / 1000 * 1000), reason }
    }

    /// A name that may come from anywhere.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let wrong =
            || Invalid::new(format!("{text:?} is no name of a backup, such as aikore-20261129-064026-manual.tar.gz"));
        let inner = text.strip_prefix("aikore-").and_then(|rest| rest.strip_suffix(ENDING)).ok_or_else(wrong)?;
        let mut parts = inner.split('-');
        let (Some(day), Some(time), Some(reason)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong());
        };
        let (at, reason) = (moment(day, time).ok_or_else(wrong)?, Reason::parse(reason).map_err(|_| wrong())?);
        let n = parts.next().map_or(Ok(1), |n| n.parse().map_err(|_| wrong()))?;
        let name = Self::new(at, reason, n);
        // Whatever else could be read as the same is not it.
        if parts.next().is_none() && name.text == text { Ok(name) } else { Err(wrong()) }
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// `20261129-064026`: a moment as a part of a name.
pub(super) fn compact(at: Timestamp) -> String {
    let digits: String = at.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    let (day, time) = digits.split_at_checked(8).unwrap_or((&digits, ""));
    format!("{day}-{time}")
}

fn moment(day: &str, time: &str) -> Option<Timestamp> {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if day.len() != 8 || time.len() != 6 || !plain(day) || !plain(time) {
        return None;
    }
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        day.get(..4)?,
        day.get(4..6)?,
        day.get(6..)?,
        time.get(..2)?,
        time.get(2..4)?,
        time.get(4..)?
    );
    humantime::parse_rfc3339(&text).ok().map(Timestamp::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_when_and_why() {
        let at = Timestamp::from_millis(1_790_000_000_123);
        for (reason, n, text) in [
            (Reason::Manual, 1, "aikore-20260921-141320-manual.tar.gz"),
            (Reason::Scheduled, 2, "aikore-20260921-141320-scheduled-2.tar.gz"),
            (Reason::Migration, 1, "aikore-20260921-141320-migration.tar.gz"),
        ] {
            let name = BackupName::new(at, reason, n);
            assert_eq!(name.as_str(), text);
            let again = BackupName::parse(text).unwrap();
            assert_eq!((&again, again.at.millis()), (&name, 1_790_000_000_000));
        }
        assert!(Reason::Migration.is_automatic() && !Reason::Manual.is_automatic());
    }

    #[test]
    fn other_files_are_none() {
        for bad in [
            "",
            "aikore.db",
            "aikore-20260921-141320-manual.tar",
            "aikore-20260921-141320-manual-1.tar.gz",
            "aikore-20260921-141320-manual-02.tar.gz",
            "aikore-20260921-141320-manual-2-3.tar.gz",
            "aikore-20260921-141320-other.tar.gz",
            "aikore-20261321-141320-manual.tar.gz",
            "aikore-2026092-1141320-manual.tar.gz",
            "aikore-+0260921-141320-manual.tar.gz",
            "../aikore-20260921-141320-manual.tar.gz",
        ] {
            assert!(BackupName::parse(bad).is_err(), "{bad}");
        }
    }
}
