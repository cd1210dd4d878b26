//! What process trees take: CPU time, memory and disks, from `/proc`.
//!
//! All of `/proc` is read seldom. A process is in a tree from its birth or never: so whoever was found to be a stranger
//! is not looked at again, and a look costs a listing and one file per process of ours.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::time::Instant;

use nix::unistd::{SysconfVar, sysconf};

use super::Tree;
use super::amount::tenths;
use super::stats::Use;

/// How many looks until strangers are looked at again: a number may have been given to another process since.
const FORGET: u32 = 30;

/// The kernel counts in hundredths of a second, whatever its own clock does.
const TICKS_PER_SECOND: f32 = 100.0;

/// The trees, and what they had used when they were last looked at.
#[derive(Debug, Default)]
pub(super) struct Forest {
    strangers: HashSet<u32>,
    roots: Vec<u32>,
    looks: u32,
    before: HashMap<i64, Before>,
}

#[derive(Debug, Clone, Copy)]
struct Before {
    root: u32,
    ticks: u64,
    /// Bytes from and to disks; `None` where the kernel keeps that to itself.
    moved: Option<(u64, u64)>,
    at: Instant,
}

/// What a tree takes, and which processes it has.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) taken: Use,
    pub(super) pids: Vec<u32>,
}

/// A process as `/proc/<pid>/stat` tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Process {
    parent: u32,
    /// CPU time of its own.
    own: u64,
    /// CPU time of its children that have ended.
    ended: u64,
    /// Resident pages.
    pages: u64,
}

impl Forest {
    /// Forgets what the trees had used: the next look is a first one.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Looks at the trees. The use of the CPU is measured from one look to the next.
    pub(super) fn look(&mut self, trees: &[Tree]) -> Vec<Found> {
        let roots: Vec<u32> = trees.iter().map(|tree| tree.root).collect();
        self.looks += 1;
        // Whoever was a stranger below a root that was not known yet is none now.
        if self.looks >= FORGET || roots != self.roots {
            self.strangers.clear();
            self.looks = 0;
            self.roots = roots;
        }
        if trees.is_empty() {
            self.before.clear();
            return Vec::new();
        }
        let processes = self.read();
        let families = families(&processes);
        let found: Vec<Found> = trees.iter().map(|tree| self.measure(*tree, &processes, &families)).collect();
        self.before.retain(|id, _| trees.iter().any(|tree| tree.id == *id));
        let ours: HashSet<u32> = found.iter().flat_map(|found| &found.pids).chain(&self.roots).copied().collect();
        self.strangers = strangers(&self.strangers, &processes, &ours);
        found
    }

