//! `aikore open`: where an instance is, and into a browser with it.

use std::process::{Command as Process, Stdio};

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::{Context, given, instance_arg};
use crate::cli::out::text;
use crate::cli::{Failed, find, options};

/// What a desktop opens an address with.
const OPENER: &str = "xdg-open";

pub(super) fn command() -> Command {
    options::asking("open")
        .about("Print the addresses of an instance, and open the first where there is a desktop")
        .arg(instance_arg())
        .arg(Arg::new("print").long("print").action(ArgAction::SetTrue).help("Only print them"))
}

pub(super) async fn run(context: &Context, matches: &ArgMatches) -> Result<(), Failed> {
    let Context { server, out } = context;
    let instance = find::instance(server, given(matches, "instance")).await?;
    let origins = server.addresses().await?;
    let all = addresses(&instance, origins.first().map(String::as_str).unwrap_or_default());
    if out.json {
        return out.value(&json!({ "id": find::id(&instance), "addresses": all }));
    }
    for address in &all {
        out.line(address)?;
    }
    let Some(first) = all.first() else {
        return Err(Failed::failure(
            "it has no address: paths are off (AIKORE_PATH_ROUTES), and it has no port of its own",
        ));
    };
    let has_desktop = ["WAYLAND_DISPLAY", "DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    if has_desktop && out.is_seen && !options::flag(matches, "print") {
        show(first)?;
    }
    Ok(())
}

/// Its ways in, an origin of its own first.
fn addresses(instance: &Value, origin: &str) -> Vec<String> {
    let Some(urls) = instance.get("urls") else { return Vec::new() };
    let whole = |url: &str| {
        // A path is the server's whole path: the prefix of an outer proxy is in it, as in the address we were given.
        let end = origin.find("://").and_then(|at| origin.get(at + 3..)?.find('/').map(|slash| at + 3 + slash));
        let root = end.and_then(|end| origin.get(..end)).unwrap_or(origin.trim_end_matches('/'));
        if url.starts_with('/') { format!("{root}{url}") } else { url.to_owned() }
    };
    ["port", "host", "path", "app"]
        .into_iter()
        .map(|way| text(urls, way))
        .filter(|url| !url.is_empty())
        .map(whole)
        .collect()
}

fn show(address: &str) -> Result<(), Failed> {
    let started =
        Process::new(OPENER).arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match started {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failed::failure(format!("{OPENER} could not open {address}"))),
        // Whoever has none has the address.
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_addresses() {
        let urls =
            json!({ "urls": { "path": "/ai/instance/a/", "port": "http://h:19001/", "host": null, "app": null } });
        for (origin, path) in [
            ("http://localhost:9000/", "http://localhost:9000/ai/instance/a/"),
            ("https://h/ai/", "https://h/ai/instance/a/"),
        ] {
            assert_eq!(addresses(&urls, origin), ["http://h:19001/", path]);
        }
    }
}
