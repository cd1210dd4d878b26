//! `aikore config`: every setting, its value and where it came from.

use std::io::{self, Write};

use super::Failed;
use crate::config::settings::TABLE;
use crate::config::{Config, Given, Source};

pub(super) fn show(given: &Given) -> Result<(), Failed> {
    let config = Config::check(given)?;
    match write(&config, given) {
        // Whoever reads us may stop reading.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failed::failure(error)),
        _ => Ok(()),
    }
}

fn write(config: &Config, given: &Given) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for setting in TABLE {
        let value = match setting.flag {
            "config-dir" => config.layout.root().display().to_string(),
            "listen" => config.listen.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
            flag => given.text(flag).unwrap_or_default().to_owned(),
        };
        let value = if setting.secret && !value.is_empty() { "…".to_owned() } else { value };
        let source = match given.source(setting.flag) {
            Source::Flag => "flag",
            Source::Environment => "environment",
            Source::Default => "default",
        };
        let later = if setting.available { "" } else { ", not available in this version yet" };
        writeln!(out, "{}={value}  # {source}{later}", setting.env())?;
    }
    for warning in &config.warnings {
        writeln!(out, "# warning: {warning}")?;
    }
    Ok(())
}
