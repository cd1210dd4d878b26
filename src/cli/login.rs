//! The login's part of `serve`, and the commands that help whoever is locked out.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::ArgMatches;
use http::Method;
use serde_json::Value;

use super::Failed;
use super::lock::Lock;
use super::out::{Out, list};
use super::server::{self, Server};
use crate::api::Seen;
use crate::auth::{Audit, Caller, Door, HostRule, Login};
use crate::config::{AllowedHosts, Config, Given, Password};
use crate::domain::{Hostname, Layout, Timestamp};
use crate::store::{AuditEntry, Store};

/// Where the setup page is, for whoever reads the log.
#[derive(Debug, Clone)]
pub(super) struct SetupLinks {
    urls: Arc<[String]>,
}

impl SetupLinks {
    pub(super) fn new(config: &Config, addresses: &[SocketAddr], scheme: &str) -> Self {
        let root = config.base_path.root();
        let mut origins: Vec<String> = match &config.public_url {
            Some(url) => vec![url.clone()],
            None => addresses.iter().map(|address| origin(address, scheme)).collect(),
        };
        origins.dedup();
        Self { urls: origins.iter().map(|origin| format!("{origin}{root}setup")).collect() }
    }

    /// One-time links to the setup page, while there is no password.
    fn of(&self, login: &Login) -> Result<Option<Vec<String>>, String> {
        let secret = login.setup_secret().map_err(|error| error.to_string())?;
        Ok(secret.map(|secret| self.urls.iter().map(|url| format!("{url}?token={secret}")).collect()))
    }

    /// Tells whoever reads the log how to begin.
    pub(super) fn announce(&self, login: &Login) -> Result<(), Failed> {
        if let Some(links) = self.of(login).map_err(Failed::failure)? {
            tracing::info!(
                "AiKore has no password yet. Open this link once to set it (from another machine, with this one's name or \
                 address instead of localhost): {}",
                links.join(" ")
            );
        }
        Ok(())
    }
}

/// What to type into a browser.
pub(super) fn origin(address: &SocketAddr, scheme: &str) -> String {
    if address.ip().is_unspecified() || address.ip().is_loopback() {
        format!("{scheme}://localhost:{}", address.port())
    } else {
        format!("{scheme}://{address}")
    }
}

/// How whoever asks at the admin socket, on this machine, would reach the dashboard: URLs in answers are made of it.
pub(super) fn seen_here(addresses: &[SocketAddr], scheme: &'static str) -> Seen {
    let origin = addresses.first().map_or_else(String::new, |address| origin(address, scheme));
    let authority = origin.split_once("://").map_or("localhost", |(_, authority)| authority).to_owned();
    Seen { scheme, authority, address: Ipv4Addr::LOCALHOST.into() }
}

pub(super) async fn open(config: &Config, store: Store) -> Result<Login, Failed> {
    let password = config.auth.password.clone().map(|Password(text)| text);
    Login::open(store, config.auth.is_needed, password).await.map_err(Failed::failure)
}

pub(super) fn door(config: &Config, login: Login) -> Door {
    Door::new(host_rule(config), login, config.auth.user_header.clone())
}

fn host_rule(config: &Config) -> HostRule {
    match &config.allowed_hosts {
        AllowedHosts::Unsaid if config.auth.is_needed => HostRule::Any,
        AllowedHosts::Unsaid => HostRule::Private,
        AllowedHosts::Listed(names) => HostRule::Listed(names.clone()),
        AllowedHosts::Any => HostRule::Any,
    }
}

/// Whether the dashboard answers to this name.
pub(super) fn knows(config: &Config, name: &Hostname) -> bool {
    host_rule(config).allows(name.as_str())
}

