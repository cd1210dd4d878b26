//! When backups are made by themselves.

use std::time::Duration;

use super::settings::Given;
use super::{ConfigError, parse_duration};
use crate::backups::Regularly;
use crate::domain::Invalid;

/// A shorter pause fills a disk for nothing.
const SHORTEST: Duration = Duration::from_secs(60);

/// Reads the settings.
pub(super) fn check(given: &Given) -> Result<Regularly, ConfigError> {
    Ok(Regularly {
        every: given.parse_with("backup-every", parse_every)?,
        keep: given.parse_with("backup-keep", parse_keep)?,
    })
}

fn parse_every(text: &str) -> Result<Option<Duration>, Invalid> {
    if text == "off" {
        return Ok(None);
    }
    let every =
        parse_duration(text).map_err(|_| Invalid::new(format!("{text:?} is neither off nor a duration such as 7d")))?;
    if every < SHORTEST {
        return Err(Invalid::new(format!("{text:?} is shorter than a minute: that fills a disk for nothing")));
    }
    Ok(Some(every))
}

fn parse_keep(text: &str) -> Result<usize, Invalid> {
    let keep = text.parse().ok().filter(|keep| (1..=1000).contains(keep));
    keep.ok_or_else(|| Invalid::new(format!("{text:?} is not a number of backups, 1 to 1000")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_unless_somebody_says_otherwise() {
        let usual = check(&Given::default()).unwrap();
        assert_eq!((usual.every, usual.keep), (Some(Duration::from_secs(7 * 86_400)), 8));
        let said = check(&Given::of(&[("backup-every", "off"), ("backup-keep", "2")])).unwrap();
        assert_eq!((said.every, said.keep), (None, 2));
        for (flag, value) in
            [("backup-every", "weekly"), ("backup-every", "10s"), ("backup-keep", "0"), ("backup-keep", "all")]
        {
            let error = check(&Given::of(&[(flag, value)])).unwrap_err().0;
            assert!(error.starts_with("AIKORE_BACKUP_") && !error.contains('\n'), "{error}");
        }
    }
}
