//! What is wrong with a blueprint as a blueprint: its header, and habits that end badly. Pure; the script is read line by line
//! and never run.

use std::path::{Component, Path};
use std::sync::LazyLock;

use regex::Regex;

use super::findings::{Level, Problem};
use crate::blueprints::{Header, KNOWN, Ready};
use crate::domain::{Helper, ProxyMode};

const START: &str = "### AIKORE-METADATA-START ###";
const END: &str = "### AIKORE-METADATA-END ###";

/// A line of the header: where, and what it says.
struct Entry<'t> {
    line: u64,
    key: &'t str,
    value: &'t str,
}

/// A habit, how it is known, and what to do instead.
struct Habit {
    pattern: Regex,
    level: Level,
    message: &'static str,
}

/// Checks a text as a blueprint.
pub(super) fn problems(text: &str) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut say = |line: u64, level: Level, message: String| found.push(problem(line, level, message));
    if let Some(line) = numbered(text).find(|(_, line)| line.ends_with('\r')).map(|(n, _)| n) {
        say(line, Level::Error, "Lines end as on Windows (CRLF), which bash can't read: save it with LF.".to_owned());
    }
    if !text.starts_with("#!") {
        say(
            1,
            Level::Warning,
            "It does not begin with #!/usr/bin/env bash, by which editors and people know it.".to_owned(),
        );
    }
    let entries = header(text, &mut say);
    for entry in &entries {
        for (level, message) in of_entry(entry, &entries) {
            say(entry.line, level, message);
        }
    }
    of_whole(text, &entries, &mut say);
    of_body(text, &entries, &mut say);
    found
}

fn problem(line: u64, level: Level, message: String) -> Problem {
    Problem { line, column: 1, end_line: line, end_column: 0, level, code: None, message, by: "aikore" }
}

fn numbered(text: &str) -> impl Iterator<Item = (u64, &str)> {
    // `lines` would hide the carriage returns.
    (1..).zip(text.split('\n'))
}

/// The lines of the header; what is wrong with its form is said.
fn header<'t>(text: &'t str, say: &mut impl FnMut(u64, Level, String)) -> Vec<Entry<'t>> {
    let lines = || numbered(text).map(|(n, line)| (n, line.trim()));
    let Some((begin, _)) = lines().find(|(_, line)| *line == START) else {
        say(
            1,
            Level::Error,
            format!("It has no header: lines like \"# aikore.name = …\" between \"{START}\" and \"{END}\"."),
        );
        return Vec::new();
    };
    if !lines().any(|(n, line)| n > begin && line == END) {
        say(begin, Level::Error, format!("The header does not end: \"{END}\" is missing."));
    }
    let block = lines().skip_while(move |(n, _)| *n <= begin).take_while(|(_, line)| *line != END);
    let mut entries: Vec<Entry<'t>> = Vec::new();
    for (line, text) in block {
        let content = text.trim_start_matches('#').trim();
        if content.is_empty() {
            continue;
        }
        let pair =
            content.split_once('=').and_then(|(key, value)| Some((key.trim().strip_prefix("aikore.")?.trim(), value)));
        let Some((key, value)) = pair else {
            say(
                line,
                Level::Warning,
                "This is no line of a header, which are \"# aikore.<key> = <value>\".".to_owned(),
            );
            continue;
        };
        if entries.iter().any(|entry| entry.key == key) {
            say(line, Level::Warning, format!("{key} is given twice; the last one counts."));
        }
        entries.push(Entry { line, key, value: value.trim() });
    }
    entries
}

