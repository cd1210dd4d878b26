//! Who looks at the figures, and so how often they are taken.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::locked;

/// Between two samples while somebody looks.
const OFTEN: Duration = Duration::from_secs(1);

/// … and while nobody does: the history goes on.
const SELDOM: Duration = Duration::from_secs(10);

/// How long somebody who asked once is expected to ask again.
const LINGER: Duration = Duration::from_secs(5);

/// How closely the machine is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Somebody looks.
    Often,
    /// Nobody does.
    Seldom,
}

/// Shared by the sampler and those who look.
#[derive(Debug, Default)]
pub(super) struct Attention {
    state: Mutex<State>,
    rung: Condvar,
}

#[derive(Debug, Default)]
struct State {
    watchers: usize,
    asked: Option<Instant>,
    closed: bool,
}

impl State {
    fn pace(&self, now: Instant) -> Pace {
        let asked = self.asked.is_some_and(|asked| now.saturating_duration_since(asked) < LINGER);
        if self.watchers > 0 || asked { Pace::Often } else { Pace::Seldom }
    }

    /// When the next sample is due after the last one. Somebody who comes is not kept waiting.
    fn due(&self, now: Instant, last: Instant, last_pace: Pace) -> Instant {
        match (last_pace, self.pace(now)) {
            (Pace::Seldom, Pace::Often) => now,
            (_, Pace::Often) => last + OFTEN,
            (_, Pace::Seldom) => last + SELDOM,
        }
    }
}

impl Attention {
    /// Somebody follows the samples from now on.
    pub(super) fn turn_to(&self) {
        locked(&self.state).watchers += 1;
        self.rung.notify_all();
    }

    /// … and does not any more.
    pub(super) fn turn_away(&self) {
        locked(&self.state).watchers -= 1;
    }

    /// Somebody wants the figures once.
    pub(super) fn ask(&self) {
        locked(&self.state).asked = Some(Instant::now());
        self.rung.notify_all();
    }

    /// Nobody can come any more.
    pub(super) fn close(&self) {
        locked(&self.state).closed = true;
        self.rung.notify_all();
    }

    /// Waits until the next sample is due; `None` at the end.
    pub(super) fn wait(&self, last: Instant, last_pace: Pace) -> Option<Pace> {
        let mut state = locked(&self.state);
        loop {
            if state.closed {
                return None;
            }
            let now = Instant::now();
            let due = state.due(now, last, last_pace);
            if now >= due {
                return Some(state.pace(now));
            }
            state = self.rung.wait_timeout(state, due - now).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn samples_are_due_by_who_looks() {
        let last = Instant::now();
        let second = Duration::from_secs(1);
        let now = last + 3 * second;
        let nobody = State::default();
        let watched = State { watchers: 1, ..State::default() };
        let asked_lately = State { asked: Some(last), ..State::default() };
        let asked_long_ago = State { asked: last.checked_sub(3 * second), ..State::default() };
        for (state, last_pace, expected) in [
            (&nobody, Pace::Seldom, last + SELDOM),
            (&nobody, Pace::Often, last + SELDOM),
            (&watched, Pace::Often, last + OFTEN),
            (&watched, Pace::Seldom, now),
            (&asked_lately, Pace::Seldom, now),
            (&asked_lately, Pace::Often, last + OFTEN),
            (&asked_long_ago, Pace::Often, last + SELDOM),
        ] {
            assert_eq!(state.due(now, last, last_pace), expected, "{state:?} after {last_pace:?}");
        }
    }

    #[test]
    fn somebody_who_comes_wakes_the_sampler_and_the_end_does_too() {
        let attention = Arc::new(Attention::default());
        let waiting = Arc::clone(&attention);
        let (tell, told) = std::sync::mpsc::channel();
        let begun = Instant::now();
        std::thread::spawn(move || {
            tell.send(waiting.wait(begun, Pace::Seldom)).unwrap();
            tell.send(waiting.wait(Instant::now() + 60 * OFTEN, Pace::Often)).unwrap();
        });
        attention.ask();
        let soon = SELDOM * 9 / 10;
        assert_eq!(told.recv_timeout(soon), Ok(Some(Pace::Often)), "long before the next sample was due");
        attention.close();
        assert_eq!(told.recv_timeout(soon), Ok(None));
    }

    #[test]
    fn it_is_looked_at_closely_until_the_last_one_has_turned_away() {
        let attention = Attention::default();
        let pace = || locked(&attention.state).pace(Instant::now());
        attention.turn_to();
        attention.turn_to();
        attention.turn_away();
        assert_eq!(pace(), Pace::Often);
        attention.turn_away();
        assert_eq!(pace(), Pace::Seldom);
    }
}
