//! Whom this machine trusts when it asks others over TLS.

use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Why there is no asking over TLS.
pub type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// Trusts what the system trusts, or what `SSL_CERT_FILE` names. Reads files: it blocks.
///
/// # Errors
/// The machine trusts nobody at all.
pub fn client() -> Result<ClientConfig, Trouble> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map_or_else(String::new, |error| format!(" ({error})"));
        return Err(
            format!("this machine trusts no authority{why}: install ca-certificates or set SSL_CERT_FILE").into()
        );
    }
    Ok(with(roots)?)
}

/// Trusts nobody: for what is asked without TLS on a machine that has no authorities.
///
/// # Errors
/// The cryptography has no version of TLS that is safe, which it has.
pub fn nobody() -> Result<ClientConfig, Trouble> {
    Ok(with(RootCertStore::empty())?)
}

fn with(roots: RootCertStore) -> Result<ClientConfig, tokio_rustls::rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    Ok(builder.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth())
}
