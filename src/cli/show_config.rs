//! `aikore config`: every setting, its value and where it came from.

use std::io::{self, Write};

use super::Failed;
use crate::api::SettingView;
use crate::config::settings::{Setting, TABLE};
use crate::config::{Config, Given, Source};

pub(super) fn show(given: &Given) -> Result<(), Failed> {
    let config = Config::check(given)?;
    match write(&config, given) {
        // Whoever reads us may stop reading.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failed::failure(error)),
        _ => Ok(()),
    }
}

/// Every setting, its value and where it came from. Secrets are not shown.
pub(super) fn settings(config: &Config, given: &Given) -> Vec<SettingView> {
    let view = |setting: &'static Setting| {
        let value = match setting.flag {
            "config-dir" => config.layout.root().display().to_string(),
            "listen" => config.listen.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
            flag => given.text(flag).unwrap_or_default().to_owned(),
        };
        SettingView {
            name: setting.flag,
            env: setting.env(),
            value: if setting.secret && !value.is_empty() { "…".to_owned() } else { value },
            source: match given.source(setting.flag) {
                Source::Flag => "flag",
                Source::Environment => "environment",
                Source::Default => "default",
            },
            help: setting.help,
        }
    };
    TABLE.iter().map(view).collect()
}

fn write(config: &Config, given: &Given) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for SettingView { env, value, source, .. } in settings(config, given) {
        writeln!(out, "{env}={value}  # {source}")?;
    }
    for warning in &config.warnings {
        writeln!(out, "# warning: {warning}")?;
    }
    Ok(())
}
