//! What was measured: an hour in full, a day in minutes. In memory only, and bounded: 4 bytes per figure, so about 120 kB
//! for the hour and 46 kB for the day on a machine with one GPU, and half a megabyte with eight.

use std::collections::{HashMap, VecDeque};

use serde::{Serialize, Serializer};

use super::amount::tenths;
use super::stats::Stats;

/// An hour of samples, one a second at most.
const FINE: usize = 3600;

/// A day of minutes.
const COARSE: usize = 24 * 60;

/// Seconds of a point in the coarse table.
const MINUTE: u64 = 60;

/// Clocks are set by a little all the time; beyond this what was measured is not before now any more.
const TURNED_BACK: u64 = 60;

/// More cards than any machine has: a driver that makes up names must not fill the memory.
const MOST_COLUMNS: usize = 2 + 4 * 64;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Cpu,
    Ram,
    Gpu(String, Figure),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Figure {
    Utilization,
    Vram,
    Temperature,
    Power,
}

/// The latest points, column by column. A figure nobody measured is no number (NaN).
#[derive(Debug)]
struct Table {
    capacity: usize,
    at: VecDeque<u64>,
    columns: Vec<(Key, VecDeque<f32>)>,
}

/// Everything that is remembered.
#[derive(Debug)]
pub(super) struct History {
    fine: Table,
    coarse: Table,
    /// The minute that is not over.
    minute: u64,
    sums: HashMap<Key, (f64, u32)>,
    /// Index and name of every card there is a column of.
    cards: HashMap<String, (u32, String)>,
}

/// A part of the history: columns of equal length, `null` where nobody measured.
#[derive(Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Past {
    /// Seconds that a point stands for at most.
    pub step: u64,
    /// When: seconds since 1970, rising.
    pub at: Vec<u64>,
    /// Percent.
    pub cpu: Column,
    /// Percent.
    pub ram: Column,
    /// Each card that was there, in the order of their numbers.
    pub gpus: Vec<PastGpu>,
}

/// The history of a card.
#[derive(Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PastGpu {
    /// Its number when it was last seen.
    pub id: u32,
    /// Its own name.
    pub uuid: String,
    /// The product's name.
    pub name: String,
    /// Percent.
    pub utilization: Column,
    /// Percent.
    pub vram: Column,
    /// Degrees Celsius.
    pub temperature: Column,
    /// Watts.
    pub power: Column,
}

/// Figures with one digit after the point; `null` for those nobody measured.
#[derive(Debug, PartialEq, Default, utoipa::ToSchema)]
#[schema(value_type = Vec<Option<f32>>)]
pub struct Column(Vec<f32>);

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|value| value.is_finite().then(|| tenths(*value))))
    }
}

impl Default for History {
    fn default() -> Self {
        Self {
            fine: Table::new(FINE),
            coarse: Table::new(COARSE),
            minute: 0,
            sums: HashMap::new(),
            cards: HashMap::new(),
        }
    }
}

impl History {
    /// Remembers a sample.
    pub(super) fn remember(&mut self, stats: &Stats) {
        let mut values = vec![(Key::Cpu, stats.cpu_percent), (Key::Ram, stats.ram.percent)];
        // Old figures are not measured again.
        for gpu in stats.gpus.iter().filter(|gpu| !gpu.stale) {
            self.cards.insert(gpu.uuid.clone(), (gpu.id, gpu.name.clone()));
            let mut put = |figure, value: Option<f32>| {
                values.extend(value.map(|value| (Key::Gpu(gpu.uuid.clone(), figure), value)));
            };
            #[expect(clippy::cast_precision_loss, reason = "degrees and percentages are small")]
            let whole = |value: Option<u32>| value.map(|value| value as f32);
            put(Figure::Utilization, whole(gpu.utilization_percent));
            put(Figure::Vram, Some(gpu.vram.percent));
            put(Figure::Temperature, whole(gpu.temperature));
            put(Figure::Power, gpu.power);
        }
        self.put(stats.at, &values);
        let columns = |table: &Table| table.columns.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
        let (fine, coarse) = (columns(&self.fine), columns(&self.coarse));
        self.cards.retain(|uuid, _| fine.iter().chain(&coarse).any(|key| matches!(key, Key::Gpu(of, _) if of == uuid)));
    }

    fn put(&mut self, at: u64, values: &[(Key, f32)]) {
        if self.fine.at.back().is_some_and(|last| at + TURNED_BACK < *last) {
            (self.fine, self.coarse) = (Table::new(FINE), Table::new(COARSE));
            self.sums.clear();
        }
        self.fine.push(at, values);
        let minute = at / MINUTE;
        if minute != self.minute && !self.sums.is_empty() {
            #[expect(clippy::cast_possible_truncation, reason = "a mean of such numbers is such a number")]
            let means: Vec<(Key, f32)> =
                self.sums.drain().map(|(key, (sum, count))| (key, (sum / f64::from(count)) as f32)).collect();
            self.coarse.push(self.minute * MINUTE, &means);
        }
        self.minute = minute;
        for (key, value) in values {
            let (sum, count) = self.sums.entry(key.clone()).or_default();
            *sum += f64::from(*value);
            *count += 1;
        }
    }

