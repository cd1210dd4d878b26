//! Certificates that somebody else renews: taken up when the files change, without dropping a connection.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::crypto::ring::sign::any_supported_type;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::TlsError;

#[derive(Debug)]
pub(super) struct Files {
    chain: PathBuf,
    key: PathBuf,
    present: ArcSwap<CertifiedKey>,
    seen: Mutex<Seen>,
}

/// When the files were changed, as of the last look.
type Seen = (Option<SystemTime>, Option<SystemTime>);

impl Files {
    pub(super) fn load(chain: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let seen = Mutex::new((changed(&chain), changed(&key)));
        let present = ArcSwap::from_pointee(read(&chain, &key)?);
        Ok(Self { chain, key, present, seen })
    }

    /// Takes the files up if they changed. A pair that does not fit (one file is new, the other not yet) leaves the old
    /// one in use and is tried again at the next change.
    pub(super) fn look(&self) {
        let now = (changed(&self.chain), changed(&self.key));
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == now {
            return;
        }
        *seen = now;
        match read(&self.chain, &self.key) {
            Ok(pair) => {
                self.present.store(Arc::new(pair));
                tracing::info!(chain = %self.chain.display(), "took up a changed certificate");
            }
            Err(error) => tracing::warn!(%error, "a changed certificate can't be used; the old one stays"),
        }
    }
}

impl ResolvesServerCert for Files {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.present.load_full())
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

/// Reads a chain and its key, and proves that they belong together.
pub(super) fn read(chain: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| TlsError::new(chain, error))?;
    if certificates.is_empty() {
        return Err(TlsError::new(chain, "it holds no certificate"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| TlsError::new(key, error))?;
    let signer = any_supported_type(&private).map_err(|error| TlsError::new(key, error))?;
    let pair = CertifiedKey::new(certificates, signer);
    pair.keys_match()
        .map_err(|error| TlsError::new(key, format!("it does not belong to {}: {error}", chain.display())))?;
    Ok(pair)
}
