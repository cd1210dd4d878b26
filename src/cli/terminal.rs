//! The near end of a terminal session of the server: what is typed here goes there, what is printed there comes here.
//!
//! The protocol is that of docs/terminals.md. A connection that breaks is made anew from the place where it broke.

mod keys;
mod local;
mod modes;
mod printing;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Failed;
use super::out::text;
use super::server::{Heard, Mouth, Server, Socket, encoded};
use super::signals::Signals;
use keys::Keys;
use local::Raw;
use modes::Modes;
use printing::Printing;

pub(super) use local::{is_here, size};

/// So many bytes may be on their way without having been read there.
const AHEAD: u64 = 256 << 10;
/// How often a broken connection is made anew, and how long it takes between.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(500);

/// How a session is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// A shell that stays: Ctrl-] lets go of it.
    Attached,
    /// A program of ours at this terminal.
    Program,
    /// A program of ours whose output goes into a file or a pipe: nothing is typed.
    Plain,
    /// The same, and our standard input is its own.
    Fed,
}

impl How {
    /// A screen is drawn on.
    fn has_screen(self) -> bool {
        matches!(self, Self::Attached | Self::Program)
    }
}

/// How it came to an end here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// It is over: the exit code of what ran in it, or 128 and the signal.
    Exit(u8),
    /// Somebody ended it there.
    Ended(&'static str),
    /// We have gone and it goes on.
    Detached,
    /// This signal has come to us.
    Signal(u8),
    /// Nobody reads what we print.
    Unread,
}

/// Is at the near end of a session until one of both is over. The local terminal is left as it was.
pub(super) async fn look(server: &Server, (instance, session): (i64, &str), how: How) -> Result<End, Failed> {
    let _raw = if how.has_screen() { Some(Raw::enter()?) } else { None };
    let mut near = Near {
        how,
        keys: if how == How::Plain { Keys::none() } else { Keys::read() },
        printing: Printing::begin(),
        modes: Modes::default(),
        signals: Signals::listen().map_err(Failed::failure)?,
        resized: signal(SignalKind::window_change()).map_err(Failed::failure)?,
        place: 0,
        replayed: 0,
        unfed: how == How::Fed,
    };
    let end = near.stay(server, instance, session).await;
    // However it ended: what a program has set up at this terminal goes with it.
    near.printing.print(near.modes.undo(), near.place);
    near.printing.finish().await;
    end
}

/// What is here.
struct Near {
    how: How,
    keys: Keys,
    printing: Printing,
    modes: Modes,
    signals: Signals,
    resized: Signal,
    /// The place of the next byte.
    place: u64,
    /// What comes before this place was printed before we came.
    replayed: u64,
    /// A program is fed, and has not had all of it.
    unfed: bool,
}

/// What a connection came to.
enum Line {
    Over(End),
    Broken,
}

impl Near {
    async fn stay(&mut self, server: &Server, instance: i64, session: &str) -> Result<End, Failed> {
        let mut broken = 0;
        loop {
            let offset = if broken == 0 { String::new() } else { format!("&offset={}", self.place) };
            let path = format!("/api/instances/{instance}/terminal?session={}{offset}", encoded(session));
            match server.websocket(&path).await {
                Ok(mut socket) => match self.talk(&mut socket).await? {
                    Line::Over(end) => {
                        socket.close().await;
                        return Ok(end);
                    }
                    // Nobody knows how much of what was on its way has arrived.
                    Line::Broken if self.unfed => {
                        return Ok(End::Ended("the connection broke before it had all of its input"));
                    }
                    // What went through was a whole connection: the patience is for each anew.
                    Line::Broken => broken = 1,
                },
                Err(failed) if broken == 0 => return Err(failed),
                // It answers, and knows the session no more.
                Err(failed) if !failed.is_no_server() => return Ok(End::Ended("gone")),
                Err(failed) if broken > ATTEMPTS => return Err(failed),
                Err(_) => broken += 1,
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                signal = self.signals.next() => return Ok(End::Signal(signal)),
            }
        }
    }