    /// Everybody who is no stranger.
    fn read(&mut self) -> HashMap<u32, Process> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids: Vec<u32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        let present: HashSet<u32> = pids.iter().copied().collect();
        self.strangers.retain(|pid| present.contains(pid));
        let new = pids.into_iter().filter(|pid| !self.strangers.contains(pid) || self.roots.contains(pid));
        new.filter_map(|pid| Some((pid, parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?))).collect()
    }

    fn measure(&mut self, tree: Tree, processes: &HashMap<u32, Process>, families: &HashMap<u32, Vec<u32>>) -> Found {
        let pids = below(tree.root, families);
        let members = || pids.iter().filter_map(|pid| processes.get(pid));
        // Whoever ends leaves its time to its parent, in the end to the root: the sum never falls.
        let ended = processes.get(&tree.root).map_or(0, |root| root.ended);
        let ticks = members().map(|process| process.own + process.ended).sum::<u64>() + ended;
        let memory = members().map(|process| process.pages).sum::<u64>().saturating_mul(page_size());
        let moved = moved(tree.root, &pids);
        let now = Before { root: tree.root, ticks, moved, at: Instant::now() };
        let before = self.before.insert(tree.id, now).filter(|before| before.root == tree.root);
        let cpu_percent = before.map_or(0.0, |before| cpu_percent(before, now));
        let (disk_read, disk_written) = before.and_then(|before| disks(before, now)).unzip();
        let taken = Use { id: tree.id, cpu_percent, memory, vram: None, vram_note: None, disk_read, disk_written };
        Found { taken, pids }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a percentage needs four digits")]
fn cpu_percent(before: Before, now: Before) -> f32 {
    let seconds = now.at.saturating_duration_since(before.at).as_secs_f32();
    if seconds <= 0.0 {
        return 0.0;
    }
    tenths(now.ticks.saturating_sub(before.ticks) as f32 / TICKS_PER_SECOND / seconds * 100.0)
}

/// What a tree has had from disks and given to them. Whoever ends leaves its share to whoever waits for it, in the end to the
/// root, whose own (it writes the log) counts too: the sums never fall. One process that may not be asked, and nothing is known.
fn moved(root: u32, pids: &[u32]) -> Option<(u64, u64)> {
    let each = pids.iter().filter_map(|pid| match fs::read_to_string(format!("/proc/{pid}/io")) {
        Ok(text) => Some(parse_io(&text)),
        // It has ended between two looks.
        Err(error) if error.kind() != std::io::ErrorKind::PermissionDenied => None,
        Err(_) => Some(None),
    });
    let of_root = fs::read_to_string(format!("/proc/{root}/io")).ok().and_then(|text| parse_io(&text));
    std::iter::once(of_root).chain(each).try_fold((0, 0), |(read, written), process| {
        let (more_read, more_written) = process?;
        Some((read + more_read, written + more_written))
    })
}

/// `/proc/<pid>/io`: what really came from a disk and went to one; what was written and deleted before that does not count.
fn parse_io(text: &str) -> Option<(u64, u64)> {
    let number = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
    let cancelled = number("cancelled_write_bytes:").unwrap_or(0);
    Some((number("read_bytes:")?, number("write_bytes:")?.saturating_sub(cancelled)))
}

/// Bytes a second between two looks.
fn disks(before: Before, now: Before) -> Option<(u64, u64)> {
    let (had, has) = (before.moved?, now.moved?);
    let millis =
        u64::try_from(now.at.saturating_duration_since(before.at).as_millis()).ok().filter(|millis| *millis > 0)?;
    let rate = |before: u64, now: u64| now.saturating_sub(before).saturating_mul(1000) / millis;
    Some((rate(had.0, has.0), rate(had.1, has.1)))
}

/// Who is whose child.
fn families(processes: &HashMap<u32, Process>) -> HashMap<u32, Vec<u32>> {
    let mut families: HashMap<u32, Vec<u32>> = HashMap::new();
    for (pid, process) in processes {
        families.entry(process.parent).or_default().push(*pid);
    }
    families
}

/// A process's program, as far as it can be seen from here.
pub(super) fn name(pid: u32) -> Option<String> {
    Some(fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim().to_owned())
}

/// Whether processes have the machine's numbers here, as they have outside of containers. The kernel gives the first of all
/// PID name spaces this inode (PROC_PID_INIT_INO).
pub(super) fn are_numbered_by_the_machine() -> bool {
    fs::read_link("/proc/self/ns/pid").is_ok_and(|space| space.as_os_str() == "pid:[4026531836]")
}

/// Everybody below this process.
fn below(root: u32, families: &HashMap<u32, Vec<u32>>) -> Vec<u32> {
    let mut found = Vec::new();
    let mut queue = vec![root];
    while let Some(parent) = queue.pop() {
        let children = families.get(&parent).map(Vec::as_slice).unwrap_or_default();
        queue.extend(children);
        found.extend(children);
    }
    found
}

/// Who need not be looked at again: neither ours nor, for all we know, a child of somebody who is. One whose parent has
/// just ended may turn out to be ours at the next look.
fn strangers(known: &HashSet<u32>, processes: &HashMap<u32, Process>, ours: &HashSet<u32>) -> HashSet<u32> {
    let parent_is_known = |parent: u32| parent <= 2 || processes.contains_key(&parent) || known.contains(&parent);
    let new = processes.iter().filter(|(pid, process)| !ours.contains(pid) && parent_is_known(process.parent));
    known.iter().copied().chain(new.map(|(pid, _)| *pid)).filter(|pid| !ours.contains(pid)).collect()
}

/// The command name in parentheses may itself hold blanks and parentheses, so the fields are counted from the last `)`.
fn parse(stat: &str) -> Option<Process> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().take(22).collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    // Time of children that have ended is signed in the kernel's table; it is never negative.
    Some(Process {
        parent: fields.get(1)?.parse().ok()?,
        own: number(11)? + number(12)?,
        ended: number(13)? + number(14)?,
        pages: number(21)?,
    })
}

