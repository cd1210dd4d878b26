//! Binding the dashboard's addresses.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

use super::workers;

/// Connections the kernel may hold for us between two accepts.
const BACKLOG: i32 = 1024;

/// An address that could not be had.
#[derive(Debug, thiserror::Error)]
#[error("can't listen on {address}: {source}{}", hint(source))]
pub struct BindError {
    address: SocketAddr,
    source: io::Error,
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => ". Another program has this port: end it, or choose another one with AIKORE_LISTEN",
        io::ErrorKind::PermissionDenied => ". Ports below 1024 need a privilege: choose another one with AIKORE_LISTEN",
        io::ErrorKind::AddrNotAvailable => ". This machine does not have that address",
        _ => "",
    }
}

/// Bound sockets, not yet accepted from.
#[derive(Debug)]
pub struct Listeners {
    /// For each address, a socket for everyone who accepts.
    groups: Vec<Vec<TcpListener>>,
}

impl Listeners {
    /// Binds every address, with a socket for each worker. Port 0 asks for one free port for all that have it. With `as_the_host_allows` an address
    /// family the host does not have is left out, as long as one is left.
    ///
    /// # Errors
    /// An address is taken, or not this machine's.
    pub fn bind(addresses: &[SocketAddr], as_the_host_allows: bool) -> Result<Self, BindError> {
        Self::bind_for(workers::count(), addresses, as_the_host_allows)
    }

    /// The same with one socket for each address.
    ///
    /// # Errors
    /// An address is taken, or not this machine's.
    pub(super) fn bind_one_each(addresses: &[SocketAddr]) -> Result<Self, BindError> {
        Self::bind_for(1, addresses, true)
    }

    fn bind_for(members: usize, addresses: &[SocketAddr], as_the_host_allows: bool) -> Result<Self, BindError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match Self::bind_once(members, addresses, as_the_host_allows) {
                // The port that was free for the first family may be taken in the second one.
                Err(error)
                    if is_taken(&error) && addresses.iter().any(|address| address.port() == 0) && attempts < 50 => {}
                result => return result,
            }
        }
    }

    fn bind_once(members: usize, addresses: &[SocketAddr], as_the_host_allows: bool) -> Result<Self, BindError> {
        let mut groups: Vec<Vec<TcpListener>> = Vec::new();
        let mut common = 0;
        for wanted in addresses {
            let mut address = *wanted;
            if address.port() == 0 {
                address.set_port(common);
            }
            match open_group(address, members) {
                Ok((group, port)) => {
                    if wanted.port() == 0 {
                        common = port;
                    }
                    groups.push(group);
                }
                Err(error) if as_the_host_allows && family_is_missing(&error) => {
                    tracing::debug!(%address, %error, "left out");
                }
                Err(source) => return Err(BindError { address, source }),
            }
        }
        match (groups.is_empty(), addresses.first()) {
            (true, Some(address)) => {
                Err(BindError { address: *address, source: io::ErrorKind::AddrNotAvailable.into() })
            }
            _ => Ok(Self { groups }),
        }
    }

    /// The real addresses.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.groups.iter().filter_map(|group| group.first()?.local_addr().ok()).collect()
    }

    pub(super) fn into_groups(self) -> Vec<Vec<TcpListener>> {
        self.groups
    }
}

/// The sockets of one address, and their port.
fn open_group(mut address: SocketAddr, members: usize) -> io::Result<(Vec<TcpListener>, u16)> {
    let first = open(address, false)?;
    address.set_port(first.local_addr()?.port());
    if members == 1 {
        return Ok((vec![first], address.port()));
    }
    // Alone it could have the address: nobody else is there. In a group, another program of the same user could be, unseen.
    drop(first);
    let group = (0..members).map(|_| open(address, true)).collect::<io::Result<_>>()?;
    Ok((group, address.port()))
}

fn open(address: SocketAddr, shared: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for the old connections' TIME_WAIT.
    socket.set_reuse_address(true)?;
    if shared {
        socket.set_reuse_port(true)?;
    }
    if address.is_ipv6() {
        // Each family has its own socket, whatever net.ipv6.bindv6only says.
        socket.set_only_v6(true)?;
    }
    // Every accepted socket inherits it. Without it each small write would wait for the ACK of the one before.
    socket.set_tcp_nodelay(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn is_taken(error: &BindError) -> bool {
    error.source.kind() == io::ErrorKind::AddrInUse
}

fn family_is_missing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable
        || error.raw_os_error() == Some(nix::errno::Errno::EAFNOSUPPORT as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_families_get_the_same_free_port() {
        let wanted = ["127.0.0.1:0".parse().unwrap(), "[::1]:0".parse().unwrap()];
        let addresses = Listeners::bind(&wanted, true).unwrap().addresses();
        assert!(addresses.iter().all(|address| address.port() == addresses[0].port() && address.port() != 0));
    }

    #[test]
    fn a_taken_port_says_what_to_do() {
        let first = Listeners::bind(&["127.0.0.1:0".parse().unwrap()], false).unwrap();
        let error = Listeners::bind(&first.addresses(), false).unwrap_err().to_string();
        assert!(error.contains("AIKORE_LISTEN"), "{error}");
    }
}
