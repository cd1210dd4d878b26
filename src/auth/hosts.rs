//! The names the panel answers to.

use std::net::IpAddr;

use crate::domain::Hostname;

/// Which names are ours. Addresses and loopback names always are: they can't be taken over by somebody else's DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostRule {
    /// Single labels and private names too.
    Private,
    /// Only these.
    Listed(Vec<Hostname>),
    /// Any.
    Any,
}

/// Suffixes that no public DNS serves (RFC 6762, RFC 8375, ICANN's .internal, RFC 6761), and what home routers use.
const PRIVATE_SUFFIXES: [&str; 5] = [".local", ".lan", ".home.arpa", ".internal", ".localhost"];

impl HostRule {
    /// Whether a host name, without port, is ours.
    pub fn allows(&self, host: &str) -> bool {
        // A name written out to the root of the DNS is the same name.
        let host = host.trim_end_matches('.');
        if is_address(host) || is_loopback_name(host) {
            return true;
        }
        match self {
            Self::Any => true,
            Self::Private => {
                !host.is_empty()
                    && (!host.contains('.') || PRIVATE_SUFFIXES.iter().any(|suffix| ends_with(host, suffix)))
            }
            Self::Listed(names) => names.iter().any(|name| host.eq_ignore_ascii_case(name.as_str())),
        }
    }
}

fn is_address(host: &str) -> bool {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).parse::<IpAddr>().is_ok()
}

fn is_loopback_name(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || ends_with(host, ".localhost")
}

fn ends_with(host: &str, suffix: &str) -> bool {
    host.to_ascii_lowercase().ends_with(suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let listed = HostRule::Listed(vec![Hostname::parse("ai.example.com").unwrap()]);
        for (host, private, in_list) in [
            ("127.0.0.1", true, true),
            ("192.168.1.5", true, true),
            ("[::1]", true, true),
            ("[fe80::1]", true, true),
            ("localhost", true, true),
            ("a.localhost", true, true),
            ("gpubox", true, false),
            ("gpubox.local", true, false),
            ("GPUBOX.LAN", true, false),
            ("localhost.", true, true),
            ("127.0.0.1.", true, true),
            ("box.home.arpa.", true, false),
            ("ai.example.com", false, true),
            ("AI.example.com", false, true),
            ("evil.example.com", false, false),
            ("evil.com", false, false),
            ("127.0.0.1.evil.com", false, false),
            ("notlocal", true, false),
            ("", false, false),
        ] {
            assert_eq!(HostRule::Private.allows(host), private, "private {host}");
            assert_eq!(listed.allows(host), in_list, "listed {host}");
            assert!(HostRule::Any.allows(host));
        }
    }
}
