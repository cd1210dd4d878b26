//! Whose an address is.

use std::net::{IpAddr, Ipv6Addr};

/// Who has one address of IPv6 has the other 2^64 of its network too: they count as one.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let bits = u128::from(address) & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from(bits))
        }
        v4 => v4,
    }
}
