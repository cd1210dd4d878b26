//! Whose GPUs have nothing to do any more after they had worked: "job done". Pure.
//!
//! Drivers tell how busy a card is, not by whom. So it is the work of whoever is on the card: by the processes the driver
//! names, while somebody looks at the figures and the driver's numbers are ours; else by what the instances may use.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Draft, words};
use crate::domain::{GpuIds, Instance, InstanceId, Level, NoticeKind, Status};
use crate::monitor::{Gpu, Stats};

/// Busier than this, in percent, is work …
const WORKS: u32 = 20;

/// … and less than this is none. In between is neither: a picture that is being written, the next one that is being prepared.
const RESTS: u32 = 5;

/// Shorter work is no job.
const JOB: Duration = Duration::from_secs(60);

/// So long without work, the job is done.
const DONE: Duration = Duration::from_secs(30);

/// The longest time between two samples that counts as worked through.
const STRETCH: Duration = Duration::from_secs(15);

/// What each card has been doing.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// By the cards' own names.
    cards: HashMap<String, Effort>,
    /// Whose processes were on a card when that could last be told.
    holders: HashMap<String, BTreeSet<InstanceId>>,
}

#[derive(Debug)]
struct Effort {
    seen: Instant,
    worked: Duration,
    rests_since: Option<Instant>,
    /// Whose work it is.
    by: BTreeSet<InstanceId>,
}

impl Work {
    /// Takes in a sample; `instances`: all there are.
    pub(super) fn look(&mut self, stats: &Stats, instances: &[Arc<Instance>], now: Instant) -> Vec<Draft> {
        let running: Vec<&Instance> = instances.iter().map(Arc::as_ref).filter(|one| runs(one)).collect();
        self.cards.retain(|uuid, _| stats.gpus.iter().any(|gpu| gpu.uuid == *uuid));
        for gpu in stats.gpus.iter().filter(|gpu| !gpu.stale) {
            // Nobody on it, or nobody who looks: what was known last still helps.
            if !gpu.processes.is_empty() {
                let on_it = gpu.processes.iter().filter_map(|process| process.instance_id);
                self.holders.insert(gpu.uuid.clone(), on_it.collect());
            }
            let users = self.users(gpu, &running);
            if let Some(busy) = gpu.utilization_percent {
                self.count(gpu, busy, users, now);
            }
        }
        self.done(stats, &running, now)
    }

    fn users(&self, gpu: &Gpu, running: &[&Instance]) -> BTreeSet<InstanceId> {
        let may: BTreeSet<InstanceId> =
            running.iter().filter(|one| may_use(one.chosen.gpu_ids.as_ref(), gpu)).map(|one| one.id).collect();
        let on_it: BTreeSet<InstanceId> = self.holders.get(&gpu.uuid).map(|holders| holders & &may).unwrap_or_default();
        if on_it.is_empty() { may } else { on_it }
    }

    fn count(&mut self, gpu: &Gpu, busy: u32, users: BTreeSet<InstanceId>, now: Instant) {
        let fresh = || Effort { seen: now, worked: Duration::ZERO, rests_since: None, by: BTreeSet::new() };
        let effort = self.cards.entry(gpu.uuid.clone()).or_insert_with(fresh);
        let stretch = now.saturating_duration_since(effort.seen).min(STRETCH);
        effort.seen = now;
        if busy > WORKS {
            if effort.by.is_disjoint(&users) {
                // Somebody else's work from now on.
                effort.worked = Duration::ZERO;
            }
            effort.by = users;
            effort.worked += stretch;
            effort.rests_since = None;
        } else if busy < RESTS {
            effort.rests_since.get_or_insert(now);
        } else {
            effort.rests_since = None;
        }
    }

