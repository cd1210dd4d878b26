//! What of the lives of instances is worth telling: who is ready, who crashed, who was given up, who does not answer. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use super::Draft;
use crate::domain::{Instance, InstanceId, Level, NoticeKind, Status};

/// The instances as they were when they last changed.
#[derive(Debug, Default)]
pub(super) struct Lives {
    known: HashMap<InstanceId, Known>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    status: Status,
    has_run: bool,
    given_up: bool,
    /// It has been ready since it was last said to have crashed.
    was_ready: bool,
}

impl Lives {
    /// Takes in how an instance is, without a word about it.
    pub(super) fn learn(&mut self, instance: &Instance) {
        let was_ready = self.known.get(&instance.id).is_some_and(|known| known.was_ready);
        let known = Known {
            status: instance.status,
            has_run: instance.run.is_some(),
            given_up: instance.given_up,
            was_ready: was_ready || instance.status == Status::Started,
        };
        self.known.insert(instance.id, known);
    }

    /// Takes in how an instance is; gives what there is to say about that.
    pub(super) fn changed(&mut self, instance: &Instance) -> Option<Draft> {
        let before = self.known.get(&instance.id).copied();
        self.learn(instance);
        let told = told(before?, instance);
        if let (Some(draft), Some(known)) = (&told, self.known.get_mut(&instance.id))
            && draft.kind == NoticeKind::Crashed
        {
            known.was_ready = false;
        }
        told
    }

    /// Some changes were missed: takes in how everything is now; gives what there is to say about the difference.
    pub(super) fn caught_up(&mut self, all: &[Arc<Instance>]) -> Vec<Draft> {
        self.known.retain(|id, _| all.iter().any(|instance| instance.id == *id));
        all.iter().filter_map(|instance| self.changed(instance)).collect()
    }

    /// An instance is gone.
    pub(super) fn removed(&mut self, id: InstanceId) {
        self.known.remove(&id);
    }
}

fn told(before: Known, now: &Instance) -> Option<Draft> {
    let name = &now.chosen.name;
    let why = first_line(now);
    let (kind, level, text) = if now.given_up && !before.given_up {
        (NoticeKind::GaveUp, Level::Error, format!("{name}: {why}"))
    } else {
        match (before.status, now.status) {
            (before, now) if before == now => return None,
            // A copy that is being made has a status and no run; whoever makes it says how that went.
            (Status::Installing, Status::Error) if !before.has_run => return None,
            (_, Status::Error) => {
                // The first of a row, and whoever had recovered: not each time that it fails in the same way.
                let again = now.restart.as_ref().is_some_and(|restart| restart.attempt > 1);
                if again && !before.was_ready {
                    return None;
                }
                (NoticeKind::Crashed, Level::Error, format!("{name}: {why}"))
            }
            (Status::Stalled, Status::Started) => (NoticeKind::Ready, Level::Info, format!("{name} answers again.")),
            (Status::Starting | Status::Installing, Status::Started) => {
                (NoticeKind::Ready, Level::Info, format!("{name} is ready."))
            }
            (_, Status::Stalled) => (NoticeKind::Stalled, Level::Warn, format!("{name}: {why}")),
            _ => return None,
        }
    };
    Some(Draft { kind, level, text, instance_id: Some(now.id) })
}

