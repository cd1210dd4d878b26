//! What server and shim say to each other: one JSON object a line over a Unix socket.
//!
//! A newer server meets shims of older binaries, so fields are only ever added, with a default. The first line of a
//! connection is the shim's whole state, so a server that comes back needs no history.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::domain::{Exit, InstanceId, Port, Progress, RunId, Timestamp};

/// Raised when an old reader could no longer make sense of a new writer.
pub(super) const VERSION: u32 = 1;

/// What a shim is started with, on its standard input. The child's environment is the shim's own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Spec {
    pub(super) run: RunId,
    pub(super) instance: InstanceId,
    /// The folder of socket and record.
    pub(super) shims: PathBuf,
    pub(super) log: PathBuf,
    pub(super) command: Vec<String>,
    pub(super) app_port: Port,
    /// How long a file of the log may become.
    #[serde(default = "log_file_size")]
    pub(super) log_file_size: u64,
    /// How many files the leader may have open; as the shim where it is not said.
    #[serde(default)]
    pub(super) open_files: Option<u64>,
}

fn log_file_size() -> u64 {
    super::log::FILE_SIZE
}

/// From the shim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Report {
    /// The first line.
    Hello(Hello),
    Progress {
        progress: Option<Progress>,
    },
    Log {
        size: u64,
    },
    /// Whether the log can be written, and how many bytes were lost so far.
    LogState {
        error: Option<String>,
        lost: u64,
    },
    Ended {
        exit: Exit,
    },
}

/// A shim's state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Hello {
    pub(super) version: u32,
    pub(super) run: RunId,
    pub(super) instance: InstanceId,
    pub(super) shim: u32,
    pub(super) leader: u32,
    pub(super) app_port: Port,
    pub(super) started_at: Timestamp,
    pub(super) log_size: u64,
    #[serde(default)]
    pub(super) progress: Option<Progress>,
    /// The end, for whoever comes after it.
    #[serde(default)]
    pub(super) exit: Option<Exit>,
    /// Why the log can't be written at the moment.
    #[serde(default)]
    pub(super) log_error: Option<String>,
    #[serde(default)]
    pub(super) log_lost: u64,
}

/// From the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Request {
    /// End the tree.
    Stop { signal: i32, grace_ms: u64 },
    /// The end is known and stored: the shim may go.
    Collected,
}

/// The exit record, kept on disk until a server has collected it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) run: RunId,
    pub(super) instance: InstanceId,
    pub(super) exit: Exit,
}

/// The name of a run's socket in the shims folder.
pub(super) fn socket_name(run: &RunId) -> String {
    format!("{run}.sock")
}

/// The name of a run's exit record in the shims folder.
pub(super) fn record_name(run: &RunId) -> String {
    format!("{run}.exit")
}

/// The file that keeps room for a run's exit record: how it ended must be known even if the disk is full by then.
pub(super) fn reserve_name(run: &RunId) -> String {
    format!("{run}.exit-new")
}

/// A message as its line.
pub(super) fn line(message: &impl Serialize) -> Vec<u8> {
    // These types hold nothing that JSON can't say.
    let mut line = serde_json::to_vec(message).unwrap_or_default();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Said by shims of the first protocol; kept as they were, so that no later change forgets them.
    const FIRST_HELLO: &str = r#"{"kind":"hello","version":1,"run":"3f2a90bc12de","instance":7,"shim":100,"leader":101,"app_port":20001,"started_at":"2026-11-20T09:15:00.000Z","log_size":12,"progress":{"phase":"Installing PyTorch","step":3,"steps":7,"percent":28},"exit":null}"#;
    const FIRST_ENDED: &str = r#"{"kind":"ended","exit":{"code":null,"signal":9,"at":"2026-11-20T09:16:00.000Z"}}"#;
    const FIRST_RECORD: &str =
        r#"{"run":"3f2a90bc12de","instance":7,"exit":{"code":3,"signal":null,"at":"2026-11-20T09:16:00.000Z"}}"#;
    const FIRST_SPEC: &str = r#"{"run":"3f2a90bc12de","instance":7,"shims":"/c/run/shims","log":"/c/instances/a/output.log","command":["bash","/c/instances/a/launch.sh"],"app_port":20001}"#;

    fn hello(text: &str) -> Hello {
        match serde_json::from_str(text).unwrap() {
            Report::Hello(hello) => hello,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_protocol_is_understood() {
        let first = hello(FIRST_HELLO);
        assert_eq!((first.version, first.instance, first.leader, first.log_size), (1, 7, 101, 12));
        assert_eq!(first.progress.unwrap().percent, Some(28));
        assert_eq!((first.log_error, first.log_lost), (None, 0));
        assert!(matches!(serde_json::from_str(FIRST_ENDED).unwrap(), Report::Ended { exit } if exit.signal == Some(9)));
        assert_eq!(serde_json::from_str::<Record>(FIRST_RECORD).unwrap().exit.code, Some(3));
        assert_eq!(serde_json::from_str::<Spec>(FIRST_SPEC).unwrap().log_file_size, 64 << 20);
    }

    #[test]
    fn members_of_a_later_protocol_are_passed_over() {
        let later = FIRST_HELLO.replace("\"version\":1", "\"version\":9,\"weather\":{\"sunny\":true}");
        assert_eq!(hello(&later).version, 9);
    }

    /// What older servers and shims are told keeps its words.
    #[test]
    fn the_words_of_the_requests_stay() {
        let said = |request: &Request| String::from_utf8(line(request)).unwrap();
        assert_eq!(
            said(&Request::Stop { signal: 2, grace_ms: 5000 }),
            "{\"kind\":\"stop\",\"signal\":2,\"grace_ms\":5000}\n"
        );
        assert_eq!(said(&Request::Collected), "{\"kind\":\"collected\"}\n");
    }
}
