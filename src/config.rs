//! Every setting: read once from flags and `AIKORE_*` variables, checked once, handed down as plain values.
//!
//! [`settings::TABLE`] names them all; a struct per concern holds what they mean. A value that is wrong, or that this
//! version can't honour, stops the start with one line: a setting is never silently ignored.

pub mod auth;
pub mod backups;
pub mod folder;
pub mod limits;
pub mod listen;
pub mod settings;
pub mod tls;

use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

pub use auth::{AllowedHosts, Auth, Password};
pub use listen::Listen;
pub use settings::{Given, Source};
pub use tls::Tls;

use crate::backups::Regularly;
use crate::domain::{BasePath, DesktopEngine, Hostname, Invalid, Layout, PortRange};
use crate::server::Limits;

/// Everything the server was told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where all state lies.
    pub layout: Layout,
    /// Who may come in.
    pub auth: Auth,
    /// Where people reach the dashboard, as `scheme://host:port`, where that was said.
    pub public_url: Option<String>,
    /// Where the dashboard listens.
    pub listen: Listen,
    /// The pool of public ports.
    pub pool: PortRange,
    /// A folder of stock blueprints instead of the built-in ones.
    pub blueprints_dir: Option<PathBuf>,
    /// What draws the screens of persistent mode; `None`: whatever is there.
    pub desktop: Option<DesktopEngine>,
    /// More folders with models.
    pub model_roots: Vec<PathBuf>,
    /// Where torch comes from; no slash at the end.
    pub pytorch_index: String,
    /// Instances answer at `<slug>.<domain>` too.
    pub base_domain: Option<Hostname>,
    /// The prefix an outer proxy serves everything under.
    pub base_path: BasePath,
    /// Whether instances answer at `/instance/<slug>/`.
    pub path_routes: bool,
    /// The names the panel answers to.
    pub allowed_hosts: AllowedHosts,
    /// Whether the listeners speak TLS.
    pub tls: Tls,
    /// Whether browsers are told to use nothing but TLS for this name (RFC 6797).
    pub hsts: bool,
    /// Peers whose `X-Forwarded-*` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether every connection begins with the PROXY protocol's header.
    pub proxy_protocol: bool,
    /// How logs are written.
    pub log: Log,
    /// Whether and how requests are logged.
    pub access_log: Option<AccessLog>,
    /// How long things may take.
    pub patience: Patience,
    /// When backups are made by themselves.
    pub backups: Regularly,
    /// How much clients may take.
    pub limits: Limits,
    /// What a person should know about these settings, one sentence each.
    pub warnings: Vec<String>,
}

/// How logs are written: the server's own, and those of the instances.
#[derive(Debug, Clone)]
pub struct Log {
    /// A `tracing` filter such as `info` or `aikore::proxy=debug`.
    pub filter: String,
    /// One JSON object a line instead of text.
    pub json: bool,
    /// How long a file of an instance's log may become, in bytes.
    pub file_size: u64,
}

/// How requests are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessLog {
    /// One JSON object a line instead of the Common Log Format.
    pub json: bool,
    /// Query strings are shown.
    pub with_query: bool,
}

/// Defaults a blueprint may override.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long an instance may be alive without being ready.
    pub stalled_after: Duration,
    /// How long a stopped instance may take before it is killed.
    pub stop_grace: Duration,
    /// How often in a row an instance that ends by itself is started again.
    pub restart_attempts: u32,
    /// How long a terminal lives that nobody looks at; `None`: for ever.
    pub terminal_idle: Option<Duration>,
}

/// A setting that can't be used: the whole text is one line that names the setting.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

impl Config {
    /// Checks every setting that was given.
    ///
    /// # Errors
    /// The first one that is wrong.
    pub fn check(given: &Given) -> Result<Self, ConfigError> {
        let folder = folder::choose(given.text("config-dir"))?;
        let (auth, mut warnings) = auth::check(given)?;
        warnings.extend(given.unknown_variables());
        Ok(Self {
            layout: Layout::new(folder),
            auth,
            public_url: given.text("public-url").map(check_public_url).transpose()?,
            listen: listen::check(given.text("listen"))?,
            pool: given.parse("instance-port-range")?,
            blueprints_dir: given.text("blueprints-dir").map(folder::blueprints).transpose()?,
            desktop: given.parse_with("desktop", parse_engine)?,
            model_roots: given.parse_list("models-dirs", folder::model_root)?,
            pytorch_index: given.parse_with("pytorch-index", parse_index)?,
            base_domain: given.parse_list("base-domain", Hostname::parse)?.into_iter().next(),
            base_path: given.parse("base-path")?,
            path_routes: given.parse_with("path-routes", parse_switch)?,
            allowed_hosts: given.parse("allowed-hosts")?,
            tls: tls::check(given)?,
            hsts: given.parse_with("hsts", parse_switch)?,
            trusted_proxies: given.parse_list("trusted-proxies", parse_network)?,
            log: Log {
                filter: given.parse_with("log", check_filter)?,
                json: given.parse_with("log-format", check_format)?,
                file_size: given.parse_with("log-file-size", check_log_file_size)?,
            },
            proxy_protocol: given.parse_with("proxy-protocol", parse_switch)?,
            access_log: given.parse_with("access-log", check_access_log)?,
            patience: Patience {
                stalled_after: given.parse_with("stalled-after", parse_duration)?,
                stop_grace: given.parse_with("stop-grace", parse_duration)?,
                restart_attempts: given.parse_with("restart-attempts", parse_attempts)?,
                terminal_idle: given.parse_with("terminal-idle", parse_idle)?,
            },
            backups: backups::check(given)?,
            limits: limits::check(given)?,
            warnings,
        })
    }
}

