//! Whether the listeners speak TLS, and with which certificate.

use std::path::PathBuf;

use super::ConfigError;
use super::settings::{Given, wrong};

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
        "acme" => Err(wrong("tls", "acme is not available in this version yet; use files or self-signed")),
        other => Err(wrong("tls", &format!("{other:?} is none of off, self-signed, files, acme"))),
    }
}
