//! The process tree and its listening sockets, read from `/proc`.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::domain::Port;

/// Every live process below `root`, `root` itself not included. Zombies are left out: they are gone but for their
/// parent's `wait`.
pub fn descendants(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut zombies: HashSet<u32> = HashSet::new();
    for pid in pids() {
        let Some((state, parent)) = state_and_parent(pid) else { continue };
        children.entry(parent).or_default().push(pid);
        if matches!(state, 'Z' | 'X') {
            zombies.insert(pid);
        }
    }
    let mut found = Vec::new();
    let mut queue = vec![root];
    while let Some(parent) = queue.pop() {
        let below = children.remove(&parent).unwrap_or_default();
        queue.extend(&below);
        found.extend(below.into_iter().filter(|pid| !zombies.contains(pid)));
    }
    found
}

/// Every process whose environment holds `name=value`: what a lost shim left behind.
pub fn marked(name: &str, value: impl AsRef<OsStr>) -> Vec<u32> {
    let mark = [name.as_bytes(), b"=", value.as_ref().as_bytes()].concat();
    pids()
        .filter(|pid| {
            fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environ| environ.split(|b| *b == 0).any(|v| v == mark))
        })
        .filter(|pid| lives(*pid))
        .collect()
}

/// A socket that takes connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listener {
    /// Where.
    pub port: Port,
    /// On which address.
    pub address: IpAddr,
    /// Which socket: the kernel's number for it.
    pub inode: u64,
}

/// Everything that listens in our network namespace, of both families.
pub fn listeners() -> Vec<Listener> {
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().flat_map(|table| listening_in(Path::new(table))).collect()
}

/// A listener, and a process that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The process.
    pub pid: u32,
    /// Its descriptor.
    fd: u32,
    /// What it holds.
    pub listener: Listener,
}

impl Held {
    /// Whether the process still holds it. One question to the kernel, however much listens on this machine.
    pub fn stands(&self) -> bool {
        fs::read_link(format!("/proc/{}/fd/{}", self.pid, self.fd))
            .is_ok_and(|target| socket_inode(&target) == Some(self.listener.inode))
    }
}

/// Those of the listeners that one of these processes holds, each with the first process that does.
pub fn held(pids: &[u32], listeners: &[Listener]) -> Vec<Held> {
    if listeners.is_empty() {
        return Vec::new();
    }
    let mut holders: HashMap<u64, (u32, u32)> = HashMap::new();
    for pid in pids {
        for (fd, inode) in sockets(*pid) {
            holders.entry(inode).or_insert((*pid, fd));
        }
    }
    let holder = |listener: &Listener| {
        holders.get(&listener.inode).map(|(pid, fd)| Held { pid: *pid, fd: *fd, listener: *listener })
    };
    listeners.iter().filter_map(holder).collect()
}

