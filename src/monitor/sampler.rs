//! The thread that takes the samples.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::aside::{Answer, Aside};
use super::attention::{Attention, Pace};
use super::gpus::{Gpus, Look};
use super::history::History;
use super::host::Host;
use super::processes::{Forest, Found};
use super::stats::{self, Disk, Stats, Use};
use super::{Sources, Tree, gpus, locked, processes};

/// The use of the CPU needs two readings; the first answer ever, and the first one after nobody has looked, come this
/// long after the question.
const FIRST_STRETCH: Duration = Duration::from_millis(200);

/// How long the first sample waits for the GPUs: opening a driver that nobody uses takes a second.
const FIRST_GPUS: Duration = Duration::from_millis(1500);

/// How long others do. A card answers within milliseconds; a late answer is told with the next sample.
const GPUS: Duration = Duration::from_millis(250);

/// How long a sample waits for the disks.
const DISKS: Duration = Duration::from_millis(50);

/// How often disks are looked at: they fill slowly.
const DISKS_EVERY: Duration = Duration::from_secs(10);

pub(super) struct Sampler {
    trees: Box<dyn Fn() -> Vec<Tree> + Send>,
    host: Host,
    forest: Forest,
    gpus: Gpus,
    /// Whether we know processes by the numbers the drivers know them by.
    sees_all: bool,
    disks: Aside<(), Vec<Disk>>,
    /// The disks as they were last seen, and when.
    seen: (Vec<Disk>, Option<Instant>),
    history: Arc<Mutex<History>>,
    publish: watch::Sender<Arc<Stats>>,
}

impl Sampler {
    pub(super) fn new(
        sources: Sources,
        history: Arc<Mutex<History>>,
        publish: watch::Sender<Arc<Stats>>,
    ) -> std::io::Result<Self> {
        let folders: Vec<(&'static str, PathBuf)> = sources.folders;
        Ok(Self {
            trees: sources.trees,
            host: Host::new(),
            forest: Forest::default(),
            gpus: Gpus::start()?,
            sees_all: processes::are_numbered_by_the_machine(),
            disks: Aside::start("disks", move |()| super::disks::read(&folders))?,
            seen: (Vec::new(), None),
            history,
            publish,
        })
    }

    /// Samples until nobody is left who could look.
    pub(super) fn run(mut self, attention: &Attention) {
        std::thread::sleep(FIRST_STRETCH);
        let mut patience = FIRST_GPUS;
        let (mut last, mut pace) = (Instant::now(), Pace::Seldom);
        self.sample(pace, patience);
        patience = GPUS;
        while let Some(next) = attention.wait(last, pace) {
            last = Instant::now();
            if (pace, next) == (Pace::Seldom, Pace::Often) {
                self.forest.look(&(self.trees)());
                std::thread::sleep(FIRST_STRETCH);
            }
            pace = next;
            self.sample(pace, patience);
        }
    }

    fn sample(&mut self, pace: Pace, patience: Duration) {
        let looked_at = pace == Pace::Often;
        let trees = if looked_at { (self.trees)() } else { Vec::new() };
        let gpus = self.gpus.look(!trees.is_empty(), patience);
        let found = if looked_at { self.forest.look(&trees) } else { Vec::new() };
        if !looked_at {
            self.forest.forget();
        }
        let mut gpus = gpus;
        let uses = self.whose(&found, &mut gpus);
        let host = self.host.read();
        let stats = Stats {
            at: stats::now(),
            cpu_percent: host.cpu_percent,
            cpu_cores: host.cpu_cores,
            cpu_limited: host.cpu_limited,
            ram: host.ram,
            ram_limited: host.ram_limited,
            disks: self.disks(),
            trees: uses,
            gpus: gpus.gpus,
            gpu_note: gpus.note,
            driver: gpus.driver,
            taken: Some(Instant::now()),
            whole: looked_at,
        };
        locked(&self.history).remember(&stats);
        self.publish.send_replace(Arc::new(stats));
    }

    /// Brings processes on the cards and those of trees together.
    fn whose(&self, found: &[Found], look: &mut Look) -> Vec<Use> {
        let owners: HashMap<u32, i64> =
            found.iter().flat_map(|found| found.pids.iter().map(|pid| (*pid, found.taken.id))).collect();
        for process in look.gpus.iter_mut().flat_map(|gpu| &mut gpu.processes) {
            process.instance_id = owners.get(&process.pid).copied();
            process.name = processes::name(process.pid).filter(|_| self.sees_all || process.instance_id.is_some());
        }
        let memory = look.by_process();
        let note = (!self.sees_all && !look.gpus.is_empty()).then_some(gpus::OTHER_NUMBERS);
        let with_vram = |found: &Found| {
            let vram: Vec<u64> = found.pids.iter().filter_map(|pid| memory.get(pid).copied()).collect();
            // A driver in another name space names no process of ours: that is not the same as none.
            let vram = (!vram.is_empty()).then(|| vram.iter().sum());
            Use { vram, vram_note: note.filter(|_| vram.is_none()), ..found.taken }
        };
        found.iter().map(with_vram).collect()
    }

    /// The disks as they are, or as they were: one on a network that is gone must not hold up the rest.
    fn disks(&mut self) -> Vec<Disk> {
        let (disks, at) = &mut self.seen;
        // A little less than the pace of the samples when nobody looks, or every second one would miss it.
        if at.is_none_or(|at| at.elapsed() + Duration::from_secs(1) > DISKS_EVERY)
            && let Answer::Fresh(now) = self.disks.ask((), DISKS)
        {
            (*disks, *at) = (now, Some(Instant::now()));
        }
        disks.clone()
    }
}
