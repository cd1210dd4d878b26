//! The machine and the versions on it: what a result is worth depends on them. No host names, no paths.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::failure::{Context, Result};

/// Which processors are for whom. With two or fewer, everybody shares them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cpus {
    /// The two for the proxy, as `taskset` writes them.
    pub(crate) proxy: Option<String>,
    /// The others, for load and apps.
    pub(crate) rest: Option<String>,
    count: usize,
}

impl Cpus {
    /// Divides the processors this process may use.
    fn divide(allowed: &[usize]) -> Self {
        let list = |cpus: &[usize]| cpus.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        match allowed.split_at_checked(2) {
            Some((proxy, rest)) if !rest.is_empty() => {
                Self { proxy: Some(list(proxy)), rest: Some(list(rest)), count: allowed.len() }
            }
            _ => Self { proxy: None, rest: None, count: allowed.len() },
        }
    }

    /// Finds out, and moves this process to its share: its apps will inherit that.
    pub(crate) fn claim() -> Result<Self> {
        let own = Pid::from_raw(0);
        let set = sched_getaffinity(own).context("the processors of this process")?;
        let allowed: Vec<usize> = (0..CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap_or(false)).collect();
        let cpus = Self::divide(&allowed);
        if cpus.rest.is_some() {
            let mut rest = CpuSet::new();
            for cpu in allowed.iter().skip(2) {
                rest.set(*cpu).context("a processor")?;
            }
            sched_setaffinity(own, &rest).context("moving to other processors")?;
        }
        Ok(cpus)
    }

    /// How many threads the load and each app get: two where they don't share with the proxy.
    pub(crate) fn threads(&self) -> usize {
        if self.count >= 4 { 2 } else { 1 }
    }
}

/// Raises the limit on open files as far as it goes and returns it. Children inherit it.
pub(crate) fn raise_file_limit() -> Result<u64> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).context("the limit on open files")?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).context("the limit on open files")?;
    Ok(hard)
}

/// Where a program is. Debian keeps servers where only root looks by default.
pub(crate) fn tool(name: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    found.context(format!("{name} is missing: bench/setup.sh installs it"))
}

/// Everything about the machine and the programs.
pub(crate) fn describe(aikore: &Path) -> Value {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let cores = info.lines().filter(|line| line.starts_with("processor")).count();
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total =
        memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse().ok());
    json!({
        "cpu": model.map(|(_, model)| model.trim()),
        "cores": cores,
        "memory_gb": total.map(|kb: u64| kb / 1_000_000),
        "kernel": std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim(),
        "aikore": says(Command::new(aikore).arg("--version")),
        "nginx": tool("nginx").ok().and_then(|nginx| says(Command::new(nginx).arg("-v"))),
        "haproxy": tool("haproxy").ok().and_then(|haproxy| says(Command::new(haproxy).arg("-v"))),
        "openssl": says(Command::new("openssl").arg("version")),
        "rustc": says(Command::new("rustc").arg("--version")),
    })
}

/// The first line a program says, on whichever stream.
fn says(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    String::from_utf8_lossy(&text).lines().next().map(|line| line.trim().to_owned())
}

/// How many processes wanted to run of late: what else the machine was doing.
pub(crate) fn load_average() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(f64::NAN)
}

/// How many closed connections the kernel remembers (TIME_WAIT): whoever reads its table of connections reads them too.
pub(crate) fn remembered_connections() -> u64 {
    remembered(&std::fs::read_to_string("/proc/net/sockstat").unwrap_or_default()).unwrap_or(0)
}

fn remembered(sockstat: &str) -> Option<u64> {
    let line = sockstat.lines().find_map(|line| line.strip_prefix("TCP: "))?;
    line.split(' ').skip_while(|word| *word != "tw").nth(1)?.parse().ok()
}

/// Today in UTC, as YYYY-MM-DD.
pub(crate) fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    date_of(seconds / 86_400)
}

/// The date of a day since 1970 (the algorithm of H. Hinnant, for days that are not before it).
fn date_of(days: u64) -> String {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (days, date) in [(0, "1970-01-01"), (11_016, "2000-02-29"), (11_017, "2000-03-01"), (20_454, "2026-01-01")]
        {
            assert_eq!(date_of(days), date);
        }
    }

    #[test]
    fn connections_that_are_remembered() {
        let text = "sockets: used 181\nTCP: inuse 15 orphan 0 tw 7742 alloc 27 mem 3\nUDP: inuse 2 mem 2\n";
        assert_eq!(remembered(text), Some(7_742));
        assert_eq!(remembered("sockets: used 181\n"), None);
    }

    #[test]
    fn two_processors_for_the_proxy_if_there_are_more() {
        assert_eq!(Cpus::divide(&[0, 1]), Cpus { proxy: None, rest: None, count: 2 });
        let four = Cpus::divide(&[0, 2, 4, 6]);
        assert_eq!((four.proxy.as_deref(), four.rest.as_deref(), four.threads()), (Some("0,2"), Some("4,6"), 2));
    }
}
