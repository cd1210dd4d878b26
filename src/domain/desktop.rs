//! A desktop: the screen on the server where an app in persistent mode lives.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Port, word_enum};

word_enum! {
    /// Which program draws a desktop and shows it to browsers.
    DesktopEngine {
        /// KasmVNC: brings a web client of its own.
        KasmVnc = "kasmvnc",
        /// TigerVNC: seen through our viewer.
        TigerVnc = "tigervnc",
    }
}

/// A desktop that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desktop {
    /// What draws it.
    pub engine: DesktopEngine,
    /// The X display: 5 is `:5`.
    pub display: u32,
    /// Where its picture is to be had.
    pub screen: Screen,
    /// The file with the cookie that opens the display.
    pub cookie: PathBuf,
    /// The process below which the X server is, where that is not the run's own.
    pub tree: Option<u32>,
    /// Whether what is shown in it is a web UI, which can be had without the desktop as well.
    pub shows_web_ui: bool,
}

/// Where the picture of a desktop is to be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Screen {
    /// RFB (RFC 6143) at a Unix socket that is nobody else's.
    Socket(PathBuf),
    /// A web server on loopback: a client, and its websocket.
    Web(Port),
}
