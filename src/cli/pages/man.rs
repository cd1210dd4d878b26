//! The manual page, all commands in one.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use super::{ASKING, ENVIRONMENT, FILES, OUTPUT, Page, Written, built, common, pages};
use crate::cli::failed::EXIT_CODES;

pub(super) fn page(whole: Command) -> io::Result<Vec<u8>> {
    let whole = built(whole);
    let mut out = Vec::new();
    let title = Man::new(whole.clone()).section("1").manual("AiKore");
    title.render_title(&mut out)?;
    title.render_name_section(&mut out)?;
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    roff.text([bold("aikore"), roman(" ["), italic("COMMAND"), roman("] ["), italic("OPTIONS"), roman("]")]);
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([roman("Without a command the server runs, as by "), bold("aikore serve"), roman(".")]);
    paragraphs(&mut roff, ASKING);
    paragraphs(&mut roff, OUTPUT);
    roff.control("SH", ["OPTIONS OF EVERY COMMAND THAT ASKS A SERVER"]);
    arguments(&mut roff, &common(&whole));
    roff.control("SH", ["COMMANDS"]);
    let (settings, commands): (Vec<Page>, Vec<Page>) =
        pages(&whole).into_iter().partition(|page| page.path == "aikore serve");
    for page in commands.iter().filter(|page| page.path != "aikore config") {
        roff.control("SS", [page.path.as_str()]);
        roff.text([roman(page.usage.as_str())]);
        paragraphs(&mut roff, &page.about);
        arguments(&mut roff, &page.arguments);
    }
    roff.control("SH", ["SETTINGS OF THE SERVER"]);
    roff.text([roman("Flags of "), bold("aikore serve"), roman(" and "), bold("aikore config"), roman(".")]);
    roff.text([roman("Each is a variable too: --config-dir is AIKORE_CONFIG_DIR.")]);
    for page in &settings {
        arguments(&mut roff, &page.arguments);
    }
    for (title, rows) in [("EXIT STATUS", EXIT_CODES), ("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)] {
        roff.control("SH", [title]);
        let rows = rows.iter().map(|(name, what)| Written { forms: (*name).to_owned(), help: (*what).to_owned() });
        arguments(&mut roff, &rows.collect::<Vec<_>>());
    }
    roff.to_writer(&mut out)?;
    Ok(out)
}

fn arguments(roff: &mut Roff, all: &[Written]) {
    for Written { forms, help } in all {
        roff.control("TP", []);
        roff.text([bold(forms.as_str())]);
        roff.text(words(help));
    }
}

fn paragraphs(roff: &mut Roff, text: &str) {
    for paragraph in text.split("\n\n") {
        roff.control("PP", []);
        roff.text(words(paragraph));
    }
}

/// What stands between backquotes is bold.
fn words(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate();
    parts.map(|(number, part)| if number % 2 == 1 { bold(part) } else { roman(part) }).collect()
}
