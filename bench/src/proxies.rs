//! The proxies under test. Each does the same: it takes `/instance/bench/…`, cuts that prefix off and asks the app.

mod aikore;
mod haproxy;
mod nginx;

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::failure::{Context, Failure, Result};
use crate::machine::Cpus;
use crate::processes::{Process, children, family, kill_marked};
use crate::wire::Dial;

pub(crate) use aikore::AiKore;
pub(crate) use nginx::{Nginx, Style};

/// Where the measured app lives on every proxy.
pub(crate) const PREFIX: &str = "/instance/bench";

/// How long a proxy may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// The names of all of them, in the order in which they are shown.
pub(crate) const NAMES: [&str; 5] = [AiKore::NAME, "nginx", "nginx-big", "nginx-orig", "haproxy"];

/// Those that are shown for orientation only: no goal depends on them.
pub(crate) const CONTEXT: [&str; 2] = ["nginx-orig", "haproxy"];

/// What every proxy is started with.
pub(crate) struct Setup {
    /// A folder for everything; it goes with the run.
    pub(crate) folder: TempDir,
    /// The binary of AiKore.
    pub(crate) aikore: PathBuf,
    /// This program, to be run as an app.
    pub(crate) bench: PathBuf,
    /// Which processors are for whom.
    pub(crate) cpus: Cpus,
    /// How many files a process may have open.
    pub(crate) file_limit: u64,
    /// The app behind everything but AiKore, which starts its own.
    upstream: Option<(Process, SocketAddr)>,
    certificate: Option<PathBuf>,
}

impl Setup {
    /// Makes a folder, which is all that AiKore alone needs.
    pub(crate) fn new(aikore: PathBuf, cpus: Cpus, file_limit: u64) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("aikore-bench-").tempdir().context("a temporary folder")?;
        let bench = std::env::current_exe().context("this program's path")?;
        Ok(Self { folder, aikore, bench, cpus, file_limit, upstream: None, certificate: None })
    }

    /// Makes what the other proxies need: a certificate and an app.
    pub(crate) async fn prepare_others(&mut self) -> Result<()> {
        self.certificate = Some(self.make_certificate()?);
        self.upstream = Some(self.start_upstream().await?);
        Ok(())
    }

    /// Where the app is.
    pub(crate) fn upstream(&self) -> Result<SocketAddr> {
        self.upstream.as_ref().map(|(_, address)| *address).context("there is no upstream yet")
    }

    /// A chain with its key in one file, as HAProxy wants it; NGINX takes it for both.
    pub(crate) fn certificate(&self) -> Result<&Path> {
        self.certificate.as_deref().context("there is no certificate yet")
    }

    /// A fresh folder for one process.
    pub(crate) fn folder_for(&self, name: &str) -> Result<PathBuf> {
        for n in 1..10_000 {
            let folder = self.folder.path().join(format!("{name}-{n}"));
            match std::fs::create_dir(&folder) {
                Ok(()) => return Ok(folder),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).context(folder.display()),
            }
        }
        Err(Failure::new("no name for a folder"))
    }

    /// A command that runs where proxies run.
    pub(crate) fn on_proxy_cpus(&self, program: &Path) -> Command {
        match &self.cpus.proxy {
            Some(list) => {
                let mut command = Command::new("taskset");
                command.arg("-c").arg(list).arg(program);
                command
            }
            None => Command::new(program),
        }
    }

    /// Another process of the app.
    pub(crate) async fn start_upstream(&self) -> Result<(Process, SocketAddr)> {
        let mut command = Command::new(&self.bench);
        command.args(["upstream", "127.0.0.1:0", "--threads", &self.cpus.threads().to_string()]);
        let log = self.folder_for("upstream")?.join("log");
        let mut process = Process::start("the upstream", &mut command, &log)?;
        let address =
            process.until(PATIENCE, || std::fs::read_to_string(&log).ok()?.lines().next()?.parse().ok()).await?;
        Ok((process, address))
    }

    fn make_certificate(&self) -> Result<PathBuf> {
        let (key, chain) = (self.folder.path().join("key.pem"), self.folder.path().join("chain.pem"));
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "30",
            ])
            .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&chain)
            .output()
            .context("openssl")?;
        if !made.status.success() {
            return Err(Failure::new(format!("openssl: {}", String::from_utf8_lossy(&made.stderr))));
        }
        let both = self.folder.path().join("both.pem");
        let text = std::fs::read_to_string(&chain)? + &std::fs::read_to_string(&key)?;
        std::fs::write(&both, text).context(both.display())?;
        Ok(both)
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        self.upstream = None;
        kill_marked();
    }
}

