//! How often somebody is told again who did not take it. Pure.

use std::time::Duration;

use super::send::Outcome;

/// How often it is tried.
const TRIES: u32 = 5;

/// The wait before the second try; each further one is four times as long.
const FIRST: Duration = Duration::from_secs(1);

/// No wait is longer, whatever the other side asks for.
const LONGEST: Duration = Duration::from_secs(300);

/// How long to wait after this many tries, the last of which came to this; `None`: it is over.
pub(super) fn wait(tries: u32, last: &Outcome) -> Option<Duration> {
    if last.is_taken || !last.may_pass || tries >= TRIES {
        return None;
    }
    let own = FIRST.saturating_mul(4_u32.saturating_pow(tries.saturating_sub(1)));
    Some(last.after.unwrap_or(own).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_tries_at_most_and_later_each_time() {
        let outcome = |is_taken, may_pass, after: Option<u64>| Outcome {
            is_taken,
            words: String::new(),
            may_pass,
            after: after.map(Duration::from_secs),
        };
        let busy = outcome(false, true, None);
        let waits: Vec<Option<u64>> = (1..=5).map(|tries| wait(tries, &busy).map(|wait| wait.as_secs())).collect();
        assert_eq!(waits, [Some(1), Some(4), Some(16), Some(64), None]);
        for (outcome, expected) in [
            (outcome(true, false, None), None),
            (outcome(false, false, Some(1)), None),
            (outcome(false, true, Some(7)), Some(7)),
            (outcome(false, true, Some(0)), Some(0)),
            (outcome(false, true, Some(86_400)), Some(300)),
        ] {
            assert_eq!(wait(1, &outcome).map(|wait| wait.as_secs()), expected, "{outcome:?}");
        }
    }
}