/// What is wrong with one line.
fn of_entry(entry: &Entry<'_>, all: &[Entry<'_>]) -> Vec<(Level, String)> {
    let Entry { key, value, .. } = entry;
    let one_of = |words: &[&str]| {
        (!words.contains(value)).then(|| (Level::Error, format!("{key} must be one of: {}.", words.join(", "))))
    };
    let header = || Header::parse(&format!("{START}\n# aikore.{key} = {value}\n{END}\n"));
    if value.is_empty() {
        return vec![(Level::Warning, format!("{key} says nothing: leave it out, or say it."))];
    }
    let fault = match *key {
        "proxy" => ProxyMode::parse(value).err().map(|why| (Level::Error, format!("proxy: {why}."))),
        "helper" => Helper::parse(value).err().map(|why| (Level::Error, format!("helper: {why}."))),
        "venv_type" => one_of(&["python", "conda"]),
        "gpu" => one_of(&["none", "optional", "required"]),
        "persistent_mode" => one_of(&["true", "false"]),
        "ready" => ready(value).map(|message| (Level::Error, message)),
        "ready_timeout" if header().ready_timeout().is_none() => Some(no_duration(key)),
        "stop_grace" if header().stop_grace().is_none() => Some(no_duration(key)),
        "stop_signal" => (!is_signal(value))
            .then(|| (Level::Error, "stop_signal must be a signal's name, like SIGTERM or SIGINT.".to_owned())),
        "min_vram" | "disk" => (!is_size(value))
            .then(|| (Level::Error, format!("{key} must be a number with its unit, like \"8 GB\" or \"300 MB\"."))),
        "venv_path" => leads_out(value)
            .then(|| (Level::Error, "venv_path must lie in the instance's folder, like ./env.".to_owned())),
        "files" => value
            .split(',')
            .map(str::trim)
            .find(|path| leads_out(path))
            .map(|path| (Level::Error, format!("{path} does not lie in the instance's folder."))),
        "homepage" => (!value.starts_with("https://") && !value.starts_with("http://"))
            .then(|| (Level::Error, "homepage must be a web address.".to_owned())),
        "icon" => (value.chars().count() > 8).then(|| (Level::Warning, "icon is one emoji.".to_owned())),
        key if key.starts_with("param.") => {
            return header().params().faults.into_iter().map(|fault| (Level::Error, fault)).collect();
        }
        key if KNOWN.contains(&key) => None,
        key => Some((Level::Warning, unknown(key))),
    };
    let twins = key.starts_with("param.") && all.iter().filter(|other| other.key == *key).count() > 1;
    fault.into_iter().chain(twins.then(|| (Level::Error, format!("{key} is given twice.")))).collect()
}

fn no_duration(key: &str) -> (Level, String) {
    (Level::Error, format!("{key} must be a time, like 90s or 5m."))
}

fn unknown(key: &str) -> String {
    let near = KNOWN.iter().max_by(|a, b| strsim::jaro(key, a).total_cmp(&strsim::jaro(key, b)));
    match near.filter(|near| strsim::jaro(key, near) > 0.8) {
        Some(near) => format!("{key} is not known here; {near} is. It is kept and shown, and does nothing."),
        None => format!("{key} is not known here: it is kept and shown, and does nothing."),
    }
}

fn ready(value: &str) -> Option<String> {
    let header = Header::parse(&format!("{START}\n# aikore.ready = {value}\n{END}\n"));
    match header.ready() {
        Ready::Log(pattern) => {
            Regex::new(&pattern).err().map(|error| format!("The pattern of ready can't be understood: {error}"))
        }
        // What can't be understood is taken for this one.
        Ready::Http(path) if value.strip_prefix("http:") != Some(&path) => {
            Some("ready must be one of: http:/path, tcp, log:<regex>, process.".to_owned())
        }
        _ => None,
    }
}

fn is_signal(value: &str) -> bool {
    let name = if value.starts_with("SIG") { value.to_owned() } else { format!("SIG{value}") };
    name.parse::<nix::sys::signal::Signal>().is_ok()
}

fn is_size(value: &str) -> bool {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic()).trim_end();
    let unit = value.get(number.len()..).unwrap_or_default().trim();
    number.parse::<f64>().is_ok_and(|number| number > 0.0) && ["MB", "GB", "TB", "MiB", "GiB"].contains(&unit)
}

fn leads_out(path: &str) -> bool {
    let path = path.split(['*', '?']).next().unwrap_or(path);
    Path::new(path).components().any(|part| !matches!(part, Component::CurDir | Component::Normal(_)))
}

/// What is missing, or does not go together.
fn of_whole(text: &str, entries: &[Entry<'_>], say: &mut impl FnMut(u64, Level, String)) {
    let Some(first) = entries.first().map(|entry| entry.line) else { return };
    let value = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| entry.value);
    for key in ["name", "category", "description"] {
        if value(key).is_none() {
            say(first, Level::Warning, format!("{key} is missing: the catalogue shows it."));
        }
    }
    if value("ready").is_none() {
        say(
            first,
            Level::Warning,
            "ready is missing: any answer below 500 at / counts then. Say how its start is known: http:/path, tcp, log:<regex> or process.".to_owned(),
        );
    }
    let listens = !matches!(value("ready"), Some("process"));
    let named = ["WEBUI_PORT", "GRADIO_SERVER_PORT", "gradio", "Gradio"].iter().any(|word| text.contains(word));
    if listens && !named {
        say(
            first,
            Level::Error,
            "It never mentions WEBUI_PORT: the app must listen there, and nowhere else.".to_owned(),
        );
    }
    if value("proxy") == Some("preserve") && !text.contains("SUBFOLDER") {
        say(
            first,
            Level::Warning,
            "proxy = preserve, and SUBFOLDER is never used: the app has to know the path it is served at.".to_owned(),
        );
    }
}

