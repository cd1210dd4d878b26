//! The way to a server: its address, TLS, and why there is none.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;

use reqwest::{Client, ClientBuilder, Url};
use tokio_rustls::rustls::ClientConfig;

use super::Failed;
use crate::net::trust;

/// An address as people type it. A path belongs to it: an outer proxy may serve everything under a prefix.
pub(super) fn parse(text: &str) -> Result<Url, Failed> {
    let wrong = || Failed::bad_settings(format!("AIKORE_URL: {text:?} is no address such as https://ai.example.com"));
    let url = Url::parse(text).map_err(|_| wrong())?;
    let plain = matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none();
    if !plain || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(wrong());
    }
    Ok(url)
}

/// What a client for this address is made of.
pub(super) fn builder(base: &Url) -> Result<ClientBuilder, Failed> {
    // Without TLS a machine that trusts nobody can ask too.
    let tls = if base.scheme() == "https" { trust::client() } else { trust::nobody() };
    Ok(Client::builder().tls_backend_preconfigured(tls.map_err(Failed::failure)?))
}

/// TLS as this machine trusts it.
pub(super) fn trusted() -> Result<Arc<ClientConfig>, Failed> {
    trust::client().map(Arc::new).map_err(Failed::failure)
}

/// No server on this machine.
pub(super) fn nobody(folder: &Path, error: &(dyn Error + 'static)) -> Failed {
    let folder = folder.display();
    let denied = error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::PermissionDenied);
    if denied {
        return Failed::no_server(format!(
            "the server's socket in {folder} is for its own user only: run this as that user, or name the server with --url \
             and give a token"
        ));
    }
    Failed::no_server(format!(
        "no server answers for {folder}: {error}. Start it with `aikore serve`, or name one with --config-dir or --url"
    ))
}

/// No server at an address.
pub(super) fn unreached(base: &Url, error: &reqwest::Error) -> Failed {
    let why = cause(error);
    let hint = if why.to_string().contains("certificate") {
        ". If it is the server's own authority, set SSL_CERT_FILE to its tls/ca.pem"
    } else {
        ""
    };
    let what = if error.is_timeout() { "does not answer in time" } else { "can't be reached" };
    Failed::no_server(format!("{base} {what}: {why}{hint}"))
}

/// What an error comes down to.
pub(super) fn cause<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, url) in [
            ("http://localhost:9000", "http://localhost:9000/"),
            ("https://ai.example.com/ai/", "https://ai.example.com/ai/"),
            ("http://[::1]:9000/x", "http://[::1]:9000/x"),
        ] {
            assert_eq!(parse(text).unwrap().as_str(), url);
        }
        for wrong in ["", "localhost:9000", "ftp://x", "http://", "http://x/?a=b", "http://x/#y", "http://a:b@x/"] {
            let failed = parse(wrong).unwrap_err();
            assert!(failed.code == 2 && failed.why.contains("AIKORE_URL"), "{wrong}: {failed:?}");
        }
    }
}
