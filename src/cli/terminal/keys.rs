//! What is typed here.

use std::io::{self, Read};
use std::thread;

use tokio::sync::mpsc;

/// Ctrl-], as terminals send it: plainly, and as programs may have asked for it (modifyOtherKeys, the kitty protocol).
const DETACH: [&[u8]; 3] = [b"\x1d", b"\x1b[27;5;93~", b"\x1b[93;5u"];

/// The keys as they come.
#[derive(Debug)]
pub(super) struct Keys {
    /// `None`: there are no keys.
    typed: Option<mpsc::Receiver<Vec<u8>>>,
}

impl Keys {
    /// Nobody types.
    pub(super) fn none() -> Self {
        Self { typed: None }
    }

    /// Reads them. The terminal can't be asked without waiting unless it is changed for everybody who has it, so a thread
    /// waits; it ends with the process, or when it has something for nobody.
    pub(super) fn read() -> Self {
        let (sender, typed) = mpsc::channel(4);
        thread::spawn(move || {
            let mut keyboard = io::stdin().lock();
            let mut buffer = vec![0; 16 << 10];
            loop {
                match keyboard.read(&mut buffer) {
                    Ok(read @ 1..) => {
                        if sender.blocking_send(buffer.get(..read).unwrap_or_default().to_vec()).is_err() {
                            return;
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    // Dropping the sender says it.
                    Ok(_) | Err(_) => return,
                }
            }
        });
        Self { typed: Some(typed) }
    }

    /// The next of them; `None` when the terminal is gone. May be given up and asked again.
    pub(super) async fn next(&mut self) -> Option<Vec<u8>> {
        match &mut self.typed {
            Some(typed) => typed.recv().await,
            None => std::future::pending().await,
        }
    }
}

/// What was typed before the key that lets go, and whether that was there.
pub(super) fn before_detach(keys: &[u8]) -> (&[u8], bool) {
    let places = DETACH.iter().filter_map(|key| keys.windows(key.len()).position(|part| part == *key));
    match places.min() {
        Some(at) => (keys.get(..at).unwrap_or_default(), true),
        None => (keys, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_that_lets_go() {
        for (keys, before, detach) in [
            (&b"ls\r"[..], &b"ls\r"[..], false),
            (b"ls\x1dmore", b"ls", true),
            (b"\x1b[93;5u", b"", true),
            (b"x\x1b[27;5;93~", b"x", true),
            (b"\x1b[93;1u", b"\x1b[93;1u", false),
        ] {
            assert_eq!(before_detach(keys), (before, detach));
        }
    }
}