/// Habits in the script itself. What it only says to people is left alone.
fn of_body(text: &str, entries: &[Entry<'_>], say: &mut impl FnMut(u64, Level, String)) {
    static SPEECH: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^\s*(#|note\b|warn\b|die\b|echo\b|phase\b|printf\b)").ok());
    let secrets: Vec<String> = entries
        .iter()
        .filter(|entry| entry.value.trim_start().starts_with("secret"))
        .filter_map(|entry| entry.key.strip_prefix("param."))
        .map(|name| format!("AIKORE_PARAM_{}", name.to_ascii_uppercase().replace('-', "_")))
        .collect();
    let (mut last, mut is_started) = (1, false);
    for (n, line) in numbered(text) {
        let is_speech = SPEECH.as_ref().is_some_and(|speech| speech.is_match(line));
        let leaks =
            |secret: &String| line.contains(secret.as_str()) && is_speech && !line.trim_start().starts_with('#');
        if secrets.iter().any(leaks) {
            say(n, Level::Error, "A secret is printed, and everything printed is kept in the log.".to_owned());
        }
        if !secrets.is_empty() && line.trim_start().starts_with("set -") && line.contains('x') {
            say(n, Level::Error, "set -x prints every value, secrets too, and the log keeps them.".to_owned());
        }
        if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
            last = n;
            // A function of a library that starts it is called so; a script that only says what to do starts nothing.
            let command = line.split_whitespace().next().unwrap_or_default();
            is_started |= ["exec", "run_app", "die"].contains(&command) || command.ends_with("_run");
        }
        if is_speech {
            continue;
        }
        for habit in HABITS.iter().filter(|habit| habit.pattern.is_match(line)) {
            say(n, habit.level, habit.message.to_owned());
        }
    }
    if !is_started {
        let message =
            "The app is not started with run_app (or exec): stop signals and its exit code go to bash instead.";
        say(last, Level::Warning, message.to_owned());
    }
}

static HABITS: LazyLock<Vec<Habit>> = LazyLock::new(|| {
    let all = [
        (
            r"\b(curl|wget)\b.*\|\s*(sudo\s+)?(ba|z|da)?sh\b",
            Level::Error,
            "What comes from the network is run unseen. Use download with a sha256, then run the file.",
        ),
        (r"(^|[;&]\s*)\s*sudo\b", Level::Error, "There is no sudo: AiKore and its apps don't run as root."),
        (
            r"\b(apt|apt-get|yum|dnf|apk|pacman)\s+(-\S+\s+)*(install|add|-S)\b",
            Level::Error,
            "A blueprint can't install system packages. Say what is missing (command -v … || die …).",
        ),
        (
            r"\bsleep\s+infinity\b|\btail\s+-f\s+/dev/null\b",
            Level::Error,
            "This hides that the app has ended. Start it with run_app instead.",
        ),
        (
            r#"\brm\s+(-\w+\s+)*["']?/(["'\s]|$)|\brm\s+(-\w*[rR]\w*\s+)+["']?\$\{?\w+\}?["']?/(\*|["'\s]|$)"#,
            Level::Error,
            r#"With an empty variable this removes everything from / on: write "${NAME:?}/…"."#,
        ),
        (
            r"--break-system-packages|\bpip3?\s+install\b.*\s--user\b",
            Level::Error,
            "This changes the machine's Python. Use ensure_env, then install_requirements or install_packages.",
        ),
        (
            r"0\.0\.0\.0|(^|\s)--listen(\s*\\?$|\s+--)",
            Level::Warning,
            "It listens on all addresses: its port is open to the network without a login. Use 127.0.0.1.",
        ),
        (r"(^|\s)--share\b", Level::Warning, "--share opens a tunnel to the internet past the login."),
        (r"\bchmod\s+(-R\s+)?0?777\b", Level::Warning, "Everybody on the machine could change these files."),
        (r"\beval\b", Level::Warning, "eval runs whatever its text says. For arguments use launch_args and an array."),
        (
            r"\bnohup\b|\bsetsid\b|\bdisown\b",
            Level::Warning,
            "What leaves the process group is ended less gently at a stop. Let the app run in the foreground.",
        ),
        (
            r"^\s*git\s+(clone|pull|reset\s+--hard|checkout\s+(-f|--force))\b",
            Level::Info,
            "sync_repo clones and updates only when asked, and keeps changed files.",
        ),
    ];
    let habit = |(pattern, level, message)| Some(Habit { pattern: Regex::new(pattern).ok()?, level, message });
    all.into_iter().filter_map(habit).collect()
});

#[cfg(test)]
mod tests;
