//! What this very process takes.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::{SysconfVar, sysconf};

/// This process at one moment. What the kernel keeps to itself is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Own {
    /// Seconds of all its threads together.
    pub cpu_seconds: Option<f64>,
    /// Bytes.
    pub resident: Option<u64>,
    /// Bytes.
    pub virtual_memory: Option<u64>,
    /// How many threads it has.
    pub threads: Option<u64>,
    /// How many files and sockets it has open.
    pub open_files: Option<u64>,
    /// How many it may have.
    pub most_files: Option<u64>,
    /// When it was started: seconds since 1970.
    pub started: Option<f64>,
}

impl Own {
    /// Reads it from `/proc`: some microseconds.
    pub fn read() -> Self {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let fields = fields(&stat);
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let page = unit(SysconfVar::PAGE_SIZE, 4096);
        Self {
            cpu_seconds: number(11).zip(number(12)).map(|(user, system)| seconds(user.saturating_add(system))),
            threads: number(17),
            virtual_memory: number(20),
            resident: number(21).map(|pages| pages.saturating_mul(page)),
            open_files: fs::read_dir("/proc/self/fd").ok().map(|open| open.count() as u64),
            most_files: getrlimit(Resource::RLIMIT_NOFILE).ok().map(|(soft, _)| soft),
            started: number(19).and_then(started),
        }
    }
}

/// What follows the name in parentheses, which may itself hold blanks and parentheses.
fn fields(stat: &str) -> Vec<&str> {
    stat.rsplit_once(')').map(|(_, rest)| rest.split_ascii_whitespace().collect()).unwrap_or_default()
}

/// The kernel counts from when the machine was started.
fn started(ticks: u64) -> Option<f64> {
    let up: f64 = fs::read_to_string("/proc/uptime").ok()?.split_ascii_whitespace().next()?.parse().ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs_f64();
    Some(now - up + seconds(ticks))
}

#[expect(clippy::cast_precision_loss, reason = "hundredths of a second")]
fn seconds(ticks: u64) -> f64 {
    ticks as f64 / unit(SysconfVar::CLK_TCK, 100) as f64
}

fn unit(what: SysconfVar, usually: u64) -> u64 {
    sysconf(what)
        .ok()
        .flatten()
        .and_then(|value| u64::try_from(value).ok())
        .filter(|value| *value > 0)
        .unwrap_or(usually)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_there() {
        let own = Own::read();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        assert!(own.started.is_some_and(|started| started <= now && started > now - 86_400.0), "{own:?}");
        assert!(own.resident.is_some_and(|bytes| bytes > 1 << 20) && own.threads.is_some_and(|threads| threads >= 1));
        assert!(own.open_files.zip(own.most_files).is_some_and(|(open, most)| open >= 3 && open <= most), "{own:?}");
        assert!(own.cpu_seconds.is_some() && own.virtual_memory > own.resident, "{own:?}");
    }

    #[test]
    fn a_name_may_hold_what_it_likes() {
        assert_eq!(fields("7 (a b) c) S 1 2"), ["S", "1", "2"]);
        assert!(fields("").is_empty());
    }
}
