//! Which GPUs are lost: one that was there and is gone, or a driver that says nothing for long. Pure.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Draft, words};
use crate::domain::{Level, NoticeKind};
use crate::monitor::Stats;

/// How long a card must be away: while the driver is opened anew there may be none for a moment.
const AWAY: Duration = Duration::from_secs(5);

/// How long a driver may be silent before it is no longer called slow.
const SILENT: Duration = Duration::from_secs(60);

/// The cards that were there.
#[derive(Debug, Default)]
pub(super) struct Cards {
    /// By their own names.
    known: BTreeMap<String, Card>,
    silent_since: Option<Instant>,
    silence_told: bool,
}

#[derive(Debug)]
struct Card {
    id: u32,
    name: String,
    away_since: Option<Instant>,
}

impl Cards {
    pub(super) fn look(&mut self, stats: &Stats, now: Instant) -> Option<Draft> {
        if stats.gpus.iter().any(|gpu| gpu.stale) {
            let since = *self.silent_since.get_or_insert(now);
            if self.silence_told || now.saturating_duration_since(since) < SILENT {
                return None;
            }
            self.silence_told = true;
            let note = stats.gpu_note.clone().unwrap_or_else(|| "The driver of the GPUs does not answer.".to_owned());
            return Some(draft(note));
        }
        (self.silent_since, self.silence_told) = (None, false);
        for gpu in &stats.gpus {
            let card = Card { id: gpu.id, name: gpu.name.clone(), away_since: None };
            self.known.insert(gpu.uuid.clone(), card);
        }
        let mut lost = Vec::new();
        self.known.retain(|uuid, card| {
            if stats.gpus.iter().any(|gpu| gpu.uuid == *uuid) {
                return true;
            }
            let since = *card.away_since.get_or_insert(now);
            let is_lost = now.saturating_duration_since(since) >= AWAY;
            if is_lost {
                lost.push(format!("GPU {} ({})", card.id, card.name));
            }
            // Known anew once it is back, and then it can be lost again.
            !is_lost
        });
        (!lost.is_empty()).then(|| draft(said(&lost, stats.gpu_note.as_deref())))
    }
}

fn draft(text: String) -> Draft {
    Draft { kind: NoticeKind::GpuLost, level: Level::Error, text, instance_id: None }
}

/// The monitor's own sentence may name them already.
fn said(lost: &[String], note: Option<&str>) -> String {
    let verb = if lost.len() == 1 { "is" } else { "are" };
    match note {
        Some(note) if lost.iter().all(|card| note.contains(card)) => note.to_owned(),
        Some(note) => format!("{} {verb} lost. {note}", words::list(lost)),
        None => format!("{} {verb} lost: the driver does not see it any more.", words::list(lost)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notices::samples::{card, stats};

    #[test]
    fn a_card_that_is_away_for_a_moment_is_not_lost_and_one_that_stays_away_is_told_once() {
        let begun = Instant::now();
        let mut cards = Cards::default();
        let mut look = |gpus: &[&str], note: Option<&str>, seconds: u64| {
            let gpus = gpus.iter().map(|uuid| card(u32::from(*uuid == "two"), uuid, 0)).collect();
            let mut stats = stats(gpus);
            stats.gpu_note = note.map(str::to_owned);
            cards.look(&stats, begun + Duration::from_secs(seconds)).map(|draft| draft.text)
        };
        assert_eq!(look(&[], Some("No NVIDIA driver was found."), 0), None, "there was none");
        assert_eq!(look(&["one", "two"], None, 1), None);
        assert_eq!(look(&["one"], None, 2), None);
        assert_eq!(look(&["one", "two"], None, 12), None, "back");
        assert_eq!(look(&["one"], Some("GPU 1 (Card) has vanished: why."), 13), None);
        let told = look(&["one"], Some("GPU 1 (Card) has vanished: why."), 23);
        assert_eq!(told.as_deref(), Some("GPU 1 (Card) has vanished: why."));
        assert_eq!(look(&["one"], Some("GPU 1 (Card) has vanished: why."), 33), None, "once");
        assert_eq!(look(&["one", "two"], None, 40), None);
        assert_eq!(look(&[], Some("The driver gives no access."), 50), None);
        assert_eq!(
            look(&[], Some("The driver gives no access."), 60).as_deref(),
            Some("GPU 0 (Card) and GPU 1 (Card) are lost. The driver gives no access."),
            "and again after it was back"
        );
    }

    #[test]
    fn a_driver_is_slow_for_a_minute_and_then_silent() {
        let begun = Instant::now();
        let mut cards = Cards::default();
        let mut look = |stale: bool, seconds: u64| {
            let mut stats = stats(vec![card(0, "one", 0)]);
            stats.gpus[0].stale = stale;
            stats.gpu_note = stale.then(|| "The driver has not answered for 1 min.".to_owned());
            cards.look(&stats, begun + Duration::from_secs(seconds)).is_some()
        };
        let told = [(false, 0), (true, 10), (true, 60), (false, 65), (true, 70), (true, 125), (true, 130), (true, 500)];
        assert_eq!(told.map(|(stale, at)| look(stale, at)), [false, false, false, false, false, false, true, false]);
        assert!(!look(false, 510) && !look(true, 520) && look(true, 580), "a new silence");
    }
}
