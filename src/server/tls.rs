//! TLS on every listener (rustls): where certificates come from, and how a handshake begins.

mod files;
mod local_ca;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::ResolvesServerCert;
use tokio_util::sync::CancellationToken;

use crate::tasks::Tasks;

/// How often certificate files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Where certificates come from.
#[derive(Debug, Clone)]
pub enum Certificates {
    /// An authority of our own in this folder; a leaf per name.
    Local {
        /// `<config>/tls`.
        folder: PathBuf,
    },
    /// Files that somebody else renews.
    Files {
        /// The chain, leaf first (PEM).
        chain: PathBuf,
        /// Its private key (PEM).
        key: PathBuf,
    },
}

/// Certificates that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}", path = path.display())]
pub struct TlsError {
    path: PathBuf,
    why: String,
}

impl TlsError {
    fn new(path: &Path, why: impl std::fmt::Display) -> Self {
        Self { path: path.to_owned(), why: why.to_string() }
    }
}

/// Ready certificates.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    files: Option<Arc<files::Files>>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Loads or makes the certificates.
    ///
    /// # Errors
    /// A file can't be read or written, or holds no usable certificate.
    pub fn load(certificates: &Certificates) -> Result<Self, TlsError> {
        match certificates {
            Certificates::Files { chain, key } => {
                let files = Arc::new(files::Files::load(chain.clone(), key.clone())?);
                Ok(Self { acceptor: acceptor(files.clone(), chain)?, files: Some(files) })
            }
            Certificates::Local { folder } => {
                let local = Arc::new(local_ca::LocalCa::open(folder)?);
                Ok(Self { acceptor: acceptor(local, folder)?, files: None })
            }
        }
    }

    pub(super) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// Takes changed files up, until the server goes. Connections that stand keep what they began with.
    pub(super) fn watch(&self, tasks: &Tasks, closing: CancellationToken) {
        let Some(files) = self.files.clone() else { return };
        tasks.spawn("certificate files", async move {
            while tokio::time::timeout(LOOK, closing.cancelled()).await.is_err() {
                let files = Arc::clone(&files);
                // A panic there is rustls'; the next look tries again.
                let _ = tokio::task::spawn_blocking(move || files.look()).await;
            }
        });
    }
}

fn acceptor(resolver: Arc<dyn ResolvesServerCert>, path: &Path) -> Result<TlsAcceptor, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::new(path, error))?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
