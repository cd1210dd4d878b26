//! The private port of a run: chosen at every start, proved free by binding it.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

use crate::domain::Port;

/// Below the range the kernel takes ports for outgoing connections from (32768 on), so that none of those can sit on
/// the port between our test and the child's bind.
const FIRST: u16 = 20_000;
const LAST: u16 = 32_700;

/// A free port that `refused` does not hold; `None` when none was found.
pub fn find(refused: impl Fn(Port) -> bool) -> Option<Port> {
    (0..500).filter_map(|_| Port::new(fastrand::u16(FIRST..=LAST))).find(|port| !refused(*port) && is_free(*port))
}

/// Whether a child could bind the port on any address: one that listens on all of them must not meet another program
/// on one.
pub fn is_free(port: Port) -> bool {
    let v4 = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port.get()));
    let v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, port.get()));
    // A host without IPv6 has nobody there.
    let v6_free = !matches!(&v6, Err(error) if error.kind() == std::io::ErrorKind::AddrInUse);
    v4.is_ok() && v6_free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_not_free() {
        let port = find(|_| false).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.get())).unwrap();
        assert!(!is_free(port));
        drop(listener);
        assert!(is_free(port));
        assert_eq!(find(|_| true), None);
    }
}
