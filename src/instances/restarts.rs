//! The restart policy at work: an instance that ended by itself starts again, later and later, until it is given up.
//!
//! What is to come stands in the instance itself (`Instance::restart`). Whoever takes it out of there, above all a
//! person's Stop or Start, has called it off: the task that waits looks there before it does anything.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::{Inner, locked, now};
use crate::domain::{Instance, InstanceId, Next, Restart, Status, Timestamp};

impl Inner {
    /// Decides what follows an end nobody asked for, and notes it in the instance. Call it within the change that records
    /// the end.
    pub(super) fn plan_restart(&self, next: &mut Instance, ready_for: Option<Duration>) {
        (next.restart, next.given_up) = (None, false);
        if !next.chosen.restart_policy.asks(next.status == Status::Error) {
            return;
        }
        let attempts = self.setup.restart_attempts;
        let follows = locked(&self.backoffs).entry(next.id).or_default().ended(ready_for, attempts, fastrand::f64());
        let why = next.reason.clone();
        let promise = match follows {
            Next::Again { attempt, wait } => {
                let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                let at = Timestamp::from_millis(now().millis().saturating_add(millis));
                next.restart = Some(Restart { attempt, of: attempts, at, wait, why: why.clone() });
                let wait = humantime::format_duration(Duration::from_secs(wait.as_secs()));
                format!("It starts again after {wait} (attempt {attempt} of {attempts}).")
            }
            Next::GiveUp => {
                next.given_up = true;
                format!(
                    "It was started again {attempts} times in a row and did not stay well, so it is given up. See its log, then start it."
                )
            }
        };
        next.reason = Some(with_promise(why.as_deref().unwrap_or_default(), &promise));
    }

    /// Waits for the restart an instance has before it, if it has one.
    pub(super) fn await_restart(self: &Arc<Self>, instance: &Instance) {
        if let Some(restart) = &instance.restart {
            self.tasks.spawn("wait for a restart", wait(Arc::clone(self), instance.id, restart.clone()));
        }
    }

    /// A person has taken over: what went wrong before does not count any more, and what waited has been settled.
    pub(super) fn taken_over(&self, id: InstanceId) {
        locked(&self.backoffs).remove(&id);
        locked(&self.queued).remove(&id);
    }

    /// Starts an instance that nobody waits for. A start that fails is an end like any other.
    pub(super) async fn start_unasked(self: &Arc<Self>, id: InstanceId) {
        let Err(error) = self.start(id).await else { return };
        if self.is_leaving() {
            return;
        }
        tracing::warn!(instance = id, %error, "it should run and could not be started");
        let failed = self.roster.observe(id, |next| {
            let down = !next.status.is_active();
            if down {
                next.set_status(Status::Error, Some(error.to_string()), now());
                self.plan_restart(next, None);
            }
            down
        });
        if let Some(failed) = failed.await {
            self.await_restart(&failed);
        }
    }
}

/// What a change of the policy means for a restart that is coming.
pub(super) fn policy_changed(instance: &mut Instance) {
    let asks = instance.chosen.restart_policy.asks(instance.status == Status::Error);
    if !asks && let Some(restart) = instance.restart.take() {
        instance.reason = restart.why;
    }
}

/// Boxed, since what it starts may fail and wait again: the compiler can't follow that circle.
fn wait(inner: Arc<Inner>, id: InstanceId, restart: Restart) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        tokio::select! {
            () = tokio::time::sleep(restart.wait) => {}
            () = inner.leaving.cancelled() => return,
        }
        let _turn = inner.turn(id).await;
        let still_wanted = inner.roster.get(id).is_ok_and(|instance| instance.restart.as_ref() == Some(&restart));
        if still_wanted {
            *locked(&inner.restarts).entry(id).or_default() += 1;
            inner.start_unasked(id).await;
        }
    })
}

/// The promise belongs to the sentence, before the lines of the log that follow it.
pub(super) fn with_promise(reason: &str, promise: &str) -> String {
    match reason.split_once(" Last output:\n") {
        Some((sentence, quoted)) => format!("{sentence} {promise} Last output:\n{quoted}"),
        None => format!("{reason} {promise}").trim_start().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{NewInstance, RestartPolicy};

    #[test]
    fn promises_come_before_the_log() {
        assert_eq!(with_promise("It ended.", "It starts."), "It ended. It starts.");
        assert_eq!(with_promise("", "It starts."), "It starts.");
        assert_eq!(
            with_promise("It ended. Last output:\na\nb", "It starts."),
            "It ended. It starts. Last output:\na\nb"
        );
    }

    #[test]
    fn a_policy_that_no_longer_asks_takes_the_promise_back() {
        let chosen = NewInstance::new("a".parse().unwrap(), "a".parse().unwrap(), "x.sh".parse().unwrap());
        let mut instance = Instance::stopped(1, chosen, Timestamp::from_millis(0));
        let restart = Restart {
            attempt: 1,
            of: 8,
            at: Timestamp::from_millis(9),
            wait: Duration::ZERO,
            why: Some("It ended.".to_owned()),
        };
        for (policy, status, stays) in [
            (RestartPolicy::Always, Status::Stopped, true),
            (RestartPolicy::OnFailure, Status::Error, true),
            (RestartPolicy::OnFailure, Status::Stopped, false),
            (RestartPolicy::Never, Status::Error, false),
        ] {
            instance.chosen.restart_policy = policy;
            instance.status = status;
            instance.restart = Some(restart.clone());
            instance.reason = Some("It ended. It starts again.".to_owned());
            policy_changed(&mut instance);
            assert_eq!(instance.restart.is_some(), stays, "{policy} {status}");
            assert_eq!(instance.reason.as_deref() == Some("It ended."), !stays, "{policy} {status}");
        }
    }
}
