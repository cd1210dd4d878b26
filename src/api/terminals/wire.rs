//! What is said over a terminal's websocket (docs/terminals.md). Output is binary; the rest of it is here.

use serde::{Deserialize, Serialize};

use crate::terminal::Size;

/// What a client says besides what is typed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum FromClient {
    /// How large its screen is.
    Resize {
        /// Lines.
        rows: u16,
        /// Characters in a line.
        cols: u16,
    },
    /// It has drawn everything before this place.
    Ack {
        /// The place.
        offset: u64,
    },
    /// Nothing more is typed: the end of a program's input.
    End,
}

/// What a client of a session is told besides the output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum ToClient<'a> {
    /// The first word: which session it is, and where the output that follows begins. Until `end` it was printed before.
    Attached {
        /// The session.
        session: &'a str,
        /// Its name.
        name: &'a str,
        /// The place of the first byte that follows.
        offset: u64,
        /// The place behind what is there already.
        end: u64,
        /// It is not where the client wanted to begin: what is on its screen belongs to something else.
        reset: bool,
    },
    /// The output goes on at another place: what was between is kept no more.
    Gap {
        /// The place.
        offset: u64,
    },
    /// So many of the bytes typed by this client were read.
    Typed {
        /// Bytes, since it was attached.
        total: u64,
    },
    /// The session is over.
    Ended {
        /// `exit`, `asked` or `idle`.
        why: &'static str,
        /// The exit code of the shell, or of the program in its place.
        code: Option<i32>,
        /// The signal that ended it instead.
        #[serde(skip_serializing_if = "Option::is_none")]
        signal: Option<i32>,
    },
}

/// A text of the older form, in which what is typed comes as text too: only exactly a resize is one.
pub(super) fn resize(text: &str) -> Option<Size> {
    if !text.starts_with('{') {
        return None;
    }
    match serde_json::from_str(text) {
        Ok(FromClient::Resize { rows, cols }) => Size::new(rows, cols),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_resize_is_no_typing() {
        let size = Size::new(40, 120);
        assert_eq!(resize(r#"{"type":"resize","rows":40,"cols":120}"#), size);
        assert_eq!(resize(r#"{"cols": 120, "rows": 40, "type": "resize"}"#), size);
        for typed in [
            "ls\r",
            "{",
            "{}",
            r#"{"type":"resize"}"#,
            r#"{"type":"resize","rows":0,"cols":120}"#,
            r#"{"type":"resize","rows":40,"cols":120,"more":1}"#,
            r#"{"type":"resize","rows":-1,"cols":120}"#,
            r#"{"type":"ack","offset":1}"#,
            r#" {"type":"resize","rows":40,"cols":120}"#,
            r#"[{"type":"resize","rows":40,"cols":120}]"#,
        ] {
            assert_eq!(resize(typed), None, "{typed}");
        }
    }

    #[test]
    fn words_on_the_wire() {
        let said = |word: &ToClient<'_>| serde_json::to_string(word).unwrap();
        assert_eq!(said(&ToClient::Typed { total: 5 }), r#"{"type":"typed","total":5}"#);
        assert_eq!(
            said(&ToClient::Ended { why: "exit", code: Some(1), signal: None }),
            r#"{"type":"ended","why":"exit","code":1}"#
        );
    }
}
