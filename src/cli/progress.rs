//! How far long work is, in one line of a terminal that goes when the work is done.

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

use super::out::{Out, shown, size, text};

/// How long the line may be: a longer one would wrap, and could not be taken back.
const LONGEST: usize = 78;

/// The line; nothing where nobody sees it.
#[derive(Debug)]
pub(super) struct Progress {
    is_seen: bool,
    last: String,
}

impl Progress {
    pub(super) fn new(out: &Out) -> Self {
        Self { is_seen: !out.json && io::stderr().is_terminal(), last: String::new() }
    }

    /// Shows this instead of what was shown.
    pub(super) fn show(&mut self, line: &str) {
        if !self.is_seen || self.last == line {
            return;
        }
        self.last = line.to_owned();
        let line: String = shown(line).chars().take(LONGEST).collect();
        // Whether it is seen changes nothing of the work.
        let _ = write!(io::stderr(), "\r{line}\x1b[K");
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if !self.last.is_empty() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// How far an instance is on its way.
pub(super) fn of_instance(instance: &Value) -> String {
    let (name, status) = (text(instance, "name"), text(instance, "status"));
    let number = |progress: &Value, member: &str| progress.get(member).and_then(Value::as_u64);
    let more = instance.get("progress").filter(|progress| !progress.is_null()).map(|progress| {
        let step = match (number(progress, "step"), number(progress, "steps")) {
            (Some(step), Some(steps)) => format!(" ({step}/{steps})"),
            _ => String::new(),
        };
        let percent = number(progress, "percent").map_or_else(String::new, |percent| format!(" {percent} %"));
        format!(": {}{step}{percent}", text(progress, "phase"))
    });
    format!("{name} is {status}{}", more.unwrap_or_default())
}

/// A job and how far it is.
pub(super) fn of_job(job: &Value) -> String {
    format!("{} {}: {}", text(job, "kind"), text(job, "state"), how_far(job))
}

/// How far a job is.
pub(super) fn how_far(job: &Value) -> String {
    let number = |member: &str| job.get(member).and_then(Value::as_u64);
    let (done, total) = (number("done").unwrap_or_default(), number("total"));
    let amount = |count: u64| if text(job, "unit") == "bytes" { size(count) } else { count.to_string() };
    let of = total.map_or_else(String::new, |total| format!(" of {}", amount(total)));
    let message = text(job, "message");
    let message = if message.is_empty() { String::new() } else { format!(", {message}") };
    format!("{}{of}{message}", amount(done))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines() {
        let instance = json!({ "name": "a", "status": "installing",
            "progress": { "phase": "Installing PyTorch", "step": 3, "steps": 7, "percent": 40 } });
        assert_eq!(of_instance(&instance), "a is installing: Installing PyTorch (3/7) 40 %");
        assert_eq!(of_instance(&json!({ "name": "a", "status": "starting", "progress": null })), "a is starting");
        let job = json!({ "kind": "copy", "state": "running", "done": 2048, "total": 4096, "unit": "bytes" });
        assert_eq!(of_job(&job), "copy running: 2.0 KiB of 4.0 KiB");
        let job = json!({ "kind": "trash", "state": "queued", "done": 0, "unit": "items", "message": "waits" });
        assert_eq!(of_job(&job), "trash queued: 0, waits");
    }
}