/// The admin socket helps whoever is locked out: its file is the server's user's alone.
pub(super) fn with_help(panel: Router, login: Login, links: SetupLinks, audit: Audit) -> Router {
    // For commands that print addresses.
    let addresses: Vec<String> = links.urls.iter().map(|url| url.trim_end_matches("setup").to_owned()).collect();
    let addresses = Json(serde_json::json!({ "addresses": addresses }));
    let panel = panel.route("/addresses", get(move || async move { addresses.clone() }));
    let (asked, forgetful) = ((login.clone(), links.clone()), (login, links));
    panel.route("/setup-link", get(move || async move { present(&asked.0, &asked.1) })).route(
        "/reset-password",
        post(move || async move {
            if !forgetful.0.is_needed() {
                return refuse("There is no login here (AIKORE_AUTH=none), so there is no password.");
            }
            if let Err(error) = forgetful.0.forget_password().await {
                return refuse(&error.to_string());
            }
            audit.write(AuditEntry {
                id: 0,
                at: Timestamp::of(SystemTime::now()),
                actor: Caller::Local.name(),
                address: String::new(),
                action: "password.delete".to_owned(),
                target: None,
                detail: None,
                status: StatusCode::OK.as_u16(),
            });
            tracing::warn!("the password was taken away by `aikore reset-password`; every session has ended");
            present(&forgetful.0, &forgetful.1)
        }),
    )
}

fn present(login: &Login, links: &SetupLinks) -> Response {
    match links.of(login) {
        Ok(Some(links)) => Json(serde_json::json!({ "links": links })).into_response(),
        Ok(None) if login.is_needed() => {
            refuse("A password is set already. `aikore reset-password` takes it away and gives a new link.")
        }
        Ok(None) => refuse("There is no login here (AIKORE_AUTH=none), so there is nothing to set up."),
        Err(error) => refuse(&error),
    }
}

fn refuse(detail: &str) -> Response {
    (StatusCode::CONFLICT, Json(serde_json::json!({ "detail": detail }))).into_response()
}

/// `aikore setup-link`.
pub(super) fn setup_link(matches: &ArgMatches) -> Result<(), Failed> {
    let server = Server::here(matches)?;
    server::run(async { print_links(&server.get("/setup-link").await?, &Out::new(matches)) })
}

/// `aikore reset-password`.
pub(super) fn reset_password(matches: &ArgMatches) -> Result<(), Failed> {
    let config = Config::check(&Given::from_matches(&[matches]))?;
    if config.auth.password.is_some() {
        return Err(Failed::failure(
            "AIKORE_PASSWORD(_FILE) sets the password at every start: change it there and start the server again",
        ));
    }
    if !Server::is_here(&config.layout) {
        return forget_offline(&config.layout, &config);
    }
    let (server, out) = (Server::here(matches)?, Out::new(matches));
    server::run(async {
        let links = server.call(Method::POST, "/reset-password", None).await?.value;
        out.line("The password is gone and every session has ended. Open this link once to set a new one:")?;
        print_links(&links, &out)
    })
}

/// Nobody serves the folder: the lock says so, and keeps it so meanwhile.
fn forget_offline(layout: &Layout, config: &Config) -> Result<(), Failed> {
    if !layout.database().exists() {
        return Err(Failed::failure(format!("{} holds no AiKore: there is nothing to reset", layout.root().display())));
    }
    std::fs::create_dir_all(layout.run()).map_err(Failed::failure)?;
    let _lock = Lock::take(layout)?;
    let had = Store::forget_password(layout, config.pool).map_err(Failed::failure)?;
    let what = if had { "The password is gone and every session has ended." } else { "There was no password." };
    println!("{what} The server prints a setup link at its next start (`aikore setup-link` prints it again).");
    Ok(())
}

fn print_links(answer: &Value, out: &Out) -> Result<(), Failed> {
    list(answer, "links").iter().filter_map(Value::as_str).try_for_each(|link| out.line(link))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_type() {
        for (address, url) in [
            ("0.0.0.0:9000", "http://localhost:9000"),
            ("[::]:9000", "http://localhost:9000"),
            ("192.168.1.5:80", "http://192.168.1.5:80"),
            ("[2001:db8::1]:9000", "http://[2001:db8::1]:9000"),
        ] {
            assert_eq!(origin(&address.parse().unwrap(), "http"), url);
        }
    }
}