    /// Whoever works on several cards is done when all of them rest.
    fn done(&mut self, stats: &Stats, running: &[&Instance], now: Instant) -> Vec<Draft> {
        let rests =
            |effort: &Effort| effort.rests_since.is_some_and(|since| now.saturating_duration_since(since) >= DONE);
        let resting: Vec<BTreeSet<InstanceId>> =
            self.cards.values().filter(|one| rests(one)).map(|one| one.by.clone()).collect();
        let mut groups: Vec<BTreeSet<InstanceId>> = Vec::new();
        for by in resting {
            let all_rest = self.cards.values().filter(|effort| effort.by == by).all(rests);
            if all_rest && !groups.contains(&by) {
                groups.push(by);
            }
        }
        let mut told = Vec::new();
        for by in groups {
            let mut worked = Duration::ZERO;
            let mut cards = Vec::new();
            for (uuid, effort) in self.cards.iter_mut().filter(|(_, effort)| effort.by == by) {
                worked = worked.max(effort.worked);
                effort.worked = Duration::ZERO;
                cards.push(uuid.clone());
            }
            if worked >= JOB {
                // Who has ended meanwhile has ended its work otherwise.
                let left: Vec<&&Instance> = running.iter().filter(|one| by.contains(&one.id)).collect();
                let gpus: Vec<&Gpu> = stats.gpus.iter().filter(|gpu| cards.contains(&gpu.uuid)).collect();
                told.extend(said(&left, &gpus, worked));
            }
        }
        told
    }
}

fn runs(instance: &Instance) -> bool {
    instance.run.is_some() && matches!(instance.status, Status::Started | Status::Stalled | Status::Starting)
}

/// Whether an instance that may see these GPUs may see this one.
fn may_use(chosen: Option<&GpuIds>, gpu: &Gpu) -> bool {
    let Some(chosen) = chosen else { return true };
    let is_it = |id: &str| {
        // CUDA takes the beginning of an identifier for the whole.
        let of_it = id.starts_with("GPU-") && gpu.uuid.starts_with(id);
        id.parse() == Ok(gpu.id) || of_it || gpu.mig.iter().any(|slice| slice.uuid == id)
    };
    chosen.as_str().split(',').any(is_it)
}

