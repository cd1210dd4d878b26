//! Whether the listeners speak TLS, and with which certificate.

use std::net::IpAddr;
use std::path::PathBuf;

use super::ConfigError;
use super::settings::{Given, wrong};
use crate::domain::{Hostname, Invalid};

/// Names one certificate may hold at Let's Encrypt.
const MAX_DOMAINS: usize = 100;

/// Where the certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Plain HTTP.
    Off,
    /// A local authority of our own, kept in `<config>/tls/`.
    SelfSigned,
    /// Files that somebody else renews.
    Files {
        /// The chain, leaf first (PEM).
        chain: PathBuf,
        /// Its private key (PEM).
        key: PathBuf,
    },
    /// Fetched from an ACME authority.
    Acme {
        /// Every name the certificate is for.
        domains: Vec<Hostname>,
        /// Whom the authority may write to.
        email: Option<String>,
        /// The authority's directory.
        directory: String,
    },
}

pub(super) fn check(given: &Given) -> Result<Tls, ConfigError> {
    let file = |flag: &str| {
        let path = given.text(flag).map(PathBuf::from).ok_or_else(|| wrong(flag, "AIKORE_TLS=files needs it"))?;
        if path.is_file() { Ok(path) } else { Err(wrong(flag, &format!("{} is not a file", path.display()))) }
    };
    match given.text("tls").unwrap_or("off") {
        "off" => Ok(Tls::Off),
        "self-signed" => Ok(Tls::SelfSigned),
        "files" => Ok(Tls::Files { chain: file("tls-cert")?, key: file("tls-key")? }),
        "acme" => Ok(Tls::Acme {
            domains: domains(given)?,
            email: given.text("acme-email").map(|_| given.parse_with("acme-email", parse_email)).transpose()?,
            directory: given.parse_with("acme-directory", parse_directory)?,
        }),
        other => Err(wrong("tls", &format!("{other:?} is none of off, self-signed, files, acme"))),
    }
}

fn domains(given: &Given) -> Result<Vec<Hostname>, ConfigError> {
    let mut domains = given.parse_list("acme-domains", parse_domain)?;
    domains.sort();
    domains.dedup();
    match domains.len() {
        0 => Err(wrong("acme-domains", "AIKORE_TLS=acme needs the names the certificate is for")),
        1..=MAX_DOMAINS => Ok(domains),
        many => Err(wrong("acme-domains", &format!("{many} names are too many: at most {MAX_DOMAINS}"))),
    }
}

/// Names that can be proved: no addresses, and no wildcards, which TLS-ALPN-01 has no way for.
fn parse_domain(text: &str) -> Result<Hostname, Invalid> {
    let name = Hostname::parse(text)
        .map_err(|_| Invalid::new(format!("{text:?} is not a host name such as ai.example.org")))?;
    if name.as_str().parse::<IpAddr>().is_ok() {
        return Err(Invalid::new(format!("{text:?} is an address; certificates are for names")));
    }
    Ok(name)
}

fn parse_email(text: &str) -> Result<String, Invalid> {
    let address = text.strip_prefix("mailto:").unwrap_or(text);
    let whole = address.split_once('@').is_some_and(|(user, host)| !user.is_empty() && Hostname::parse(host).is_ok());
    // A mailto: URL with `?` or `,` means something else (RFC 8555 §7.3).
    if !whole || address.contains(|c: char| c.is_whitespace() || c.is_control() || "?,/:".contains(c)) {
        return Err(Invalid::new(format!("{text:?} is not a mail address such as me@example.org")));
    }
    Ok(address.to_owned())
}

fn parse_directory(text: &str) -> Result<String, Invalid> {
    let url = text.parse::<http::Uri>().ok();
    let good =
        url.is_some_and(|url| url.scheme_str() == Some("https") && url.host().is_some_and(|host| !host.is_empty()));
    if good { Ok(text.to_owned()) } else { Err(Invalid::new(format!("{text:?} is no https address of a directory"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acme(settings: &[(&str, &str)]) -> Result<Tls, String> {
        check(&Given::of(&[&[("tls", "acme")], settings].concat())).map_err(|error| error.0)
    }

    #[test]
    fn acme_needs_names() {
        let tls = acme(&[("acme-domains", "Box.example.org, ai.example.org,ai.example.org")]).unwrap();
        let Tls::Acme { domains, email, directory } = tls else { unreachable!("{tls:?}") };
        assert_eq!(domains.iter().map(Hostname::as_str).collect::<Vec<_>>(), ["ai.example.org", "box.example.org"]);
        assert_eq!((email, directory.contains("letsencrypt")), (None, true));
        let many = (0..=MAX_DOMAINS).map(|i| format!("n{i}.example.org")).collect::<Vec<_>>().join(",");
        for domains in ["", ",", "a b", "*.example.org", "192.168.1.5", "::1", "é.org", &many] {
            let error = acme(&[("acme-domains", domains)]).unwrap_err();
            assert!(error.starts_with("AIKORE_ACME_DOMAINS: ") && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn acme_checks_contact_and_directory() {
        let with = |flag, value| acme(&[("acme-domains", "ai.example.org"), (flag, value)]);
        for (flag, value, kept) in [
            ("acme-email", "me@example.org", "me@example.org"),
            ("acme-email", "mailto:me+ai@example.org", "me+ai@example.org"),
            ("acme-directory", "https://[::1]:14000/dir", "https://[::1]:14000/dir"),
        ] {
            let Ok(Tls::Acme { email, directory, .. }) = with(flag, value) else { unreachable!("{value}") };
            assert_eq!(if flag == "acme-email" { email.unwrap() } else { directory }, kept);
        }
        for (flag, value) in [
            ("acme-email", "me"),
            ("acme-email", "@example.org"),
            ("acme-email", "a@example.org,b@example.org"),
            ("acme-email", "me@exa mple.org"),
            ("acme-directory", "http://ca.example/dir"),
            ("acme-directory", "ca.example/dir"),
            ("acme-directory", "https://"),
            ("acme-directory", "https:///dir"),
        ] {
            let error = with(flag, value).unwrap_err();
            assert!(error.starts_with("AIKORE_ACME_") && !error.contains('\n'), "{error}");
        }
    }
}