    /// What was measured since then: the last minutes in full, the last hour in steps of ten seconds, the day in minutes.
    pub(super) fn since(&self, since: u64, now: u64) -> Past {
        let age = now.saturating_sub(since);
        match age {
            ..=660 => self.past(&self.fine, since, 1),
            661..=3660 => self.past(&self.fine, since, 10),
            _ => self.past(&self.coarse, since, MINUTE),
        }
    }

    fn past(&self, table: &Table, since: u64, step: u64) -> Past {
        let (at, mut columns) = table.thinned(since, step);
        let length = at.len();
        let mut take = |key: &Key| Column(columns.remove(key).unwrap_or_else(|| vec![f32::NAN; length]));
        let (cpu, ram) = (take(&Key::Cpu), take(&Key::Ram));
        let mut cards: Vec<_> = self.cards.iter().collect();
        cards.sort_by_key(|(uuid, (id, _))| (*id, (*uuid).clone()));
        let gpus = cards
            .into_iter()
            .map(|(uuid, (id, name))| PastGpu {
                id: *id,
                uuid: uuid.clone(),
                name: name.clone(),
                utilization: take(&Key::Gpu(uuid.clone(), Figure::Utilization)),
                vram: take(&Key::Gpu(uuid.clone(), Figure::Vram)),
                temperature: take(&Key::Gpu(uuid.clone(), Figure::Temperature)),
                power: take(&Key::Gpu(uuid.clone(), Figure::Power)),
            })
            .collect();
        Past { step, at, cpu, ram, gpus }
    }
}

impl Table {
    fn new(capacity: usize) -> Self {
        Self { capacity, at: VecDeque::new(), columns: Vec::new() }
    }

    /// One more point; a second one of the same moment, or of an earlier one, is left out.
    fn push(&mut self, at: u64, values: &[(Key, f32)]) {
        if self.at.back().is_some_and(|last| at <= *last) {
            return;
        }
        for (key, _) in values {
            if self.columns.len() < MOST_COLUMNS && !self.columns.iter().any(|(known, _)| known == key) {
                self.columns.push((key.clone(), std::iter::repeat_n(f32::NAN, self.at.len()).collect()));
            }
        }
        self.at.push_back(at);
        for (key, column) in &mut self.columns {
            column.push_back(values.iter().find(|(of, _)| of == key).map_or(f32::NAN, |(_, value)| *value));
        }
        if self.at.len() > self.capacity {
            self.at.pop_front();
            for (_, column) in &mut self.columns {
                column.pop_front();
            }
            // A card that is gone for as long as is remembered is forgotten.
            if at.is_multiple_of(MINUTE) {
                self.columns.retain(|(_, column)| column.iter().any(|value| value.is_finite()));
            }
        }
    }

    /// The points since then, each the mean of those in its step.
    fn thinned(&self, since: u64, step: u64) -> (Vec<u64>, HashMap<Key, Vec<f32>>) {
        let from = self.at.partition_point(|at| *at < since);
        // Where each step begins, and the moment it is told for: that of its last point.
        let mut steps: Vec<(usize, u64)> = Vec::new();
        let mut former = None;
        for (index, at) in self.at.iter().enumerate().skip(from) {
            if former.replace(at / step) == Some(at / step) {
                if let Some((_, told)) = steps.last_mut() {
                    *told = *at;
                }
            } else {
                steps.push((index, *at));
            }
        }
        let ends = steps.iter().skip(1).map(|(begin, _)| *begin).chain([self.at.len()]);
        let spans: Vec<(usize, usize)> = steps.iter().map(|(begin, _)| *begin).zip(ends).collect();
        let mean = |column: &VecDeque<f32>| spans.iter().map(|(begin, end)| mean(column.range(*begin..*end))).collect();
        let columns = self.columns.iter().map(|(key, column)| (key.clone(), mean(column))).collect();
        (steps.into_iter().map(|(_, at)| at).collect(), columns)
    }
}

/// The mean of those that were measured.
fn mean<'a>(values: impl Iterator<Item = &'a f32>) -> f32 {
    let (sum, count) =
        values.filter(|value| value.is_finite()).fold((0.0, 0_u16), |(sum, count), value| (sum + value, count + 1));
    sum / f32::from(count)
}

#[cfg(test)]
mod tests;