fn said(users: &[&&Instance], gpus: &[&Gpu], worked: Duration) -> Option<Draft> {
    let worked = words::time(worked);
    let draft = |text, instance_id| Draft { kind: NoticeKind::JobDone, level: Level::Info, text, instance_id };
    match users {
        [] => None,
        [one] => {
            let name = &one.chosen.name;
            Some(draft(format!("{name}: the job is done. Its GPU is idle after {worked} of work."), Some(one.id)))
        }
        several => {
            let names: Vec<_> = several.iter().map(|one| &one.chosen.name).collect();
            let cards: Vec<String> = gpus.iter().map(|gpu| format!("GPU {} ({})", gpu.id, gpu.name)).collect();
            let verb = if cards.len() == 1 { "is" } else { "are" };
            let text = format!(
                "{} {verb} idle after {worked} of work. {} share it, so whose job is done can't be told.",
                words::list(&cards),
                words::list(&names)
            );
            Some(draft(text, None))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{NewInstance, RunId, Timestamp};
    use crate::monitor::GpuProcess;
    use crate::notices::samples::{card, stats};

    fn instance(id: InstanceId, gpus: Option<&str>) -> Arc<Instance> {
        let name = format!("app-{id}");
        let mut chosen = NewInstance::new(name.parse().unwrap(), name.parse().unwrap(), "x.sh".parse().unwrap());
        chosen.gpu_ids = gpus.map(|gpus| gpus.parse().unwrap());
        let mut instance = Instance::stopped(id, chosen, Timestamp::from_millis(0));
        (instance.status, instance.run) = (Status::Started, Some(RunId(format!("r{id}"))));
        Arc::new(instance)
    }

    /// A machine whose samples come every so many seconds.
    struct Machine {
        work: Work,
        now: Instant,
        step: u64,
        instances: Vec<Arc<Instance>>,
        /// Whose process is on card 0, while somebody looks.
        on_it: Option<InstanceId>,
    }

    impl Machine {
        fn new(step: u64, instances: Vec<Arc<Instance>>) -> Self {
            Self { work: Work::default(), now: Instant::now(), step, instances, on_it: None }
        }

        /// So long with the cards this busy; gives what was said.
        fn runs(&mut self, seconds: u64, busy: &[u32]) -> Vec<String> {
            let mut said = Vec::new();
            for _ in 0..seconds / self.step {
                self.now += Duration::from_secs(self.step);
                let cards = (0..).zip(busy).map(|(id, busy)| card(id, &format!("GPU-{id}"), *busy)).collect();
                let mut stats = stats(cards);
                if let Some(id) = self.on_it {
                    let process = GpuProcess { pid: 1, memory: None, instance_id: Some(id), name: None };
                    stats.gpus[0].processes = vec![process];
                }
                said.extend(self.work.look(&stats, &self.instances, self.now).into_iter().map(|draft| draft.text));
            }
            said
        }
    }

    #[test]
    fn a_job_is_done_when_its_card_has_rested_for_half_a_minute() {
        for step in [1, 10] {
            let mut machine = Machine::new(step, vec![instance(1, None)]);
            assert_eq!(machine.runs(120, &[0]), [""; 0]);
            assert_eq!(machine.runs(300, &[98]), [""; 0]);
            assert_eq!(machine.runs(20, &[0]), [""; 0], "not yet");
            let said = machine.runs(30, &[0]);
            assert_eq!(said, ["app-1: the job is done. Its GPU is idle after 5 min of work."], "every {step} s");
            assert_eq!(machine.runs(300, &[0]), [""; 0], "once");
            machine.runs(90, &[60]);
            assert_eq!(machine.runs(50, &[1]).len(), 1, "the next job");
        }
    }

    #[test]
    fn short_work_and_pauses_within_are_nothing() {
        let mut machine = Machine::new(1, vec![instance(1, None)]);
        machine.runs(50, &[100]);
        assert_eq!(machine.runs(60, &[0]), [""; 0], "50 s are no job");
        for _ in 0..4 {
            machine.runs(40, &[90]);
            assert_eq!(machine.runs(20, &[0]), [""; 0]);
        }
        assert_eq!(machine.runs(60, &[12]), [""; 0], "neither work nor rest");
        assert_eq!(machine.runs(40, &[0]).len(), 1, "the pauses were part of one job");
    }

    #[test]
    fn whose_job_it_is() {
        // By what each may use.
        let mut machine =
            Machine::new(1, vec![instance(1, Some("0")), instance(2, Some("GPU-1")), instance(3, Some("7"))]);
        machine.runs(71, &[90, 0]);
        assert_eq!(machine.runs(40, &[0, 0]), ["app-1: the job is done. Its GPU is idle after 70 s of work."]);
        // One on both cards is done when both rest.
        let mut machine = Machine::new(1, vec![instance(1, None)]);
        machine.runs(70, &[90, 90]);
        assert_eq!(machine.runs(60, &[0, 90]), [""; 0]);
        assert_eq!(machine.runs(40, &[0, 0]), ["app-1: the job is done. Its GPU is idle after 2 min of work."]);
        // Shared, and nobody knows.
        let both = || vec![instance(1, None), instance(2, Some("0"))];
        let mut machine = Machine::new(1, both());
        machine.runs(121, &[90]);
        let said = machine.runs(40, &[0]);
        assert_eq!(
            said,
            ["GPU 0 (Card) is idle after 2 min of work. app-1 and app-2 share it, so whose job is done can't be told."]
        );
        // Shared, and the driver knows, even if nobody looks any more when it is done.
        let mut machine = Machine::new(1, both());
        machine.on_it = Some(2);
        machine.runs(71, &[90]);
        machine.on_it = None;
        assert_eq!(machine.runs(40, &[0]), ["app-2: the job is done. Its GPU is idle after 70 s of work."]);
    }

    #[test]
    fn who_has_ended_is_not_done() {
        let mut machine = Machine::new(1, vec![instance(1, None)]);
        machine.runs(90, &[90]);
        machine.instances.clear();
        assert_eq!(machine.runs(60, &[0]), [""; 0]);
        // Nobody's work is nobody's job, and does not become that of who comes later.
        machine.runs(90, &[90]);
        machine.instances = vec![instance(2, None)];
        machine.runs(20, &[90]);
        assert_eq!(machine.runs(60, &[0]), [""; 0]);
    }

    #[test]
    fn cards_that_do_not_say_how_busy_they_are_say_nothing() {
        let mut work = Work::default();
        let instances = [instance(1, None)];
        let begun = Instant::now();
        for second in 0..300 {
            let mut sample = stats(vec![card(0, "GPU-0", if second < 200 { 90 } else { 0 })]);
            sample.gpus[0].utilization_percent = None;
            assert!(work.look(&sample, &instances, begun + Duration::from_secs(second)).is_empty());
        }
        assert!(work.look(&stats(Vec::new()), &instances, begun).is_empty(), "no GPU at all");
    }
}
