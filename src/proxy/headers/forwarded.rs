//! What an app is told of the client: `X-Forwarded-*`, `X-Real-IP`, built by us (proxy.md B3 19).

use std::fmt::Write as _;
use std::net::IpAddr;

use bytes::{BufMut, BytesMut};
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST_FIELD: HeaderName = HeaderName::from_static("x-forwarded-host");
const PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// An IP address as text, in its canonical form: `::ffff:10.0.0.7` is `10.0.0.7`.
#[derive(Debug, Clone, Copy)]
pub struct IpText {
    bytes: [u8; 40],
    length: u8,
}

impl IpText {
    /// The text of an address; none is longer than 39 characters.
    pub fn new(ip: IpAddr) -> Self {
        let text = ip.to_canonical().to_string();
        let mut bytes = [0; 40];
        for (place, byte) in bytes.iter_mut().zip(text.bytes()) {
            *place = byte;
        }
        Self { bytes, length: u8::try_from(text.len().min(40)).unwrap_or(0) }
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

/// What is known of the client.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// The peer of the connection.
    pub ip: IpText,
    /// Whether that peer is a proxy whose own forwarding fields are believed.
    pub trusted: bool,
    /// Whether the connection was encrypted.
    pub tls: bool,
    /// The port it came in by.
    pub port: u16,
    /// The `Host` it asked.
    pub host: Option<&'a HeaderValue>,
    /// The prefix that was cut off, without a slash at the end.
    pub prefix: Option<&'a str>,
}

/// Writes what we know of the client, as lines of a request's head. A trusted proxy's own word stands where it said
/// something.
pub fn write(headers: &HeaderMap, client: &Client<'_>, out: &mut BytesMut) {
    let said = |name: &HeaderName| if client.trusted { headers.get(name) } else { None };
    let ip = client.ip.as_bytes();
    out.put_slice(b"x-forwarded-for: ");
    if client.trusted {
        for earlier in headers.get_all(FOR).iter().filter(|line| line.to_str().is_ok()) {
            out.put_slice(earlier.as_bytes());
            out.put_slice(b", ");
        }
    }
    out.put_slice(ip);
    out.put_slice(b"\r\n");
    field(out, &REAL_IP, said(&REAL_IP).map_or(ip, HeaderValue::as_bytes));
    let proto = if client.tls { "https" } else { "http" };
    field(out, &PROTO, said(&PROTO).map_or(proto.as_bytes(), HeaderValue::as_bytes));
    if let Some(host) = said(&HOST_FIELD).or(client.host) {
        field(out, &HOST_FIELD, host.as_bytes());
    }
    match (said(&PORT), client.host.and_then(|host| port_of(host.as_bytes()))) {
        (Some(value), _) => field(out, &PORT, value.as_bytes()),
        (None, Some(own)) => field(out, &PORT, own),
        (None, None) => line(out, &PORT, |out| write!(out, "{}", client.port)),
    }
    if let Some(prefix) = client.prefix {
        let outer = said(&PREFIX).and_then(|outer| outer.to_str().ok()).unwrap_or_default().trim_end_matches('/');
        // Where the outer proxy's prefix is a setting of ours, ours has it already.
        let outer = if prefix.starts_with(outer) { "" } else { outer };
        for part in [PREFIX.as_str(), ": ", outer, prefix, "\r\n"] {
            out.put_slice(part.as_bytes());
        }
    }
}

/// Adds a line to a head.
pub fn field(out: &mut BytesMut, name: &HeaderName, value: &[u8]) {
    for part in [name.as_str().as_bytes(), b": ", value, b"\r\n"] {
        out.put_slice(part);
    }
}

fn line(out: &mut BytesMut, name: &HeaderName, value: impl FnOnce(&mut BytesMut) -> std::fmt::Result) {
    out.put_slice(name.as_str().as_bytes());
    out.put_slice(b": ");
    // It grows as it must: there is nothing that could fail.
    let _ = value(out);
    out.put_slice(b"\r\n");
}

/// The port a `Host` names, by its last colon outside brackets.
fn port_of(host: &[u8]) -> Option<&[u8]> {
    let colon = host.iter().rposition(|byte| !byte.is_ascii_digit()).filter(|at| host.get(*at) == Some(&b':'))?;
    host.get(colon + 1..).filter(|digits| (1..=5).contains(&digits.len()))
}

#[cfg(test)]
mod tests {
    use http::header::HOST;

    use super::super::fields::SPOOFABLE;
    use super::*;

    fn client(trusted: bool) -> Client<'static> {
        Client {
            ip: IpText::new("10.0.0.7".parse().unwrap()),
            trusted,
            tls: false,
            port: 9000,
            host: None,
            prefix: Some("/instance/a"),
        }
    }

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    /// What an app gets to see.
    fn apply(headers: &mut HeaderMap, client: &Client<'_>) {
        let mut lines = BytesMut::new();
        write(headers, &Client { host: headers.get(HOST), ..*client }, &mut lines);
        let spoofed: Vec<HeaderName> = headers.keys().filter(|name| SPOOFABLE.has_name(name)).cloned().collect();
        for name in spoofed {
            headers.remove(name);
        }
        for line in std::str::from_utf8(&lines).unwrap().lines() {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
        }
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
        let mut h = headers(&[("x-forwarded-prefix", "/outer")]);
        apply(&mut h, &Client { prefix: Some("/outer/instance/a"), ..client(true) });
        assert_eq!(field(&h, "x-forwarded-prefix"), ["/outer/instance/a"], "not twice");
    }

    #[test]
    fn ports_and_mapped_addresses() {
        for (host, port) in [
            ("box:9000", Some("9000")),
            ("box", None),
            ("[::1]:81", Some("81")),
            ("[::1]", None),
            ("9000", None),
            ("a:", None),
        ] {
            assert_eq!(port_of(host.as_bytes()), port.map(str::as_bytes), "{host}");
        }
        let mut h = headers(&[("host", "box")]);
        apply(&mut h, &Client { ip: IpText::new("::ffff:10.0.0.7".parse().unwrap()), ..client(false) });
        assert_eq!(field(&h, "x-forwarded-for"), ["10.0.0.7"]);
        for ip in ["::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "255.255.255.255"] {
            assert_eq!(IpText::new(ip.parse().unwrap()).as_bytes(), ip.as_bytes());
        }
    }
}
