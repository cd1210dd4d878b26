//! A sample: what the machine was doing at one moment.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::amount::Amount;
use super::gpus::{Driver, Gpu};

/// A look at the machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Stats {
    /// When: seconds since 1970.
    pub at: u64,
    /// Use of all cores together, 0–100; of those this container may use, if it may not use all.
    pub cpu_percent: f32,
    /// How many cores are 100 %.
    pub cpu_cores: f32,
    /// Whether that is a limit of the container rather than the machine's.
    pub cpu_limited: bool,
    /// Main memory, or what the container may have of it.
    pub ram: Amount,
    /// Whether that is a limit of the container rather than the machine's.
    pub ram_limited: bool,
    /// The disks our folders lie on.
    pub disks: Vec<Disk>,
    /// Each GPU; empty without a driver for one.
    pub gpus: Vec<Gpu>,
    /// Why there are no figures of GPUs, or not of all, or old ones: a sentence.
    pub gpu_note: Option<String>,
    /// The NVIDIA driver.
    pub driver: Option<Driver>,
    /// What each process tree takes; empty while nobody looks.
    #[serde(skip)]
    pub trees: Vec<Use>,
    /// When, by a clock that nobody turns.
    #[serde(skip)]
    pub(super) taken: Option<Instant>,
    /// Whether the process trees were measured too.
    #[serde(skip)]
    pub(super) whole: bool,
}

impl Stats {
    /// Whether the drivers of the GPUs have said something, or it is known why not.
    pub(super) fn knows_its_gpus(&self) -> bool {
        !self.gpus.is_empty() || self.driver.is_some() || self.gpu_note.is_some()
    }

    pub(super) fn is_whole_and_younger_than(&self, age: Duration) -> bool {
        self.whole && self.taken.is_some_and(|taken| taken.elapsed() < age)
    }
}

/// A disk that folders of ours lie on.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Disk {
    /// The first of the folders.
    pub path: String,
    /// What lies there, in a word each.
    pub holds: Vec<&'static str>,
    /// Bytes; what the system keeps for itself counts as neither used nor free.
    pub total: u64,
    /// Bytes.
    pub used: u64,
    /// What we may still write.
    pub free: u64,
    /// What is used of what can be, 0–100.
    pub percent: f32,
}

/// What a process tree takes of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Use {
    /// Whose tree.
    pub id: i64,
    /// 100 is one core.
    pub cpu_percent: f32,
    /// Resident memory of all its processes. What they share counts for each of them: telling it apart (PSS) makes the
    /// kernel walk every page, which takes seconds of an app with a big model.
    pub memory: u64,
    /// GPU memory, where the driver says whose it is.
    pub vram: Option<u64>,
    /// Why that is not known, where there are GPUs: a sentence.
    pub vram_note: Option<&'static str>,
    /// Bytes a second that came from disks, over the last stretch; what was cached did not. `None` where the kernel does not say.
    pub disk_read: Option<u64>,
    /// Bytes a second that went to disks.
    pub disk_written: Option<u64>,
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
