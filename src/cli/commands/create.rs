//! `aikore create`: a new instance, or a satellite of one.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use http::Method;
use serde_json::{Map, Value, json};

use super::{Context, given, optional};
use crate::cli::out::{list, text};
use crate::cli::waiting::{self, Wanted};
use crate::cli::{Failed, candidates, find, options};

pub(super) fn command() -> Command {
    let flag = |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    options::asking("create")
        .about("Make an instance from a blueprint, or a satellite of an instance")
        .arg(
            Arg::new("blueprint")
                .value_name("BLUEPRINT")
                .required_unless_present("parent")
                .conflicts_with("parent")
                .add(candidates::blueprints())
                .help("As `aikore blueprint list` names it, with or without .sh"),
        )
        .arg(text(
            "name",
            "NAME",
            "Its name [default: the blueprint's or the parent's, with a number if that is taken]",
        ))
        .arg(
            text("parent", "INSTANCE", "Make a satellite: it shares the folder and environment of this instance")
                .add(candidates::instances()),
        )
        .arg(text("gpus", "LIST", "The cards it may use: 0 or 0,1"))
        .arg(
            text("param", "KEY=VALUE", "An input of its blueprint; may be given several times")
                .action(ArgAction::Append)
                .value_parser(pair),
        )
        .arg(text("port", "PORT", "Its public port [default: a free one]").value_parser(value_parser!(u16).range(1..)))
        .arg(text("python", "VERSION", "Version of Python"))
        .arg(text("cuda", "VERSION", "Version of CUDA"))
        .arg(text("torch", "VERSION", "Version of PyTorch"))
        .arg(text("outputs", "FOLDER", "Its folder below outputs/ [default: its name]"))
        .arg(flag("autostart", "Start it whenever the server starts"))
        .arg(flag("persistent", "Its UI lives in a desktop on the server"))
        .arg(flag("start", "Start it at once"))
        .arg(flag("wait", "With --start: wait until it is ready").requires("start"))
}

/// `key=value`.
fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("it has the form KEY=VALUE")?;
    if key.is_empty() { Err("it has the form KEY=VALUE".to_owned()) } else { Ok((key.to_owned(), value.to_owned())) }
}

pub(super) async fn run(context: &Context, matches: &ArgMatches) -> Result<(), Failed> {
    let Context { server, out } = context;
    let others = server.get("/api/instances").await?;
    let names: Vec<&str> = others.as_array().into_iter().flatten().map(|other| text(other, "name")).collect();
    let mut wanted = choices(matches);
    let answer = match optional(matches, "parent") {
        Some(parent) => {
            let parent = find::instance(server, parent).await?;
            let name = optional(matches, "name").map_or_else(|| free(text(&parent, "name"), &names), str::to_owned);
            params(matches, &parent, server, &mut wanted).await?;
            wanted.insert("new_name".to_owned(), name.into());
            let path = format!("/api/instances/{}/instantiate", find::id(&parent));
            server.call(Method::POST, &path, Some(&wanted.into())).await?
        }
        None => {
            let blueprint = blueprint(context, given(matches, "blueprint")).await?;
            let stem = text(&blueprint, "filename").trim_end_matches(".sh");
            let name = optional(matches, "name").map_or_else(|| free(stem, &names), str::to_owned);
            wanted.insert("name".to_owned(), name.into());
            wanted.insert("base_blueprint".to_owned(), text(&blueprint, "filename").into());
            typed_params(matches, &blueprint, &mut wanted)?;
            server.call(Method::POST, "/api/instances/", Some(&wanted.into())).await?
        }
    };
    waiting::job(server, out, &answer).await?;
    let mut instance = answer.value;
    let id = find::id(&instance);
    if options::flag(matches, "start") {
        instance = server.call(Method::POST, &format!("/api/instances/{id}/start"), None).await?.value;
        if options::flag(matches, "wait") {
            instance = waiting::instance(server, out, (id, Wanted::Ready), None).await?;
        }
    }
    if out.json {
        return out.value(&instance);
    }
    let (name, status) = (text(&instance, "name"), text(&instance, "status"));
    out.line(&format!("{id}\t{name}\t{status}"))
}

