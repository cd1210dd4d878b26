//! AiKore: the real binary on a folder of its own.

mod api;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::{Entrance, PATIENCE, Proxy, Setup, free_ports};
use crate::failure::{Context, Result};
use crate::http1::Reader;
use crate::processes::Process;
use crate::wire::{Dial, Wire};

/// The script whose instances are the app behind every proxy.
const APP: &str = "bench-app.sh";

/// A server of AiKore.
pub(crate) struct AiKore {
    process: Process,
    command: Command,
    scripts: PathBuf,
    address: SocketAddr,
    api: Dial,
    kept: Option<Reader<Wire>>,
    /// The first port of its pool.
    pub(crate) first_port: u16,
}

impl AiKore {
    /// Its name in the tables.
    pub(crate) const NAME: &str = "aikore";

    /// Starts a server without instances, with so many public ports to give.
    pub(crate) async fn start(setup: &Setup, tls: bool, ports: u16) -> Result<Self> {
        let folder = setup.folder_for("aikore")?;
        let config = folder.join("config");
        let scripts = config.join("custom_blueprints");
        let app = format!("upstream \"127.0.0.1:$WEBUI_PORT\" --threads {}", setup.cpus.threads());
        write_script(setup, &scripts.join(APP), &app)?;
        let first_port = free_ports(ports)?;
        let mut command = setup.on_proxy_cpus(&setup.aikore);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AIKORE_")) {
            command.env_remove(name);
        }
        command
            .arg("serve")
            .env("AIKORE_CONFIG_DIR", &config)
            .env("AIKORE_LISTEN", "127.0.0.1:0")
            .env("AIKORE_AUTH", "none")
            .env("AIKORE_INSTANCE_PORT_RANGE", format!("{first_port}-{}", first_port + (ports - 1)))
            .env("AIKORE_TLS", if tls { "self-signed" } else { "off" })
            .env("AIKORE_STOP_GRACE", "3s")
            .current_dir(&folder);
        let mut process = Process::start("aikore", &mut command, &folder.join("log"))?;
        let listen = config.join("run/listen");
        let address =
            process.until(PATIENCE, || std::fs::read_to_string(&listen).ok()?.lines().next()?.parse().ok()).await?;
        let api = if tls { Dial::tls(address, "http/1.1")? } else { Dial::plain(address) };
        Ok(Self { process, command, scripts, address, api, kept: None, first_port })
    }

    /// A script whose instances run this program with other arguments.
    pub(crate) fn add_script(&self, setup: &Setup, file: &str, arguments: &str) -> Result<()> {
        write_script(setup, &self.scripts.join(file), arguments)
    }

    /// Crashes the server and starts it again at the same address; returns when that began. Its instances go on.
    pub(crate) fn crash_and_start(&mut self) -> Result<Instant> {
        self.kept = None;
        self.command.env("AIKORE_LISTEN", self.address.to_string());
        self.process.crash_and_start(&mut self.command)
    }

    /// The way in. The supervisors of instances are processes of their own and not part of it: they sleep.
    pub(crate) fn entrance(&self) -> Entrance {
        Entrance { address: self.address, root: self.process.pid(), with_children: false }
    }
}

/// A script that becomes this program, on the processors of the apps behind the others: it is the whole process tree of
/// an instance.
fn write_script(setup: &Setup, file: &Path, arguments: &str) -> Result<()> {
    let pinned = setup.cpus.rest.as_ref().map_or_else(String::new, |list| format!("taskset -c {list} "));
    let script = format!(
        "#!/bin/bash\n### AIKORE-METADATA-START ###\n# aikore.name = Bench\n### AIKORE-METADATA-END ###\n\
         exec {pinned}{} {arguments}\n",
        quoted(&setup.bench.to_string_lossy())
    );
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).context(folder.display())?;
    }
    std::fs::write(file, script).context(file.display())
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A server with the measured app, and a second one that speaks TLS.
pub(super) async fn proxy(setup: &Setup, tls: bool) -> Result<Proxy> {
    let mut plain = AiKore::start(setup, false, 8).await?;
    let mut port = plain.first_port;
    plain.with_app("bench", &mut port).await?;
    let entrance = plain.entrance();
    let mut processes = vec![plain.process];
    let mut over_tls = None;
    if tls {
        let mut server = AiKore::start(setup, true, 8).await?;
        let mut port = server.first_port;
        server.with_app("bench", &mut port).await?;
        over_tls = Some(server.entrance());
        processes.push(server.process);
    }
    Ok(Proxy { name: AiKore::NAME, plain: entrance, tls: over_tls, _processes: processes })
}
