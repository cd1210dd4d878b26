//! What is kept of ACME, in `<config>/tls/acme`: the account, and the certificate of each set of names. Both belong to
//! one directory: what a test authority issued is not used for the real one.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use instant_acme::AccountCredentials;
use rustls_pki_types::ServerName;
use serde::{Deserialize, Serialize};
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::sign::CertifiedKey;

use super::validity::Validity;
use crate::domain::Hostname;
use crate::runtime::folder;
use crate::server::tls::TlsError;
use crate::server::tls::files::read;

#[derive(Debug, Clone)]
pub(super) struct Store {
    account: PathBuf,
    certificate: PathBuf,
    names: Vec<Hostname>,
}

/// An account as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Account {
    /// Whom the authority was told to write to.
    pub(super) email: Option<String>,
    pub(super) credentials: AccountCredentials,
}

/// A certificate for every name, with its key.
pub(super) struct Certificate {
    pub(super) pair: Arc<CertifiedKey>,
    pub(super) validity: Validity,
}

impl Store {
    /// Opens the folder, for our eyes only.
    pub(super) fn open(folder: &Path, directory: &str, names: &[Hostname]) -> Result<Self, TlsError> {
        fs::create_dir_all(folder)
            .and_then(|()| fs::set_permissions(folder, fs::Permissions::from_mode(0o700)))
            .map_err(|error| TlsError::new(folder, error))?;
        Ok(Self {
            account: folder.join(account_file(directory)),
            certificate: folder.join(certificate_file(directory, names)),
            names: names.to_vec(),
        })
    }

    /// The certificate kept, if it can be used now. What can't be used is no error: another one will be asked for.
    pub(super) fn certificate(&self) -> Option<Certificate> {
        if !self.certificate.exists() {
            return None;
        }
        match self.read_certificate() {
            Ok(kept) if kept.validity.holds(SystemTime::now()) => Some(kept),
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(%error, "the certificate that was kept can't be used");
                None
            }
        }
    }

    /// Keeps a new certificate (PEM: the chain, then the key) if it is what was asked for.
    pub(super) fn keep_certificate(&self, chain: &str, key: &str) -> Result<Certificate, TlsError> {
        // Beside the old one: what turns out to be useless must not replace it.
        let fresh = self.certificate.with_extension("fresh");
        write(&fresh, format!("{}\n{key}", chain.trim_end()).as_bytes())?;
        let issued = self.read_from(&fresh)?;
        fs::rename(&fresh, &self.certificate).map_err(|error| TlsError::new(&self.certificate, error))?;
        Ok(issued)
    }

    fn read_certificate(&self) -> Result<Certificate, TlsError> {
        self.read_from(&self.certificate)
    }

    fn read_from(&self, path: &Path) -> Result<Certificate, TlsError> {
        let pair = read(path, path)?;
        let leaf = pair.end_entity_cert().map_err(|error| TlsError::new(path, error))?;
        let validity = Validity::of(leaf).ok_or_else(|| TlsError::new(path, "it does not say how long it is valid"))?;
        let parsed = ParsedCertificate::try_from(leaf).map_err(|error| TlsError::new(path, error))?;
        for name in &self.names {
            ServerName::try_from(name.as_str())
                .map_err(|error| TlsError::new(path, error))
                .and_then(|server| verify_server_name(&parsed, &server).map_err(|error| TlsError::new(path, error)))?;
        }
        Ok(Certificate { pair: Arc::new(pair), validity })
    }

    pub(super) fn account(&self) -> Option<Account> {
        let text = fs::read(&self.account).ok()?;
        let account = serde_json::from_slice(&text);
        if let Err(error) = &account {
            tracing::warn!(path = %self.account.display(), %error, "the ACME account that was kept can't be read");
        }
        account.ok()
    }

    pub(super) fn keep_account(&self, account: &Account) -> Result<(), TlsError> {
        let text = serde_json::to_vec(account).map_err(|error| TlsError::new(&self.account, error))?;
        write(&self.account, &text)
    }

    /// For an account that the authority does not know any more.
    pub(super) fn forget_account(&self) -> Result<(), TlsError> {
        match fs::remove_file(&self.account) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(TlsError::new(&self.account, error)),
            _ => Ok(()),
        }
    }
}

