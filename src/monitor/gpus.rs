//! GPUs: NVIDIA's by its driver's library, AMD's by what the kernel shows of them. A machine without has none, and that is no
//! error but a sentence.

mod amd;
mod nvml;
mod words;

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::amount::Amount;
use super::aside::{Answer, Aside};

/// Why the memory of an instance on a card is not known, where processes have other numbers here than the driver knows.
pub(super) const OTHER_NUMBERS: &str = "The driver knows processes by the machine's numbers, which this container does not see. \
     With \"pid: host\" it does.";

/// A driver that is silent for this long is said to be.
const OVERDUE: Duration = Duration::from_secs(4);

/// Who made a GPU: what it is asked by, and what its programs are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = GpuKind)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// CUDA.
    Nvidia,
    /// ROCm.
    Amd,
}

/// A process on a card, where the driver names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct GpuProcess {
    /// Its number, as the driver knows it: the host's, which a container may not know.
    pub pid: u32,
    /// Bytes it has on this card; `None` where the driver does not say.
    pub memory: Option<u64>,
    /// Whose it is, if it is an instance's.
    pub instance_id: Option<i64>,
    /// Its program, if that can be seen from here.
    pub name: Option<String>,
}

/// A part of a card that is given out as a card of its own (Multi-Instance GPU).
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = GpuSlice)]
pub struct Slice {
    /// What `CUDA_VISIBLE_DEVICES` takes: `MIG-…`.
    pub uuid: String,
    /// As NVIDIA calls it: `… MIG 1g.10gb`.
    pub name: String,
    /// Its memory; `None` where the driver keeps that from this account.
    pub vram: Option<Amount>,
}

/// One GPU as it is now. What a card does not tell is `None`: not every card has every sensor.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Gpu {
    /// Who made it.
    pub kind: Kind,
    /// NVML's index, which is PCI bus order: what `CUDA_VISIBLE_DEVICES` means with `CUDA_DEVICE_ORDER=PCI_BUS_ID`. AMD's are counted on from there, in the same order.
    pub id: u32,
    /// The card's own name, which stays whatever is plugged beside it.
    pub uuid: String,
    /// The product's name.
    pub name: String,
    /// Its memory.
    pub vram: Amount,
    /// Share of the last sample period in which a kernel ran, 0–100.
    pub utilization_percent: Option<u32>,
    /// Degrees Celsius.
    pub temperature: Option<u32>,
    /// Watts.
    pub power: Option<f32>,
    /// Watts it may take.
    pub power_limit: Option<f32>,
    /// MHz of its cores.
    pub clock: Option<u32>,
    /// MHz of its memory.
    pub memory_clock: Option<u32>,
    /// The parts it is divided into.
    pub mig: Vec<Slice>,
    /// Who is on it; empty while nobody looks.
    pub processes: Vec<GpuProcess>,
    /// The driver does not answer: these are the last figures there were.
    pub stale: bool,
}

/// The NVIDIA driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Driver {
    /// Its version.
    pub version: String,
    /// The newest version of CUDA it can run.
    pub cuda: Option<String>,
}

/// What a look at the GPUs found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Look {
    pub(super) gpus: Vec<Gpu>,
    /// What there is to say about those that are not there.
    pub(super) note: Option<String>,
    pub(super) driver: Option<Driver>,
}

impl Look {
    /// GPU memory by process, of those the driver names, on all cards together.
    pub(super) fn by_process(&self) -> HashMap<u32, u64> {
        let mut all: HashMap<u32, u64> = HashMap::new();
        for process in self.gpus.iter().flat_map(|gpu| &gpu.processes) {
            if let Some(memory) = process.memory {
                *all.entry(process.pid).or_default() += memory;
            }
        }
        all
    }
}

/// Whether the processes on the cards are wanted too.
pub(super) type WithProcesses = bool;

/// The GPUs, read on a thread of their own: a call into a sick driver can hang for ever.
pub(super) struct Gpus {
    aside: Aside<WithProcesses, Look>,
    last: Look,
}

impl Gpus {
    pub(super) fn start() -> std::io::Result<Self> {
        let mut reader = nvml::Reader::new();
        let aside = Aside::start("gpus", move |processes| {
            let mut look = reader.look(processes);
            amd::add(Path::new(amd::DEVICES), &mut look);
            look
        })?;
        Ok(Self { aside, last: Look::default() })
    }

    /// The GPUs as they are, or as they last were if the driver does not say so in time.
    pub(super) fn look(&mut self, processes: WithProcesses, patience: Duration) -> Look {
        let answer = self.aside.ask(processes, patience);
        settle(&mut self.last, answer)
    }
}

/// What is told when the driver answers, takes its time, or never will.
fn settle(last: &mut Look, answer: Answer<Look>) -> Look {
    let note = match answer {
        Answer::Fresh(look) => {
            *last = look;
            return last.clone();
        }
        Answer::Late(since) if since < OVERDUE => return last.clone(),
        Answer::Late(since) => words::silent(since, !last.gpus.is_empty()),
        Answer::Gone => words::gone(),
    };
    let mut look = last.clone();
    look.note = Some(note);
    for gpu in &mut look.gpus {
        gpu.stale = true;
        // Whose memory it is may have changed completely.
        gpu.processes.clear();
    }
    look
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look() -> Look {
        let gpu = Gpu {
            kind: Kind::Nvidia,
            id: 0,
            uuid: "GPU-1".to_owned(),
            name: "Card".to_owned(),
            vram: Amount::new(100, 50),
            utilization_percent: Some(5),
            temperature: Some(40),
            power: Some(60.0),
            power_limit: None,
            clock: None,
            memory_clock: None,
            mig: Vec::new(),
            processes: vec![GpuProcess { pid: 1, memory: Some(50), instance_id: None, name: None }],
            stale: false,
        };
        Look { gpus: vec![gpu], ..Look::default() }
    }

    #[test]
    fn figures_of_a_silent_driver_are_kept_and_marked() {
        let mut last = look();
        assert_eq!(settle(&mut last, Answer::Late(OVERDUE / 2)), look(), "it may be a little late");
        for (answer, words) in [
            (Answer::Late(3 * OVERDUE), "The NVIDIA driver has not answered for 10 s."),
            (Answer::Gone, "The GPUs are not read any more"),
        ] {
            let told = settle(&mut last, answer);
            assert!(told.note.as_ref().is_some_and(|note| note.starts_with(words)), "{told:?}");
            assert!(
                told.gpus.iter().all(|gpu| gpu.stale && gpu.name == "Card" && gpu.processes.is_empty()),
                "{told:?}"
            );
        }
        assert_eq!(settle(&mut last, Answer::Fresh(look())), look(), "and then it answers");
    }
}
