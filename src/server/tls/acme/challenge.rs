//! Proof of a name by TLS-ALPN-01 (RFC 8737): the authority connects to public port 443, offers nothing but
//! `acme-tls/1`, and wants a certificate that carries the answer to its question.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls;
use tokio_rustls::rustls::crypto::ring::sign::any_supported_type;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

pub(super) const PROTOCOL: &[u8] = b"acme-tls/1";

/// A SHA-256 digest.
const DIGEST: usize = 32;

/// Answers to the questions of the order under way, by name.
#[derive(Debug, Default)]
pub(super) struct Challenges(Mutex<HashMap<String, Arc<CertifiedKey>>>);

impl Challenges {
    /// Answers for a name from now on.
    pub(super) fn answer(&self, name: &str, digest: &[u8]) -> Result<(), String> {
        let pair = certificate(name, digest)?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_ascii_lowercase(), Arc::new(pair));
        Ok(())
    }

    /// Nothing is asked any more.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl ResolvesServerCert for Challenges {
    /// Without a question for that name there is no answer, and the handshake fails, as RFC 8737 §3 wants.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name()?.to_ascii_lowercase();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned()
    }
}

/// Whether a handshake is an authority's question.
pub(super) fn is_asked(hello: &ClientHello<'_>) -> bool {
    hello.alpn().is_some_and(|mut offered| offered.next() == Some(PROTOCOL) && offered.next().is_none())
}

fn certificate(name: &str, digest: &[u8]) -> Result<CertifiedKey, String> {
    if digest.len() != DIGEST {
        return Err(format!("a digest of {} bytes", digest.len()));
    }
    let made = || {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        Ok::<_, rcgen::Error>((params.self_signed(&key)?, key))
    };
    let (certificate, key) = made().map_err(|error| error.to_string())?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let signer = any_supported_type(&key.into()).map_err(|error: rustls::Error| error.to_string())?;
    Ok(CertifiedKey::new(vec![certificate.der().clone()], signer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_carries_the_digest_as_a_critical_extension() {
        let pair = certificate("a.example", &[0xab; 32]).unwrap();
        let der = pair.cert[0].as_ref();
        // OID 1.3.6.1.5.5.7.1.31, critical, an octet string in an octet string.
        let mut wanted = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x01\x1f\x01\x01\xff\x04\x22\x04\x20".to_vec();
        wanted.extend([0xab; 32]);
        assert!(der.windows(wanted.len()).any(|window| window == wanted));
        assert!(certificate("a.example", &[0; 20]).is_err());
    }
}
