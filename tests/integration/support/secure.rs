//! A connection under TLS, by the server's own authority.

use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{Server, Wire};

/// Speaks TLS on this connection and offers these protocols.
pub(crate) async fn secure(server: &Server, stream: TcpStream, protocols: &[&str]) -> Wire<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(server.config().join("tls/ca.pem")).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    Wire::over(tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap())
}
