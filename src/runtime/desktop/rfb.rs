//! What a viewer says to an RFB server (RFC 6143, and the extensions that noVNC and TigerVNC speak), cut into messages: who may only look
//! gets no further with what would change something.

/// How much of one message is kept until it is whole; nothing that a viewer says is longer, but a clipboard.
const LONGEST: usize = 64 * 1024;

/// The stream of one viewer who may only look.
#[derive(Debug, Default)]
pub struct OnlyLooks {
    stage: Stage,
    kept: Vec<u8>,
    /// How much of a message that does not go through is still to come.
    skip: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The version: twelve bytes.
    #[default]
    Version,
    /// The kind of security: one byte.
    Security,
    /// Whether others may stay: one byte, which says that they may.
    Shared,
    Messages,
}

/// Not understood: what follows can't be told apart any more.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a viewer said what nobody understands")]
pub struct NotUnderstood;

/// A message whose kind is known.
enum Message {
    /// So long, and it may pass.
    Passes(usize),
    /// So long, and it would change something.
    Held(usize),
    /// More has to come before that is known.
    Unknown,
}

impl OnlyLooks {
    /// Takes in what came, and gives what may go on.
    ///
    /// # Errors
    /// What came is no message that is known.
    pub fn pass(&mut self, bytes: &[u8]) -> Result<Vec<u8>, NotUnderstood> {
        let mut passed = Vec::new();
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        self.kept.extend(bytes.get(skipped..).unwrap_or_default());
        let mut from = 0;
        loop {
            let rest = self.kept.get(from..).unwrap_or_default();
            let message = self.next(rest)?;
            match message {
                Message::Passes(length) if length <= rest.len() => {
                    match (self.stage, rest.get(..length)) {
                        // Others are never thrown out by somebody who may only look.
                        (Stage::Shared, _) => passed.push(1),
                        (_, Some(whole)) => passed.extend(whole),
                        (_, None) => {}
                    }
                    from += length;
                    self.stage = self.stage.next();
                }
                Message::Held(length) => {
                    let here = length.min(rest.len());
                    from += here;
                    self.skip = length - here;
                    if self.skip > 0 {
                        break;
                    }
                }
                Message::Passes(length) if length > LONGEST => return Err(NotUnderstood),
                Message::Passes(_) | Message::Unknown => break,
            }
            if from == self.kept.len() {
                break;
            }
        }
        self.kept.drain(..from);
        Ok(passed)
    }

    fn next(&self, rest: &[u8]) -> Result<Message, NotUnderstood> {
        Ok(match self.stage {
            Stage::Version => Message::Passes(12),
            Stage::Security | Stage::Shared => Message::Passes(1),
            Stage::Messages => message(rest)?,
        })
    }
}

impl Stage {
    fn next(self) -> Self {
        match self {
            Self::Version => Self::Security,
            Self::Security => Self::Shared,
            Self::Shared | Self::Messages => Self::Messages,
        }
    }
}

