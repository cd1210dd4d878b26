//! How much is done for each number.

use std::time::Duration;

use crate::measure::Window;

/// How much is done for each number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// How often every proxy has its turn.
    pub(crate) rounds: usize,
    /// In how many of them those have a turn that no goal depends on.
    pub(crate) context_rounds: usize,
    /// The same for memory, which does not vary much.
    pub(crate) memory_rounds: usize,
    /// How long to look at one.
    pub(crate) window: Window,
    /// How many idle websockets.
    pub(crate) websockets: usize,
    /// How many routes are many.
    pub(crate) routes: usize,
    /// How long making them may take.
    pub(crate) routes_budget: Duration,
    /// How many changes of routes.
    pub(crate) changes: usize,
    /// How many starts.
    pub(crate) starts: usize,
    /// How many crashes of an app.
    pub(crate) crashes: usize,
    /// How many crashes of the server.
    pub(crate) adoptions: usize,
    /// How many lines an app prints at once.
    pub(crate) log_lines: u64,
    /// How long to look at a server that has nothing to do.
    pub(crate) idle: Duration,
}

impl Effort {
    /// As much as was asked for, and as the limit of open files allows.
    pub(crate) fn of(quick: bool, rounds: Option<usize>, file_limit: u64) -> Self {
        let ms = Duration::from_millis;
        let usual = if quick {
            Self {
                rounds: 3,
                context_rounds: 1,
                memory_rounds: 1,
                window: Window { cpu: ms(300), longest: ms(300) },
                websockets: 2_000,
                routes: 1_000,
                routes_budget: Duration::from_secs(20),
                changes: 20,
                starts: 10,
                crashes: 8,
                adoptions: 3,
                log_lines: 500_000,
                idle: Duration::from_secs(10),
            }
        } else {
            Self {
                rounds: 5,
                context_rounds: usize::MAX,
                memory_rounds: 3,
                window: Window { cpu: ms(1_200), longest: ms(2_000) },
                websockets: 5_000,
                routes: 10_000,
                routes_budget: Duration::from_secs(240),
                changes: 50,
                starts: 30,
                crashes: 20,
                adoptions: 3,
                log_lines: 1_000_000,
                idle: Duration::from_secs(20),
            }
        };
        Self {
            rounds: rounds.unwrap_or(usual.rounds).max(1),
            // Each takes two files of a proxy, and one worker may get them all.
            websockets: usual
                .websockets
                .min(usize::try_from(file_limit.saturating_sub(1_000) / 2).unwrap_or(usize::MAX)),
            ..usual
        }
    }
}
