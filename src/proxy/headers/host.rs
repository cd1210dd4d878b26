//! Where a request was sent to.

use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Version};

/// The `Host` rules every request must keep before anything is routed (RFC 9112 §3.2, proxy.md B2 7–8). An absolute
/// target's authority replaces `Host`.
///
/// # Errors
/// The request must be refused with 400.
pub fn check(version: Version, target: Option<&Authority>, headers: &mut HeaderMap) -> Result<(), &'static str> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => return Err("more than one Host"),
        (None, None) if version == Version::HTTP_11 && target.is_none() => return Err("no Host"),
        (Some(host), None) if !is_authority(host) => return Err("the Host"),
        _ => {}
    }
    if let Some(authority) = target {
        if authority.as_str().contains('@') {
            return Err("user information in the target");
        }
        let host = HeaderValue::try_from(authority.as_str()).map_err(|_| "the target")?;
        headers.insert(HOST, host);
    }
    Ok(())
}

/// `uri-host [ ":" port ]`; empty is legal for a target without authority.
fn is_authority(host: &HeaderValue) -> bool {
    match host.to_str() {
        Ok("") => true,
        // Most are a plain name or address, with a port or without: nothing else is to be looked for in those.
        Ok(text) if is_plain(text) => true,
        Ok(text) => {
            let port_is_fine = match text.rsplit_once(':') {
                Some((_, port)) if !port.ends_with(']') => port.is_empty() || port.parse::<u16>().is_ok(),
                _ => true,
            };
            port_is_fine && !text.contains('@') && text.parse::<Authority>().is_ok()
        }
        Err(_) => false,
    }
}

fn is_plain(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "0"));
    let name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    !host.is_empty() && host.bytes().all(name) && port.parse::<u16>().is_ok() && !port.starts_with('+')
}

/// The authority a request was sent to, once [`check`] has passed it.
pub fn authority(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST).and_then(|host| host.to_str().ok())
}

/// Whether a host (without port) is this machine's own name for itself: `localhost`, or a loopback address.
pub fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// An authority less its port; brackets of an IPv6 address stay.
pub fn without_port(authority: &str) -> &str {
    // Looked at from behind, where the port is: digits, and the colon before them.
    let end = authority.trim_end_matches(|c: char| c.is_ascii_digit());
    end.strip_suffix(':').unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn host_rules() {
        let check = |version, uri: &str, fields: &[(&'static str, &'static str)]| {
            let mut headers = headers(fields);
            let result = check(version, uri.parse::<http::Uri>().unwrap().authority(), &mut headers).is_ok();
            (result, headers.get(HOST).map(|host| host.to_str().unwrap().to_owned()))
        };
        assert!(!check(Version::HTTP_11, "/", &[]).0);
        assert!(check(Version::HTTP_10, "/", &[]).0);
        assert!(!check(Version::HTTP_11, "/", &[("host", "a"), ("host", "a")]).0);
        assert_eq!(check(Version::HTTP_11, "http://evil/e", &[("host", "x")]), (true, Some("evil".to_owned())));
        assert!(!check(Version::HTTP_11, "http://u@evil/e", &[("host", "x")]).0);
        for host in ["a b", "a/b", "a:99999", "a:b", "u@a", "[::1", "a,b c"] {
            assert!(!check(Version::HTTP_11, "/", &[("host", host)]).0, "{host}");
        }
        for host in ["", "a", "a:9000", "[::1]:9000", "[::1]", "a_b.local"] {
            assert!(check(Version::HTTP_11, "/", &[("host", host)]).0, "{host}");
        }
    }
}