fn write(path: &Path, content: &[u8]) -> Result<(), TlsError> {
    folder::replace(path, content, 0o600).map_err(|error| TlsError::new(path, error.source))
}

fn account_file(directory: &str) -> String {
    format!("account-{:016x}.json", mark(&[directory]))
}

/// The first name, for a person who looks, and a mark of all of them in any order.
fn certificate_file(directory: &str, names: &[Hostname]) -> String {
    let mut parts: Vec<&str> = names.iter().map(Hostname::as_str).collect();
    parts.sort_unstable();
    let first = parts.first().copied().unwrap_or_default();
    // File names end at 255 bytes, host names at 253.
    let shown: String = first.chars().take(100).collect();
    parts.push(directory);
    format!("{shown}-{:016x}.pem", mark(&parts))
}

/// FNV-1a: it has to stay the same over versions, not to be secret. What is read is checked against the names anyway.
fn mark(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |mark, byte| (mark ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIRECTORY: &str = "https://ca.example/directory";

    fn names(names: &[&str]) -> Vec<Hostname> {
        names.iter().map(|name| Hostname::parse(name).unwrap()).collect()
    }

    fn issue(names: &[&str], days: i32) -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params =
            rcgen::CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        let day = std::time::Duration::from_secs(24 * 3600);
        let now = SystemTime::now();
        params.not_after =
            if days < 0 { now - day * days.unsigned_abs() } else { now + day * days.unsigned_abs() }.into();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn files_are_named_after_the_names_and_the_directory() {
        let name = |list: &[&str]| certificate_file(DIRECTORY, &names(list));
        assert_eq!(name(&["b.example", "a.example"]), name(&["a.example", "b.example"]));
        assert_ne!(name(&["a.example"]), name(&["a.example", "b.example"]));
        assert_ne!(name(&["a.example"]), certificate_file("https://other.example/", &names(&["a.example"])));
        assert_ne!(account_file(DIRECTORY), account_file("https://other.example/"));
        // A later version must find what this one wrote.
        assert_eq!(name(&["a.example"]), "a.example-694c9164ae955a8d.pem");
        let long = format!("{0}.{0}.{0}.example", "a".repeat(60));
        assert!(name(&[&long]).len() < 150);
    }

    #[test]
    fn a_certificate_is_kept_for_exactly_its_names_while_it_is_valid() {
        let folder = tempfile::tempdir().unwrap();
        let open = |list: &[&str]| Store::open(&folder.path().join("acme"), DIRECTORY, &names(list)).unwrap();
        let store = open(&["a.example", "b.example"]);
        assert!(store.certificate().is_none());
        let (chain, key) = issue(&["a.example", "b.example"], 10);
        store.keep_certificate(&chain, &key).unwrap();
        assert!(open(&["b.example", "a.example"]).certificate().is_some());
        assert!(open(&["a.example"]).certificate().is_none());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder.path().join("acme")), mode(&store.certificate)), (0o700, 0o600));

        let refused = |chain: &str, key: &str| store.keep_certificate(chain, key).err().unwrap().to_string();
        assert!(refused(&issue(&["a.example"], 10).0, &key).contains("does not belong"));
        let (other, its_key) = issue(&["a.example"], 10);
        assert!(!refused(&other, &its_key).is_empty(), "a name is missing");
        assert!(!refused("no PEM", &its_key).is_empty());
        assert!(store.certificate().is_some(), "the old one stays");

        let (chain, key) = issue(&["a.example", "b.example"], -1);
        store.keep_certificate(&chain, &key).unwrap();
        assert!(store.certificate().is_none(), "it has run out");
    }
}
