//! `aikore token`: what programs come in by.

use clap::{Arg, ArgAction, ArgMatches, Command};
use http::Method;
use serde_json::{Value, json};

use super::{Context, given};
use crate::cli::out::{Cell, list, shown, text};
use crate::cli::{Failed, find, options};

pub(super) fn command() -> Command {
    let create = options::asking("create")
        .about("Make a token and print it: it is shown this once only")
        .arg(Arg::new("name").value_name("NAME").required(true).help("What it is for"))
        .arg(
            Arg::new("scope")
                .long("scope")
                .value_name("SCOPE")
                .action(ArgAction::Append)
                .help("read, manage, instance:<slug> or view:<slug>; may be given several times [default: manage]"),
        );
    let revoke = options::asking("revoke")
        .about("Take a token back: whoever has it is let in no more")
        .arg(Arg::new("token-id").value_name("TOKEN").required(true).help("Its id or its name"));
    Command::new("token")
        .about("Make, list and revoke the tokens that programs come in by")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(create)
        .subcommand(options::asking("list").about("List the tokens, without their secrets").visible_alias("ls"))
        .subcommand(revoke)
}

pub(super) async fn run(name: &str, Context { server, out }: Context, matches: &ArgMatches) -> Result<(), Failed> {
    const PATH: &str = "/api/auth/tokens";
    if name == "create" {
        let scopes = matches.get_many::<String>("scope").into_iter().flatten().map(String::as_str);
        let mut scopes: Vec<&str> = scopes.collect();
        if scopes.is_empty() {
            scopes.push("manage");
        }
        let made = json!({ "name": given(matches, "name"), "scopes": scopes });
        let made = server.call(Method::POST, PATH, Some(&made)).await?.value;
        return if out.json { out.value(&made) } else { out.line(text(&made, "token")) };
    }
    let tokens = server.get(PATH).await?;
    let all = tokens.as_array().map(Vec::as_slice).unwrap_or_default();
    if name == "list" {
        if out.json {
            return out.value(&tokens);
        }
        return out.table(&["ID", "NAME", "SCOPES", "MADE", "USED", "FROM"], &all.iter().map(row).collect::<Vec<_>>());
    }
    let token = pick(all, given(matches, "token-id"))?;
    server.call(Method::DELETE, &format!("{PATH}/{}", find::id(token)), None).await?;
    if out.json { out.value(token) } else { out.line(&format!("{} is revoked", shown(text(token, "name")))) }
}

/// The token that is meant; several may have one name.
fn pick<'a>(all: &'a [Value], named: &str) -> Result<&'a Value, Failed> {
    if let Some(token) = all.iter().find(|token| find::id(token).to_string() == named) {
        return Ok(token);
    }
    let mut meant = all.iter().filter(|token| text(token, "name") == named);
    match (meant.next(), meant.next()) {
        (Some(token), None) => Ok(token),
        (None, _) => Err(find::unknown("token", named, all.iter().map(|token| text(token, "name")))),
        _ => Err(Failed::bad_settings(format!("several tokens are called '{named}': name one by its id"))),
    }
}

fn row(token: &Value) -> Vec<Cell> {
    let scopes: Vec<&str> = list(token, "scopes").iter().filter_map(Value::as_str).collect();
    vec![
        find::id(token).to_string().into(),
        text(token, "name").into(),
        scopes.join(" ").into(),
        text(token, "created_at").into(),
        text(token, "last_used_at").into(),
        text(token, "last_used_from").into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_token() {
        let all =
            [json!({ "id": 1, "name": "ci" }), json!({ "id": 2, "name": "two" }), json!({ "id": 3, "name": "two" })];
        assert_eq!(find::id(pick(&all, "ci").unwrap()), 1);
        assert_eq!(find::id(pick(&all, "3").unwrap()), 3);
        assert_eq!((pick(&all, "two").unwrap_err().code, pick(&all, "cl").unwrap_err().code), (2, 3));
    }
}
