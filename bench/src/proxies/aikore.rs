//! AiKore: the real binary on a folder of its own, and its API.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use super::{Entrance, PATIENCE, Proxy, Setup, free_ports};
use crate::failure::{Context, Failure, Result};
use crate::http1::{AnswerHead, Reader};
use crate::processes::Process;
use crate::wire::{Dial, Wire};

const BLUEPRINT: &str = "bench-app.sh";

/// A server of AiKore.
pub(crate) struct AiKore {
    process: Process,
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
        write_blueprint(setup, &config.join("custom_blueprints"))?;
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
        Ok(Self { process, address, api, kept: None, first_port })
    }

    /// The way in. The supervisors of instances are processes of their own and not part of it: they sleep.
    pub(crate) fn entrance(&self) -> Entrance {
        Entrance { address: self.address, root: self.process.pid(), with_children: false }
    }

    /// Creates a stopped instance and returns its id. `port` is the first that may be free, and becomes the next one.
    pub(crate) async fn create(&mut self, name: &str, port: &mut u16) -> Result<i64> {
        loop {
            let body = json!({ "name": name, "base_blueprint": BLUEPRINT, "port": *port });
            let (status, instance) = self.ask("POST", "/api/instances/", Some(&body)).await?;
            *port += 1;
            match status {
                201 => return instance.get("id").and_then(Value::as_i64).context("an instance without an id"),
                // Another program of the machine has it by now.
                409 if instance.get("field").and_then(Value::as_str) == Some("port") => {}
                _ => return Err(Failure::new(format!("an instance was not created: status {status}: {instance}"))),
            }
        }
    }

    /// Starts an instance and waits until it has started.
    pub(crate) async fn start_instance(&mut self, id: i64) -> Result<()> {
        self.call("POST", &format!("/api/instances/{id}/start"), None).await?;
        let until = Instant::now() + PATIENCE;
        loop {
            let instance = self.call("GET", &format!("/api/instances/{id}"), None).await?;
            match instance.get("status").and_then(Value::as_str) {
                Some("started") => return Ok(()),
                Some("error") => return Err(Failure::new(format!("an instance failed: {instance}"))),
                status if Instant::now() > until => {
                    return Err(Failure::new(format!("an instance does not start: {status:?}")));
                }
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Moves an instance to another public port, which a running one must survive.
    pub(crate) async fn move_to(&mut self, id: i64, port: u16) -> Result<()> {
        let body = json!({ "port": port });
        let answer = self.call("PUT", &format!("/api/instances/{id}"), Some(&body)).await?;
        match answer.get("applied").and_then(Value::as_str) {
            Some("hot") => Ok(()),
            other => Err(Failure::new(format!("a change of port was applied {other:?}, not hot"))),
        }
    }

    async fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        match self.ask(method, path, body).await? {
            (200, answer) => Ok(answer),
            (status, answer) => Err(Failure::new(format!("{method} {path}: status {status}: {answer}"))),
        }
    }

    async fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value)> {
        let what = || format!("{method} {path}");
        let body = body.map(Value::to_string).unwrap_or_default();
        let media = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{media}Content-Length: {}\r\n\r\n{body}",
            self.api.host(),
            body.len()
        );
        let mut reader = match self.kept.take() {
            Some(reader) => reader,
            None => Reader::new(self.api.connect().await?, 64 * 1024),
        };
        reader.stream.write_all(request.as_bytes()).await.context(what())?;
        let head = reader.head(AnswerHead::parse).await.context(what())?.context(format!("{}: no answer", what()))?;
        let text = reader.text(head.framing).await.context(what())?;
        if !head.close {
            self.kept = Some(reader);
        }
        Ok((head.status, serde_json::from_str(&text).context(what())?))
    }

    /// Creates an instance, with the same say about its port, and starts it.
    pub(crate) async fn with_app(&mut self, name: &str, port: &mut u16) -> Result<i64> {
        let id = self.create(name, port).await?;
        self.start_instance(id).await?;
        Ok(id)
    }
}

/// The script an instance runs: the same app as behind the others, and on the same processors.
fn write_blueprint(setup: &Setup, folder: &PathBuf) -> Result<()> {
    let pinned = setup.cpus.rest.as_ref().map_or_else(String::new, |list| format!("taskset -c {list} "));
    let script = format!(
        "#!/bin/bash\n### AIKORE-METADATA-START ###\n# aikore.name = Bench\n### AIKORE-METADATA-END ###\n\
         exec {pinned}{} upstream \"127.0.0.1:$WEBUI_PORT\" --threads {}\n",
        quoted(&setup.bench.to_string_lossy()),
        setup.cpus.threads()
    );
    std::fs::create_dir_all(folder).context(folder.display())?;
    let file = folder.join(BLUEPRINT);
    std::fs::write(&file, script).context(file.display())
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
