//! NVIDIA GPUs through NVML; a machine without a driver has none, and that is no error.

use std::time::{Duration, Instant};

use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;
use serde::Serialize;

use super::Memory;

/// How long to wait before asking again for a driver that was not there: it may be installed or come back meanwhile.
const RETRY: Duration = Duration::from_secs(60);

/// One GPU as it is now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gpu {
    /// NVML's index, which is PCI bus order: what `CUDA_VISIBLE_DEVICES` means with `CUDA_DEVICE_ORDER=PCI_BUS_ID`.
    pub id: u32,
    /// The product's name.
    pub name: String,
    /// Its memory.
    pub vram: Memory,
    /// Share of the last sample period in which a kernel ran, 0–100.
    pub utilization_percent: u32,
}

/// Reads the GPUs, and notices a driver that comes or goes.
pub(super) struct Reader {
    nvml: Option<Nvml>,
    tried: Option<Instant>,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { nvml: None, tried: None }
    }

    /// Every GPU that answers.
    pub(super) fn read(&mut self) -> Vec<Gpu> {
        if self.nvml.is_none() && self.tried.is_none_or(|at| at.elapsed() >= RETRY) {
            self.tried = Some(Instant::now());
            self.nvml = Nvml::init().map_err(|error| tracing::debug!(%error, "no NVIDIA driver")).ok();
        }
        let Some(nvml) = &self.nvml else { return Vec::new() };
        match nvml.device_count() {
            Ok(count) => (0..count)
                .filter_map(|id| {
                    read(nvml, id).map_err(|error| tracing::debug!(id, %error, "a GPU does not answer")).ok()
                })
                .collect(),
            Err(error) => {
                tracing::warn!(%error, "the NVIDIA driver went away; asking again in a minute");
                self.nvml = None;
                Vec::new()
            }
        }
    }
}

fn read(nvml: &Nvml, id: u32) -> Result<Gpu, NvmlError> {
    let device = nvml.device_by_index(id)?;
    let memory = device.memory_info()?;
    Ok(Gpu {
        id,
        name: device.name()?,
        vram: Memory::new(memory.total, memory.used),
        // Not every card reports it (MIG slices do not).
        utilization_percent: device.utilization_rates().map_or(0, |rates| rates.gpu),
    })
}
