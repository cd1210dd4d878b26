//! The private port of a run: chosen at every start, proved free by binding it.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

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
    can_be_bound(port, false)
}

/// The same for a child that takes a port although connections of its former owner are still remembered, as nearly all web
/// servers do (`SO_REUSEADDR`).
pub fn is_free_again(port: Port) -> bool {
    can_be_bound(port, true)
}

fn can_be_bound(port: Port, reuse: bool) -> bool {
    let v4 = bind((Ipv4Addr::UNSPECIFIED, port.get()).into(), reuse);
    let v6 = bind((Ipv6Addr::LOCALHOST, port.get()).into(), reuse);
    // A host without IPv6 has nobody there.
    v4.is_ok() && !matches!(v6, Err(error) if error.kind() == io::ErrorKind::AddrInUse)
}

/// The strictest child does it without `SO_REUSEADDR`, which the standard library's listener sets: then a closed connection
/// of the port's former app that the kernel still remembers (TIME_WAIT) is in the way.
fn bind(address: SocketAddr, reuse: bool) -> io::Result<()> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(reuse)?;
    socket.bind(&address.into())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_port_whose_app_closed_a_connection_is_not_free_yet() {
        let port = find(|_| false).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.get())).unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        drop(listener.accept().unwrap()); // who closes first waits
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        drop((client, listener));
        assert!(is_free_again(port));
        assert!(!is_free(port), "an app that doesn't reuse addresses could not bind it");
    }

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
