//! Whether an app answers: asked politely, and proved to be the instance's own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use regex::Regex;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::desktop::told;
use super::log_pattern::LogPattern;
use super::proc::{self, Held, Listener};
use crate::blueprints::Ready;
use crate::domain::{Desktop, Port, RunId, Screen};

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
    Ready(Option<Place>),
    /// Nothing answers at its port.
    Silent,
    /// Something answers, and it is not ready yet: a sentence.
    NotYet(String),
    /// Another program has the port: a sentence.
    Foreign(String),
}

/// Where an app was found listening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Where to forward to.
    pub address: SocketAddr,
    /// Who of the tree holds the listener; unknown where the machine lets nobody see that.
    held: Option<Held>,
}

impl Place {
    /// Whether the app still listens there.
    pub fn stands(&self) -> bool {
        self.held.as_ref().is_none_or(Held::stands)
    }

    /// The process that listens.
    pub fn holder(&self) -> Option<u32> {
        self.held.map(|held| held.pid)
    }
}

/// How the readiness of one run is asked for.
#[derive(Debug)]
pub struct Readiness {
    kind: Kind,
    port: Port,
    /// The shim's pid: the root of the instance's processes.
    tree: u32,
    desktop: Sought,
}

/// The desktop of a run in persistent mode: it is part of being ready.
#[derive(Debug)]
enum Sought {
    /// The run has none.
    None,
    /// It will be told of in this folder, under the name of the run.
    In(PathBuf, RunId),
    Found(Desktop),
}

#[derive(Debug)]
enum Kind {
    Process,
    Tcp,
    Http(String),
    Log(Option<LogPattern>),
    Impossible(String),
}

impl Readiness {
    /// As the blueprint wants it.
    pub fn new(ready: Ready, port: Port, tree: u32, log: &Path) -> Self {
        let kind = match ready {
            Ready::Process => Kind::Process,
            Ready::Tcp => Kind::Tcp,
            Ready::Http(path) => Kind::Http(path),
            Ready::Log(pattern) => match Regex::new(&pattern) {
                Ok(pattern) => Kind::Log(Some(LogPattern::new(pattern, log.to_owned()))),
                Err(error) => Kind::Impossible(format!("Its blueprint's ready pattern is wrong: {error}.")),
            },
        };
        Self { kind, port, tree, desktop: Sought::None }
    }

    /// The same for a run that lives in a desktop, of which it is told in this folder.
    #[must_use]
    pub fn with_desktop(self, folder: PathBuf, run: RunId) -> Self {
        Self { desktop: Sought::In(folder, run), ..self }
    }

    /// Its desktop, once a look has found it.
    pub fn desktop(&self) -> Option<&Desktop> {
        match &self.desktop {
            Sought::Found(desktop) => Some(desktop),
            Sought::None | Sought::In(..) => None,
        }
    }

    /// From now on only the port counts: an app that has been ready is asked nothing more.
    pub fn only_the_port(&mut self) {
        self.kind = Kind::Tcp;
    }

