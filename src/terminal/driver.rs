//! What keeps a session going: reads its PTY, types into it, and sees to its end.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pty_process::{OwnedReadPty, OwnedWritePty};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::ChildStdin;
use tokio::sync::{mpsc, watch};

use super::ending;
use super::session::{Ended, Input, Session, Size, WINDOW};
use super::spawn::{Inlet, Started};

/// The program waits so long for somebody who is attached and does not read on; then it is theirs to come back.
const PATIENCE: Duration = Duration::from_secs(60);
/// A program's end is kept so long for whoever asked for it: a short one is over before they are attached.
const HEARD_BY: Duration = Duration::from_secs(10);
/// A shell that has ended is silent when nothing came for so long …
const SILENCE: Duration = Duration::from_millis(40);
/// … and is given no more than this: what still runs behind it may print for ever.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs a session to its end. `forget` is called as soon as it is over; its processes go after that.
pub(super) async fn drive(started: Started, idle: Option<Duration>, forget: impl FnOnce()) {
    let Started { session, read, inlet, mut child, inputs, start_file } = started;
    let ended = {
        let mut reading = pin!(read_on(&session, read));
        let mut writing = pin!(write_on(inlet, inputs, session.size.subscribe()));
        let mut abandoned = pin!(abandoned(session.attached.subscribe(), idle));
        let (mut is_read, mut is_written) = (false, false);
        loop {
            tokio::select! {
                () = session.ending.cancelled() => break Ended::Asked,
                () = &mut abandoned => break Ended::Idle,
                status = child.wait() => {
                    if !is_read {
                        session.last_words.store(true, Ordering::Relaxed);
                        session.room.notify_one();
                        let heard = async { tokio::select! { () = &mut reading => {}, () = silence(&session) => {} } };
                        // Too long: it goes on printing for ever.
                        let _ = tokio::time::timeout(LAST_WORDS, heard).await;
                    }
                    let (code, signal) = status.map_or((None, None), |status| (status.code(), status.signal()));
                    break Ended::Exit { code, signal };
                }
                // Nobody holds the terminal any more: the end of the shell follows.
                () = &mut reading, if !is_read => is_read = true,
                () = &mut writing, if !is_written => is_written = true,
            }
        }
        // Here the PTY closes: whoever is still in front gets SIGHUP by the kernel.
    };
    session.over.send_replace(Some(ended));
    if session.is_awaited && matches!(ended, Ended::Exit { .. }) {
        tokio::select! {
            // An error means that nobody comes.
            _ = tokio::time::timeout(HEARD_BY, session.was_attached()) => {}
            () = session.ending.cancelled() => {}
        }
    }
    forget();
    let (mark, shell) = (session.id.clone(), session.shell);
    let ending = tokio::task::spawn_blocking(move || ending::sweep(&mark, shell));
    // The shell is ours to collect, else it would stay as a zombie.
    let (swept, collected) = tokio::join!(ending, child.wait());
    if let Err(error) = swept {
        tracing::error!(session = session.id, %error, "the processes of a terminal could not be looked for");
    }
    if let Err(error) = collected {
        tracing::error!(session = session.id, %error, "the shell of a terminal could not be collected");
    }
    if let Err(error) = tokio::fs::remove_file(&start_file).await {
        tracing::debug!(path = %start_file.display(), %error, "a start file is gone already");
    }
    session.gone.cancel();
}

/// Reads the PTY while everybody keeps up. While somebody does not, the kernel stops the program at its next write.
async fn read_on(session: &Arc<Session>, mut pty: OwnedReadPty) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        everybody_keeps_up(session).await;
        match pty.read(&mut buffer).await {
            Ok(read @ 1..) => session.print(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // EIO: nobody has the other end open.
            _ => return,
        }
    }
}

async fn everybody_keeps_up(session: &Arc<Session>) {
    if session.is_awaited && session.printed() >= WINDOW {
        // Nobody has come yet, and what is kept would soon not be all of it.
        session.was_attached().await;
    }
    while !session.last_words.load(Ordering::Relaxed) {
        let slow = session.slow_ones();
        if slow.is_empty() {
            return;
        }
        // As with a pipe, a program waits for its reader: nothing of what it says may be lost.
        if session.is_awaited {
            session.room.notified().await;
        } else if tokio::time::timeout(PATIENCE, session.room.notified()).await.is_err() {
            for client in slow {
                client.cut.cancel();
            }
            // They go by themselves, and say so.
            session.room.notified().await;
        }
    }
}

/// Passes on what is typed, in its order, as fast as programs read it.
async fn write_on(inlet: Inlet, inputs: mpsc::UnboundedReceiver<Input>, size: watch::Receiver<Size>) {
    match inlet {
        Inlet::Screen(pty) => type_on(pty, inputs, size).await,
        Inlet::Pipe(pipe, pty) => {
            feed(pipe, inputs).await;
            // Programs close what they print to before they end: were this closed by then, the kernel would hang up on them.
            std::future::pending::<()>().await;
            drop(pty);
        }
    }
}

/// Until the end of the input, or until the program reads no more of it.
async fn feed(mut pipe: ChildStdin, mut inputs: mpsc::UnboundedReceiver<Input>) {
    while let Some(Input::Typed(typed)) = inputs.recv().await {
        if pipe.write_all(&typed.bytes).await.is_err() {
            return;
        }
        typed.done.send_modify(|done| *done += typed.bytes.len() as u64);
    }
}

async fn type_on(mut pty: OwnedWritePty, mut inputs: mpsc::UnboundedReceiver<Input>, mut size: watch::Receiver<Size>) {
    loop {
        tokio::select! {
            input = inputs.recv() => {
                let typed = match input {
                    Some(Input::Typed(typed)) => typed,
                    // A terminal has no end.
                    Some(Input::End) => continue,
                    None => return,
                };
                let mut left: &[u8] = &typed.bytes;
                while !left.is_empty() {
                    tokio::select! {
                        written = pty.write(left) => match written {
                            Ok(written) => {
                                left = left.get(written..).unwrap_or_default();
                                typed.done.send_modify(|done| *done += written as u64);
                            }
                            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                            Err(_) => return,
                        },
                        Ok(()) = size.changed() => set(&pty, &mut size),
                    }
                }
            }
            Ok(()) = size.changed() => set(&pty, &mut size),
        }
    }
}

fn set(pty: &OwnedWritePty, size: &mut watch::Receiver<Size>) {
    let Size { rows, cols } = *size.borrow_and_update();
    if let Err(error) = pty.resize(pty_process::Size::new(rows, cols)) {
        tracing::debug!(%error, "a terminal can't be resized");
    }
}

/// Returns when nobody was attached for so long.
async fn abandoned(mut attached: watch::Receiver<usize>, idle: Option<Duration>) {
    let Some(idle) = idle else { return std::future::pending().await };
    loop {
        let nobody = *attached.borrow_and_update() == 0;
        tokio::select! {
            () = tokio::time::sleep(idle), if nobody => return,
            Ok(()) = attached.changed() => {}
        }
    }
}

/// Returns when nothing was printed for a moment.
async fn silence(session: &Arc<Session>) {
    let (mut printed, _) = session.follow();
    while tokio::time::timeout(SILENCE, printed.changed()).await.is_ok() {}
}
