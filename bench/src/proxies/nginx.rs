//! NGINX in three configurations, each without root and in a folder of its own.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Entrance, PREFIX, Proxy, Setup, free_ports, until_it_listens};
use crate::failure::{Context, Failure, Result};
use crate::machine::tool;
use crate::processes::Process;

/// How it is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// As well as we can for small things.
    Tuned,
    /// The same with large buffers: the fair one for bulk.
    Big,
    /// As the earlier product wrote it.
    Original,
}

impl Style {
    /// By the name in the tables.
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name {
            "nginx" => Some(Self::Tuned),
            "nginx-big" => Some(Self::Big),
            "nginx-orig" => Some(Self::Original),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Tuned => "nginx",
            Self::Big => "nginx-big",
            Self::Original => "nginx-orig",
        }
    }

    fn buffers(self) -> &'static str {
        match self {
            Self::Tuned => {
                "proxy_buffering off; proxy_request_buffering off; proxy_buffer_size 32k; proxy_buffers 8 32k; \
                 proxy_busy_buffers_size 64k; client_body_buffer_size 32k;"
            }
            Self::Big => {
                "proxy_buffering off; proxy_request_buffering off; proxy_buffer_size 256k; proxy_buffers 8 256k; \
                 proxy_busy_buffers_size 512k; client_body_buffer_size 1m;"
            }
            Self::Original => "",
        }
    }

    /// How a connection to the app is asked for.
    fn connection(self) -> &'static str {
        match self {
            Self::Tuned | Self::Big => "proxy_set_header Connection $connection_upgrade;",
            // For every request, a websocket or not, as the earlier product did.
            Self::Original => "proxy_set_header Connection \"upgrade\";",
        }
    }
}

/// An NGINX at work.
pub(crate) struct Nginx {
    process: Process,
    style: Style,
    folder: PathBuf,
    plain: SocketAddr,
    tls: SocketAddr,
}

impl Nginx {
    /// Starts one; `locations` are further routes of its server.
    pub(crate) async fn start(setup: &Setup, style: Style, locations: &str) -> Result<Self> {
        let folder = setup.folder_for(style.name())?;
        let first = free_ports(2)?;
        let [plain, tls] = [first, first + 1].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        std::fs::write(folder.join("locations.conf"), locations)?;
        std::fs::write(folder.join("servers.conf"), "")?;
        let text = config(style, &folder, plain, tls, setup.upstream()?, setup.certificate()?);
        let file = folder.join("nginx.conf");
        std::fs::write(&file, text).context(file.display())?;
        let mut command = setup.on_proxy_cpus(&tool("nginx")?);
        command.arg("-p").arg(&folder).arg("-c").arg(&file).arg("-e").arg(folder.join("error.log"));
        let mut process = Process::start(style.name(), &mut command, &folder.join("log"))?;
        until_it_listens(&mut process, plain).await?;
        Ok(Self { process, style, folder, plain, tls })
    }

    /// The way in without TLS.
    pub(crate) fn entrance(&self) -> Entrance {
        Entrance { address: self.plain, root: self.process.pid(), with_children: true }
    }

    /// Makes an app reachable at this port alone, by a changed configuration and a reload.
    pub(crate) fn publish(&self, port: u16, app: SocketAddr) -> Result<()> {
        let server = format!("server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://{app}; }} }}\n");
        std::fs::write(self.folder.join("servers.conf"), server)?;
        let said = Command::new(tool("nginx")?)
            .arg("-p")
            .arg(&self.folder)
            .arg("-c")
            .arg(self.folder.join("nginx.conf"))
            .arg("-e")
            .arg(self.folder.join("error.log"))
            .args(["-s", "reload"])
            .output()
            .context("nginx -s reload")?;
        if said.status.success() {
            Ok(())
        } else {
            Err(Failure::new(format!("nginx -s reload: {}", String::from_utf8_lossy(&said.stderr))))
        }
    }

    /// As any other proxy.
    pub(crate) fn into_proxy(self) -> Proxy {
        let plain = self.entrance();
        Proxy {
            name: self.style.name(),
            plain,
            tls: Some(Entrance { address: self.tls, ..plain }),
            _processes: vec![self.process],
        }
    }
}

fn config(
    style: Style,
    folder: &Path,
    plain: SocketAddr,
    tls: SocketAddr,
    upstream: SocketAddr,
    certificate: &Path,
) -> String {
    let at = folder.display();
    let (keepalive, log) = match style {
        Style::Tuned | Style::Big => ("keepalive 64; keepalive_requests 1000000;", "access_log off;".to_owned()),
        Style::Original => ("", format!("access_log {at}/access.log;")),
    };
    // Started by root it would become somebody else, who may not enter our folder.
    let user = if nix::unistd::geteuid().is_root() { "user root;\n" } else { "" };
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = write!(
        text,
        "daemon off;\n{user}worker_processes 2;\npid {at}/pid;\n\
         events {{ worker_connections 16384; }}\nhttp {{\n\
         {log}\ndefault_type text/plain;\nserver_tokens off;\n\
         client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/fastcgi;\n\
         uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;\n\
         client_max_body_size 0;\nkeepalive_requests 1000000;\n\
         map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}\n\
         upstream app {{ server {upstream}; {keepalive} }}\n\
         proxy_http_version 1.1;\nproxy_read_timeout 1h;\nproxy_send_timeout 1h;\n{buffers}\n\
         proxy_set_header Host $http_host;\nproxy_set_header Upgrade $http_upgrade;\n{connection}\n\
         proxy_set_header X-Real-IP $remote_addr;\nproxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n\
         proxy_set_header X-Forwarded-Proto $scheme;\nproxy_set_header X-Forwarded-Host $http_host;\n\
         ssl_certificate {certificate};\nssl_certificate_key {certificate};\n\
         ssl_protocols TLSv1.2 TLSv1.3;\nssl_session_cache shared:tls:10m;\n\
         server {{\nlisten {plain} backlog=4096;\nlisten {tls} ssl http2 backlog=4096;\n\
         location {PREFIX}/ {{ proxy_pass http://app/; }}\ninclude {at}/locations.conf;\n}}\n\
         include {at}/servers.conf;\n}}\n",
        buffers = style.buffers(),
        connection = style.connection(),
        certificate = certificate.display(),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_differ_where_they_should() {
        let address = "127.0.0.1:1".parse().unwrap();
        let of = |style| config(style, Path::new("/t"), address, address, address, Path::new("/c"));
        let [tuned, big, original] = [Style::Tuned, Style::Big, Style::Original].map(of);
        assert!(tuned.contains("keepalive 64;") && tuned.contains("access_log off") && tuned.contains("32k"));
        assert!(big.contains("keepalive 64;") && big.contains("proxy_buffer_size 256k"));
        assert!(!original.contains("keepalive 64;") && original.contains("Connection \"upgrade\""));
        assert!(original.contains("access_log /t/access.log") && !original.contains("proxy_buffer_size"));
        assert!(["nginx", "nginx-big", "nginx-orig"].iter().all(|name| Style::of(name).unwrap().name() == *name));
    }
}