    /// Looks once.
    pub async fn look(&mut self) -> Look {
        if let Sought::In(folder, run) = &self.desktop {
            let Some(desktop) = told::find(folder, run) else { return Look::Silent };
            if let Screen::Web(port) = desktop.screen {
                // Its web server answers whoever asks: it has to be the desktop's own.
                let address = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port.get());
                match prove(address, port, desktop.tree.unwrap_or(self.tree)).await {
                    Look::Ready(_) => {}
                    other => return other,
                }
            }
            self.desktop = Sought::Found(desktop);
        }
        let path = match &mut self.kind {
            Kind::Process => return Look::Ready(None),
            Kind::Impossible(why) => return Look::NotYet(why.clone()),
            // The log may come before the port is open: then there is nothing to forward to yet.
            Kind::Log(pattern) => {
                if !has_said(pattern).await {
                    return Look::NotYet("Its log has not said so yet.".to_owned());
                }
                None
            }
            Kind::Tcp => None,
            Kind::Http(path) => Some(path.as_str()),
        };
        let mut found = Look::Silent;
        // Apps listen on one loopback address, the other, or both; and on one of them may sit somebody else.
        for ip in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
            let address = SocketAddr::new(ip, self.port.get());
            let Ok(Ok(stream)) = timeout(Duration::from_secs(2), TcpStream::connect(address)).await else { continue };
            if let Some(path) = path {
                match ask(stream, address, path).await {
                    Ok(status) if status < 500 => {}
                    Ok(status) => return Look::NotYet(format!("It answers {status}.")),
                    Err(why) => return Look::NotYet(why),
                }
            }
            match prove(address, self.port, self.tree).await {
                ready @ Look::Ready(_) => return ready,
                other => found = other,
            }
        }
        found
    }
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
async fn prove(address: SocketAddr, port: Port, tree: u32) -> Look {
    let looked = tokio::task::spawn_blocking(move || {
        let all = proc::listeners();
        let at_port: Vec<Listener> = all.iter().filter(|listener| listener.port == port).copied().collect();
        let answering = answering(address.ip(), &at_port);
        let held = proc::held(&proc::descendants(tree), &answering);
        (all.is_empty(), answering.is_empty(), held)
    });
    let Ok((is_blind, is_gone, held)) = looked.await else { return Look::Silent };
    match held.first() {
        Some(held) => Look::Ready(Some(Place { address, held: Some(*held) })),
        // Our own listeners at least are there: a sandbox that hides them proves nothing, and keeps nobody from working.
        None if is_blind => Look::Ready(Some(Place { address, held: None })),
        // It answered and is gone already.
        None if is_gone => Look::Silent,
        None => Look::Foreign(format!("Port {port} is answered by another program.")),
    }
}

/// The ports other than its own that a run listens at.
pub async fn elsewhere(port: Port, tree: u32) -> Vec<Port> {
    let looked = tokio::task::spawn_blocking(move || proc::listening_ports(&proc::descendants(tree)));
    let mut ports = looked.await.unwrap_or_default();
    ports.retain(|other| *other != port);
    ports
}

/// The listeners that take a connection to this address: those bound to it exactly, or else to all addresses. One on
/// all addresses of IPv6 may take IPv4 too.
fn answering(to: IpAddr, at_port: &[Listener]) -> Vec<Listener> {
    let bound_to = |addresses: &[IpAddr]| -> Vec<Listener> {
        at_port.iter().filter(|listener| addresses.contains(&listener.address)).copied().collect()
    };
    let (any_v4, any_v6) = (IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    let steps = match to {
        IpAddr::V4(v4) => vec![vec![to, IpAddr::V6(v4.to_ipv6_mapped())], vec![any_v4], vec![any_v6]],
        IpAddr::V6(_) => vec![vec![to], vec![any_v6]],
    };
    steps.iter().map(|addresses| bound_to(addresses)).find(|found| !found.is_empty()).unwrap_or_default()
}

/// Whether the log has a line that matches, asked on a thread that may wait for the disk.
async fn has_said(pattern: &mut Option<LogPattern>) -> bool {
    let Some(mut asked) = pattern.take() else { return false };
    let read = tokio::task::spawn_blocking(move || {
        let said = asked.has_said();
        (asked, said)
    });
    match read.await {
        Ok((asked, said)) => {
            *pattern = Some(asked);
            said
        }
        // A panic was logged; without its pattern it is never ready.
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_answers_at_an_address() {
        let listener = |inode, address: &str| Listener {
            port: Port::new(20_000).unwrap(),
            address: address.parse().unwrap(),
            inode,
        };
        let inodes = |to: &str, at: &[Listener]| -> Vec<u64> {
            answering(to.parse().unwrap(), at).iter().map(|listener| listener.inode).collect()
        };
        let all = [listener(1, "127.0.0.1"), listener(2, "0.0.0.0"), listener(3, "::"), listener(4, "::1")];
        assert_eq!(inodes("127.0.0.1", &all), [1], "the exact address comes first");
        assert_eq!(inodes("127.0.0.1", &all[1..]), [2]);
        assert_eq!(inodes("127.0.0.1", &all[2..]), [3], "all of IPv6 may be all of IPv4");
        assert_eq!(inodes("127.0.0.1", &all[3..]), [0; 0]);
        assert_eq!(inodes("::1", &all), [4]);
        assert_eq!(inodes("::1", &all[..3]), [3]);
        assert_eq!(inodes("::1", &[listener(5, "192.0.2.1")]), [0; 0]);
        assert_eq!(inodes("127.0.0.1", &[listener(6, "::ffff:127.0.0.1")]), [6]);
    }
}
