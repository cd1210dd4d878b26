//! What an app is told of the client: `X-Forwarded-*`, `X-Real-IP`, built by us (proxy.md B3 19).

use std::net::IpAddr;

use http::header::{HOST, HeaderName};
use http::{HeaderMap, HeaderValue};

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST_FIELD: HeaderName = HeaderName::from_static("x-forwarded-host");
const PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// Every field by which a client could pretend to be another, to come from another place, or to be past a login.
const SPOOFABLE: [HeaderName; 12] = [
    FOR,
    PROTO,
    HOST_FIELD,
    PORT,
    PREFIX,
    REAL_IP,
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-forwarded-server"),
    HeaderName::from_static("x-forwarded-scheme"),
    HeaderName::from_static("x-original-url"),
    HeaderName::from_static("x-rewrite-url"),
    // httpoxy: CGI programs take it for the variable HTTP_PROXY.
    HeaderName::from_static("proxy"),
];

/// What is known of the client.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// The peer of the connection.
    pub ip: IpAddr,
    /// Whether that peer is a proxy whose own forwarding fields are believed.
    pub trusted: bool,
    /// Whether the connection was encrypted.
    pub tls: bool,
    /// The port it came in by.
    pub port: u16,
    /// The prefix that was cut off, without a slash at the end.
    pub prefix: Option<&'a str>,
}

/// Replaces whatever the client said about itself by what we know. Call it after the hop-by-hop fields are gone, so that
/// `Connection` can't take ours away.
pub fn apply(headers: &mut HeaderMap, client: &Client<'_>) {
    let said = |name: &HeaderName| if client.trusted { headers.get(name).cloned() } else { None };
    let earlier = if client.trusted { joined(headers, &FOR) } else { None };
    let (proto, host, port) = (said(&PROTO), said(&HOST_FIELD), said(&PORT));
    let outer_prefix = said(&PREFIX);
    let real_ip = said(&REAL_IP);
    for name in SPOOFABLE {
        headers.remove(name);
    }

    let ip = client.ip.to_canonical().to_string();
    let chain = earlier.map_or_else(|| ip.clone(), |earlier| format!("{earlier}, {ip}"));
    insert(headers, FOR, &chain);
    set(headers, REAL_IP, real_ip, &ip);
    set(headers, PROTO, proto, if client.tls { "https" } else { "http" });
    let own_host = headers.get(HOST).cloned();
    let own_port =
        own_host.as_ref().and_then(|host| host.to_str().ok()).and_then(port_of).unwrap_or(client.port).to_string();
    if let Some(host) = host.or(own_host) {
        headers.insert(HOST_FIELD, host);
    }
    set(headers, PORT, port, &own_port);
    if let Some(prefix) = client.prefix {
        let outer =
            outer_prefix.as_ref().and_then(|prefix| prefix.to_str().ok()).unwrap_or_default().trim_end_matches('/');
        insert(headers, PREFIX, &format!("{outer}{prefix}"));
    }
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Vec<&str> = headers.get_all(name).iter().filter_map(|line| line.to_str().ok()).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

fn set(headers: &mut HeaderMap, name: HeaderName, said: Option<HeaderValue>, own: &str) {
    match said {
        Some(value) => drop(headers.insert(name, value)),
        None => insert(headers, name, own),
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // Addresses, ports and slugs are all visible ASCII.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The port a `Host` names, by its last colon outside brackets.
fn port_of(host: &str) -> Option<u16> {
    let after_brackets = host.rsplit(']').next()?;
    after_brackets.rsplit_once(':')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: bool) -> Client<'static> {
        Client { ip: "10.0.0.7".parse().unwrap(), trusted, tls: false, port: 9000, prefix: Some("/instance/a") }
    }

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn field<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
        headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn what_a_stranger_says_of_itself_is_gone() {
        let mut h = headers(&[
            ("host", "box:9000"),
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-for", "::1"),
            ("x-real-ip", "127.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil"),
            ("x-forwarded-prefix", "/evil"),
            ("forwarded", "for=127.0.0.1"),
            ("proxy", "http://evil"),
        ]);
        apply(&mut h, &client(false));
        for (name, value) in [
            ("x-forwarded-for", "10.0.0.7"),
            ("x-real-ip", "10.0.0.7"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-host", "box:9000"),
            ("x-forwarded-port", "9000"),
            ("x-forwarded-prefix", "/instance/a"),
        ] {
            assert_eq!(field(&h, name), [value], "{name}");
        }
        assert!(h.get("forwarded").is_none() && h.get("proxy").is_none());
    }

    #[test]
    fn a_trusted_proxy_is_continued() {
        let mut h = headers(&[
            ("host", "ai.example"),
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "ai.example"),
            ("x-forwarded-prefix", "/outer/"),
        ]);
        apply(&mut h, &client(true));
        assert_eq!(field(&h, "x-forwarded-for"), ["203.0.113.9, 10.0.0.7"]);
        assert_eq!(field(&h, "x-forwarded-proto"), ["https"]);
        assert_eq!(field(&h, "x-forwarded-prefix"), ["/outer/instance/a"]);
    }

    #[test]
    fn ports_and_mapped_addresses() {
        for (host, port) in [("box:9000", Some(9000)), ("box", None), ("[::1]:81", Some(81)), ("[::1]", None)] {
            assert_eq!(port_of(host), port, "{host}");
        }
        let mut h = headers(&[("host", "box")]);
        apply(&mut h, &Client { ip: "::ffff:10.0.0.7".parse().unwrap(), ..client(false) });
        assert_eq!(field(&h, "x-forwarded-for"), ["10.0.0.7"]);
    }
}
