//! HAProxy with two threads.

use std::net::SocketAddr;
use std::path::Path;

use super::{Entrance, PREFIX, Proxy, Setup, free_ports, until_it_listens};
use crate::failure::{Context, Result};
use crate::machine::tool;
use crate::processes::Process;

pub(super) async fn start(setup: &Setup) -> Result<Proxy> {
    let folder = setup.folder_for("haproxy")?;
    let first = free_ports(2)?;
    let [plain, tls] = [first, first + 1].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let file = folder.join("haproxy.cfg");
    std::fs::write(&file, config(plain, tls, setup.upstream()?, setup.certificate()?, most(setup.file_limit)))
        .context(file.display())?;
    let mut command = setup.on_proxy_cpus(&tool("haproxy")?);
    command.arg("-db").arg("-f").arg(&file).current_dir(&folder);
    let mut process = Process::start("haproxy", &mut command, &folder.join("log"))?;
    until_it_listens(&mut process, plain).await?;
    let plain = Entrance { address: plain, root: process.pid(), with_children: true };
    Ok(Proxy { name: "haproxy", plain, tls: Some(Entrance { address: tls, ..plain }), _processes: vec![process] })
}

/// How many connections: it refuses to start if its own sum of files is above the limit, and its tables are that large.
fn most(file_limit: u64) -> u64 {
    (file_limit.saturating_sub(500) / 2).min(9_000)
}

fn config(plain: SocketAddr, tls: SocketAddr, upstream: SocketAddr, certificate: &Path, most: u64) -> String {
    // `bytes` cuts the prefix: a regular expression would cost more than NGINX's own way.
    let cut = PREFIX.len();
    format!(
        "global\n nbthread 2\n maxconn {most}\n tune.bufsize 32768\n\
         defaults\n mode http\n timeout connect 10s\n timeout client 1h\n timeout server 1h\n timeout tunnel 1h\n\
         \x20option http-keep-alive\n http-reuse always\n\
         frontend front\n bind {plain} backlog 4096\n bind {tls} backlog 4096 ssl crt {certificate} alpn h2,http/1.1\n\
         \x20http-request set-header X-Forwarded-Proto http if !{{ ssl_fc }}\n\
         \x20http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}\n\
         \x20option forwardfor\n use_backend app if {{ path_beg {PREFIX}/ }}\n\
         backend app\n http-request set-path %[path,bytes({cut})]\n server app {upstream}\n",
        certificate = certificate.display(),
    )
}
