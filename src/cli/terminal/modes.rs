//! What passes through to the terminal we sit at. What programs set up there is noted, so that it can be undone when we go;
//! what was printed before we came asks no questions any more: the answers would be typed into the shell of today.

use std::collections::BTreeSet;

/// No control sequence that matters is longer.
const LONGEST: usize = 256;

/// Private modes that are on unless somebody switches them off: line wrap, and the cursor.
const ON_AT_FIRST: [u16; 2] = [7, 25];
/// Those that change the screen itself: they are undone last.
const SCREENS: [u16; 3] = [47, 1047, 1049];
/// Reports a window is asked for.
const REPORTS: [u16; 9] = [11, 13, 14, 15, 16, 18, 19, 20, 21];

/// Where in the stream we are.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    Escape,
    /// `ESC [`: until its final byte.
    Control,
    /// `ESC ]` and the like: until BEL or `ESC \`.
    Words,
    /// Behind an escape in those.
    WordsEscape,
}

/// What of the terminal is not as it was.
#[derive(Debug, Default)]
pub(super) struct Modes {
    state: State,
    /// The sequence that is not over, held back until we know what it is.
    held: Vec<u8>,
    /// It became too long to be held: the rest of it passes.
    is_long: bool,
    /// Private modes that were switched on, and those that were switched off.
    on: BTreeSet<u16>,
    off: BTreeSet<u16>,
    /// Anything at all came that is more than text.
    is_touched: bool,
    keypad: bool,
    insert: bool,
    scroll_region: bool,
    cursor_shape: bool,
    charset: bool,
    other_keys: bool,
    kitty_keys: u16,
}