    /// Talks over one connection.
    async fn talk(&mut self, socket: &mut Socket) -> Result<Line, Failed> {
        let (mut mouth, mut ear) = socket.parts();
        // Bytes typed over this connection, and those of them that were read there.
        let (mut typed, mut read) = (0_u64, 0_u64);
        if self.how.has_screen() {
            resize(&mut mouth).await;
        }
        let mut at_end = false;
        loop {
            tokio::select! {
                heard = ear.hear() => match heard {
                    Heard::Bytes(bytes) => {
                        let is_old = self.place < self.replayed;
                        self.place += bytes.len() as u64;
                        let shown = if self.how.has_screen() { self.modes.pass(&bytes, is_old) } else { bytes.to_vec() };
                        self.printing.print(shown, self.place);
                    }
                    Heard::Word(word) => match text(&word, "type") {
                        "attached" => {
                            self.place = number(&word, "offset");
                            if self.replayed == 0 {
                                self.replayed = number(&word, "end");
                            }
                        }
                        "gap" => self.place = number(&word, "offset"),
                        "typed" => {
                            read = number(&word, "total");
                            self.unfed &= !at_end || read < typed;
                        }
                        "ended" => return Ok(Line::Over(over(&word))),
                        _ => {}
                    },
                    Heard::Closed { code: 1001, .. } => return Ok(Line::Over(End::Ended("the server stops"))),
                    Heard::Closed { code: 1008, reason } if reason == "logged out" => {
                        return Ok(Line::Over(End::Ended("the token was revoked")));
                    }
                    Heard::Closed { code: 1000, .. } => return Ok(Line::Over(End::Ended("it was ended"))),
                    Heard::Closed { .. } | Heard::Lost => return Ok(Line::Broken),
                },
                keys = self.keys.next(), if typed - read.min(typed) < AHEAD => match keys {
                    Some(keys) => {
                        let (keys, detach) =
                            if self.how == How::Attached { keys::before_detach(&keys) } else { (&*keys, false) };
                        if !keys.is_empty() {
                            typed += keys.len() as u64;
                            mouth.bytes(keys.to_vec()).await;
                        }
                        if detach {
                            return Ok(Line::Over(End::Detached));
                        }
                    }
                    None if self.how == How::Fed => {
                        mouth.word(&json!({ "type": "end" })).await;
                        self.keys = Keys::none();
                        at_end = true;
                        self.unfed = read < typed;
                    }
                    // This terminal is gone.
                    None => return Ok(Line::Over(End::Detached)),
                },
                printed = self.printing.printed() => match printed {
                    Some(place) => { mouth.word(&json!({ "type": "ack", "offset": place })).await; }
                    None => return Ok(Line::Over(End::Unread)),
                },
                _ = self.resized.recv(), if self.how.has_screen() => resize(&mut mouth).await,
                signal = self.signals.next() => return Ok(Line::Over(End::Signal(signal))),
            }
        }
    }
}

/// Says how large this terminal is. Whoever does not hear it has gone, which the ear hears too.
async fn resize(mouth: &mut Mouth<'_>) {
    if let Some((rows, cols)) = size() {
        mouth.word(&json!({ "type": "resize", "rows": rows, "cols": cols })).await;
    }
}

fn number(word: &Value, member: &str) -> u64 {
    word.get(member).and_then(Value::as_u64).unwrap_or_default()
}

/// How a session ended, by the server's word.
fn over(word: &Value) -> End {
    let code = |member: &str| word.get(member).and_then(Value::as_u64).and_then(|code| u8::try_from(code).ok());
    match text(word, "why") {
        "exit" => match (code("code"), code("signal")) {
            (Some(code), _) => End::Exit(code),
            (None, Some(signal)) => End::Exit(signal.saturating_add(128)),
            (None, None) => End::Ended("it ended"),
        },
        "idle" => End::Ended("nobody had looked at it for long"),
        _ => End::Ended("it was ended"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_session_ends() {
        for (word, end) in [
            (json!({ "why": "exit", "code": 3 }), End::Exit(3)),
            (json!({ "why": "exit", "code": null, "signal": 9 }), End::Exit(137)),
            (json!({ "why": "asked", "code": null }), End::Ended("it was ended")),
        ] {
            assert_eq!(over(&word), end, "{word}");
        }
    }
}
