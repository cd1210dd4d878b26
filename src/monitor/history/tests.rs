//! Points in, columns out.

use super::*;
use crate::monitor::amount::Amount;
use crate::monitor::gpus::{Gpu, Kind};

const BEGIN: u64 = 1_700_000_040; // a whole minute

fn gpu(id: u32, utilization: u32) -> Gpu {
    Gpu {
        kind: Kind::Nvidia,
        id,
        uuid: format!("GPU-{id}"),
        name: format!("Card {id}"),
        vram: Amount::new(100, 40),
        utilization_percent: Some(utilization),
        temperature: Some(60),
        power: None,
        power_limit: None,
        clock: None,
        memory_clock: None,
        mig: Vec::new(),
        processes: Vec::new(),
        stale: false,
    }
}

fn stats(at: u64, cpu_percent: f32, gpus: &[Gpu]) -> Stats {
    Stats { at, cpu_percent, gpus: gpus.to_vec(), ..Stats::default() }
}

fn json(past: &Past) -> serde_json::Value {
    serde_json::to_value(past).unwrap()
}

#[test]
fn the_last_minutes_come_in_full_with_holes_where_nobody_measured() {
    let mut history = History::default();
    history.remember(&stats(BEGIN, 10.04, &[]));
    history.remember(&stats(BEGIN + 1, 20.0, &[gpu(0, 50)]));
    let mut stale = gpu(0, 70);
    stale.stale = true;
    history.remember(&stats(BEGIN + 2, 30.0, &[stale]));
    history.remember(&stats(BEGIN + 2, 99.0, &[]));
    let past = json(&history.since(BEGIN, BEGIN + 3));
    assert_eq!(past["step"], 1);
    assert_eq!(past["at"], serde_json::json!([BEGIN, BEGIN + 1, BEGIN + 2]), "one a second");
    assert_eq!(past["cpu"], serde_json::json!([10.0, 20.0, 30.0]));
    assert_eq!(past["gpus"][0]["utilization"], serde_json::json!([null, 50.0, null]));
    assert_eq!(past["gpus"][0]["power"], serde_json::json!([null, null, null]));
    assert_eq!((past["gpus"][0]["uuid"].as_str(), past["gpus"][0]["name"].as_str()), (Some("GPU-0"), Some("Card 0")));
    assert_eq!(json(&history.since(BEGIN + 2, BEGIN + 3))["cpu"], serde_json::json!([30.0]));
    assert_eq!(json(&history.since(BEGIN + 3, BEGIN + 3))["at"], serde_json::json!([]));
}

#[test]
fn an_hour_comes_in_steps_and_a_day_in_minutes() {
    let mut history = History::default();
    for second in 0..7200 {
        let load = if second % 10 < 5 { 0.0 } else { 10.0 };
        history.remember(&stats(BEGIN + second, load, &[gpu(0, 30)]));
    }
    let now = BEGIN + 7200;
    let hour = history.since(now - 3600, now);
    assert_eq!((hour.step, hour.at.len()), (10, 360));
    assert!(hour.cpu.0.iter().all(|cpu| *cpu == 5.0), "means: {:?}", hour.cpu);
    assert!(hour.at.is_sorted() && hour.at.first() == Some(&(now - 3600 + 9)), "{:?}", hour.at.first());
    let day = history.since(0, now);
    assert_eq!((day.step, day.at.len()), (60, 119), "the last minute is not over");
    assert!(
        day.cpu.0.iter().all(|cpu| *cpu == 5.0)
            && day.gpus.iter().all(|gpu| gpu.utilization.0.iter().all(|use_| *use_ == 30.0))
    );
}

#[test]
fn it_never_grows_beyond_its_bounds_and_forgets_cards_that_are_gone() {
    let mut history = History::default();
    for second in 0..100 {
        history.remember(&stats(BEGIN + second, 1.0, &[gpu(0, 1), gpu(1, 1)]));
    }
    let mut at = BEGIN + 100;
    for _ in 0..FINE + 60 {
        history.remember(&stats(at, 1.0, &[gpu(1, 1)]));
        at += 1;
    }
    assert_eq!((history.fine.at.len(), history.fine.columns.len()), (FINE, 2 + 4 - 1), "nobody measures power");
    assert_eq!(history.cards.len(), 2, "the day still knows the card");
    for _ in 0..COARSE + 3 {
        history.remember(&stats(at, 1.0, &[gpu(1, 1)]));
        at += 60;
    }
    assert_eq!((history.coarse.at.len(), history.fine.at.len(), history.cards.len()), (COARSE, FINE, 1));
    for column in &history.fine.columns {
        assert_eq!(column.1.len(), FINE);
    }
}

#[test]
fn made_up_cards_do_not_fill_the_memory() {
    let mut history = History::default();
    for n in 0..1000 {
        history.remember(&stats(BEGIN + u64::from(n), 1.0, &[gpu(n, 1)]));
    }
    assert!(
        history.fine.columns.len() <= MOST_COLUMNS && history.cards.len() <= MOST_COLUMNS,
        "{}",
        history.cards.len()
    );
}

#[test]
fn a_clock_that_is_set_back_begins_anew() {
    let mut history = History::default();
    history.remember(&stats(BEGIN + 5000, 1.0, &[]));
    history.remember(&stats(BEGIN + 4990, 2.0, &[]));
    assert_eq!(history.since(0, BEGIN).at.len(), 0);
    assert_eq!(history.since(BEGIN, BEGIN + 10).at, [BEGIN + 5000], "a little is only left out");
    history.remember(&stats(BEGIN, 3.0, &[]));
    assert_eq!(history.since(BEGIN, BEGIN + 10).at, [BEGIN]);
}