/// How long a message is, and what it is for.
fn message(rest: &[u8]) -> Result<Message, NotUnderstood> {
    let byte = |at: usize| rest.get(at).copied();
    let number = |at: usize| Some(u32::from_be_bytes(rest.get(at..at + 4)?.try_into().ok()?));
    let Some(kind) = byte(0) else { return Ok(Message::Unknown) };
    Ok(match kind {
        // SetPixelFormat, FramebufferUpdateRequest, EnableContinuousUpdates.
        0 => Message::Passes(20),
        3 | 150 => Message::Passes(10),
        // SetEncodings: a number of them, four bytes each.
        2 => match (byte(2), byte(3)) {
            (Some(high), Some(low)) => Message::Passes(4 + 4 * usize::from(u16::from_be_bytes([high, low]))),
            _ => Message::Unknown,
        },
        // ClientFence: flow control, with what it will be given back.
        248 => byte(8).map_or(Message::Unknown, |length| Message::Passes(9 + usize::from(length))),
        // KeyEvent, PointerEvent, xvp.
        4 => Message::Held(8),
        5 => Message::Held(6),
        250 => Message::Held(4),
        // ClientCutText: its length is negative where it is of the extended kind.
        6 => number(4).map_or(Message::Unknown, |length| {
            let length = length.cast_signed().unsigned_abs();
            Message::Held(8usize.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)))
        }),
        // SetDesktopSize: a number of screens, sixteen bytes each.
        251 => byte(6).map_or(Message::Unknown, |screens| Message::Held(8 + 16 * usize::from(screens))),
        // QEMU: of its kinds only keys with their places on the keyboard are spoken here.
        255 => match byte(1) {
            Some(0) => Message::Held(12),
            Some(_) => return Err(NotUnderstood),
            None => Message::Unknown,
        },
        _ => return Err(NotUnderstood),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GREETING: &[u8] = b"RFB 003.008\n\x01\x00";
    const ASKED: &[u8] = &[3, 1, 0, 0, 0, 0, 4, 0, 3, 0];
    const KEY: &[u8] = &[4, 1, 0, 0, 0, 0, 0, 97];
    const POINTER: &[u8] = &[5, 1, 0, 10, 0, 10];
    const CLIPBOARD: &[u8] = &[6, 0, 0, 0, 0, 0, 0, 2, b'h', b'i'];
    const EXTENDED: &[u8] = &[6, 0, 0, 0, 0xff, 0xff, 0xff, 0xfc, 1, 2, 3, 4];
    const SIZE: &[u8] = &[251, 0, 4, 0, 3, 0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    const QEMU_KEY: &[u8] = &[255, 0, 0, 1, 0, 0, 0, 97, 0, 0, 0, 30];
    const ENCODINGS: &[u8] = &[2, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0, 1];
    const FENCE: &[u8] = &[248, 0, 0, 0, 0, 0, 0, 1, 3, 9, 9, 9];

    /// All at once, and byte by byte.
    fn passed(said: &[u8]) -> Result<Vec<u8>, NotUnderstood> {
        let whole = OnlyLooks::default().pass(said);
        let mut slow = OnlyLooks::default();
        let pieces: Result<Vec<Vec<u8>>, _> = said.iter().map(|byte| slow.pass(&[*byte])).collect();
        assert_eq!(whole, pieces.map(|pieces| pieces.concat()));
        whole
    }

    #[test]
    fn what_asks_passes_and_what_changes_does_not() {
        let said = [GREETING, ENCODINGS, ASKED, KEY, POINTER, CLIPBOARD, ASKED, EXTENDED, SIZE, QEMU_KEY, FENCE, ASKED]
            .concat();
        let mut wanted = [GREETING, ENCODINGS, ASKED, ASKED, FENCE, ASKED].concat();
        wanted[13] = 1;
        assert_eq!(passed(&said), Ok(wanted), "and the others stay");
    }

    #[test]
    fn what_is_not_understood_ends_it() {
        for wrong in [&[7u8][..], &[99, 0], &[255, 1]] {
            assert_eq!(passed(&[GREETING, wrong].concat()), Err(NotUnderstood), "{wrong:?}");
        }
    }

    #[test]
    fn a_huge_clipboard_is_not_kept() {
        let mut looks = OnlyLooks::default();
        let begin = [GREETING, &[6, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]].concat();
        assert_eq!(looks.pass(&begin).unwrap().len(), GREETING.len());
        for _ in 0..100 {
            assert_eq!(looks.pass(&[4; 100_000]), Ok(Vec::new()));
        }
        assert!(looks.kept.capacity() < 1 << 20, "{}", looks.kept.capacity());
    }

    proptest! {
        /// Whatever comes, in whatever pieces: no panic, and never a key.
        #[test]
        fn no_key_passes(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20)) {
            let mut looks = OnlyLooks::default();
            let _ = looks.pass(GREETING);
            for piece in pieces {
                let Ok(passed) = looks.pass(&piece) else { return Ok(()) };
                prop_assert!(passed.first().is_none_or(|kind| [0, 2, 3, 150, 248].contains(kind)));
            }
        }
    }
}
