//! A whole run: which scenarios with how much effort, and what becomes of the results.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use crate::effort::Effort;
use crate::failure::{Context, Failure, Result};
use crate::machine::{self, Cpus};
use crate::measure::rounded;
use crate::proxies::Setup;
use crate::report::{HEADINGS, Row, cells, markdown, text};
use crate::scenarios;
use crate::statistics::Verdict;

/// What to do.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Three minutes instead of twenty.
    pub(crate) quick: bool,
    /// Only these scenarios.
    pub(crate) only: Vec<String>,
    /// How many rounds, if not as many as usual.
    pub(crate) rounds: Option<usize>,
    /// Where to write the result.
    pub(crate) json: Option<PathBuf>,
    /// The date of the result.
    pub(crate) date: String,
    /// AiKore's binary.
    pub(crate) binary: PathBuf,
    /// Whether a missed hard goal is an error.
    pub(crate) strict: bool,
}

/// Runs what is asked for; returns whether everything was as it has to be.
pub(crate) async fn run(options: &Options) -> Result<bool> {
    let names = wanted(&options.only)?;
    let binary = options.binary.canonicalize().context(format!("{} (make build?)", options.binary.display()))?;
    let with_others = !names.iter().all(|name| scenarios::is_about_aikore_alone(name));
    for tool in ["nginx", "haproxy", "openssl"].iter().filter(|_| with_others) {
        machine::tool(tool)?;
    }
    let file_limit = machine::raise_file_limit()?;
    let cpus = Cpus::claim()?;
    if cpus.proxy.is_some() {
        machine::tool("taskset")?;
    }
    let effort = Effort::of(options.quick, options.rounds, file_limit);
    let (began, load) = (Instant::now(), machine::load_average());
    eprintln!("{} scenarios, {} rounds; load average {load}", names.len(), effort.rounds);

    let mut setup = Setup::new(binary.clone(), cpus, file_limit)?;
    if with_others {
        setup.prepare_others().await?;
    }
    let mut standing = Vec::new();
    let mut rows = Vec::new();
    for name in names {
        let since = Instant::now();
        eprint!("{name} … ");
        let row = match scenarios::run(name, &setup, &mut standing, &effort).await {
            Ok(row) => row,
            Err(error) => Row::failed(name, &error),
        };
        eprintln!("{} ({:.0} s)", outcome(&row), since.elapsed().as_secs_f64());
        rows.push(row);
    }
    drop(standing);
    drop(setup);

    let table: Vec<_> = rows.iter().map(cells).collect();
    println!("\n{}", text(&HEADINGS, &table));
    for note in notes(&rows) {
        println!("* {note}");
    }
    if let Some(file) = &options.json {
        let run = json!({
            "date": options.date,
            "quick": options.quick,
            "rounds": effort.rounds,
            "minutes": rounded(began.elapsed().as_secs_f64() / 60.0),
            "load_average": { "before": load, "after": machine::load_average() },
            "machine": machine::describe(&binary),
        });
        write(file, run, &rows, &table)?;
        println!("\nwritten: {} and its .md", file.display());
    }
    let failed = rows.iter().any(|row| !row.errors.is_empty() || row.verdict == Verdict::Failed);
    let missed = rows.iter().any(|row| row.verdict == Verdict::Missed);
    Ok(!(failed || missed && options.strict))
}

/// The scenarios in the order of the table. Cross-checks run only when they are named.
fn wanted(only: &[String]) -> Result<Vec<&'static str>> {
    let all: Vec<_> = scenarios::all().map(|(name, _)| name).collect();
    if let Some(unknown) = only.iter().find(|name| !all.contains(&name.as_str())) {
        return Err(Failure::new(format!("there is no scenario {unknown}; there are: {}", all.join(", "))));
    }
    let extra = |name: &&str| scenarios::CROSS_CHECKS.iter().any(|(extra, _)| extra == name);
    let chosen = |name: &&str| if only.is_empty() { !extra(name) } else { only.iter().any(|only| only == name) };
    Ok(all.into_iter().filter(chosen).collect())
}

fn outcome(row: &Row) -> String {
    match (row.judged, row.verdict) {
        (_, Verdict::Failed) => format!("FAILED: {}", row.errors.join("; ")),
        (Some(spread), verdict) => format!("{:.2} {}", spread.median, verdict.words()).trim_end().to_owned(),
        (None, verdict) => verdict.words().to_owned(),
    }
}

fn notes(rows: &[Row]) -> impl Iterator<Item = String> {
    let of = |row: &Row| {
        let errors = row.errors.iter().map(|error| format!("ERROR {error}"));
        row.notes.iter().cloned().chain(errors).map(|text| format!("{}: {text}", row.name)).collect::<Vec<_>>()
    };
    rows.iter().flat_map(of)
}

fn write(file: &Path, mut run: Value, rows: &[Row], table: &[Vec<String>]) -> Result<()> {
    let machine = run.get("machine").cloned().unwrap_or_default();
    let mut page = format!(
        "# {} ({})\n\n{}\n",
        run.get("date").and_then(Value::as_str).unwrap_or_default(),
        if run.get("quick") == Some(&Value::Bool(true)) { "quick" } else { "full" },
        markdown(&HEADINGS, table)
    );
    for note in notes(rows) {
        page.push_str(&format!("* {note}\n"));
    }
    page.push('\n');
    for (what, value) in machine.as_object().into_iter().flatten() {
        page.push_str(&format!("* {what}: {}\n", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    let load = |when: &str| run.pointer(&format!("/load_average/{when}")).cloned().unwrap_or_default();
    let rounds = run.get("rounds").cloned().unwrap_or_default();
    page.push_str(&format!("* {rounds} rounds, load average {} before and {} after\n", load("before"), load("after")));
    if let Some(run) = run.as_object_mut() {
        run.insert("scenarios".to_owned(), rows.iter().map(Row::json).collect());
    }
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).context(folder.display())?;
    }
    let text = serde_json::to_string_pretty(&run).context("the result")?;
    std::fs::write(file, text + "\n").context(file.display())?;
    let page_file = file.with_extension("md");
    std::fs::write(&page_file, page).context(page_file.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_by_name() {
        assert_eq!(wanted(&[]).unwrap().len(), 24);
        let only = ["idle".to_owned(), "get".to_owned(), "wrk-get".to_owned()];
        assert_eq!(wanted(&only).unwrap(), ["get", "idle", "wrk-get"]);
        assert!(wanted(&["nonsense".to_owned()]).is_err());
    }
}
