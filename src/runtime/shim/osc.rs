//! Takes progress and titles out of the terminal's stream, so that the log holds only what a person reads.
//!
//! OSC 9;4 (`ESC ] 9 ; 4 ; state ; percent BEL`) is the progress sequence of ConEmu and Windows Terminal; OSC 0, 1 and 2
//! set the title. Every other sequence, colours and links above all, passes.

use std::mem;

use crate::domain::Progress;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;

/// Longer sequences are taken for garbage and passed through: a stream without an end must not fill memory.
const MAX: usize = 4096;

/// A filter over a stream that may be cut anywhere.
#[derive(Default)]
pub(super) struct Filter {
    state: State,
    /// The sequence begun so far, its `ESC ]` included.
    pending: Vec<u8>,
    clean: Vec<u8>,
    title: String,
    /// `Some` while a progress is shown: its percentage, if known.
    progress: Option<Option<u8>>,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum State {
    #[default]
    Text,
    Escape,
    Sequence,
    SequenceEscape,
}

impl Filter {
    /// Takes a piece of the stream and returns what of it belongs into the log. What may be the start of a sequence is
    /// held back until the next piece.
    pub(super) fn feed<'a>(&'a mut self, bytes: &'a [u8]) -> &'a [u8] {
        // Nearly all output is plain text, and there may be a lot of it.
        if self.state == State::Text && memchr::memchr(ESC, bytes).is_none() {
            return bytes;
        }
        self.clean.clear();
        let mut rest = bytes;
        while let Some((&byte, behind)) = rest.split_first() {
            if self.state == State::Text {
                let plain = memchr::memchr(ESC, rest).unwrap_or(rest.len());
                let (text, escape) = rest.split_at(plain);
                self.clean.extend_from_slice(text);
                rest = escape;
                if !text.is_empty() {
                    continue;
                }
            }
            self.step(byte);
            rest = behind;
        }
        &self.clean
    }

    /// What was held back when the stream ended.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        self.state = State::Text;
        mem::take(&mut self.pending)
    }

    /// The phase the blueprint is in.
    pub(super) fn progress(&self) -> Option<Progress> {
        let percent = self.progress?;
        let title = if self.title.is_empty() { "Working" } else { &self.title };
        Some(Progress::from_title(title, percent))
    }

    fn step(&mut self, byte: u8) {
        match (self.state, byte) {
            (State::Text, ESC) => self.hold(byte, State::Escape),
            (State::Text, _) => self.clean.push(byte),
            (State::Escape, b']') => self.hold(byte, State::Sequence),
            (State::Escape, ESC) => {
                self.pass();
                self.hold(byte, State::Escape);
            }
            (State::Sequence, BEL) => {
                self.pending.push(byte);
                self.complete(1);
            }
            (State::Sequence, ESC) => self.hold(byte, State::SequenceEscape),
            (State::SequenceEscape, b'\\') => {
                self.pending.push(byte);
                self.complete(2);
            }
            (State::Sequence, _) if self.pending.len() < MAX => self.pending.push(byte),
            _ => {
                self.pending.push(byte);
                self.pass();
            }
        }
    }

    fn hold(&mut self, byte: u8, state: State) {
        self.pending.push(byte);
        self.state = state;
    }

    /// It was nothing of ours: into the log with it.
    fn pass(&mut self) {
        self.clean.append(&mut self.pending);
        self.state = State::Text;
    }

    /// A whole sequence is there, its terminator `tail` bytes long.
    fn complete(&mut self, tail: usize) {
        let body = self.pending.get(2..self.pending.len() - tail).unwrap_or_default();
        let text = String::from_utf8_lossy(body).into_owned();
        if self.understand(&text) {
            self.pending.clear();
            self.state = State::Text;
        } else {
            self.pass();
        }
    }

    fn understand(&mut self, text: &str) -> bool {
        let Some((kind, rest)) = text.split_once(';') else { return false };
        match kind {
            "0" | "1" | "2" => rest.clone_into(&mut self.title),
            "9" => {
                let mut parts = rest.split(';');
                if parts.next() != Some("4") {
                    return false;
                }
                let state = parts.next().unwrap_or("0");
                let percent = parts.next().and_then(|percent| percent.parse().ok());
                self.progress = match state {
                    "0" => None,
                    "3" => Some(None), // unknown how far
                    _ => Some(percent),
                };
            }
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(pieces: &[&[u8]]) -> (Vec<u8>, Option<Progress>) {
        let mut filter = Filter::default();
        let mut out = Vec::new();
        for piece in pieces {
            out.extend_from_slice(filter.feed(piece));
        }
        let progress = filter.progress();
        out.extend(filter.finish());
        (out, progress)
    }

    #[test]
    fn a_phase_leaves_no_trace_in_the_log() {
        let stream = b"a\n\x1b]9;4;1;28\x07\x1b]2;[3/7] Installing PyTorch\x07b\n";
        let (log, progress) = through(&[stream]);
        assert_eq!(log, b"a\nb\n");
        let progress = progress.unwrap();
        assert_eq!(
            (progress.phase.as_str(), progress.step, progress.percent),
            ("Installing PyTorch", Some(3), Some(28))
        );
    }

    #[test]
    fn it_does_not_matter_where_the_stream_is_cut() {
        let stream =
            b"x\x1b[31mred\x1b[0m\x1b]9;4;1;50\x1b\\\x1b]0;[1/2] A\x07\x1b]8;;http://a\x07link\x1b]8;;\x07 \x1b";
        let whole = through(&[stream]);
        for at in 0..=stream.len() {
            let (head, tail) = stream.split_at(at);
            assert_eq!(through(&[head, tail]), whole, "cut at {at}");
        }
        assert_eq!(whole.0, b"x\x1b[31mred\x1b[0m\x1b]8;;http://a\x07link\x1b]8;;\x07 \x1b");
    }

    #[test]
    fn the_end_of_the_phases_and_odd_sequences() {
        assert_eq!(through(&[b"\x1b]9;4;1;5\x07\x1b]9;4;0\x07"]).1, None);
        assert_eq!(through(&[b"\x1b]9;4;3\x07"]).1.unwrap().percent, None);
        assert_eq!(through(&[b"\x1b]2;just a title\x07"]), (Vec::new(), None));
        for odd in [&b"\x1b]9;hello\x07"[..], b"\x1b]\x07", b"\x1b]777;x\x07", b"\x1b\x1b[m", b"\x1b]9;4\x1bZ"] {
            assert_eq!(through(&[odd]).0, odd, "{odd:?}");
        }
        let endless = [b"\x1b]2;".to_vec(), vec![b'x'; 3 * MAX]].concat();
        assert_eq!(through(&[&endless]).0, endless);
    }
}
