//! An authority of our own: made once and kept, so that a person who trusts `ca.pem` trusts every name this machine is
//! called by. Leaves are made per name as browsers ask for them (SNI), and kept too.

use std::collections::HashMap;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::TlsError;
use super::files::read;
use crate::domain::Hostname;
use crate::runtime::folder;

/// Leaves kept at most: a stranger could ask for any number of names. Beyond, everybody gets the default leaf.
const MAX_LEAVES: usize = 200;

/// Browsers refuse leaves that are valid for longer than 398 days; ours is made anew well before.
const LEAF_DAYS: u64 = 390;
const RENEW_AFTER: Duration = Duration::from_secs(300 * 24 * 3600);

pub(super) struct LocalCa {
    folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
    leaves: Mutex<HashMap<String, Arc<CertifiedKey>>>,
    default: Arc<CertifiedKey>,
}

impl std::fmt::Debug for LocalCa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalCa").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl LocalCa {
    /// Opens the authority of a folder, or makes it.
    pub(super) fn open(folder: &Path) -> Result<Self, TlsError> {
        fs::create_dir_all(folder).map_err(|error| TlsError::new(folder, error))?;
        let issuer = open_authority(folder)?;
        let default = leaf(folder, &issuer, "default", &default_names())?;
        Ok(Self { folder: folder.to_owned(), issuer, leaves: Mutex::default(), default: Arc::new(default) })
    }

    fn of_name(&self, name: &str) -> Arc<CertifiedKey> {
        let Ok(name) = Hostname::parse(name) else { return Arc::clone(&self.default) };
        let mut leaves = self.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = leaves.get(name.as_str()) {
            return Arc::clone(known);
        }
        if leaves.len() >= MAX_LEAVES {
            return Arc::clone(&self.default);
        }
        let names = name.as_str().try_into().map(|dns| vec![SanType::DnsName(dns)]).unwrap_or_default();
        match leaf(&self.folder, &self.issuer, name.as_str(), &names) {
            Ok(made) => {
                let made = Arc::new(made);
                leaves.insert(name.to_string(), Arc::clone(&made));
                made
            }
            Err(error) => {
                tracing::warn!(%error, "no certificate could be made for a name");
                Arc::clone(&self.default)
            }
        }
    }
}

impl ResolvesServerCert for LocalCa {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(hello.server_name().map_or_else(|| Arc::clone(&self.default), |name| self.of_name(name)))
    }
}

/// The authority's key is what is kept; its certificate follows from the key and these parameters.
fn open_authority(folder: &Path) -> Result<Issuer<'static, KeyPair>, TlsError> {
    let (key_path, certificate_path) = (folder.join("ca.key"), folder.join("ca.pem"));
    let failed = |error: rcgen::Error| TlsError::new(&key_path, error);
    let known = match fs::read_to_string(&key_path) {
        Ok(pem) => Some(KeyPair::from_pem(&pem).map_err(failed)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(TlsError::new(&key_path, error)),
    };
    let is_new = known.is_none();
    let key = known.map_or_else(KeyPair::generate, Ok).map_err(failed)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = named("AiKore local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2046, 1, 1);
    if is_new || !certificate_path.exists() {
        let certificate = params.self_signed(&key).map_err(failed)?;
        write(&key_path, &key.serialize_pem(), 0o600)?;
        write(&certificate_path, &certificate.pem(), 0o644)?;
        tracing::info!(path = %certificate_path.display(), "made a local authority; trust this file in your browser");
    }
    Ok(Issuer::new(params, key))
}

/// The leaf of a name: the one kept, or a new one.
fn leaf(
    folder: &Path,
    issuer: &Issuer<'static, KeyPair>,
    name: &str,
    names: &[SanType],
) -> Result<CertifiedKey, TlsError> {
    let path = folder.join(format!("leaf-{name}.pem"));
    let age = fs::metadata(&path).and_then(|meta| meta.modified()).ok().and_then(|made| made.elapsed().ok());
    let fresh = age.is_some_and(|age| age < RENEW_AFTER);
    // The machine's addresses change; the default leaf names them all.
    if fresh
        && name != "default"
        && let Ok(kept) = read(&path, &path)
    {
        return Ok(kept);
    }
    let failed = |error: rcgen::Error| TlsError::new(&path, error);
    let key = KeyPair::generate().map_err(failed)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = named(if name == "default" { "AiKore" } else { name });
    params.subject_alt_names = names.to_vec();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    // A clock that is a day behind must not make it invalid.
    let now = SystemTime::now();
    params.not_before = (now - Duration::from_secs(24 * 3600)).into();
    params.not_after = (now + Duration::from_secs(LEAF_DAYS * 24 * 3600)).into();
    let certificate = params.signed_by(&key, issuer).map_err(failed)?;
    write(&path, &format!("{}{}", certificate.pem(), key.serialize_pem()), 0o600)?;
    read(&path, &path)
}

fn named(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    name
}

/// What browsers that use an address send no name for.
fn default_names() -> Vec<SanType> {
    let mut addresses: Vec<IpAddr> = vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])];
    for interface in nix::ifaddrs::getifaddrs().into_iter().flatten() {
        let Some(address) = interface.address else { continue };
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::from(v4.ip()));
        addresses.extend(v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::from(v6.ip()))));
    }
    addresses.sort();
    addresses.dedup();
    let localhost = "localhost".try_into().map(SanType::DnsName);
    localhost.into_iter().chain(addresses.into_iter().map(SanType::IpAddress)).collect()
}

fn write(path: &Path, content: &str, mode: u32) -> Result<(), TlsError> {
    folder::replace(path, content.as_bytes(), mode).map_err(|error| TlsError::new(path, error.source))
}
