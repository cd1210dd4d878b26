//! The table of all settings, and what was given for each.

use std::collections::BTreeMap;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches};

use super::ConfigError;
use crate::domain::{Invalid, PortRange};

/// One setting: a flag and an environment variable of the same name.
#[derive(Debug)]
pub struct Setting {
    /// The flag without its dashes; the variable is `AIKORE_` and the flag in capitals.
    pub flag: &'static str,
    /// What holds when it isn't given; empty for none.
    pub default: &'static str,
    /// One line for `--help`.
    pub help: &'static str,
    /// Whether its value must not be printed.
    pub secret: bool,
}

const fn setting(flag: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting { flag, default, help, secret: false }
}

/// Where AIKORE_TLS=acme asks if nobody says otherwise.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// Where torch is published, a folder per CUDA version.
const PYTORCH: &str = "https://download.pytorch.org/whl";

/// Every setting of the server.
pub static TABLE: &[Setting] = &[
    setting("config-dir", "", "Folder of all state [default: /config if writable, else ./data]"),
    setting("listen", "", "Addresses of the dashboard, address:port,… [default: 0.0.0.0:9000,[::]:9000]"),
    setting("instance-port-range", PortRange::DEFAULT, "Pool of public ports"),
    setting("blueprints-dir", "", "Folder of stock blueprints instead of the built-in ones"),
    setting("models-dirs", "", "More folders with models, folder,…: their categories appear in the shared model tree"),
    setting("pytorch-index", PYTORCH, "Where torch comes from, or a mirror of it"),
    setting("base-domain", "", "Serve instances at <slug>.<domain>"),
    setting("auth", "password", "Login: password or none"),
    Setting { secret: true, ..setting("password", "", "Sets the admin password at start") },
    setting("password-file", "", "File that holds the admin password"),
    setting("auth-user-header", "", "Field in which a trusted proxy names the user it let in, such as Remote-User"),
    setting("public-url", "", "Where people reach the dashboard, if that can't be told: https://ai.example.com"),
    setting("tls", "off", "off, self-signed, files or acme"),
    setting("tls-cert", "", "Certificate chain for AIKORE_TLS=files"),
    setting("tls-key", "", "Private key for AIKORE_TLS=files"),
    setting("acme-domains", "", "Names for AIKORE_TLS=acme"),
    setting("acme-email", "", "Contact for AIKORE_TLS=acme"),
    setting("acme-directory", LETS_ENCRYPT, "ACME directory for AIKORE_TLS=acme"),
    setting("trusted-proxies", "", "Networks whose X-Forwarded-* is believed"),
    setting("base-path", "", "Path prefix of an outer proxy"),
    setting("log", "info", "Log filter"),
    setting("log-format", "text", "text or json"),
    setting("log-file-size", "64M", "How long a file of an instance's log may become"),
    setting("stalled-after", "180s", "How long an instance may be alive without being ready"),
    setting("stop-grace", "10s", "How long a stopped instance may take before it is killed"),
    setting("restart-attempts", "8", "How often in a row an instance is started again by its restart policy"),
    setting("terminal-idle", "24h", "How long a terminal lives that nobody looks at; off: for ever"),
    setting("backup-every", "7d", "How long after the last backup the next is made by itself; off: never"),
    setting("backup-keep", "8", "How many backups that were made by themselves are kept"),
    setting("hsts", "off", "Send Strict-Transport-Security"),
    setting("proxy-protocol", "off", "Expect the PROXY protocol on every listener"),
    setting("access-log", "off", "off, common or json; with +query to show query strings"),
    setting("max-connections", "16384", "Connections at once, of all listeners together; more wait"),
    setting("max-connections-per-address", "2048", "Connections at once of one address; more are closed"),
    setting("max-header-size", "64K", "How long a request's head may be"),
    setting("max-headers", "200", "How many header fields a request may have"),
    setting("max-body", "10M", "How long the body of a call may be; what is for an app has no limit"),
    setting("max-calls", "512", "Calls of the dashboard under way at once; more get a 503"),
    setting("header-timeout", "30s", "How long a client may take for a request's head"),
    setting("idle-timeout", "75s", "How long a connection may stand between two requests"),
    setting("body-timeout", "5m", "How long a client may stop in the middle of a body"),
    setting("path-routes", "on", "Serve instances at /instance/<slug>/"),
    setting("desktop", "auto", "What draws the screens of persistent mode: auto, kasmvnc or tigervnc"),
    setting("allowed-hosts", "", "Names the panel answers to"),
];

/// Variables that are not settings of the server: of the client commands, and what every child carries.
const OTHER_VARIABLES: &[&str] = &[
    "AIKORE_URL",
    "AIKORE_TOKEN",
    "AIKORE_INSTANCE_ID",
    "AIKORE_FAMILY_ID",
    "AIKORE_RUN_ID",
    "AIKORE_TERMINAL_ID",
    "AIKORE_LIB",
    "AIKORE_MODELS_DIR",
    "AIKORE_UPDATE",
    "AIKORE_LOCK",
];