/// What was chosen, by the names of the API.
fn choices(matches: &ArgMatches) -> Map<String, Value> {
    let texts = [
        ("gpus", "gpu_ids"),
        ("python", "python_version"),
        ("cuda", "cuda_version"),
        ("torch", "torch_version"),
        ("outputs", "output_path"),
    ];
    let texts = texts.iter().filter_map(|(flag, member)| Some((*member, Value::from(optional(matches, flag)?))));
    let flags = [("autostart", "autostart"), ("persistent", "persistent_mode")];
    let flags = flags.iter().filter(|(flag, _)| options::flag(matches, flag)).map(|(_, member)| (*member, true.into()));
    let port = matches.get_one::<u16>("port").map(|port| ("port", Value::from(*port)));
    texts.chain(flags).chain(port).map(|(member, value)| (member.to_owned(), value)).collect()
}

/// The blueprint that is meant.
async fn blueprint(context: &Context, named: &str) -> Result<Value, Failed> {
    let all = super::blueprints::all(&context.server).await?;
    let is_meant = |blueprint: &&Value| {
        let file = text(blueprint, "filename");
        file == named || file.strip_suffix(".sh") == Some(named)
    };
    let files = || all.iter().map(|blueprint| text(blueprint, "filename"));
    // The user's own come first, and take the place of stock ones.
    all.iter().find(is_meant).cloned().ok_or_else(|| find::unknown("blueprint", named, files()))
}

/// Inputs of a satellite: what its parent's blueprint takes.
async fn params(
    matches: &ArgMatches,
    parent: &Value,
    server: &crate::cli::server::Server,
    wanted: &mut Map<String, Value>,
) -> Result<(), Failed> {
    if matches.get_many::<(String, String)>("param").is_none() {
        return Ok(());
    }
    let all = super::blueprints::all(server).await?;
    let file = text(parent, "base_blueprint");
    let blueprint = all.iter().find(|one| text(one, "filename") == file).cloned().unwrap_or_default();
    typed_params(matches, &blueprint, wanted)
}

/// Inputs by the types their blueprint gives them; the server says what is wrong with a value.
fn typed_params(matches: &ArgMatches, blueprint: &Value, wanted: &mut Map<String, Value>) -> Result<(), Failed> {
    let mut params = Map::new();
    for (key, value) in matches.get_many::<(String, String)>("param").into_iter().flatten() {
        let known = list(blueprint, "params").iter().find(|param| text(param, "name") == key);
        params.insert(key.clone(), typed(known.map_or("", |known| text(known, "type")), key, value)?);
    }
    if !params.is_empty() {
        wanted.insert("params".to_owned(), json!(params));
    }
    Ok(())
}

fn typed(kind: &str, key: &str, value: &str) -> Result<Value, Failed> {
    let wrong = |what: &str| Failed::bad_settings(format!("--param {key}={value}: it takes {what}"));
    match (kind, value) {
        ("bool", "true" | "yes" | "on" | "1") => Ok(true.into()),
        ("bool", "false" | "no" | "off" | "0") => Ok(false.into()),
        ("bool", _) => Err(wrong("true or false")),
        ("int", _) => value.parse::<i64>().map(Value::from).map_err(|_| wrong("a whole number")),
        _ => Ok(value.into()),
    }
}

/// This name, or the first with a number that nobody has.
fn free(name: &str, taken: &[&str]) -> String {
    let is_free = |name: &String| !taken.iter().any(|taken| taken.eq_ignore_ascii_case(name));
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_name() {
        assert_eq!(free("hello", &["x"]), "hello");
        assert_eq!(free("hello", &["Hello", "hello-2"]), "hello-3");
    }

    #[test]
    fn values_have_the_types_of_their_inputs() {
        assert_eq!(typed("bool", "a", "yes").unwrap(), json!(true));
        assert_eq!(typed("int", "a", "-7").unwrap(), json!(-7));
        assert_eq!(typed("text", "a", "7").unwrap(), json!("7"));
        assert_eq!((typed("bool", "a", "maybe").unwrap_err().code, typed("int", "a", "x").unwrap_err().code), (2, 2));
        assert!(pair("a=b=c").is_ok_and(|pair| pair == ("a".into(), "b=c".into())));
        assert!(pair("a").is_err() && pair("=b").is_err());
    }
}
