//! What a container may have: the limits of the control group we live in, and how much of them is used. Versions 1 and 2.
//!
//! A limit can stand at our group or at any group above it; the tightest one is told, with the use of the group it
//! belongs to. What can't be read counts as no limit: then the machine's own figures hold.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::amount::Amount;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// The groups that rule us for one controller: our own, then those above it as far as we can see.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Levels {
    version: Version,
    folders: Vec<PathBuf>,
}

/// Where our limits stand.
#[derive(Debug)]
pub(super) struct Groups {
    memory: Option<Levels>,
    cpu: Option<Levels>,
    /// Version 1 counts the use of the CPU elsewhere.
    accounting: Option<Levels>,
}

/// How much of the CPU we may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CpuLimit {
    /// So many cores' time.
    pub(super) cores: f32,
    /// What the group has used so far.
    pub(super) used: Duration,
}

impl Groups {
    /// Finds our groups; without control groups there are none.
    pub(super) fn find() -> Self {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let (ours, mounts) = (text("/proc/self/cgroup"), text("/proc/self/mountinfo"));
        Self {
            memory: levels(&ours, &mounts, "memory"),
            cpu: levels(&ours, &mounts, "cpu"),
            accounting: levels(&ours, &mounts, "cpuacct"),
        }
    }

    /// The memory we may have, if that is less than the machine has.
    pub(super) fn memory(&self, machine: u64) -> Option<Amount> {
        let levels = self.memory.as_ref()?;
        let limits = levels.folders.iter().filter_map(|folder| Some((memory_limit(levels.version, folder)?, folder)));
        let (limit, folder) = limits.filter(|(limit, _)| *limit < machine).min_by_key(|(limit, _)| *limit)?;
        Some(Amount::new(limit, memory_used(levels.version, folder)?.min(limit)))
    }

    /// The CPU time we may have, if that is less than the machine has.
    pub(super) fn cpu(&self, cores: f32) -> Option<CpuLimit> {
        let levels = self.cpu.as_ref()?;
        let limits = levels.folders.iter().enumerate();
        let limits = limits.filter_map(|(level, folder)| Some((level, folder, cpu_limit(levels.version, folder)?)));
        let (level, folder, limit) =
            limits.filter(|(_, _, limit)| *limit < cores).min_by(|(_, _, a), (_, _, b)| a.total_cmp(b))?;
        let used = match levels.version {
            Version::Two => {
                Duration::from_micros(field(&fs::read_to_string(folder.join("cpu.stat")).ok()?, "usage_usec")?)
            }
            Version::One => {
                let folder = self.accounting.as_ref()?.folders.get(level)?;
                Duration::from_nanos(number(&folder.join("cpuacct.usage"))?)
            }
        };
        Some(CpuLimit { cores: limit, used })
    }
}

/// The groups of a controller, from `/proc/self/cgroup` and `/proc/self/mountinfo`.
fn levels(ours: &str, mounts: &str, controller: &str) -> Option<Levels> {
    let group_of = |version: Version| {
        ours.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':');
            let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
            let is_it = match version {
                Version::One => controllers.split(',').any(|name| name == controller),
                Version::Two => controllers.is_empty(),
            };
            is_it.then_some(path)
        })
    };
    [Version::One, Version::Two].into_iter().find_map(|version| {
        let group = group_of(version)?;
        let (root, place) = mounts.lines().find_map(|line| mount(line, version, controller))?;
        // A container sees its own group at the mount; what the path says beyond that is the host's business.
        let below = Path::new(group).strip_prefix(root).ok().filter(|below| !has_parents(below));
        let place = Path::new(place);
        let below = below.filter(|below| !below.as_os_str().is_empty());
        let own = below.map_or_else(|| place.to_owned(), |below| place.join(below));
        let folders = own.ancestors().take_while(|folder| folder.starts_with(place)).map(Path::to_owned).collect();
        Some(Levels { version, folders })
    })
}

fn has_parents(path: &Path) -> bool {
    path.components().any(|part| part == std::path::Component::ParentDir)
}

/// A line of mountinfo: `id parent device root place options … - type source options`. Root and place of the hierarchy
/// that holds the controller.
fn mount<'a>(line: &'a str, version: Version, controller: &str) -> Option<(&'a str, &'a str)> {
    let (before, after) = line.split_once(" - ")?;
    let mut before = before.split(' ').skip(3);
    let (root, place) = (before.next()?, before.next()?);
    let mut after = after.split(' ');
    let (kind, options) = (after.next()?, after.nth(1)?);
    let is_it = match version {
        Version::One => kind == "cgroup" && options.split(',').any(|option| option == controller),
        Version::Two => kind == "cgroup2",
    };
    is_it.then_some((root, place))
}

fn memory_limit(version: Version, folder: &Path) -> Option<u64> {
    // "max", and a number beyond every memory, mean no limit: the first is no number, the second is more than there is.
    number(&folder.join(match version {
        Version::One => "memory.limit_in_bytes",
        Version::Two => "memory.max",
    }))
}

/// Without the files the kernel would drop at once: they only fill what nobody needs.
fn memory_used(version: Version, folder: &Path) -> Option<u64> {
    let (used, droppable) = match version {
        Version::One => ("memory.usage_in_bytes", "total_inactive_file"),
        Version::Two => ("memory.current", "inactive_file"),
    };
    let droppable = fs::read_to_string(folder.join("memory.stat")).ok().and_then(|stat| field(&stat, droppable));
    Some(number(&folder.join(used))?.saturating_sub(droppable.unwrap_or(0)))
}

fn cpu_limit(version: Version, folder: &Path) -> Option<f32> {
    match version {
        Version::One => quota(
            &fs::read_to_string(folder.join("cpu.cfs_quota_us")).ok()?,
            &fs::read_to_string(folder.join("cpu.cfs_period_us")).ok()?,
        ),
        Version::Two => {
            let text = fs::read_to_string(folder.join("cpu.max")).ok()?;
            let (quota_us, period_us) = text.trim().split_once(' ')?;
            quota(quota_us, period_us)
        }
    }
}

/// So much time in each period; "max" and -1 are no limit.
fn quota(quota_us: &str, period_us: &str) -> Option<f32> {
    let (quota_us, period_us) = (quota_us.trim().parse::<u32>().ok()?, period_us.trim().parse::<u32>().ok()?);
    #[expect(clippy::cast_precision_loss, reason = "cores to some digits")]
    (quota_us > 0 && period_us > 0).then(|| quota_us as f32 / period_us as f32)
}

fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// The number behind a name at the beginning of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests;