fn parse_duration(text: &str) -> Result<Duration, Invalid> {
    let seconds = text.parse().map(Duration::from_secs).ok();
    seconds
        .or_else(|| humantime::parse_duration(text).ok())
        .ok_or_else(|| Invalid::new(format!("{text:?} is not a duration such as 180s or 3m")))
}

fn parse_idle(text: &str) -> Result<Option<Duration>, Invalid> {
    let idle = (text != "off").then(|| parse_duration(text)).transpose();
    let idle = idle.map_err(|_| Invalid::new(format!("{text:?} is neither off nor a duration such as 24h")))?;
    match idle {
        Some(Duration::ZERO) => Err(Invalid::new("a terminal needs a moment: 1s or more, or off")),
        other => Ok(other),
    }
}

fn parse_attempts(text: &str) -> Result<u32, Invalid> {
    let attempts = text.parse().ok().filter(|attempts| (1..=1000).contains(attempts));
    attempts.ok_or_else(|| Invalid::new(format!("{text:?} is not a number of attempts, 1 to 1000")))
}

fn parse_engine(text: &str) -> Result<Option<DesktopEngine>, Invalid> {
    let wrong = |_| Invalid::new(format!("{text:?} is not one of: auto, kasmvnc, tigervnc"));
    (text != "auto").then(|| DesktopEngine::parse(text)).transpose().map_err(wrong)
}

fn parse_switch(text: &str) -> Result<bool, Invalid> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        other => Err(Invalid::new(format!("{other:?} is neither on nor off"))),
    }
}

/// An origin: scheme, host and port, nothing else.
fn check_public_url(text: &str) -> Result<String, ConfigError> {
    let wrong = || settings::wrong("public-url", &format!("{text:?} is no origin such as https://ai.example.com"));
    let uri: http::Uri = text.parse().map_err(|_| wrong())?;
    match (uri.scheme_str(), uri.authority(), uri.path_and_query().map_or("/", |path| path.as_str())) {
        (Some(scheme @ ("http" | "https")), Some(authority), "/") if !authority.as_str().contains('@') => {
            Ok(format!("{scheme}://{}", authority.as_str().to_ascii_lowercase()))
        }
        _ => Err(wrong()),
    }
}

/// An address that packages are asked of.
fn parse_index(text: &str) -> Result<String, Invalid> {
    let known = ["https://", "http://", "file:///"].iter().any(|scheme| text.starts_with(scheme));
    if known && !text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err(Invalid::new("it must be an address like https://download.pytorch.org/whl"))
    }
}

/// A network (`10.0.0.0/8`) or a single address.
fn parse_network(text: &str) -> Result<IpNet, Invalid> {
    let single = || text.parse().map(|address: std::net::IpAddr| IpNet::from(address)).ok();
    text.parse()
        .ok()
        .or_else(single)
        .ok_or_else(|| Invalid::new(format!("{text:?} is not a network such as 10.0.0.0/8")))
}

fn check_filter(text: &str) -> Result<String, Invalid> {
    match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(Invalid::new(format!("{text:?} is not a log filter such as info or aikore=debug ({error})"))),
    }
}

/// The smallest log file that makes sense: several of them hold what the dashboard shows at once.
const SMALLEST_LOG_FILE: u64 = 64 << 10;

fn check_log_file_size(text: &str) -> Result<u64, Invalid> {
    let wrong = || Invalid::new(format!("{text:?} is not a size of at least 64K, such as 64M"));
    parse_size(text).filter(|size| *size >= SMALLEST_LOG_FILE).ok_or_else(wrong)
}

/// Bytes, or so many K, M or G of them.
fn parse_size(text: &str) -> Option<u64> {
    let units = [('K', 10), ('M', 20), ('G', 30)];
    let unit = units.iter().find_map(|(unit, shift)| Some((text.strip_suffix(*unit)?, *shift)));
    let (number, shift) = unit.unwrap_or((text, 0));
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift))
}

fn check_format(text: &str) -> Result<bool, Invalid> {
    match text {
        "text" => Ok(false),
        "json" => Ok(true),
        other => Err(Invalid::new(format!("{other:?} is neither text nor json"))),
    }
}