/// One way into a proxy, and the processes that serve it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entrance {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    root: u32,
    /// NGINX serves with children of its own; AiKore's children are the apps.
    with_children: bool,
}

impl Entrance {
    /// The processes whose CPU time and memory are the proxy's.
    pub(crate) fn pids(&self) -> Vec<u32> {
        if self.with_children { family(self.root) } else { vec![self.root] }
    }

    /// AiKore's supervisors of apps, as long as the server that has started them lives.
    pub(crate) fn supervisors(&self) -> Vec<u32> {
        let is_one = |child: &u32| {
            let words = std::fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
            words.split(|byte| *byte == 0).nth(1) == Some(b"shim")
        };
        children(self.root).into_iter().filter(is_one).collect()
    }

    /// How many processes there are besides those of apps: AiKore's own ones, less what supervises an app and the app.
    pub(crate) fn serving_without_supervisors(&self) -> usize {
        let of_apps: usize = self.supervisors().into_iter().map(|supervisor| family(supervisor).len()).sum();
        family(self.root).len().saturating_sub(of_apps)
    }
}

/// How a scenario speaks to a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speech {
    /// HTTP/1.1 without TLS.
    Plain,
    /// HTTP/1.1 over TLS.
    Tls,
    /// HTTP/2 over TLS.
    Http2,
}

/// A proxy at work. Dropping it ends it.
pub(crate) struct Proxy {
    /// Its name in the tables.
    pub(crate) name: &'static str,
    /// Without TLS.
    pub(crate) plain: Entrance,
    tls: Option<Entrance>,
    /// Held for their drop.
    _processes: Vec<Process>,
}

impl Proxy {
    /// Starts one by its name; with TLS too, if that is wanted.
    pub(crate) async fn start(name: &'static str, setup: &Setup, tls: bool) -> Result<Self> {
        let proxy = match name {
            AiKore::NAME => aikore::proxy(setup, tls).await,
            "haproxy" => haproxy::start(setup).await,
            other => {
                let style = Style::of(other).context(format!("there is no proxy {other}"))?;
                Nginx::start(setup, style, "").await.map(Nginx::into_proxy)
            }
        }?;
        proxy.settle().await?;
        Ok(proxy)
    }

    /// Waits until it answers by the path way.
    async fn settle(&self) -> Result<()> {
        let dial = Dial::plain(self.plain.address);
        let fetch = crate::load::Fetch { length: 100, fresh: false, browser: false, bytes: false };
        let plan = crate::load::fetches(dial, PREFIX, "/small", fetch, 1);
        crate::load::Load::start(&plan, 1).await.map(drop).context(format!("{} does not answer", self.name))
    }

    /// The way in for this kind of speech.
    pub(crate) fn entrance(&self, speech: Speech) -> Result<Entrance> {
        match speech {
            Speech::Plain => Ok(self.plain),
            Speech::Tls | Speech::Http2 => self.tls.context(format!("{} was started without TLS", self.name)),
        }
    }

    /// How to connect for it.
    pub(crate) fn dial(&self, speech: Speech) -> Result<Dial> {
        let address = self.entrance(speech)?.address;
        match speech {
            Speech::Plain => Ok(Dial::plain(address)),
            Speech::Tls => Dial::tls(address, "http/1.1"),
            Speech::Http2 => Dial::tls(address, "h2"),
        }
    }
}

/// The first of `count` free ports in a row, below those that the kernel gives to outgoing connections. Among hundreds,
/// every hundredth may be taken.
pub(crate) fn free_ports(count: u16) -> Result<u16> {
    for _ in 0..500 {
        let first = fastrand::u16(10_000..32_000_u16.saturating_sub(count).max(10_001));
        let taken = |port: &u16| TcpListener::bind(("0.0.0.0", *port)).is_err();
        if (first..first.saturating_add(count)).filter(taken).count() <= usize::from(count / 100) {
            return Ok(first);
        }
    }
    Err(Failure::new(format!("no {count} free ports in a row")))
}

/// Waits until a port takes connections.
async fn until_it_listens(process: &mut Process, address: SocketAddr) -> Result<()> {
    process.until(PATIENCE, || std::net::TcpStream::connect(address).ok().map(drop)).await
}