impl Modes {
    /// What of these bytes goes to the terminal. `is_old`: they were printed before we came.
    pub(super) fn pass(&mut self, bytes: &[u8], is_old: bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() + self.held.len());
        for byte in bytes {
            self.step(*byte, is_old, &mut out);
        }
        out
    }

    fn step(&mut self, byte: u8, is_old: bool, out: &mut Vec<u8>) {
        match (self.state, byte) {
            (State::Text, 0x1b) => {
                self.state = State::Escape;
                self.held.push(byte);
            }
            // ENQ asks the terminal who it is.
            (State::Text, 0x05) if is_old => {}
            (State::Text, _) => {
                self.charset |= byte == 0x0e;
                out.push(byte);
            }
            (State::Escape, b'[') => self.hold(byte, State::Control, out),
            (State::Escape, b']' | b'P' | b'_' | b'^' | b'X') => self.hold(byte, State::Words, out),
            // Names a character set; which one follows.
            (State::Escape, b'(' | b')' | b'*' | b'+' | b' ' | b'#' | b'%') => self.hold(byte, State::Escape, out),
            (State::Escape, _) => {
                self.held.push(byte);
                self.note_escape();
                self.release(true, out);
            }
            (State::Control, 0x40..=0x7e) => {
                self.held.push(byte);
                let passes = !(is_old && asks(&self.held));
                self.note_control();
                self.release(passes, out);
            }
            (State::Words, 0x07) => self.end_words(byte, is_old, out),
            (State::Words, 0x1b) => self.hold(byte, State::WordsEscape, out),
            (State::WordsEscape, b'\\') => self.end_words(byte, is_old, out),
            (State::WordsEscape, _) => self.hold(byte, State::Words, out),
            // Cancelled, as terminals do it.
            (State::Control, 0x18 | 0x1a) => {
                self.held.push(byte);
                self.release(true, out);
            }
            (state, _) => self.hold(byte, state, out),
        }
    }

    fn hold(&mut self, byte: u8, state: State, out: &mut Vec<u8>) {
        self.state = state;
        self.held.push(byte);
        if self.held.len() > LONGEST || self.is_long {
            // A picture, or a text for the clipboard: it is no question.
            self.is_long = true;
            out.append(&mut self.held);
        }
    }

    fn end_words(&mut self, byte: u8, is_old: bool, out: &mut Vec<u8>) {
        self.held.push(byte);
        let passes = !(is_old && !self.is_long && asks_in_words(&self.held));
        self.release(passes, out);
    }

    fn release(&mut self, passes: bool, out: &mut Vec<u8>) {
        if passes {
            out.append(&mut self.held);
        }
        self.held.clear();
        (self.state, self.is_long, self.is_touched) = (State::Text, false, true);
    }

    fn note_escape(&mut self) {
        match self.held.get(1..).unwrap_or_default() {
            b"=" => self.keypad = true,
            b">" => self.keypad = false,
            // A reset of everything.
            b"c" => *self = Self { held: std::mem::take(&mut self.held), state: self.state, ..Self::default() },
            [b'(' | b')', set] => self.charset = *set != b'B',
            _ => {}
        }
    }

    fn note_control(&mut self) {
        let Some(Control { prefix, numbers, between, last }) = Control::of(&self.held) else { return };
        match (prefix, between, last) {
            (Some(b'?'), b"", b'h' | b'l') => {
                let is_on = last == b'h';
                for mode in numbers {
                    let is_usual = ON_AT_FIRST.contains(&mode) == is_on;
                    self.on.remove(&mode);
                    self.off.remove(&mode);
                    match (is_usual, is_on) {
                        (true, _) => {}
                        (false, true) => drop(self.on.insert(mode)),
                        (false, false) => drop(self.off.insert(mode)),
                    }
                }
            }
            (None, b"", b'h' | b'l') if numbers.contains(&4) => self.insert = last == b'h',
            (None, b"", b'r') => self.scroll_region = !numbers.is_empty(),
            (None, b" ", b'q') => self.cursor_shape = numbers.first().is_some_and(|shape| *shape > 0),
            (Some(b'>'), b"", b'm') if numbers.first() == Some(&4) => {
                self.other_keys = numbers.get(1).is_some_and(|level| *level > 0);
            }
            (Some(b'>'), b"", b'u') => self.kitty_keys = self.kitty_keys.saturating_add(1),
            (Some(b'<'), b"", b'u') => {
                self.kitty_keys = self.kitty_keys.saturating_sub(numbers.first().copied().unwrap_or(1).max(1));
            }
            _ => {}
        }
    }

    /// What puts the terminal back; nothing where nothing was changed.
    pub(super) fn undo(&mut self) -> Vec<u8> {
        let now = std::mem::take(self);
        let mut text = String::new();
        if now.state != State::Text {
            // What is not over is cancelled: else it would swallow what follows.
            text.push('\x18');
        }
        let screens = now.on.iter().filter(|mode| SCREENS.contains(mode));
        let others = now.on.iter().filter(|mode| !SCREENS.contains(mode));
        if now.kitty_keys > 0 {
            text.push_str(&format!("\x1b[<{}u", now.kitty_keys));
        }
        for mode in others.chain(screens) {
            text.push_str(&format!("\x1b[?{mode}l"));
        }
        for mode in &now.off {
            text.push_str(&format!("\x1b[?{mode}h"));
        }
        for (is_set, undo) in [
            (now.other_keys, "\x1b[>4m"),
            (now.keypad, "\x1b>"),
            (now.insert, "\x1b[4l"),
            // It moves the cursor home, which is put back.
            (now.scroll_region, "\x1b7\x1b[r\x1b8"),
            (now.cursor_shape, "\x1b[0 q"),
            (now.charset, "\x0f\x1b(B"),
            (now.is_touched, "\x1b[0m"),
        ] {
            if is_set {
                text.push_str(undo);
            }
        }
        text.into_bytes()
    }
}

/// A control sequence in its parts.
struct Control<'a> {
    prefix: Option<u8>,
    numbers: Vec<u16>,
    /// What stands between those and the final byte.
    between: &'a [u8],
    last: u8,
}

impl<'a> Control<'a> {
    fn of(sequence: &'a [u8]) -> Option<Self> {
        let (last, rest) = sequence.strip_prefix(b"\x1b[")?.split_last()?;
        let prefix = rest.first().copied().filter(|byte| (0x3c..=0x3f).contains(byte));
        let rest = if prefix.is_some() { rest.get(1..)? } else { rest };
        let end = rest.iter().position(|byte| (0x20..=0x2f).contains(byte)).unwrap_or(rest.len());
        let (numbers, between) = rest.split_at(end);
        let numbers =
            numbers.split(|byte| *byte == b';').filter_map(|number| str::from_utf8(number).ok()?.parse().ok());
        Some(Self { prefix, numbers: numbers.collect(), between, last: *last })
    }
}

/// Whether a terminal answers this control sequence.
fn asks(sequence: &[u8]) -> bool {
    let Some(Control { prefix, numbers, between, last }) = Control::of(sequence) else { return false };
    match (prefix, between, last) {
        // Who are you? Where is the cursor, and how are you? What is set? What can you do?
        (_, b"", b'c' | b'n') | (_, b"$", b'p') | (None, b"", b'x') | (Some(b'>'), b"", b'q') => true,
        (Some(b'?'), b"", b'u' | b'S') => true,
        (None, b"", b't') => numbers.first().is_some_and(|what| REPORTS.contains(what)),
        (None, b"$", b'w') | (None, b"*", b'y') => true,
        _ => false,
    }
}

