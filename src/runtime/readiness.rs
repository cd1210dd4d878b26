//! Whether an app answers: asked politely, and proved to be the instance's own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use regex::Regex;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{log, proc};
use crate::blueprints::Ready;
use crate::domain::Port;

/// Between two looks at a port that refuses: a refused connection on loopback costs some microseconds.
pub const POLL: Duration = Duration::from_millis(20);

/// Between two questions to an app that accepts but is not ready: each costs it work and perhaps a log line.
pub const POLITE: Duration = Duration::from_millis(500);

/// How long an app may think about its answer.
const ANSWER: Duration = Duration::from_secs(10);

/// What one look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// It is ready; where it listens, if it has a port at all.
    Ready(Option<SocketAddr>),
    /// Nothing answers at its port.
    Silent,
    /// Something answers, and it is not ready yet: a sentence.
    NotYet(String),
    /// Another program has the port: a sentence.
    Foreign(String),
}

/// Looks once. `tree` is the shim's pid: the root of the instance's processes.
pub async fn look(ready: &Ready, port: Port, tree: u32, log: &Path) -> Look {
    match ready {
        Ready::Process => Look::Ready(None),
        Ready::Tcp => match connect(port).await {
            Some((_, address)) => owned(address, tree).await,
            None => Look::Silent,
        },
        Ready::Http(path) => match connect(port).await {
            Some((stream, address)) => match ask(stream, address, path).await {
                Ok(status) if status < 500 => owned(address, tree).await,
                Ok(status) => Look::NotYet(format!("It answers {status}.")),
                Err(why) => Look::NotYet(why),
            },
            None => Look::Silent,
        },
        Ready::Log(pattern) => match Regex::new(pattern) {
            // The log may come before the port is open: then there is nothing to forward to yet.
            Ok(pattern) if log_matches(log, &pattern) => match connect(port).await {
                Some((_, address)) => owned(address, tree).await,
                None => Look::Silent,
            },
            Ok(_) => Look::NotYet("Its log has not said so yet.".to_owned()),
            Err(error) => Look::NotYet(format!("Its blueprint's ready pattern is wrong: {error}.")),
        },
    }
}

/// Tries both loopback addresses: apps listen on one, the other, or both.
async fn connect(port: Port) -> Option<(TcpStream, SocketAddr)> {
    for ip in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        let address = SocketAddr::new(ip, port.get());
        if let Ok(Ok(stream)) = timeout(Duration::from_secs(2), TcpStream::connect(address)).await {
            return Some((stream, address));
        }
    }
    None
}

/// One GET on a connection of its own; redirects are an answer.
async fn ask(stream: TcpStream, address: SocketAddr, path: &str) -> Result<u16, String> {
    let exchange = async {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let request = http::Request::get(path)
            .header(http::header::HOST, address.to_string())
            .header(http::header::USER_AGENT, "aikore-readiness")
            .header(http::header::CONNECTION, "close")
            .body(Empty::<Bytes>::new());
        let Ok(request) = request else { return Ok(None) };
        let answer = sender.send_request(request);
        tokio::pin!(answer, connection);
        tokio::select! {
            biased;
            answer = &mut answer => answer.map(|response| Some(response.status().as_u16())),
            _ = &mut connection => answer.await.map(|response| Some(response.status().as_u16())),
        }
    };
    match timeout(ANSWER, exchange).await {
        Ok(Ok(Some(status))) => Ok(status),
        Ok(Ok(None)) => Err(format!("Its blueprint's ready path {path:?} is no URL path.")),
        Ok(Err(error)) => Err(format!("Its port answers no HTTP ({error}).")),
        Err(_) => Err("It accepts connections and does not answer.".to_owned()),
    }
}

/// The listener must belong to the instance's own tree: a stranger on the port would receive its users' cookies.
async fn owned(address: SocketAddr, tree: u32) -> Look {
    let Some(port) = Port::new(address.port()) else { return Look::Silent };
    let ours = tokio::task::spawn_blocking(move || {
        let ours = !proc::listening_addresses(&proc::descendants(tree), port).is_empty();
        // Asked second, so that a listener that closed meanwhile is not taken for a stranger's.
        ours || !proc::somebody_listens(port)
    });
    match ours.await {
        Ok(true) => Look::Ready(Some(address)),
        _ => Look::Foreign(format!("Port {port} is answered by another program.")),
    }
}

fn log_matches(path: &Path, pattern: &Regex) -> bool {
    let mut offset = 0;
    while let Ok(chunk) = log::read(path, offset) {
        if chunk.content.is_empty() || chunk.next <= offset {
            return false;
        }
        if crate::domain::text::strip_ansi(&chunk.content).lines().any(|line| pattern.is_match(line)) {
            return true;
        }
        offset = chunk.next;
    }
    false
}
