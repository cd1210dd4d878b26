//! What a person hears when a run's log can't be written: it runs on, and what it prints may be lost.

use super::events::{Level, Notice};
use super::now;
use crate::domain::Instance;

const BEGINNING: &str = "Its log can't be written";

/// Notes it as the instance's reason, unless there is a weightier one; takes it back once it is over.
pub(super) fn remark(instance: &mut Instance, error: Option<&str>) {
    let ours = instance.reason.as_ref().is_none_or(|reason| reason.starts_with(BEGINNING));
    if ours {
        instance.reason = error.map(sentence);
    }
}

fn sentence(error: &str) -> String {
    format!("{BEGINNING} ({error}). It runs on; what it prints is lost until there is room again.")
}

/// Says it aloud, once when it begins and once when it is over.
pub(super) fn notice(instance: &Instance, error: Option<&str>, lost: u64) -> Notice {
    let name = &instance.chosen.name;
    let (level, text) = match error {
        Some(error) => (Level::Warn, format!("{name}: {}", sentence(error))),
        None if lost == 0 => (Level::Info, format!("{name}: Its log can be written again; nothing was lost.")),
        None => (Level::Info, format!("{name}: Its log can be written again; {lost} bytes were lost.")),
    };
    tracing::warn!(instance = instance.id, "{text}");
    Notice { level, text, instance_id: Some(instance.id), at: now() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BlueprintName, InstanceName, NewInstance, Slug, Timestamp};

    #[test]
    fn a_reason_of_more_weight_stays() {
        let name = InstanceName::parse("a").unwrap();
        let chosen = NewInstance::new(name, Slug::of_name("a").unwrap(), BlueprintName::parse("a.sh").unwrap());
        let mut instance = Instance::stopped(1, chosen, Timestamp::from_millis(0));
        remark(&mut instance, Some("No space left on device"));
        assert_eq!(
            instance.reason.as_deref(),
            Some(
                "Its log can't be written (No space left on device). It runs on; what it prints is lost until there is room again."
            )
        );
        remark(&mut instance, None);
        assert_eq!(instance.reason, None);
        instance.reason = Some("Not ready after 3m.".to_owned());
        for error in [Some("No space left on device"), None] {
            remark(&mut instance, error);
            assert_eq!(instance.reason.as_deref(), Some("Not ready after 3m."));
        }
    }
}