/// The ports at which one of these processes listens, in order.
pub fn listening_ports(pids: &[u32]) -> Vec<Port> {
    if pids.iter().all(|pid| sockets(*pid).is_empty()) {
        return Vec::new();
    }
    let mut ports: Vec<Port> = held(pids, &listeners()).iter().map(|held| held.listener.port).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// The addresses on which one of these processes listens at this port.
pub fn listening_addresses(pids: &[u32], port: Port) -> Vec<IpAddr> {
    let at_port: Vec<Listener> = listeners().into_iter().filter(|listener| listener.port == port).collect();
    held(pids, &at_port).iter().map(|held| held.listener.address).collect()
}

/// Whether anything at all listens at this port.
pub fn somebody_listens(port: Port) -> bool {
    listeners().iter().any(|listener| listener.port == port)
}

/// Whether there is such a process; one that only waits to be reaped is gone.
pub fn lives(pid: u32) -> bool {
    state_and_parent(pid).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

fn pids() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// State letter and parent pid. The command name in parentheses may itself hold blanks and parentheses, so the fields
/// are counted from the last `)`.
fn state_and_parent(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// The kernel prints what listens before everything else: reading on would cost a line for each open connection.
fn listening_in(table: &Path) -> Vec<Listener> {
    let Ok(table) = File::open(table) else { return Vec::new() };
    BufReader::new(table).lines().skip(1).map_while(|line| listening_line(&line.ok()?)).flatten().collect()
}

/// A line of the table: `sl local_address rem_address st … inode`, state 0A is LISTEN. Nothing for another state; a
/// listener at port 0, which there is not, would be an empty one.
fn listening_line(line: &str) -> Option<Option<Listener>> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    if *fields.get(3)? != "0A" {
        return None;
    }
    let (address, port) = fields.get(1)?.split_once(':')?;
    let port = Port::new(u16::from_str_radix(port, 16).ok()?);
    let (address, inode) = (parse_address(address)?, fields.get(9)?.parse().ok()?);
    Some(port.map(|port| Listener { port, address, inode }))
}

/// The kernel prints each 32-bit word of the address in host byte order.
fn parse_address(hex: &str) -> Option<IpAddr> {
    let words: Vec<[u8; 4]> = hex
        .as_bytes()
        .chunks(8)
        .map(|word| Some(u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?.to_ne_bytes()))
        .collect::<Option<_>>()?;
    match words.as_slice() {
        [word] => Some(Ipv4Addr::from(*word).into()),
        [a, b, c, d] => {
            let mut bytes = [0; 16];
            for (to, from) in bytes.iter_mut().zip([a, b, c, d].into_iter().flatten()) {
                *to = *from;
            }
            Some(Ipv6Addr::from(bytes).into())
        }
        _ => None,
    }
}

/// The sockets a process holds: descriptor and inode.
fn sockets(pid: u32) -> Vec<(u32, u64)> {
    let links = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    links
        .filter_map(|entry| {
            let inode = socket_inode(&fs::read_link(entry.path()).ok()?)?;
            Some((entry.file_name().to_str()?.parse().ok()?, inode))
        })
        .collect()
}

/// `socket:[4711]`
fn socket_inode(target: &Path) -> Option<u64> {
    target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn our_own_listener_is_ours() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let local = listener.local_addr().unwrap();
            let port = Port::new(local.port()).unwrap();
            assert_eq!(listening_addresses(&[std::process::id()], port), [local.ip()]);
            assert_eq!(listening_addresses(&[1], port), Vec::<IpAddr>::new(), "not init's");
            assert!(somebody_listens(port));
            let us = [std::process::id()];
            assert!(listening_ports(&us).contains(&port) && !listening_ports(&[1]).contains(&port));
            let at_port: Vec<Listener> = listeners().into_iter().filter(|listener| listener.port == port).collect();
            let held = held(&us, &at_port);
            assert!(held.len() == 1 && held.iter().all(Held::stands), "{held:?}");
            drop(listener);
            assert!(!somebody_listens(port) && !held.iter().any(Held::stands));
        }
    }

    #[test]
    fn every_listener_is_seen_among_connections() {
        let listeners_of_ours: Vec<_> = (0..30).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let connections: Vec<_> =
            listeners_of_ours.iter().map(|l| std::net::TcpStream::connect(l.local_addr().unwrap()).unwrap()).collect();
        let found = listeners();
        for listener in &listeners_of_ours {
            let port = Port::new(listener.local_addr().unwrap().port()).unwrap();
            assert!(found.iter().any(|found| found.port == port), "{port} of {}", found.len());
        }
        for connection in &connections {
            let port = Port::new(connection.local_addr().unwrap().port()).unwrap();
            assert!(!found.iter().any(|found| found.port == port), "{port} is no listener");
        }
    }

    #[test]
    fn children_are_found_by_tree_and_by_mark() {
        let mark = format!("mark-{}", std::process::id());
        let mut child = std::process::Command::new("sleep").arg("30").env("AIKORE_TEST_MARK", &mark).spawn().unwrap();
        assert!(descendants(std::process::id()).contains(&child.id()));
        assert_eq!(marked("AIKORE_TEST_MARK", &mark), [child.id()]);
        child.kill().unwrap();
        eventually_dead(child.id());
        child.wait().unwrap();
        assert!(!descendants(std::process::id()).contains(&child.id()));
    }

    /// A killed process is gone before it is reaped.
    fn eventually_dead(pid: u32) {
        let dead = (0..500).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            !lives(pid)
        });
        assert!(dead && fs::exists(format!("/proc/{pid}")).unwrap());
    }
}
