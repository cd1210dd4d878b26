//! TLS on every listener (rustls): where certificates come from, and how a handshake begins.

mod acme;
mod files;
mod local_ca;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::ResolvesServerCert;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::tasks::Tasks;

pub use acme::Wanted;

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
    /// Fetched and renewed by themselves.
    Acme {
        /// `<config>/tls`.
        folder: PathBuf,
        /// Whom to ask for what.
        wanted: Wanted,
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
    renewed: Renewed,
}

/// How certificates change while the server runs.
#[derive(Clone)]
enum Renewed {
    AsAsked,
    InFiles(Arc<files::Files>),
    ByAcme(Arc<acme::Acme>),
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
                Ok(Self { acceptor: acceptor(files.clone(), chain)?, renewed: Renewed::InFiles(files) })
            }
            Certificates::Local { folder } => {
                let local = Arc::new(local_ca::LocalCa::open(folder)?);
                Ok(Self { acceptor: acceptor(local, folder)?, renewed: Renewed::AsAsked })
            }
            Certificates::Acme { folder, wanted } => {
                let acme = Arc::new(acme::Acme::open(folder, wanted)?);
                Ok(Self { acceptor: acceptor(acme.clone(), folder)?, renewed: Renewed::ByAcme(acme) })
            }
        }
    }

    /// Begins a connection; none if the handshake was all it was for.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<Option<TlsStream<TcpStream>>> {
        match &self.renewed {
            // Boxed: what only ACME needs makes no other connection bigger.
            Renewed::ByAcme(acme) => Box::pin(acme.accept(stream, &self.acceptor)).await,
            Renewed::AsAsked | Renewed::InFiles(_) => self.acceptor.accept(stream).await.map(Some),
        }
    }

    /// Takes changed and renewed certificates up, until the server goes. Connections that stand keep what they began
    /// with.
    pub(super) fn watch(&self, tasks: &Tasks, closing: CancellationToken) {
        match self.renewed.clone() {
            Renewed::AsAsked => {}
            Renewed::InFiles(files) => tasks.spawn("certificate files", async move {
                while tokio::time::timeout(LOOK, closing.cancelled()).await.is_err() {
                    let files = Arc::clone(&files);
                    // A panic there is rustls'; the next look tries again.
                    let _ = tokio::task::spawn_blocking(move || files.look()).await;
                }
            }),
            Renewed::ByAcme(acme) => tasks.spawn("certificates by ACME", async move {
                closing.run_until_cancelled(acme.keep()).await;
            }),
        }
    }
}

fn acceptor(resolver: Arc<dyn ResolvesServerCert>, path: &Path) -> Result<TlsAcceptor, TlsError> {
    let mut config = server_config(resolver, path)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn server_config(resolver: Arc<dyn ResolvesServerCert>, path: &Path) -> Result<ServerConfig, TlsError> {
    Ok(ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::new(path, error))?
        .with_no_client_auth()
        .with_cert_resolver(resolver))
}
