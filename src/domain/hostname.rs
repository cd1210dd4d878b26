//! A host name of its own for an instance.

use super::{Invalid, text_type};

/// A lower-case host name without scheme, port or path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hostname(String);

impl Hostname {
    /// Takes what people paste (`http://flux.lan:8080/`, `Flux.lan`) and keeps the host.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let rest = text.trim();
        let rest = rest.split_once("://").map_or(rest, |(_, rest)| rest);
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let host = match host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => host,
        };
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        if is_dns_name(&host) {
            Ok(Self(host))
        } else {
            Err(Invalid::new(format!("{text:?} is not a host name such as comfy.lan")))
        }
    }
}

/// Labels of letters, digits, `-` and `_`, 1–63 octets each, 253 in all (RFC 1035 §2.3.4; `_` as real networks use it).
fn is_dns_name(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
}

text_type!(Hostname);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_only_the_host() {
        for (text, host) in [
            ("comfy.lan", "comfy.lan"),
            ("http://flux.lan:8080/", "flux.lan"),
            ("HTTPS://Flux.Lan/path?x", "flux.lan"),
            ("flux", "flux"),
            ("user:pw@flux.lan", "flux.lan"),
            ("flux.lan.", "flux.lan"),
        ] {
            assert_eq!(Hostname::parse(text).unwrap().as_str(), host, "{text:?}");
        }
        for bad in ["", "a b", "\"><script>", "-a", "a..b", "é.lan", "http://", &"a".repeat(64)] {
            assert!(Hostname::parse(bad).is_err(), "{bad:?}");
        }
    }
}
