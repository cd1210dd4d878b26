//! `docs/cli.md`.

use clap::Command;

use super::{ASKING, ENVIRONMENT, FILES, OUTPUT, Written, built, common, pages};
use crate::cli::failed::EXIT_CODES;

pub(super) fn page(whole: Command) -> String {
    let whole = built(whole);
    let mut text = format!(
        "# The command line\n\nThis page is made by `aikore reference`; `aikore man` is the same as a manual page, and every command \
         explains itself with `--help`.\n\n{ASKING}\n\n{OUTPUT}\n\n## Options of every command that asks a server\n\n"
    );
    table(&mut text, ["option", "what it says"], &common(&whole));
    text.push_str("\n## Commands\n");
    for page in pages(&whole).iter().filter(|page| page.path != "aikore serve" && page.path != "aikore config") {
        text.push_str(&format!("\n### `{}`\n\n```\n{}\n```\n\n{}\n", page.path, page.usage, escaped(&page.about)));
        if !page.arguments.is_empty() {
            text.push('\n');
            table(&mut text, ["argument", "what it says"], &page.arguments);
        }
    }
    text.push_str(
        "\n## `aikore serve`\n\nRuns the server; `aikore` alone does the same. Each setting is a flag and a variable: \
                   `--config-dir` is `AIKORE_CONFIG_DIR`. `aikore config` takes the same, checks and prints them.\n\n",
    );
    let serve = pages(&whole).into_iter().find(|page| page.path == "aikore serve");
    table(&mut text, ["setting", "what it says"], serve.map(|page| page.arguments).unwrap_or_default().as_slice());
    for (title, heads, rows) in [
        ("Exit codes", ["code", "what it means"], EXIT_CODES),
        ("Environment", ["variable", "what it says"], ENVIRONMENT),
        ("Files", ["file", "what it is"], FILES),
    ] {
        text.push_str(&format!("\n## {title}\n\n"));
        let rows = rows.iter().map(|(name, what)| Written { forms: (*name).to_owned(), help: (*what).to_owned() });
        table(&mut text, heads, &rows.collect::<Vec<_>>());
    }
    text
}

fn table(text: &mut String, [first, second]: [&str; 2], rows: &[Written]) {
    text.push_str(&format!("| {first} | {second} |\n|---|---|\n"));
    for Written { forms, help } in rows {
        text.push_str(&format!("| `{forms}` | {} |\n", escaped(help)));
    }
}

/// As Markdown shows it: what stands in angle brackets would be taken for HTML. Between backquotes everything is itself.
fn escaped(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(number, part)| {
        if number % 2 == 1 {
            return part.to_owned();
        }
        part.replace('<', "&lt;").replace('|', "\\|")
    });
    parts.collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    /// `aikore reference > docs/cli.md`
    #[test]
    fn the_page_in_docs_is_that_of_this_version() {
        let page = super::page(crate::cli::command());
        let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md")).unwrap_or_default();
        assert!(page == kept, "docs/cli.md is not up to date: run `aikore reference > docs/cli.md`");
    }

    #[test]
    fn brackets_are_shown() {
        assert_eq!(super::escaped("a <b> or `<c>`|"), "a &lt;b> or `<c>`\\|");
    }
}
