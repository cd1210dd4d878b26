//! The process tree and its listening sockets, read from `/proc`.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
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
pub fn marked(name: &str, value: &str) -> Vec<u32> {
    let mark = format!("{name}={value}");
    pids()
        .filter(|pid| {
            fs::read(format!("/proc/{pid}/environ"))
                .is_ok_and(|environ| environ.split(|b| *b == 0).any(|v| v == mark.as_bytes()))
        })
        .filter(|pid| state_and_parent(*pid).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X')))
        .collect()
}

/// The addresses on which one of these processes listens at this port.
pub fn listening_addresses(pids: &[u32], port: Port) -> Vec<IpAddr> {
    let sockets = listening_sockets(port);
    if sockets.is_empty() {
        return Vec::new();
    }
    let owned: HashSet<u64> = pids.iter().flat_map(|pid| socket_inodes(*pid)).collect();
    sockets.into_iter().filter(|(inode, _)| owned.contains(inode)).map(|(_, address)| address).collect()
}

/// Whether anything at all listens at this port.
pub fn somebody_listens(port: Port) -> bool {
    !listening_sockets(port).is_empty()
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

/// Inode and local address of each socket in state LISTEN at this port, of both families.
fn listening_sockets(port: Port) -> Vec<(u64, IpAddr)> {
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(Path::new(table)).ok())
        .flat_map(|table| table.lines().skip(1).filter_map(|line| listening_line(line, port)).collect::<Vec<_>>())
        .collect()
}

/// A line of the table: `sl local_address rem_address st … inode`, state 0A is LISTEN.
fn listening_line(line: &str, wanted: Port) -> Option<(u64, IpAddr)> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (address, port) = fields.get(1)?.split_once(':')?;
    if *fields.get(3)? != "0A" || u16::from_str_radix(port, 16).ok()? != wanted.get() {
        return None;
    }
    Some((fields.get(9)?.parse().ok()?, parse_address(address)?))
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

/// The inodes of the sockets a process holds.
fn socket_inodes(pid: u32) -> Vec<u64> {
    let links = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    links
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter_map(|target| target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok())
        .collect()
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
            drop(listener);
            assert!(!somebody_listens(port));
        }
    }

    #[test]
    fn children_are_found_by_tree_and_by_mark() {
        let mark = format!("mark-{}", std::process::id());
        let mut child = std::process::Command::new("sleep").arg("30").env("AIKORE_TEST_MARK", &mark).spawn().unwrap();
        assert!(descendants(std::process::id()).contains(&child.id()));
        assert_eq!(marked("AIKORE_TEST_MARK", &mark), [child.id()]);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!descendants(std::process::id()).contains(&child.id()));
    }
}
