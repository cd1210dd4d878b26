//! What is said about GPUs that can't be read, and what can be done. Pure.

use std::time::Duration;

use nvml_wrapper::error::NvmlError;

/// The driver does not answer. In steps: a sentence that changes each second is read aloud each second.
pub(super) fn silent(since: Duration, has_figures: bool) -> String {
    let time = match since.as_secs() {
        ..10 => "some seconds".to_owned(),
        seconds @ 10..60 => format!("{} s", seconds / 10 * 10),
        seconds => format!("{} min", seconds / 60),
    };
    let figures = if has_figures {
        "The figures of the GPUs are the last ones there were."
    } else {
        "There are no figures of GPUs until it does."
    };
    format!("The NVIDIA driver has not answered for {time}. {figures}")
}

/// The thread that asks it is gone.
pub(super) fn gone() -> String {
    "The GPUs are not read any more: asking the NVIDIA driver failed in a way it should not (the log says how). \
     Restart AiKore to try again."
        .to_owned()
}

/// There is no driver to be talked to.
pub(super) fn no_driver(error: &NvmlError) -> String {
    match error {
        NvmlError::LibloadingError(_) | NvmlError::LibraryNotFound => {
            "No NVIDIA driver was found, so there are no GPUs to show. In a container, hand them in with \"--gpus all\"."
                .to_owned()
        }
        NvmlError::DriverNotLoaded => {
            "The NVIDIA driver is installed but not loaded. Load it (\"modprobe nvidia\") or restart the machine.".to_owned()
        }
        NvmlError::LibRmVersionMismatch => {
            "The NVIDIA driver was updated while an older one is loaded. Restart the machine.".to_owned()
        }
        NvmlError::NoPermission => "The NVIDIA driver may not be used by this account.".to_owned(),
        error => format!(
            "The NVIDIA driver gives no access ({error}). In a container, restart it: the host may have taken the GPUs away."
        ),
    }
}

/// A card that was there.
pub(super) fn vanished(id: u32, name: &str, error: Option<&NvmlError>) -> String {
    let why = match error {
        Some(NvmlError::GpuLost) => "it has fallen off its bus".to_owned(),
        Some(NvmlError::ResetRequired) => "it must be reset".to_owned(),
        Some(error) => error.to_string(),
        None => "the driver does not see it any more".to_owned(),
    };
    format!("GPU {id} ({name}) has vanished: {why}. Usually the machine has to be restarted.")
}

/// A card that has never answered.
pub(super) fn mute(id: u32, error: &NvmlError) -> String {
    format!("GPU {id} does not answer: {error}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_is_a_sentence_that_says_what_to_do() {
        for (words, what, then) in [
            (no_driver(&NvmlError::LibraryNotFound), "No NVIDIA driver was found", "--gpus all"),
            (no_driver(&NvmlError::DriverNotLoaded), "not loaded", "modprobe"),
            (no_driver(&NvmlError::LibRmVersionMismatch), "updated", "Restart the machine."),
            (no_driver(&NvmlError::Unknown), "an internal driver error occurred", "restart it"),
            (
                vanished(1, "RTX", Some(&NvmlError::GpuLost)),
                "GPU 1 (RTX) has vanished: it has fallen off its bus.",
                "restarted",
            ),
            (vanished(0, "RTX", None), "the driver does not see it any more", "restarted"),
            (mute(2, &NvmlError::Timeout), "GPU 2 does not answer", "timeout"),
            (silent(Duration::from_secs(5), true), "for some seconds.", "last ones"),
            (silent(Duration::from_secs(29), true), "for 20 s.", "last ones"),
            (silent(Duration::from_secs(185), false), "for 3 min.", "until it does"),
        ] {
            assert!(words.contains(what) && words.contains(then) && words.ends_with('.'), "{words}");
        }
    }
}
