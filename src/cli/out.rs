//! What commands print: tables and colours for people at a terminal, plain lines for pipes, JSON for programs.

use std::io::{self, IsTerminal, Write};
use std::time::SystemTime;

use clap::ArgMatches;
use serde_json::Value;

use super::{Failed, options};

/// Where the output of a command goes.
#[derive(Debug)]
pub(super) struct Out {
    /// The answer is for a program.
    pub(super) json: bool,
    /// Somebody sees it.
    pub(super) is_seen: bool,
    colours: bool,
}

/// How a word is shown where there are colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Style {
    #[default]
    Plain,
    Strong,
    Good,
    Busy,
    Bad,
    Faint,
}

/// A field of a table.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), style: Style::Plain }
    }
}

impl Cell {
    pub(super) fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }

    /// An instance's status.
    pub(super) fn status(instance: &Value) -> Self {
        let status = text(instance, "status");
        let style = match status {
            "started" => Style::Good,
            "stopped" => Style::Faint,
            "error" | "stalled" => Style::Bad,
            _ => Style::Busy,
        };
        Self::new(status, style)
    }

    /// Its text, in colour where there are colours.
    pub(super) fn in_colour(&self, out: &Out) -> String {
        out.styled(&shown(&self.text), self.style)
    }
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Good => "32",
            Self::Busy => "33",
            Self::Bad => "31",
            Self::Faint => "2",
        }
    }
}

impl Out {
    pub(super) fn new(matches: &ArgMatches) -> Self {
        let is_seen = io::stdout().is_terminal();
        let is_unwanted = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let colours = is_seen && !is_unwanted("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self { json: options::is_json(matches), is_seen, colours }
    }

    /// One line.
    pub(super) fn line(&self, line: &str) -> Result<(), Failed> {
        self.bytes(format!("{line}\n").as_bytes())
    }

    /// A word, in colour where there are colours.
    pub(super) fn styled(&self, word: &str, style: Style) -> String {
        if self.colours && style != Style::Plain {
            format!("\x1b[{}m{word}\x1b[0m", style.code())
        } else {
            word.to_owned()
        }
    }

    /// Bytes as they are.
    #[expect(clippy::unused_self, reason = "whoever has no output does not print")]
    pub(super) fn bytes(&self, bytes: &[u8]) -> Result<(), Failed> {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(Failed::writing)
    }

    /// A whole answer for a program.
    pub(super) fn value(&self, value: &Value) -> Result<(), Failed> {
        self.line(&serde_json::to_string_pretty(value).map_err(Failed::failure)?)
    }

    /// One of many answers for a program, on a line of its own.
    pub(super) fn value_line(&self, value: &Value) -> Result<(), Failed> {
        self.line(&value.to_string())
    }

    /// Rows under their heads; for pipes lines with tabs and without heads.
    pub(super) fn table(&self, heads: &[&str], rows: &[Vec<Cell>]) -> Result<(), Failed> {
        if !self.is_seen {
            let line = |row: &Vec<Cell>| row.iter().map(|cell| shown(&cell.text)).collect::<Vec<_>>().join("\t") + "\n";
            return self.bytes(rows.iter().map(line).collect::<String>().as_bytes());
        }
        let heads: Vec<Cell> = heads.iter().map(|head| Cell::new(*head, Style::Strong)).collect();
        let all: Vec<&Vec<Cell>> = std::iter::once(&heads).chain(rows).collect();
        let width_of = |column: usize| {
            all.iter().filter_map(|row| row.get(column)).map(|cell| shown(&cell.text).chars().count()).max()
        };
        let widths: Vec<usize> = (0..heads.len()).filter_map(width_of).collect();
        let mut text = String::new();
        for row in all {
            let mut gap = 0;
            for (cell, width) in row.iter().zip(&widths) {
                let word = shown(&cell.text);
                text.push_str(&" ".repeat(gap));
                text.push_str(&self.styled(&word, cell.style));
                gap = width.saturating_sub(word.chars().count()) + 2;
            }
            text.push('\n');
        }
        self.bytes(text.as_bytes())
    }
}

/// A help that was asked for, or that stands for a command that was left out.
pub(super) fn help(help: &clap::Error) -> Result<(), Failed> {
    let printed = help.print().map_err(Failed::writing);
    if help.use_stderr() { printed.and(Err(Failed::bad_settings(""))) } else { printed }
}

/// A text in one line, without what a terminal would obey.
pub(super) fn shown(text: &str) -> String {
    if text.is_empty() {
        return "-".to_owned();
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A member that is a text; empty where it is none.
pub(super) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// A member that is a list; empty where it is none.
pub(super) fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    let mut rest = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if rest < 1024.0 {
            return if unit == "B" || rest >= 100.0 {
                format!("{rest:.0} {unit}")
            } else {
                format!("{rest:.1} {unit}")
            };
        }
        rest /= 1024.0;
    }
    format!("{rest:.1} TiB")
}

/// How long ago a moment was, in its largest unit.
pub(super) fn ago(moment: &str, now: SystemTime) -> String {
    let Ok(then) = humantime::parse_rfc3339(moment) else { return String::new() };
    let seconds = now.duration_since(then).unwrap_or_default().as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86400),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn figures_for_people() {
        for (bytes, shown) in
            [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (200 << 20, "200 MiB"), (3 << 40, "3.0 TiB")]
        {
            assert_eq!(size(bytes), shown);
        }
        let moment = "2026-11-20T09:16:00.000Z";
        let then = humantime::parse_rfc3339(moment).unwrap();
        for (seconds, shown) in [(0, "0s"), (61, "1m"), (7300, "2h"), (200_000, "2d")] {
            assert_eq!(ago(moment, then + Duration::from_secs(seconds)), shown);
        }
        assert_eq!((ago(moment, SystemTime::UNIX_EPOCH), ago("", then)), ("0s".into(), String::new()));
    }

    #[test]
    fn texts_of_others_move_no_cursor() {
        assert_eq!((shown("a\x1b[2Jb\n"), shown("")), ("a [2Jb ".to_owned(), "-".to_owned()));
    }
}