fn page_size() -> u64 {
    sysconf(SysconfVar::PAGE_SIZE).ok().flatten().and_then(|size| u64::try_from(size).ok()).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_line_of_proc() {
        let line = "42 (a b) c) S 7 42 42 0 -1 4194560 100 0 0 0 11 22 33 44 20 0 5 0 1000 999999 250 184 1 1 0";
        assert_eq!(parse(line), Some(Process { parent: 7, own: 33, ended: 77, pages: 250 }));
        for broken in ["", "1 (x) S", "1 (x) S 1 2 3", "no parenthesis"] {
            assert_eq!(parse(broken), None, "{broken}");
        }
    }

    fn process(parent: u32) -> Process {
        Process { parent, ..Process::default() }
    }

    #[test]
    fn trees_and_strangers() {
        let processes: HashMap<u32, Process> = [(10, 1), (11, 10), (12, 11), (13, 10), (20, 1), (21, 20), (30, 29)]
            .map(|(pid, parent)| (pid, process(parent)))
            .into();
        let mut tree = below(10, &families(&processes));
        tree.sort_unstable();
        assert_eq!(tree, [11, 12, 13]);
        assert_eq!(below(99, &families(&processes)), Vec::<u32>::new());
        let ours = HashSet::from([10, 11, 12, 13]);
        let mut found: Vec<u32> = strangers(&HashSet::from([5]), &processes, &ours).into_iter().collect();
        found.sort_unstable();
        assert_eq!(found, [5, 20, 21], "30 has lost its parent and is looked at once more");
    }

    #[test]
    fn percent_of_one_core() {
        let at = Instant::now();
        let reading = |ticks, seconds| Before { root: 1, ticks, moved: None, at: at + Duration::from_secs(seconds) };
        for (before, now, expected) in [
            (reading(0, 0), reading(100, 1), 100.0),
            (reading(50, 0), reading(450, 2), 200.0),
            (reading(50, 0), reading(50, 2), 0.0),
            (reading(50, 0), reading(10, 2), 0.0),
            (reading(50, 0), reading(90, 0), 0.0),
        ] {
            assert_eq!(cpu_percent(before, now), expected, "{now:?}");
        }
    }

    #[test]
    fn bytes_a_second() {
        let at = Instant::now();
        let reading = |moved, millis| Before { root: 1, ticks: 0, moved, at: at + Duration::from_millis(millis) };
        for (before, now, expected) in [
            (reading(Some((0, 100)), 0), reading(Some((500, 100)), 500), Some((1000, 0))),
            (reading(Some((9, 9)), 0), reading(Some((0, 0)), 500), Some((0, 0))),
            (reading(Some((0, 0)), 0), reading(Some((5, 5)), 0), None),
            (reading(None, 0), reading(Some((5, 5)), 500), None),
            (reading(Some((5, 5)), 0), reading(None, 500), None),
        ] {
            assert_eq!(disks(before, now), expected, "{now:?}");
        }
        let text = "rchar: 9\nwchar: 9\nsyscr: 1\nsyscw: 1\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 4096\n";
        assert_eq!(parse_io(text), Some((4096, 4096)));
        for broken in ["", "read_bytes: x\nwrite_bytes: 1\n", "read_bytes: 1\n"] {
            assert_eq!(parse_io(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_child_that_works_is_seen_also_when_it_has_ended() {
        let us = std::process::id();
        let mut forest = Forest::default();
        let trees = [Tree { id: 7, root: us }];
        let first = forest.look(&trees);
        assert_eq!(first.first().map(|found| (found.taken.id, found.taken.cpu_percent)), Some((7, 0.0)));
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        // Between its birth and its program it has no memory.
        let seen = (0..3000).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            forest.look(&trees).iter().any(|found| found.pids.contains(&child.id()) && found.taken.memory > 0)
        });
        assert!(seen, "{:?}", forest.look(&trees));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!forest.look(&trees).iter().any(|found| found.pids.contains(&child.id())));
        // Time that was used by whoever has ended meanwhile is the tree's all the same.
        let burnt =
            std::process::Command::new("sh").args(["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"]).status();
        assert!(burnt.unwrap().success());
        let after = forest.look(&trees);
        assert!(after.iter().any(|found| found.taken.cpu_percent > 0.0), "{after:?}");
        assert_eq!(forest.look(&[]), []);
    }
}
