//! Ports and the pool of public ports.

use std::num::NonZeroU16;
use std::str::FromStr;

use super::Invalid;

/// A TCP port, 1–65535.
pub type Port = NonZeroU16;

/// An inclusive range of ports: the pool that public ports come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRange {
    first: Port,
    last: Port,
}

impl PortRange {
    /// The default pool.
    pub const DEFAULT: &str = "19001-19020";

    /// Whether the pool holds this port.
    pub fn contains(&self, port: Port) -> bool {
        self.first <= port && port <= self.last
    }

    /// The pool's ports, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Port> + use<> {
        (self.first.get()..=self.last.get()).filter_map(Port::new)
    }
}

impl FromStr for PortRange {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new(format!("{text:?} is not a range of ports such as {}", Self::DEFAULT));
        let (first, last) = text.split_once('-').ok_or_else(wrong)?;
        let first: Port = first.trim().parse().map_err(|_| wrong())?;
        let last: Port = last.trim().parse().map_err(|_| wrong())?;
        if first > last {
            return Err(Invalid::new(format!("the range of ports {text:?} ends before it begins")));
        }
        Ok(Self { first, last })
    }
}

impl std::fmt::Display for PortRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let pool: PortRange = "19001-19003".parse().unwrap();
        assert_eq!(pool.iter().map(Port::get).collect::<Vec<_>>(), [19001, 19002, 19003]);
        assert!(pool.contains(Port::new(19003).unwrap()) && !pool.contains(Port::new(19004).unwrap()));
        assert_eq!("65535-65535".parse::<PortRange>().unwrap().iter().count(), 1);
        for bad in ["", "1", "0-5", "5-4", "1-65536", "a-b", "1-2-3", "-1-2"] {
            assert!(bad.parse::<PortRange>().is_err(), "{bad:?}");
        }
    }
}
