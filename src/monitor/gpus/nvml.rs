//! The calls into NVIDIA's management library. Each may hang: nobody but the thread made for it comes here.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use nvml_wrapper::enum_wrappers::device::{Clock, TemperatureSensor};
use nvml_wrapper::enums::device::UsedGpuMemory;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::{Device, Nvml, cuda_driver_version_major, cuda_driver_version_minor};

use super::{Amount, Driver, Gpu, GpuProcess, Kind, Look, Slice, words};
use crate::monitor::amount::tenths;

/// How long to wait before the library is opened anew. What it knows of the cards is from when it was opened: a card
/// that comes back, or a driver that is installed meanwhile, is seen only then.
const RETRY: Duration = Duration::from_secs(15);

/// Reads the GPUs, and notices a driver or a card that comes or goes.
pub(super) struct Reader {
    nvml: Option<Nvml>,
    tried: Option<Instant>,
    driver: Option<Driver>,
    /// Why the library could not be opened.
    closed: Option<String>,
    /// Every card that has ever answered: index and name, by its own name.
    known: HashMap<String, (u32, String)>,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { nvml: None, tried: None, driver: None, closed: None, known: HashMap::new() }
    }

    /// Every GPU that answers, and what there is to say of the others.
    pub(super) fn look(&mut self, with_processes: bool) -> Look {
        if self.nvml.is_none() && self.may_try() {
            self.open();
        }
        let Some(nvml) = &self.nvml else {
            return Look { note: self.closed.clone(), ..Look::default() };
        };
        let mut look = Look { driver: self.driver.clone(), ..Look::default() };
        let mut notes = Vec::new();
        let mut errors = HashMap::new();
        match nvml.device_count() {
            Ok(count) => {
                for id in 0..count {
                    match nvml.device_by_index(id).and_then(|device| read(&device, id, with_processes)) {
                        Ok(gpu) => look.gpus.push(gpu),
                        Err(error) => drop(errors.insert(id, error)),
                    }
                }
            }
            Err(error) => notes.push(words::no_driver(&error)),
        }
        for gpu in &look.gpus {
            self.known.insert(gpu.uuid.clone(), (gpu.id, gpu.name.clone()));
        }
        let mut missing: Vec<_> =
            self.known.iter().filter(|(uuid, _)| !look.gpus.iter().any(|gpu| gpu.uuid == **uuid)).collect();
        missing.sort_by_key(|(_, (id, _))| *id);
        for (_, (id, name)) in missing {
            notes.push(words::vanished(*id, name, errors.remove(id).as_ref()));
        }
        notes.extend(errors.iter().map(|(id, error)| words::mute(*id, error)));
        if !notes.is_empty() {
            look.note = Some(notes.join(" "));
            if self.may_try() {
                // Closed before it is opened: the library counts how often it is.
                self.nvml = None;
                self.open();
            }
        }
        look
    }

    fn may_try(&self) -> bool {
        self.tried.is_none_or(|at| at.elapsed() >= RETRY)
    }

    fn open(&mut self) {
        self.tried = Some(Instant::now());
        match Nvml::init() {
            Ok(nvml) => {
                self.driver = driver(&nvml);
                self.closed = None;
                self.nvml = Some(nvml);
            }
            Err(error) => {
                tracing::debug!(%error, "no NVIDIA driver");
                self.closed = Some(words::no_driver(&error));
            }
        }
    }
}

fn driver(nvml: &Nvml) -> Option<Driver> {
    let cuda = nvml.sys_cuda_driver_version().ok();
    let cuda =
        cuda.map(|version| format!("{}.{}", cuda_driver_version_major(version), cuda_driver_version_minor(version)));
    Some(Driver { version: nvml.sys_driver_version().ok()?, cuda })
}

/// A card must tell its name and memory; of the rest what it can.
fn read(device: &Device<'_>, id: u32, with_processes: bool) -> Result<Gpu, NvmlError> {
    let memory = device.memory_info()?;
    Ok(Gpu {
        kind: Kind::Nvidia,
        id,
        uuid: device.uuid()?,
        name: device.name()?,
        vram: Amount::new(memory.total, memory.used),
        utilization_percent: device.utilization_rates().ok().map(|rates| rates.gpu),
        temperature: device.temperature(TemperatureSensor::Gpu).ok(),
        power: device.power_usage().ok().map(watts),
        power_limit: device.enforced_power_limit().ok().map(watts),
        clock: device.clock_info(Clock::Graphics).ok(),
        memory_clock: device.clock_info(Clock::Memory).ok(),
        mig: slices(device),
        processes: if with_processes { processes(device) } else { Vec::new() },
        stale: false,
    })
}

/// Who is on a card, the biggest first. A process may be there for computing and for drawing: it is told the same memory twice
/// then.
fn processes(device: &Device<'_>) -> Vec<GpuProcess> {
    let lists = [device.running_compute_processes(), device.running_graphics_processes()];
    let mut here: HashMap<u32, Option<u64>> = HashMap::new();
    for process in lists.into_iter().flatten().flatten() {
        let memory = match process.used_gpu_memory {
            UsedGpuMemory::Used(bytes) => Some(bytes),
            UsedGpuMemory::Unavailable => None,
        };
        let most = here.entry(process.pid).or_default();
        *most = memory.max(*most);
    }
    let named = here.into_iter().map(|(pid, memory)| GpuProcess { pid, memory, instance_id: None, name: None });
    let mut all: Vec<_> = named.collect();
    all.sort_by_key(|process| (std::cmp::Reverse(process.memory), process.pid));
    all
}

/// The parts of a card; a card that can't be divided has none.
fn slices(device: &Device<'_>) -> Vec<Slice> {
    let count = device.mig_device_count().unwrap_or(0);
    let parts = (0..count).filter_map(|index| device.mig_device_by_index(index).ok());
    let read = |part: Device<'_>| {
        let vram = part.memory_info().ok().map(|memory| Amount::new(memory.total, memory.used));
        Some(Slice { uuid: part.uuid().ok()?, name: part.name().ok()?, vram })
    };
    parts.filter_map(read).collect()
}

#[expect(clippy::cast_precision_loss, reason = "watts to one digit")]
fn watts(milliwatts: u32) -> f32 {
    tenths(milliwatts as f32 / 1000.0)
}
