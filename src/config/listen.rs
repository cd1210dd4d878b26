//! Where the dashboard listens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::ConfigError;
use super::settings::wrong;
use crate::domain::Invalid;

/// The port the dashboard is known by.
const PORT: u16 = 9000;

/// The dashboard's addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// In the order given; port 0 asks for one free port for all of them.
    pub addresses: Vec<SocketAddr>,
    /// Whether an address the host does not have may be left out: only the default may.
    pub as_the_host_allows: bool,
}

/// Reads the setting.
pub(super) fn check(text: Option<&str>) -> Result<Listen, ConfigError> {
    let Some(text) = text else {
        let any = [IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from(Ipv6Addr::UNSPECIFIED)];
        let addresses = any.into_iter().map(|address| SocketAddr::new(address, PORT)).collect();
        return Ok(Listen { addresses, as_the_host_allows: true });
    };
    let addresses = parse(text).map_err(|why| wrong("listen", &why.0))?;
    Ok(Listen { addresses, as_the_host_allows: false })
}

fn parse(text: &str) -> Result<Vec<SocketAddr>, Invalid> {
    let addresses: Vec<SocketAddr> = text
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(|item| {
            item.parse()
                .map_err(|_| Invalid::new(format!("{item:?} is not an address such as 0.0.0.0:9000 or [::]:9000")))
        })
        .collect::<Result<_, _>>()?;
    if addresses.is_empty() {
        return Err(Invalid::new("it names no address"));
    }
    for (n, address) in addresses.iter().enumerate() {
        if addresses.iter().take(n).any(|earlier| earlier == address) && address.port() != 0 {
            return Err(Invalid::new(format!("{address} is named twice")));
        }
    }
    Ok(addresses)
}
