//! When a backup is due, and which old ones go. Pure: counted from what lies on the disk, so that a restart of the server
//! changes nothing.

use std::time::Duration;

use super::name::BackupName;
use crate::domain::Timestamp;

/// How long until the next one is due; zero: now.
///
/// An archive stands for the time around it, on both sides: with a clock that was turned back, one from the future neither
/// holds the next one off for ever, nor is there a new one at every start.
pub(super) fn due_in(every: Duration, known: &[BackupName], now: Timestamp) -> Duration {
    let every = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
    let near = known.iter().map(|name| name.at.millis()).filter(|at| at.abs_diff(now.millis()) < every);
    near.max().map_or(Duration::ZERO, |at| Duration::from_millis(at.saturating_add(every).saturating_sub(now.millis())))
}

/// The automatic ones beyond the newest `keep`. The one that was just made stays, whatever the clock says.
pub(super) fn outdated(keep: usize, known: &[BackupName], fresh: &BackupName) -> Vec<BackupName> {
    let mut automatic: Vec<&BackupName> =
        known.iter().filter(|name| name.reason.is_automatic() && *name != fresh).collect();
    automatic.sort_by_key(|name| std::cmp::Reverse((name.at, name.as_str().to_owned())));
    let others = if fresh.reason.is_automatic() { keep.saturating_sub(1) } else { keep };
    automatic.into_iter().skip(others).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backups::name::Reason;

    const DAY: u64 = 86_400_000;
    const NOW: u64 = 1_790_000_000_000;

    fn at(day: i64, reason: Reason) -> BackupName {
        let moment = NOW.saturating_add_signed(day * i64::try_from(DAY).unwrap());
        BackupName::new(Timestamp::from_millis(moment), reason, 1)
    }

    #[test]
    fn a_week_after_the_newest_whatever_the_clock_did() {
        let week = Duration::from_secs(7 * 86_400);
        let days = |known: &[BackupName]| due_in(week, known, Timestamp::from_millis(NOW)).as_secs() / 86_400;
        assert_eq!(days(&[]), 0, "there is none");
        assert_eq!(days(&[at(-20, Reason::Manual), at(-2, Reason::Manual)]), 5);
        assert_eq!(days(&[at(-7, Reason::Scheduled)]), 0);
        // The clock was turned back: by a day, by a year.
        assert_eq!(days(&[at(1, Reason::Scheduled)]), 8);
        assert_eq!(days(&[at(365, Reason::Scheduled)]), 0, "it does not starve");
        assert_eq!(days(&[at(365, Reason::Scheduled), at(0, Reason::Scheduled)]), 7, "nor flood");
        // Forward, and one was made there: the next start there makes none.
        assert_eq!(days(&[at(-365, Reason::Scheduled), at(0, Reason::Scheduled)]), 7);
    }

    #[test]
    fn the_oldest_automatic_ones_go_and_never_those_by_hand() {
        let known: Vec<_> = [-1, -2, -3, -4]
            .into_iter()
            .flat_map(|day| [at(day, Reason::Scheduled), at(day, Reason::Manual)])
            .chain([at(-9, Reason::Migration)])
            .collect();
        let gone = |keep, fresh: &BackupName| {
            let mut all = known.clone();
            all.push(fresh.clone());
            outdated(keep, &all, fresh)
        };
        let fresh = at(0, Reason::Scheduled);
        assert_eq!(gone(3, &fresh), [at(-3, Reason::Scheduled), at(-4, Reason::Scheduled), at(-9, Reason::Migration)]);
        assert_eq!(gone(8, &fresh), []);
        assert_eq!(gone(1, &fresh).len(), 5);
        // Made with the clock turned back: it is the oldest, and stays.
        let back = at(-700, Reason::Scheduled);
        assert_eq!(gone(5, &back), [at(-9, Reason::Migration)]);
        assert_eq!(gone(4, &at(0, Reason::Manual)), [at(-9, Reason::Migration)]);
    }
}