fn check_access_log(text: &str) -> Result<Option<AccessLog>, Invalid> {
    let (form, with_query) = text.strip_suffix("+query").map_or((text, false), |form| (form, true));
    match form {
        "off" if !with_query => Ok(None),
        "common" | "json" => Ok(Some(AccessLog { json: form == "json", with_query })),
        _ => Err(Invalid::new(format!("{text:?} is none of off, common, json, common+query, json+query"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(settings: &[(&str, &str)]) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let mut all = vec![("config-dir", folder.path().to_str().unwrap())];
        all.extend(settings);
        Config::check(&Given::of(&all)).map_err(|error| error.0)
    }

    #[test]
    fn there_is_a_login_unless_somebody_says_otherwise() {
        let config = check(&[]).unwrap();
        assert!(config.auth.is_needed && config.auth.password.is_none());
        assert!(config.listen.addresses.iter().any(|address| address.ip().is_unspecified()));
        assert!(config.warnings.is_empty(), "{:?}", config.warnings);
        let config = check(&[("auth", "none")]).unwrap();
        assert!(!config.auth.is_needed && config.warnings.len() == 1, "{:?}", config.warnings);
    }

    #[test]
    fn passwords_come_from_a_variable_or_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        let path = file.to_str().unwrap();
        let password = |settings: &[(&str, &str)]| check(settings).map(|c| c.auth.password.map(|Password(text)| text));
        std::fs::write(&file, " correct horse \n").unwrap();
        assert_eq!(password(&[("password-file", path)]), Ok(Some(" correct horse ".to_owned())));
        assert_eq!(password(&[("password", "battery staple")]), Ok(Some("battery staple".to_owned())));
        assert!(password(&[("password", "a"), ("password-file", path)]).unwrap_err().contains("AIKORE_PASSWORD_FILE"));
        std::fs::write(&file, "\n").unwrap();
        assert!(password(&[("password-file", path)]).unwrap_err().contains("empty"));
        assert!(password(&[("password-file", "/nowhere/at/all")]).unwrap_err().contains("can't be read"));
        assert_eq!(check(&[("password", "short")]).unwrap().warnings.len(), 1);
    }

    #[test]
    fn wrong_values_name_their_setting() {
        for (flag, value, env) in [
            ("listen", "nonsense", "AIKORE_LISTEN"),
            ("instance-port-range", "9-1", "AIKORE_INSTANCE_PORT_RANGE"),
            ("log", "a=b=c", "AIKORE_LOG"),
            ("log-format", "xml", "AIKORE_LOG_FORMAT"),
            ("log-file-size", "1K", "AIKORE_LOG_FILE_SIZE"),
            ("stop-grace", "soon", "AIKORE_STOP_GRACE"),
            ("restart-attempts", "0", "AIKORE_RESTART_ATTEMPTS"),
            ("terminal-idle", "never", "AIKORE_TERMINAL_IDLE"),
            ("terminal-idle", "0", "AIKORE_TERMINAL_IDLE"),
            ("trusted-proxies", "10.0.0.0/99", "AIKORE_TRUSTED_PROXIES"),
            ("auth", "maybe", "AIKORE_AUTH"),
            ("auth-user-header", "Remote-User", "AIKORE_TRUSTED_PROXIES"),
            ("auth-user-header", "a b", "AIKORE_AUTH_USER_HEADER"),
            ("public-url", "ai.example.com", "AIKORE_PUBLIC_URL"),
            ("public-url", "https://ai.example.com/x", "AIKORE_PUBLIC_URL"),
            ("public-url", "ftp://ai.example.com", "AIKORE_PUBLIC_URL"),
            ("tls", "yes", "AIKORE_TLS"),
            ("tls", "files", "AIKORE_TLS_CERT"),
            ("tls", "acme", "AIKORE_ACME_DOMAINS"),
            ("hsts", "maybe", "AIKORE_HSTS"),
            ("access-log", "off+query", "AIKORE_ACCESS_LOG"),
            ("base-path", "/a b", "AIKORE_BASE_PATH"),
            ("proxy-protocol", "v2", "AIKORE_PROXY_PROTOCOL"),
            ("blueprints-dir", "/nowhere/at/all", "AIKORE_BLUEPRINTS_DIR"),
            ("desktop", "vnc", "AIKORE_DESKTOP"),
        ] {
            let error = check(&[(flag, value)]).unwrap_err();
            assert!(error.contains(env) && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn sizes_of_log_files() {
        for (text, size) in [("65536", 65_536), ("64K", 65_536), ("64M", 64 << 20), ("2G", 2 << 30)] {
            assert_eq!(check_log_file_size(text), Ok(size), "{text}");
        }
        for wrong in ["", "0", "63K", "64X", "-1M", "99999999999999G", "M", "6 4M"] {
            assert!(check_log_file_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(parse_duration("180s"), Ok(Duration::from_secs(180)));
        assert_eq!(parse_duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("3m"), Ok(Duration::from_secs(180)));
        assert_eq!(parse_idle("24h"), Ok(Some(Duration::from_secs(86_400))));
        assert_eq!(parse_idle("off"), Ok(None));
    }
}
