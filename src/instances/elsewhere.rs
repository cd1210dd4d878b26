//! An app that is silent at its own port and listens at another: remembered until it is surely a mistake. Pure.

use std::time::{Duration, Instant};

use crate::domain::Port;

/// How long an app may listen elsewhere and not at its port, before that is called a mistake.
const MISTAKE: Duration = Duration::from_secs(10);

/// Between two looks: at first, and at most.
const SEARCH: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));

/// Where an app listens that is silent at its own port.
#[derive(Debug)]
pub(super) struct Elsewhere {
    ports: Vec<Port>,
    since: Option<Instant>,
    next: Instant,
    pause: Duration,
}

impl Elsewhere {
    /// Nothing is known yet.
    pub(super) fn new(now: Instant) -> Self {
        Self { ports: Vec::new(), since: None, next: now + SEARCH.0, pause: SEARCH.0 }
    }

    /// Whether it is time for a look.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        now >= self.next
    }

    /// Takes in what a look found; returns the ports once the app has listened there for so long that it must be a mistake.
    pub(super) fn found(&mut self, ports: Vec<Port>, now: Instant) -> Option<&[Port]> {
        // Where nothing is found, nothing is looked for as often.
        self.pause = if ports.is_empty() { (self.pause * 2).min(SEARCH.1) } else { SEARCH.0 };
        self.next = now + self.pause;
        if ports != self.ports {
            self.since = (!ports.is_empty()).then_some(now);
            self.ports = ports;
        }
        self.since.filter(|since| now.duration_since(*since) >= MISTAKE).map(|_| self.ports.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_a_mistake_once_it_stays() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let ports = |numbers: &[u16]| numbers.iter().map(|n| Port::new(*n).unwrap()).collect::<Vec<_>>();
        let mut elsewhere = Elsewhere::new(begun);
        assert!(!elsewhere.is_due(at(1)) && elsewhere.is_due(at(2)));
        assert_eq!(elsewhere.found(ports(&[7860]), at(2)), None);
        assert_eq!(elsewhere.found(ports(&[7860, 7861]), at(9)), None, "others: from the start again");
        assert_eq!(elsewhere.found(ports(&[7860, 7861]), at(18)), None);
        assert_eq!(elsewhere.found(ports(&[7860, 7861]), at(19)), Some(&ports(&[7860, 7861])[..]));
        assert_eq!(elsewhere.found(ports(&[]), at(20)), None);
        assert!(!elsewhere.is_due(at(23)) && elsewhere.is_due(at(24)), "what finds nothing is done less often");
    }
}