/// Whether a terminal answers these words: a colour, the clipboard, a setting.
fn asks_in_words(sequence: &[u8]) -> bool {
    let words = sequence.strip_suffix(b"\x07").or_else(|| sequence.strip_suffix(b"\x1b\\")).unwrap_or(sequence);
    match words.get(..2) {
        Some(b"\x1b]") => words.ends_with(b";?") || words.windows(3).any(|part| part == b";?;"),
        Some(b"\x1bP") => words.get(2..).is_some_and(|words| words.starts_with(b"$q") || words.starts_with(b"+q")),
        // Pictures of kitty are answered for.
        Some(b"\x1b_") => words.get(2) == Some(&b'G'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In pieces of every size the same.
    fn passed(bytes: &[u8], is_old: bool) -> (Vec<u8>, Vec<u8>) {
        let whole = |size: usize| {
            let mut modes = Modes::default();
            let shown: Vec<u8> = bytes.chunks(size).flat_map(|piece| modes.pass(piece, is_old)).collect();
            (shown, modes.undo())
        };
        let first = whole(bytes.len().max(1));
        for size in 1..bytes.len() {
            assert_eq!(whole(size), first, "{size}");
        }
        first
    }

    #[test]
    fn what_was_printed_before_asks_nothing() {
        let questions: &[&[u8]] = &[
            b"\x1b[c",
            b"\x1b[>c",
            b"\x1b[0c",
            b"\x1b[6n",
            b"\x1b[?6n",
            b"\x1b[5n",
            b"\x1b[?2026$p",
            b"\x1b[18t",
            b"\x1b[>q",
            b"\x1b[?u",
            b"\x1b]11;?\x07",
            b"\x1b]4;1;?\x1b\\",
            b"\x1b]52;c;?\x07",
            b"\x1bP$qm\x1b\\",
            b"\x1bP+q544e\x1b\\",
            b"\x05",
        ];
        for question in questions {
            let text = [b"a", *question, b"b"].concat();
            assert_eq!(passed(&text, true).0, b"ab", "{question:?}");
            assert_eq!(passed(&text, false).0, text, "of today they are asked: {question:?}");
        }
        let harmless: &[&[u8]] = &[
            b"\x1b[1;31mred\x1b[0m",
            b"\x1b]0;a title\x07",
            b"\x1b[2J\x1b[H",
            b"\x1b[22;0t",
            b"\x1b]8;;http://x\x1b\\y\x1b]8;;\x1b\\",
            b"\x1b(0lqk\x1b(B",
            b"\x1b[3 q",
            "ü€".as_bytes(),
            b"\x1bPq#0;2;0;0;0\x1b\\",
        ];
        for text in harmless {
            assert_eq!(passed(text, true).0, *text, "{text:?}");
        }
        let long = [b"\x1b]52;c;".as_slice(), &b"QUJD".repeat(400), b"\x07end"].concat();
        assert_eq!(passed(&long, true).0, long);
    }

    #[test]
    fn what_was_set_up_is_undone() {
        for (text, undo) in [
            (&b"only text\r\n"[..], &b""[..]),
            (b"\x1b[31mred\x1b[0m", b"\x1b[0m"),
            (b"\x1b[?2004h$ ", b"\x1b[?2004l\x1b[0m"),
            (b"\x1b[?2004h$ \x1b[?2004l", b"\x1b[0m"),
            (b"\x1b[?1049h\x1b[?1000;1006h\x1b[?25l", b"\x1b[?1000l\x1b[?1006l\x1b[?1049l\x1b[?25h\x1b[0m"),
            (b"\x1b[?25l\x1b[?25h", b"\x1b[0m"),
            (b"\x1b=\x1b[4h\x1b[2;10r\x1b[5 q", b"\x1b>\x1b[4l\x1b7\x1b[r\x1b8\x1b[0 q\x1b[0m"),
            (b"\x1b[>1u\x1b[>4;2m", b"\x1b[<1u\x1b[>4m\x1b[0m"),
            (b"\x1b[>1u\x1b[<u", b"\x1b[0m"),
            (b"\x1b[?1049h\x1bc", b"\x1b[0m"),
            (b"\x1b(0", b"\x0f\x1b(B\x1b[0m"),
            (b"\x1b]0;half", b"\x18"),
        ] {
            assert_eq!(passed(text, false).1, undo, "{:?}", String::from_utf8_lossy(text));
        }
    }
}
