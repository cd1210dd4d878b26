//! When an instance that ended by itself starts again: how long it waits, and when it is given up.

use std::time::Duration;

use super::{RestartPolicy, Timestamp};

/// The wait before the first restart; each further one is twice as long.
const FIRST: Duration = Duration::from_secs(1);

/// No wait is longer, but for its jitter.
const CAP: Duration = Duration::from_secs(60);

/// Ready for so long, it counts as well: what happens then is a new story.
const STABLE: Duration = Duration::from_secs(300);

/// A restart that is coming.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Restart {
    /// Which one in a row.
    pub attempt: u32,
    /// How many there will be at most.
    pub of: u32,
    /// When.
    pub at: Timestamp,
    /// How long that was away when it was decided: whoever waits does not follow a clock that may be set.
    #[serde(skip)]
    pub wait: Duration,
    /// The reason as it is without the promise of a restart, should that be taken back.
    #[serde(skip)]
    pub why: Option<String>,
}

/// What follows an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It starts again after this wait.
    Again {
        /// Which restart in a row.
        attempt: u32,
        /// The wait.
        wait: Duration,
    },
    /// Too many restarts in a row did not help.
    GiveUp,
}

/// Counts the ends in a row after which an instance was not well for long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backoff {
    restarts: u32,
}

impl Backoff {
    /// Takes in an end. `ready_for`: how long it had been ready; `jitter` within 0..1 spreads instances that fail
    /// together, by up to a quarter of the wait.
    pub fn ended(&mut self, ready_for: Option<Duration>, attempts: u32, jitter: f64) -> Next {
        if ready_for.is_some_and(|ready_for| ready_for >= STABLE) {
            self.restarts = 0;
        }
        if self.restarts >= attempts {
            return Next::GiveUp;
        }
        let doubled = FIRST.checked_mul(1_u32.checked_shl(self.restarts).unwrap_or(u32::MAX)).unwrap_or(CAP);
        self.restarts += 1;
        let wait = doubled.min(CAP).mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 4.0);
        Next::Again { attempt: self.restarts, wait }
    }
}

impl RestartPolicy {
    /// Whether an instance that ended by itself shall start again; `failed`: the end was a failure.
    pub fn asks(self, failed: bool) -> bool {
        match self {
            Self::Never => false,
            Self::OnFailure => failed,
            Self::Always => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(attempts: u32, jitter: f64) -> Vec<f64> {
        let mut backoff = Backoff::default();
        std::iter::from_fn(|| match backoff.ended(None, attempts, jitter) {
            Next::Again { wait, .. } => Some(wait.as_secs_f64()),
            Next::GiveUp => None,
        })
        .collect()
    }

    #[test]
    fn waits_double_up_to_the_cap_and_then_it_is_given_up() {
        assert_eq!(waits(8, 0.0), [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]);
        assert_eq!(waits(3, 1.0), [1.25, 2.5, 5.0], "jitter only lengthens");
        assert_eq!(waits(40, 0.0).len(), 40, "many attempts overflow nothing");
        assert!(waits(0, 0.0).is_empty());
    }

    #[test]
    fn who_was_ready_for_long_begins_anew() {
        let mut backoff = Backoff::default();
        for attempt in 1..=2 {
            assert!(matches!(backoff.ended(None, 2, 0.0), Next::Again { attempt: a, .. } if a == attempt));
        }
        assert_eq!(backoff.ended(Some(STABLE - Duration::from_millis(1)), 2, 0.0), Next::GiveUp);
        assert_eq!(backoff.ended(Some(STABLE), 2, 0.0), Next::Again { attempt: 1, wait: FIRST });
    }

    #[test]
    fn policies() {
        for (policy, after_failure, after_success) in [
            (RestartPolicy::Never, false, false),
            (RestartPolicy::OnFailure, true, false),
            (RestartPolicy::Always, true, true),
        ] {
            assert_eq!((policy.asks(true), policy.asks(false)), (after_failure, after_success), "{policy}");
        }
    }
}
