//! What the machine is doing: CPU, memory and NVIDIA GPUs, sampled for everyone by one thread.
//!
//! NVML calls can hang for seconds on a sick driver, so they are made on that thread and nowhere else.

mod gpus;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use sysinfo::System;
use tokio::sync::watch;

pub use gpus::Gpu;

/// How often a sample is taken while somebody looks.
const EVERY: Duration = Duration::from_secs(2);

/// A look at the machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Stats {
    /// Use of all cores together, 0–100.
    pub cpu_percent: f32,
    /// Main memory.
    pub ram: Memory,
    /// Each GPU; empty without an NVIDIA driver.
    pub gpus: Vec<Gpu>,
}

/// An amount of memory in bytes, and how much of it is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Memory {
    /// All of it.
    pub total: u64,
    /// What is used.
    pub used: u64,
    /// 0–100.
    pub percent: f32,
}

impl Memory {
    fn new(total: u64, used: u64) -> Self {
        // Bytes fit a float well enough for a percentage.
        #[expect(clippy::cast_precision_loss, reason = "a percentage needs three digits")]
        let percent = if total == 0 { 0.0 } else { (used as f32 / total as f32) * 100.0 };
        Self { total, used, percent }
    }
}

/// The one sampler; cheap to clone. Its thread ends when the last handle is gone.
#[derive(Debug, Clone)]
pub struct Monitor {
    latest: watch::Receiver<Arc<Stats>>,
}

impl Monitor {
    /// Starts sampling.
    ///
    /// # Errors
    /// The system can't be read, or the thread could not be started.
    pub fn start() -> std::io::Result<Self> {
        let (publish, latest) = watch::channel(Arc::default());
        let system = System::new().map_err(std::io::Error::other)?;
        std::thread::Builder::new().name("monitor".to_owned()).spawn(move || sample_until_dropped(system, &publish))?;
        Ok(Self { latest })
    }

    /// The latest sample, waiting for the first one.
    pub async fn latest(&self) -> Arc<Stats> {
        let mut latest = self.latest.clone();
        // An error means the sampler ended; what it published last still stands.
        let _ = latest.wait_for(|stats| stats.ram.total > 0).await;
        let stats = latest.borrow();
        Arc::clone(&stats)
    }

    /// Follows the samples.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Stats>> {
        self.latest.clone()
    }
}

fn sample_until_dropped(mut system: System, publish: &watch::Sender<Arc<Stats>>) {
    let mut gpus = gpus::Reader::new();
    // CPU use is a difference between two readings: the first one alone would always say 0 (earlier-defects.md 29).
    system.refresh_cpu_usage();
    std::thread::sleep(sysinfo::MINIMUM_CPU_UPDATE_INTERVAL);
    while !publish.is_closed() {
        system.refresh_cpu_usage();
        system.refresh_memory();
        let ram = Memory::new(system.total_memory(), system.used_memory());
        let stats = Stats { cpu_percent: system.global_cpu_usage(), ram, gpus: gpus.read() };
        publish.send_replace(Arc::new(stats));
        std::thread::sleep(EVERY);
    }
}
