//! Waiting for what a server does in its own time: starts, stops, jobs.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Failed;
use super::out::{Out, shown, text};
use super::progress::{self, Progress};
use super::server::{Answer, Server, encoded};

/// So often the server is asked: what is waited for takes seconds to minutes.
const LOOK: Duration = Duration::from_millis(250);

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Ready,
    Stopped,
}

/// Waits for an instance.
pub(super) async fn instance(
    server: &Server,
    out: &Out,
    (id, wanted): (i64, Wanted),
    patience: Option<Duration>,
) -> Result<Value, Failed> {
    let begun = Instant::now();
    let mut progress = Progress::new(out);
    loop {
        let instance = server.get(&format!("/api/instances/{id}")).await?;
        if let Some(result) = settled(&instance, wanted) {
            return result.map(|()| instance);
        }
        progress.show(&progress::of_instance(&instance));
        if patience.is_some_and(|patience| begun.elapsed() > patience) {
            let (name, status) = (text(&instance, "name"), text(&instance, "status"));
            return Err(Failed::failure(format!("'{name}' is {status} still; it goes on without us waiting")));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether it has come to what was wanted, or will not.
fn settled(instance: &Value, wanted: Wanted) -> Option<Result<(), Failed>> {
    let status = text(instance, "status");
    let will_try_again = instance.get("restart").is_some_and(|restart| !restart.is_null());
    let reason = text(instance, "reason");
    let failed = || {
        let name = text(instance, "name");
        let reason = shown(if reason.is_empty() { status } else { reason });
        let slug = text(instance, "slug");
        Err(Failed::failure(format!("'{name}' did not start: {reason} (`aikore logs {slug}` shows more)")))
    };
    match (wanted, status) {
        (Wanted::Ready, "started") | (Wanted::Stopped, "stopped" | "error") => Some(Ok(())),
        (Wanted::Ready, "error") if !will_try_again => Some(failed()),
        // Between the two halves of a restart it is stopped too: without a reason, and wanted.
        (Wanted::Ready, "stopped")
            if !will_try_again && (!reason.is_empty() || text(instance, "desired") != "running") =>
        {
            Some(failed())
        }
        _ => None,
    }
}

/// Waits for the job behind an answer, if there is one.
pub(super) async fn job(server: &Server, out: &Out, answer: &Answer) -> Result<Option<Value>, Failed> {
    let Some(id) = &answer.job else { return Ok(None) };
    let mut progress = Progress::new(out);
    loop {
        let job = server.get(&format!("/api/jobs/{}", encoded(id))).await?;
        match text(&job, "state") {
            "done" => return Ok(Some(job)),
            "failed" => return Err(Failed::failure(text(&job, "error"))),
            "cancelled" => return Err(Failed::failure(format!("the {} was cancelled", text(&job, "kind")))),
            _ => progress.show(&progress::of_job(&job)),
        }
        tokio::time::sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_settled() {
        let of = |status: &str, restart: Value, wanted| {
            let instance = json!({ "name": "a", "slug": "a", "status": status, "reason": "boom", "restart": restart });
            settled(&instance, wanted).map(|result| result.is_ok())
        };
        for (status, restart, ready, stopped) in [
            ("started", Value::Null, Some(true), None),
            ("starting", Value::Null, None, None),
            ("stalled", Value::Null, None, None),
            ("error", Value::Null, Some(false), Some(true)),
            ("error", json!({ "attempt": 1 }), None, Some(true)),
            ("stopped", Value::Null, Some(false), Some(true)),
        ] {
            assert_eq!(of(status, restart.clone(), Wanted::Ready), ready, "{status}");
            assert_eq!(of(status, restart, Wanted::Stopped), stopped, "{status}");
        }
    }
}
