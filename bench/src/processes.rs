//! Processes: what they have used, and how much memory is theirs.

mod started;

use std::fs;
use std::time::Duration;

use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;

use crate::failure::{Context, Result};

pub(crate) use started::{Process, crash, kill_marked, ours};

/// What `/proc/<pid>/stat` says, as far as it matters here. Times are in ticks of 10 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    /// The state's letter.
    pub(crate) state: char,
    /// The parent.
    pub(crate) parent: u32,
    /// The process group.
    pub(crate) group: u32,
    /// Time in user mode.
    pub(crate) user: u64,
    /// Time in the kernel.
    pub(crate) system: u64,
    /// When it was started: together with the pid it names one process for good.
    pub(crate) started: u64,
}

impl Stat {
    /// Reads the line. The name in parentheses may hold anything, so fields are counted from its last one.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (_, rest) = line.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |at: usize| fields.get(at).and_then(|field| field.parse().ok());
        Some(Self {
            state: fields.first()?.chars().next()?,
            parent: u32::try_from(number(1)?).ok()?,
            group: u32::try_from(number(2)?).ok()?,
            user: number(11)?,
            system: number(12)?,
            started: number(19)?,
        })
    }

    /// Of a process that is there.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }
}

/// Processor time of a set of processes, all their threads included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cpu {
    /// User and system together, in nanoseconds: what the ticks of `/proc/<pid>/stat` are rounded from.
    pub(crate) nanos: u64,
    /// Ticks in user mode.
    pub(crate) user: u64,
    /// Ticks in the kernel.
    pub(crate) system: u64,
}

impl Cpu {
    /// What these processes have used so far.
    ///
    /// # Errors
    /// One of them is gone: a sum without it would look cheap.
    pub(crate) fn of(pids: &[u32]) -> Result<Self> {
        let mut sum = Self::default();
        for &pid in pids {
            let stat = Stat::of(pid).filter(|stat| stat.state != 'Z');
            let stat = stat.context(format!("process {pid} of a proxy ended while it was measured"))?;
            let ticks = stat.user + stat.system;
            sum.nanos += clock(pid).unwrap_or(ticks * 10_000_000);
            sum.user += stat.user;
            sum.system += stat.system;
        }
        Ok(sum)
    }

    /// What was used since an earlier look.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_sub(earlier.nanos),
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
        }
    }
}

/// The process's own clock. A kernel without it leaves the ticks.
fn clock(pid: u32) -> Option<u64> {
    let now = clock_getcpuclockid(Pid::from_raw(i32::try_from(pid).ok()?)).ok()?.now().ok()?;
    u64::try_from(Duration::from(now).as_nanos()).ok()
}

/// Memory in KB: what is a process's own, and its share of what it has in common with others.
pub(crate) fn pss(pids: &[u32]) -> Result<f64> {
    let mut sum = 0;
    for pid in pids {
        let path = format!("/proc/{pid}/smaps_rollup");
        let text = fs::read_to_string(&path).context(&path)?;
        sum += parse_pss(&text).context(format!("{path} has no Pss"))?;
    }
    Ok(sum as f64)
}

fn parse_pss(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// A process and all that descend from it; it comes first.
pub(crate) fn family(root: u32) -> Vec<u32> {
    let parents = parents();
    let mut family = vec![root];
    let mut at = 0;
    while let Some(&parent) = family.get(at) {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    family
}

/// The processes that one has started itself.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    parents().into_iter().filter(|(_, of)| *of == parent).map(|(pid, _)| pid).collect()
}

/// Every living process with its parent.
fn parents() -> Vec<(u32, u32)> {
    living().into_iter().map(|(pid, stat)| (pid, stat.parent)).collect()
}

fn living() -> Vec<(u32, Stat)> {
    let Ok(folder) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| Stat::of(pid).filter(|stat| stat.state != 'Z').map(|stat| (pid, stat))).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn stat_lines() {
        let line = "12076 (a) b (c) R 12066 12067 8961 0 -1 4194304 101 0 0 0 31 7 0 0 20 0 1 0 1156467 3133440 413";
        let stat = Stat { state: 'R', parent: 12066, group: 12067, user: 31, system: 7, started: 1_156_467 };
        assert_eq!(Stat::parse(line), Some(stat));
        for bad in ["", "12076 (cat) R", "no parentheses at all"] {
            assert_eq!(Stat::parse(bad), None);
        }
        assert!(Stat::of(std::process::id()).is_some());
    }

    #[test]
    fn the_clock_agrees_with_the_ticks() {
        let until = Instant::now() + Duration::from_millis(50);
        while Instant::now() < until {}
        let cpu = Cpu::of(&[std::process::id()]).unwrap();
        let ticks = (cpu.user + cpu.system) * 10_000_000;
        assert!(cpu.nanos.abs_diff(ticks) <= 30_000_000, "{cpu:?}");
        assert!(Cpu::of(&[u32::MAX - 1]).is_err());
    }

    #[test]
    fn pss_of_a_rollup() {
        let text = "558a98c87000-7ffc6c795000 ---p 00000000 00:00 0 [rollup]\nRss: 1736 kB\nPss:    240 kB\nPss_Dirty: 112 kB\n";
        assert_eq!(parse_pss(text), Some(240));
        assert_eq!(parse_pss("Rss: 1 kB\n"), None);
    }
}