impl Setting {
    /// The environment variable.
    pub fn env(&self) -> String {
        format!("AIKORE_{}", self.flag.to_ascii_uppercase().replace('-', "_"))
    }

    /// The command-line flag.
    pub fn arg(&self) -> Arg {
        Arg::new(self.flag).long(self.flag).value_name("VALUE").env(self.env()).help(self.help).hide_env_values(true)
    }
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The command line.
    Flag,
    /// The environment.
    Environment,
    /// Nobody gave it.
    Default,
}

/// What was given for each setting.
#[derive(Debug, Clone, Default)]
pub struct Given {
    values: BTreeMap<&'static str, (String, Source)>,
    unknown: Vec<String>,
}

impl Given {
    /// Collects the values from parsed command lines, the later ones first, and this process's environment. An empty value
    /// is none, as compose files write it.
    pub fn from_matches(matches: &[&ArgMatches]) -> Self {
        let mut values = BTreeMap::new();
        for setting in TABLE {
            let typed = matches.iter().rev().find_map(|matches| typed(matches, setting.flag));
            let value = typed
                .map(|value| (value, Source::Flag))
                .or_else(|| Some((std::env::var(setting.env()).ok()?, Source::Environment)));
            if let Some((value, source)) = value.filter(|(value, _)| !value.trim().is_empty()) {
                values.insert(setting.flag, (value.trim().to_owned(), source));
            }
        }
        let known = |name: &str| OTHER_VARIABLES.contains(&name) || TABLE.iter().any(|setting| setting.env() == name);
        let unknown = std::env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .filter(|name| name.starts_with("AIKORE_") && !known(name))
            .collect();
        Self { values, unknown }
    }

    /// Values for a test.
    #[cfg(test)]
    pub(super) fn of(values: &[(&str, &str)]) -> Self {
        let find = |flag: &str| TABLE.iter().find(|setting| setting.flag == flag).unwrap().flag;
        let values = values.iter().map(|(flag, value)| (find(flag), ((*value).to_owned(), Source::Flag))).collect();
        Self { values, unknown: Vec::new() }
    }

    /// The value of a setting, or its default, or nothing.
    pub fn text(&self, flag: &str) -> Option<&str> {
        let given = self.values.get(flag).map(|(value, _)| value.as_str());
        given.or_else(|| TABLE.iter().find(|s| s.flag == flag).map(|s| s.default).filter(|default| !default.is_empty()))
    }

    /// Where the value of a setting came from.
    pub fn source(&self, flag: &str) -> Source {
        self.values.get(flag).map_or(Source::Default, |(_, source)| *source)
    }

    /// Parses a setting; one that is absent parses as the empty text.
    pub fn parse<T: std::str::FromStr<Err = Invalid>>(&self, flag: &str) -> Result<T, ConfigError> {
        self.parse_with(flag, str::parse)
    }

    /// Parses a setting with a rule of its own.
    pub fn parse_with<T>(&self, flag: &str, rule: impl FnOnce(&str) -> Result<T, Invalid>) -> Result<T, ConfigError> {
        rule(self.text(flag).unwrap_or_default()).map_err(|why| wrong(flag, &why.0))
    }

    /// Parses a comma list.
    pub fn parse_list<T>(&self, flag: &str, rule: impl Fn(&str) -> Result<T, Invalid>) -> Result<Vec<T>, ConfigError> {
        let items = self.text(flag).unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(rule).collect::<Result<_, _>>().map_err(|why| wrong(flag, &why.0))
    }

    /// A sentence for each variable that looks like a setting and is none.
    pub(super) fn unknown_variables(&self) -> impl Iterator<Item = String> + '_ {
        self.unknown.iter().map(|name| format!("{name} is no setting of AiKore; it is ignored"))
    }
}

/// What was typed for a flag, to a command that may not know it.
fn typed(matches: &ArgMatches, flag: &str) -> Option<String> {
    let value = matches.try_get_one::<String>(flag).ok().flatten()?;
    (matches.value_source(flag) == Some(ValueSource::CommandLine)).then(|| value.clone())
}

/// One line that names the setting.
pub(super) fn wrong(flag: &str, why: &str) -> ConfigError {
    let env = TABLE.iter().find(|setting| setting.flag == flag).map_or_else(String::new, Setting::env);
    ConfigError(format!("{env}: {}", why.replace('\n', " ")))
}

#[cfg(test)]
mod tests {
    use super::TABLE;

    /// The container has them only if compose.yaml passes them on, and people only if .env.example tells of them.
    #[test]
    fn every_setting_reaches_the_container() {
        let read = |file: &str| std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let (compose, example) = (read("compose.yaml"), read(".env.example"));
        for setting in TABLE.iter().filter(|setting| setting.flag != "config-dir") {
            let name = setting.env();
            assert!(compose.contains(&format!("\n      {name}: ${{{name}:-}}\n")), "compose.yaml lacks {name}");
            assert!(example.contains(&format!("\n#{name}=")), ".env.example lacks {name}");
        }
    }
}
