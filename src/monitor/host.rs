//! CPU and memory: of the machine, or of the container where that has less.

use std::fs;
use std::time::{Duration, Instant};

use super::amount::{Amount, percent, tenths};
use super::cgroup::{CpuLimit, Groups};

/// Reads CPU and memory. The use of the CPU is a difference between two readings: the first one is taken at once.
#[derive(Debug)]
pub(super) struct Host {
    groups: Groups,
    before: Reading,
}

/// What CPU and memory did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Figures {
    pub(super) cpu_percent: f32,
    pub(super) cpu_cores: f32,
    pub(super) cpu_limited: bool,
    pub(super) ram: Amount,
    pub(super) ram_limited: bool,
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    ticks: Ticks,
    limit: Option<CpuLimit>,
    at: Instant,
}

/// Time of all cores together, in the kernel's ticks since it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ticks {
    busy: u64,
    all: u64,
    cores: u16,
}

impl Host {
    pub(super) fn new() -> Self {
        let groups = Groups::find();
        let before = Reading::take(&groups);
        Self { groups, before }
    }

    /// The use of the CPU since the last reading, and the memory of now.
    pub(super) fn read(&mut self) -> Figures {
        let now = Reading::take(&self.groups);
        let (cpu_percent, cpu_cores) = cpu(&self.before, &now);
        self.before = now;
        let machine = memory(&fs::read_to_string("/proc/meminfo").unwrap_or_default());
        let limited = self.groups.memory(machine.total);
        Figures {
            cpu_percent,
            cpu_cores,
            cpu_limited: now.limit.is_some(),
            ram: limited.unwrap_or(machine),
            ram_limited: limited.is_some(),
        }
    }
}

impl Reading {
    fn take(groups: &Groups) -> Self {
        let ticks = ticks(&fs::read_to_string("/proc/stat").unwrap_or_default());
        Self { ticks, limit: groups.cpu(f32::from(ticks.cores)), at: Instant::now() }
    }
}

/// Percent, and how many cores are a hundred.
fn cpu(before: &Reading, now: &Reading) -> (f32, f32) {
    if let (Some(former), Some(limit)) = (before.limit, now.limit) {
        let used = limit.used.saturating_sub(former.used);
        let had = now.at.saturating_duration_since(before.at).mul_f32(limit.cores);
        // A group may overdraw its quota for a moment.
        return (share(used, had).min(100.0), limit.cores);
    }
    let busy = now.ticks.busy.saturating_sub(before.ticks.busy);
    let all = now.ticks.all.saturating_sub(before.ticks.all);
    (percent(busy, all).min(100.0), f32::from(now.ticks.cores))
}

fn share(used: Duration, had: Duration) -> f32 {
    if had.is_zero() { 0.0 } else { tenths(used.div_duration_f32(had) * 100.0) }
}

/// `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal. Waiting for a disk is not work, and what a
/// hypervisor gave to others is not ours.
fn ticks(stat: &str) -> Ticks {
    let mut found = Ticks::default();
    for line in stat.lines() {
        let Some(rest) = line.strip_prefix("cpu") else { break };
        if rest.starts_with(' ') {
            let times: Vec<u64> = rest.split_ascii_whitespace().take(8).filter_map(|time| time.parse().ok()).collect();
            found.all = times.iter().sum();
            found.busy =
                times.iter().enumerate().filter(|(at, _)| !matches!(at, 3 | 4 | 7)).map(|(_, time)| time).sum();
        } else {
            found.cores = found.cores.saturating_add(1);
        }
    }
    found
}

/// `/proc/meminfo`, in kB. What the kernel would give back when asked is not used.
fn memory(meminfo: &str) -> Amount {
    let field = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok()
    };
    let total = field("MemTotal").unwrap_or(0);
    let available = field("MemAvailable").or_else(|| field("MemFree")).unwrap_or(0);
    Amount::new(total.saturating_mul(1024), total.saturating_sub(available).saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_all_cores() {
        let stat = "cpu  100 20 30 400 50 6 7 8 9 10\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\ncpufreq 1\n";
        assert_eq!(ticks(stat), Ticks { busy: 163, all: 621, cores: 2 });
        assert_eq!(ticks(""), Ticks::default());
        assert_eq!(ticks("cpu  x\n"), Ticks::default());
    }

    #[test]
    fn memory_that_is_not_available_is_used() {
        let text = "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    750 kB\n";
        assert_eq!(memory(text), Amount { total: 1_024_000, used: 256_000, percent: 25.0 });
        assert_eq!(memory("MemTotal: 8 kB\nMemFree: 2 kB\n").percent, 75.0, "an old kernel");
        assert_eq!(memory(""), Amount::default());
    }

    fn reading(busy: u64, all: u64, limit: Option<(f32, u64)>, at: Instant) -> Reading {
        let limit = limit.map(|(cores, used)| CpuLimit { cores, used: Duration::from_millis(used) });
        Reading { ticks: Ticks { busy, all, cores: 8 }, limit, at }
    }

    #[test]
    fn use_of_the_machine_or_of_the_container() {
        let at = Instant::now();
        let then = at + Duration::from_secs(2);
        let quota = |used| Some((2.0, used));
        for (what, before, now, expected) in [
            ("the machine", (100, 1000, None), (150, 1200, None), (25.0, 8.0)),
            ("nothing passed", (100, 1000, None), (100, 1000, None), (0.0, 8.0)),
            ("counters went back", (100, 1000, None), (90, 900, None), (0.0, 8.0)),
            ("two cores for two seconds", (100, 1000, quota(500)), (150, 1200, quota(1500)), (25.0, 2.0)),
            ("more than it may", (0, 10, quota(0)), (5, 20, quota(9000)), (100.0, 2.0)),
            ("a limit that is new", (100, 1000, None), (150, 1200, quota(1500)), (25.0, 8.0)),
            ("a limit that is gone", (100, 1000, quota(0)), (150, 1200, None), (25.0, 8.0)),
        ] {
            let before = reading(before.0, before.1, before.2, at);
            assert_eq!(cpu(&before, &reading(now.0, now.1, now.2, then)), expected, "{what}");
        }
    }

    #[test]
    fn this_machine_has_cores_and_memory() {
        let figures = Host::new().read();
        assert!(
            figures.cpu_cores > 0.0 && figures.ram.total > 0 && figures.ram.used <= figures.ram.total,
            "{figures:?}"
        );
    }
}
