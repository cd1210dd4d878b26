//! How often a password may be guessed: per address and by everybody together.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::net::address::network;

/// So many mistakes cost nothing: people mistype.
const FREE: u32 = 5;

/// The wait after the first mistake beyond those; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// After so long without a mistake an address is forgiven.
const FORGIVEN: Duration = Duration::from_secs(60 * 60);

/// Mistakes of all addresses together before everybody waits: many addresses are no way round.
const ALL_FREE: f64 = 60.0;

/// Mistakes of all together that are forgiven in a second.
const ALL_FORGIVEN: f64 = 0.5;

/// Addresses remembered; beyond them the oldest is forgotten.
const MOST: usize = 10_000;

/// Who guesses, and how often it went wrong.
#[derive(Debug)]
pub(super) struct Attempts {
    by_address: HashMap<IpAddr, Mistakes>,
    /// Mistakes of all, less what was forgiven.
    all: f64,
    all_at: Instant,
}

#[derive(Debug, Clone, Copy)]
struct Mistakes {
    count: u32,
    last: Instant,
    /// It knew the password before: it does not wait for others.
    known: bool,
}

impl Attempts {
    pub(super) fn new(now: Instant) -> Self {
        Self { by_address: HashMap::new(), all: 0.0, all_at: now }
    }

    /// Counts an attempt as a mistake, so that a hundred at once are a hundred; [`Attempts::succeeded`] takes it back.
    ///
    /// # Errors
    /// How long to wait; the attempt was not counted.
    pub(super) fn begin(&mut self, from: IpAddr, now: Instant) -> Result<(), Duration> {
        let from = network(from);
        let forgiven = now.duration_since(self.all_at).as_secs_f64() * ALL_FORGIVEN;
        (self.all, self.all_at) = ((self.all - forgiven).max(0.0), now);
        let known = self.by_address.get(&from).copied().filter(|past| now.duration_since(past.last) < FORGIVEN);
        if let Some(past) = known {
            let waited = now.duration_since(past.last);
            let wait = wait_after(past.count);
            if waited < wait {
                return Err(wait.saturating_sub(waited));
            }
        }
        if self.all >= ALL_FREE && !known.is_some_and(|past| past.known) {
            return Err(Duration::from_secs_f64((self.all - ALL_FREE + 1.0) / ALL_FORGIVEN));
        }
        self.all += 1.0;
        let past = known.unwrap_or(Mistakes { count: 0, last: now, known: false });
        self.by_address.insert(from, Mistakes { count: past.count.saturating_add(1), last: now, ..past });
        self.forget(now);
        Ok(())
    }

    /// The attempt that was begun was right.
    pub(super) fn succeeded(&mut self, from: IpAddr, now: Instant) {
        self.all = (self.all - 1.0).max(0.0);
        self.by_address.insert(network(from), Mistakes { count: 0, last: now, known: true });
    }

    fn forget(&mut self, now: Instant) {
        if self.by_address.len() <= MOST {
            return;
        }
        self.by_address.retain(|_, past| now.duration_since(past.last) < FORGIVEN);
        if self.by_address.len() > MOST
            && let Some(oldest) = self.by_address.iter().min_by_key(|(_, past)| past.last).map(|(from, _)| *from)
        {
            self.by_address.remove(&oldest);
        }
    }
}

fn wait_after(mistakes: u32) -> Duration {
    let Some(beyond) = mistakes.checked_sub(FREE) else { return Duration::ZERO };
    FIRST_WAIT.saturating_mul(2_u32.saturating_pow(beyond)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u32) -> IpAddr {
        IpAddr::V4(std::net::Ipv4Addr::from(0x0a00_0000 + n))
    }

    #[test]
    fn an_address_that_guesses_waits_longer_and_longer() {
        let now = Instant::now();
        let mut attempts = Attempts::new(now);
        for _ in 0..FREE {
            attempts.begin(address(1), now).unwrap();
        }
        assert_eq!(attempts.begin(address(1), now), Err(Duration::from_secs(2)));
        assert!(attempts.begin(address(2), now).is_ok(), "another address does not wait");
        let mut at = now;
        for wait in [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(attempts.begin(address(1), at), Err(Duration::from_secs(wait)), "{wait}");
            at += Duration::from_secs(wait);
            attempts.begin(address(1), at).unwrap();
        }
        attempts.succeeded(address(1), at);
        assert!(attempts.begin(address(1), at).is_ok(), "the right password forgives");
        assert!(attempts.begin(address(1), at + FORGIVEN).is_ok());
    }

    #[test]
    fn many_addresses_are_no_way_round() {
        let now = Instant::now();
        let mut attempts = Attempts::new(now);
        attempts.begin(address(0), now).unwrap();
        attempts.succeeded(address(0), now);
        let mut let_in = 0;
        for n in 1..1000 {
            let_in += u32::from(attempts.begin(address(n), now).is_ok());
        }
        assert_eq!(let_in, 60);
        assert!(attempts.begin(address(0), now).is_ok(), "who knew the password is not locked out by others");
        assert!(attempts.begin(address(5000), now + Duration::from_secs(10)).is_ok(), "it passes");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let now = Instant::now();
        let mut attempts = Attempts::new(now);
        for n in 0..12_000 {
            let _ = attempts.begin(address(n), now + Duration::from_secs(u64::from(n) * 2));
        }
        assert!(attempts.by_address.len() <= MOST + 1);
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let now = Instant::now();
        let mut attempts = Attempts::new(now);
        for n in 0..FREE {
            attempts.begin(format!("2001:db8::{n}").parse().unwrap(), now).unwrap();
        }
        assert!(attempts.begin("2001:db8::ffff".parse().unwrap(), now).is_err());
        assert!(attempts.begin("2001:db8:0:1::1".parse().unwrap(), now).is_ok());
    }
}