/// The sentence, without the lines of the log that follow it: those may hold anything.
fn first_line(instance: &Instance) -> &str {
    let reason = instance.reason.as_deref().unwrap_or_default();
    reason.lines().next().unwrap_or_default().trim_end_matches(" Last output:")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{NewInstance, Restart, RunId, Timestamp};

    fn instance(status: Status) -> Instance {
        let chosen = NewInstance::new("a".parse().unwrap(), "a".parse().unwrap(), "x.sh".parse().unwrap());
        let mut instance = Instance::stopped(1, chosen, Timestamp::from_millis(0));
        instance.status = status;
        instance.run = status.is_active().then(|| RunId("r".to_owned()));
        instance.reason =
            (status == Status::Error || status == Status::Stalled).then(|| "It ended. Last output:\nsecret".to_owned());
        instance
    }

    fn restart(attempt: u32) -> Option<Restart> {
        Some(Restart { attempt, of: 8, at: Timestamp::from_millis(0), wait: Duration::ZERO, why: None })
    }

    /// What is said while an instance goes through these states.
    fn said(states: &[Instance]) -> Vec<String> {
        let mut lives = Lives::default();
        let told = states.iter().filter_map(|state| lives.changed(state));
        told.map(|draft| format!("{} {}", draft.kind, draft.text)).collect()
    }

    #[test]
    fn what_each_change_is_worth() {
        use Status::{Error, Installing, Stalled, Started, Starting, Stopped, Stopping};
        for (statuses, expected) in [
            (&[Stopped, Starting, Started][..], &["ready a is ready."][..]),
            (&[Stopped, Starting, Installing, Starting, Started], &["ready a is ready."]),
            (&[Started, Stopping, Stopped], &[]),
            (&[Started, Stopped], &[]),
            (&[Started, Error], &["crashed a: It ended."]),
            (&[Starting, Error, Error], &["crashed a: It ended."]),
            (&[Stopped, Error], &["crashed a: It ended."]),
            (&[Started, Stalled, Stalled, Started], &["stalled a: It ended.", "ready a answers again."]),
            (&[Starting, Stalled, Started], &["stalled a: It ended.", "ready a answers again."]),
            (&[Error, Stopped, Starting], &[]),
            (&[Error], &[]),
            (&[Started], &[]),
        ] {
            let states: Vec<Instance> = statuses.iter().map(|status| instance(*status)).collect();
            assert_eq!(said(&states), expected, "{statuses:?}");
        }
    }

    #[test]
    fn of_crashes_in_a_row_the_first_and_the_last_are_told() {
        let failed = |attempt| Instance { restart: restart(attempt), ..instance(Status::Error) };
        let given_up = Instance { given_up: true, ..instance(Status::Error) };
        let starting = instance(Status::Starting);
        let row = [starting.clone(), failed(1), starting.clone(), failed(2), starting.clone(), given_up.clone()];
        assert_eq!(said(&row), ["crashed a: It ended.", "gave_up a: It ended."]);
        // One that fails before it has a process goes from error to error.
        assert_eq!(
            said(&[instance(Status::Stopped), failed(1), failed(2), given_up.clone(), given_up.clone()]),
            ["crashed a: It ended.", "gave_up a: It ended."]
        );
        // One that was well in between has crashed anew.
        let well = instance(Status::Started);
        assert_eq!(
            said(&[starting.clone(), failed(1), starting.clone(), well, failed(2), starting, failed(3)]),
            ["crashed a: It ended.", "ready a is ready.", "crashed a: It ended."]
        );
        // One that always ends well, and is given up all the same.
        let ended = Instance { given_up: true, reason: Some("Given up.".to_owned()), ..instance(Status::Stopped) };
        assert_eq!(said(&[instance(Status::Started), ended]), ["gave_up a: Given up."]);
    }

    #[test]
    fn a_copy_that_fails_is_told_by_whoever_makes_it() {
        let copying = Instance { run: None, ..instance(Status::Installing) };
        assert_eq!(said(&[copying, instance(Status::Error)]), Vec::<String>::new());
        assert_eq!(said(&[instance(Status::Installing), instance(Status::Error)]).len(), 1);
    }

    #[test]
    fn what_was_learnt_or_missed() {
        let mut lives = Lives::default();
        lives.learn(&instance(Status::Started));
        assert_eq!(lives.changed(&instance(Status::Started)), None, "an adopted one is no news");
        let told = lives.caught_up(&[Arc::new(instance(Status::Error))]);
        assert_eq!(told.iter().map(|draft| draft.kind).collect::<Vec<_>>(), [NoticeKind::Crashed]);
        lives.removed(1);
        assert_eq!(lives.changed(&instance(Status::Started)), None);
    }
}
