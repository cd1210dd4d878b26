//! Tables, for a terminal and for a file.

use super::rows::Row;
use crate::statistics::Spread;

/// What the columns are.
pub(crate) const HEADINGS: [&str; 9] =
    ["scenario", "unit", "aikore", "best nginx", "aikore/nginx", "hard / stretch", "verdict", "nginx-orig", "haproxy"];

/// The cells of a row.
pub(crate) fn cells(row: &Row) -> Vec<String> {
    let other = |name: &str| {
        let found = row.others.iter().find(|(other, _)| *other == name);
        found.map_or_else(|| "-".to_owned(), |(_, ratio)| number(*ratio))
    };
    let best = row.best.map_or_else(
        || "-".to_owned(),
        |(name, value)| if name == "nginx" { number(value) } else { format!("{} (big)", number(value)) },
    );
    // A goal about the value shows how far the value spread.
    let ours = match row.judged.filter(|_| !row.is_ratio) {
        Some(spread) => spread_words(spread),
        None => row.ours.map_or_else(|| "-".to_owned(), number),
    };
    let goal = row.goal.map_or_else(String::new, |goal| {
        let unit = if row.is_ratio { "" } else { row.unit.split(' ').next().unwrap_or_default() };
        let least = if goal.at_least { ">= " } else { "" };
        format!("{least}{} / {} {unit}", number(goal.hard), number(goal.stretch)).trim_end().to_owned()
    });
    vec![
        row.title.clone(),
        row.unit.clone(),
        ours,
        best,
        row.ratio.map_or_else(|| "-".to_owned(), spread_words),
        goal,
        row.verdict.words().to_owned(),
        other("nginx-orig"),
        other("haproxy"),
    ]
}

fn spread_words(spread: Spread) -> String {
    format!("{} [{}-{}]", number(spread.median), number(spread.min), number(spread.max))
}

/// Three digits that matter, at least two behind the point for what is small.
fn number(value: f64) -> String {
    match value.abs() {
        big if big >= 100.0 => format!("{value:.0}"),
        medium if medium >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// For a terminal: columns below each other.
pub(crate) fn text(headings: &[&str], rows: &[Vec<String>]) -> String {
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
        cells.chain(headings.get(at).map(|heading| heading.len())).max().unwrap_or(0)
    };
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> =
            cells.enumerate().map(|(at, cell)| format!("{cell:<width$}", width = width(at))).collect();
        padded.join("  ").trim_end().to_owned() + "\n"
    };
    let mut text = line(&mut headings.iter().copied());
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text
}

/// For a file.
pub(crate) fn markdown(headings: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(headings.to_vec());
    text.push_str(&format!("|{}\n", "---|".repeat(headings.len())));
    for row in rows {
        text.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::Rounds;
    use crate::statistics::Goal;

    #[test]
    fn a_row_as_it_is_shown() {
        let mut rounds = Rounds::new(["aikore", "nginx", "haproxy"]);
        for (ours, theirs) in [(16.0, 20.0), (18.0, 20.0), (17.0, 20.0)] {
            rounds.begin();
            rounds.put("aikore", ours, json!(ours));
            rounds.put("nginx", theirs, json!(theirs));
            rounds.put("haproxy", theirs * 1.15, json!(theirs));
        }
        let row = Row::ratio("get", "small GET", "us/request", Some(Goal::at_most(0.95, 0.8)), &rounds);
        let cells = cells(&row);
        assert_eq!(
            cells,
            ["small GET", "us/request", "17.0", "20.0", "0.85 [0.80-0.90]", "0.95 / 0.80", "met hard", "-", "1.15"]
        );
        let markdown = markdown(&HEADINGS, std::slice::from_ref(&cells));
        assert_eq!(markdown.lines().count(), 3);
        assert!(markdown.lines().all(|line| line.matches('|').count() == HEADINGS.len() + 1));
    }

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [vec!["a".to_owned(), "b".to_owned()], vec!["long".to_owned(), "c".to_owned()]];
        assert_eq!(text(&["x", "y"], &rows), "x     y\na     b\nlong  c\n");
    }

    #[test]
    fn numbers() {
        for (value, words) in [(0.123, "0.12"), (9.99, "9.99"), (18.25, "18.2"), (412.7, "413")] {
            assert_eq!(number(value), words);
        }
    }
}
