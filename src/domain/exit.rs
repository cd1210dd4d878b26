//! How a run ended.

use super::{Status, Timestamp};

/// Exit code or signal of the leader of a run, and when its tree was gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Exit {
    /// Exit code, when the leader exited.
    pub code: Option<i32>,
    /// Signal number, when it was killed.
    pub signal: Option<i32>,
    /// When.
    pub at: Timestamp,
}

impl Exit {
    /// What a run that ended *by itself* leaves: its status and the sentence that explains it.
    ///
    /// Exit 0 before it was ready is a failure: nobody got an app. Exit 0 afterwards is the app's own quitting.
    pub fn verdict(&self, was_ready: bool) -> (Status, String) {
        match (self.code, self.signal) {
            (Some(0), _) if was_ready => (Status::Stopped, "The app ended by itself (exit code 0).".to_owned()),
            (Some(0), _) => (Status::Error, "It ended before it was ready (exit code 0).".to_owned()),
            (Some(code), _) => (Status::Error, format!("It ended with exit code {code}.{}", hint_for_code(code))),
            (None, Some(signal)) => {
                (Status::Error, format!("It was killed by signal {}.{}", signal_name(signal), hint_for_signal(signal)))
            }
            (None, None) => (Status::Error, "It ended, and nobody knows how.".to_owned()),
        }
    }
}

fn hint_for_code(code: i32) -> &'static str {
    match code {
        126 => " That code means a command could not be executed.",
        127 => " That code means a command was not found.",
        137 => " That code means it was killed, most often for want of memory.",
        _ => "",
    }
}

fn hint_for_signal(signal: i32) -> &'static str {
    match signal {
        9 => " When nobody did that by hand, the machine ran out of memory.",
        _ => "",
    }
}

/// `SIGTERM (15)` for the signals a person meets, else the number.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        _ => return signal.to_string(),
    };
    format!("{name} ({signal})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        let exit = |code, signal| Exit { code, signal, at: Timestamp::from_millis(0) };
        for (exit, was_ready, status) in [
            (exit(Some(0), None), true, Status::Stopped),
            (exit(Some(0), None), false, Status::Error),
            (exit(Some(7), None), true, Status::Error),
            (exit(Some(7), None), false, Status::Error),
            (exit(None, Some(9)), true, Status::Error),
            (exit(None, None), true, Status::Error),
        ] {
            assert_eq!(exit.verdict(was_ready).0, status, "{exit:?} {was_ready}");
        }
        assert!(exit(Some(7), None).verdict(false).1.contains("exit code 7"));
        assert!(exit(None, Some(9)).verdict(false).1.contains("SIGKILL (9)"));
    }
}
