//! Where the dashboard listens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::ConfigError;
use super::auth::Auth;
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

/// Reads the setting; gives the addresses and what a person should be warned of.
pub(super) fn check(text: Option<&str>, auth: Auth) -> Result<(Listen, Vec<String>), ConfigError> {
    let Some(text) = text else { return Ok(default(auth)) };
    let addresses = parse(text).map_err(|why| wrong("listen", &why.0))?;
    let mut warnings = Vec::new();
    if auth == Auth::Unsaid {
        if let Some(open) = addresses.iter().find(|address| !address.ip().is_loopback()) {
            let why = format!(
                "{open} can be reached from other machines, and this version has no login yet: whoever reaches it gets a \
                 shell and every GPU. Listen on 127.0.0.1, or say AIKORE_AUTH=none if you mean it"
            );
            return Err(wrong("listen", &why));
        }
        warnings.push("There is no login yet: everybody on this machine can use the dashboard.".to_owned());
    }
    Ok((Listen { addresses, as_the_host_allows: false }, warnings))
}

fn default(auth: Auth) -> (Listen, Vec<String>) {
    let at = |v4: IpAddr, v6: IpAddr| vec![SocketAddr::new(v4, PORT), SocketAddr::new(v6, PORT)];
    let (addresses, warnings) = match auth {
        Auth::None => (at(Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()), Vec::new()),
        Auth::Unsaid => (
            at(Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()),
            vec![
                "There is no login yet, so only this machine can reach the dashboard. Say AIKORE_AUTH=none to open it to \
                 the network."
                    .to_owned(),
            ],
        ),
    };
    (Listen { addresses, as_the_host_allows: true }, warnings)
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
