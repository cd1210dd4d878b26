//! How the authority is asked: HTTP/1.1 over TLS, a connection per question. An order is a dozen questions in two months.
//!
//! Not the client `instant-acme` brings: that one has no time limit, and keeps `Retry-After` to itself.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, RETRY_AFTER};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use rustls_pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::net::trust::{self, Trouble};

/// What one question may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one address may take to answer at all.
const CONNECT: Duration = Duration::from_secs(8);

/// No answer of an authority is that long.
const MAX_ANSWER: usize = 1024 * 1024;

#[derive(Clone)]
pub(super) struct Https {
    connector: TlsConnector,
    asked_to_wait: Arc<Mutex<Option<Duration>>>,
}

impl Https {
    /// Trusts what the system trusts, or what `SSL_CERT_FILE` names. Reads files: it blocks.
    pub(super) fn new() -> Result<Self, Trouble> {
        let mut config = trust::client()?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), asked_to_wait: Arc::default() })
    }

    /// How long the authority asked to be left alone since the last call.
    pub(super) fn asked_to_wait(&self) -> Option<Duration> {
        self.asked_to_wait.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn ask(&self, request: Request<BodyWrapper<Bytes>>) -> Result<Response<Full<Bytes>>, Trouble> {
        let (request, host, port) = prepared(request)?;
        let name = ServerName::try_from(host.clone())?;
        let reached = |error: io::Error| format!("{host}:{port} can't be reached: {error}");
        let stream = connect(&host, port).await.map_err(reached)?;
        let stream = self.connector.connect(name, stream).await.map_err(reached)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let exchange = async move {
            let (head, body) = sender.send_request(request).await?.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await?.to_bytes();
            Ok::<_, Trouble>(Response::from_parts(head, Full::new(body)))
        };
        // The connection ends when the exchange has let go of it; what it ends with is known to the exchange.
        let (answer, _) = tokio::join!(exchange, connection);
        let answer = answer?;
        if let Some(wait) = wait_of(answer.status(), answer.headers()) {
            *self.asked_to_wait.lock().unwrap_or_else(PoisonError::into_inner) = Some(wait);
        }
        Ok(answer)
    }
}

impl HttpClient for Https {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let this = self.clone();
        Box::pin(async move {
            match timeout(PATIENCE, this.ask(request)).await {
                Ok(answer) => answer.map(BytesResponse::from).map_err(Error::Other),
                Err(_) => Err(Error::Other("the authority did not answer in time".into())),
            }
        })
    }
}

/// Tries every address: one that swallows what is sent to it (an IPv6 that leads nowhere) must not use up all the time.
async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    for address in lookup_host((host, port)).await? {
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failed = error,
            Err(_) => failed = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(failed)
}

/// The request as it goes over a connection of its own, and whereto.
fn prepared<B>(mut request: Request<B>) -> Result<(Request<B>, String, u16), Trouble> {
    let uri = request.uri().clone();
    // The authority names addresses too: they must be no weaker than the directory's.
    if uri.scheme_str() != Some("https") {
        return Err(format!("{uri} is no https address").into());
    }
    let authority = uri.authority().ok_or_else(|| format!("{uri} names no host"))?;
    let host_field = authority.as_str().rsplit_once('@').map_or(authority.as_str(), |(_, host)| host);
    request.headers_mut().insert(HOST, HeaderValue::from_str(host_field)?);
    *request.uri_mut() = Uri::from(uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/")));
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    Ok((request, host, authority.port_u16().unwrap_or(443)))
}

/// `Retry-After` of a refusal, in seconds; authorities send no dates there.
fn wait_of(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    if status != StatusCode::TOO_MANY_REQUESTS && status != StatusCode::SERVICE_UNAVAILABLE {
        return None;
    }
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_name_their_host_and_are_never_plain() {
        for (url, host, port, field, path) in [
            ("https://ca.example/dir?x", "ca.example", 443, "ca.example", "/dir?x"),
            ("https://ca.example:14000", "ca.example", 14000, "ca.example:14000", "/"),
            ("https://[::1]:14000/a", "::1", 14000, "[::1]:14000", "/a"),
        ] {
            let (request, to, at) = prepared(Request::builder().uri(url).body(()).unwrap()).unwrap();
            assert_eq!((to.as_str(), at), (host, port));
            assert_eq!((request.uri().to_string().as_str(), request.headers()[HOST].to_str().unwrap()), (path, field));
        }
        for url in ["http://ca.example/", "/dir"] {
            assert!(prepared(Request::builder().uri(url).body(()).unwrap()).is_err(), "{url}");
        }
    }

    #[test]
    fn only_a_refusal_asks_to_wait() {
        let with = |value: &'static str| HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
        assert_eq!(wait_of(StatusCode::TOO_MANY_REQUESTS, &with("120")), Some(Duration::from_secs(120)));
        assert_eq!(wait_of(StatusCode::SERVICE_UNAVAILABLE, &with(" 5 ")), Some(Duration::from_secs(5)));
        assert_eq!(wait_of(StatusCode::OK, &with("120")), None);
        assert_eq!(wait_of(StatusCode::TOO_MANY_REQUESTS, &with("soon")), None);
        assert_eq!(wait_of(StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new()), None);
    }
}
