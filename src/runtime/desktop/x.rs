//! Talking to the X server of a desktop.

use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt};
use x11rb::rust_connection::{DefaultStream, RustConnection};

use super::cookie;
use crate::domain::Desktop;

/// What can go wrong on the way.
pub(super) type Wrong = Box<dyn std::error::Error + Send + Sync>;

/// How long an X server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Opens the display of a desktop. It waits for the X server: never on a thread that serves others.
pub(super) fn connect(desktop: &Desktop) -> Result<RustConnection, Wrong> {
    let stream = UnixStream::connect(format!("/tmp/.X11-unix/X{}", desktop.display))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let (stream, _) = DefaultStream::from_unix_stream(stream)?;
    let secret = cookie::read(&desktop.cookie)?;
    Ok(RustConnection::connect_to_stream_with_auth_info(stream, 0, cookie::NAME.to_vec(), secret)?)
}

/// Waits until a window manager says that it is there, or for so long.
pub(super) async fn managed(desktop: &Desktop, patience: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        let asked = desktop.clone();
        let is_managed = tokio::task::spawn_blocking(move || is_managed(&asked).unwrap_or(false)).await;
        if is_managed.unwrap_or(false) {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// By the window that it leaves at the root (EWMH, `_NET_SUPPORTING_WM_CHECK`).
fn is_managed(desktop: &Desktop) -> Result<bool, Wrong> {
    let connection = connect(desktop)?;
    let root = connection.setup().roots.first().ok_or("it has no screen")?.root;
    let name = connection.intern_atom(false, b"_NET_SUPPORTING_WM_CHECK")?.reply()?.atom;
    let said = connection.get_property(false, root, name, AtomEnum::WINDOW, 0, 1)?.reply()?;
    Ok(said.value_len > 0)
}
