//! Samples of a machine, for tests of the rules.

use crate::monitor::{Amount, Gpu, Kind, Stats};

pub(super) fn card(id: u32, uuid: &str, busy: u32) -> Gpu {
    Gpu {
        kind: Kind::Nvidia,
        id,
        uuid: uuid.to_owned(),
        name: "Card".to_owned(),
        vram: Amount { total: 100, used: 50, percent: 50.0 },
        utilization_percent: Some(busy),
        temperature: None,
        power: None,
        power_limit: None,
        clock: None,
        memory_clock: None,
        mig: Vec::new(),
        processes: Vec::new(),
        stale: false,
    }
}

pub(super) fn stats(gpus: Vec<Gpu>) -> Stats {
    let mut stats = Stats::default();
    stats.gpus = gpus;
    stats
}
