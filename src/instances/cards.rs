//! The cards behind the numbers of GPUs: noted when they are chosen, and found again at every start, whatever was plugged in or
//! out meanwhile.

use super::Inner;
use super::error::Error;
use super::events::{Level, Notice};
use super::now;
use crate::domain::{Card, GpuIds, Instance, Meant, MissingCard, NewInstance, Settled};
use crate::monitor::{Cards, Stats};

impl super::Instances {
    /// From now on numbers of GPUs are known to mean cards.
    pub fn see_cards(&self, cards: Cards) {
        // Set once, by whoever puts the rooms together.
        let _ = self.inner.cards.set(cards);
    }
}

impl Inner {
    /// Notes which cards are meant by GPUs that have just been chosen; `before`: those that were.
    pub(super) fn note_cards(&self, chosen: &mut NewInstance, before: Option<&GpuIds>) {
        if chosen.gpu_ids.as_ref() == before {
            return;
        }
        let seen = self.cards.get().map(|cards| numbered(&cards.last_seen()));
        chosen.gpu_cards = match (&chosen.gpu_ids, seen) {
            (Some(ids), Some(present)) => ids.meaning(&present),
            // They are looked up when it starts.
            _ => Meant::new(),
        };
    }

    /// The numbers that an instance's cards have now.
    pub(super) async fn settle_cards(&self, instance: &Instance) -> Result<Option<Settled>, Error> {
        let chosen = &instance.chosen;
        let (Some(ids), Some(cards)) = (&chosen.gpu_ids, self.cards.get()) else { return Ok(None) };
        let stats = cards.now().await;
        let settled = ids.settle(&chosen.gpu_cards, &numbered(&stats)).map_err(|missing| refused(&missing, &stats))?;
        for (before, after, name) in &settled.moved {
            let text =
                format!("{}: the {name} was GPU {before} and is GPU {after} now; it is used as before.", chosen.name);
            tracing::info!(instance = instance.id, "{text}");
            self.roster.notify(Notice { level: Level::Info, text, instance_id: Some(instance.id), at: now() });
        }
        Ok(Some(settled))
    }
}

fn numbered(stats: &Stats) -> Vec<(u32, Card)> {
    stats.gpus.iter().map(|gpu| (gpu.id, Card { uuid: gpu.uuid.clone(), name: gpu.name.clone() })).collect()
}

fn refused(missing: &MissingCard, stats: &Stats) -> Error {
    let which = match &missing.card {
        Some(card) => format!("GPU {} ({}, {})", missing.id, card.name, card.uuid),
        None => format!("GPU {}", missing.id),
    };
    let there: Vec<String> = stats.gpus.iter().map(|gpu| format!("{} ({})", gpu.id, gpu.name)).collect();
    let there = if there.is_empty() { "no GPU".to_owned() } else { format!("GPU {}", there.join(", ")) };
    let note = stats.gpu_note.as_ref().map(|note| format!(" {note}")).unwrap_or_default();
    Error::taken(
        "gpu_ids",
        format!(
            "{which}, which this instance is to use, is not there; there is {there}.{note} Choose other GPUs for it, or none for all."
        ),
    )
}
