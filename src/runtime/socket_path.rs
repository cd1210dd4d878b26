//! Unix sockets below folders with long paths.
//!
//! A socket address holds 108 bytes (unix(7)); a config folder can lie deeper. Then the folder is opened and the socket
//! reached through `/proc/self/fd/<n>/<name>`.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

/// The room `sun_path` has, less its ending zero.
const MAX: usize = 107;

/// A path short enough for a socket; it holds while this value lives.
#[derive(Debug)]
pub struct SocketPath {
    path: PathBuf,
    _folder: Option<File>,
}

impl SocketPath {
    /// The path of `name` in `folder`.
    ///
    /// # Errors
    /// The folder can't be opened.
    pub fn new(folder: &Path, name: &str) -> io::Result<Self> {
        let path = folder.join(name);
        if path.as_os_str().len() <= MAX {
            return Ok(Self { path, _folder: None });
        }
        let folder = File::open(folder)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{name}", folder.as_raw_fd()));
        Ok(Self { path, _folder: Some(folder) })
    }

    /// The path to bind or connect to.
    pub fn as_path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    #[test]
    fn a_deep_folder_still_takes_a_socket() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("d".repeat(100)).join("e".repeat(100));
        std::fs::create_dir_all(&deep).unwrap();
        let path = SocketPath::new(&deep, "x.sock").unwrap();
        let _listener = UnixListener::bind(path.as_path()).unwrap();
        assert!(deep.join("x.sock").exists());
        let again = SocketPath::new(&deep, "x.sock").unwrap();
        UnixStream::connect(again.as_path()).unwrap();
    }
}
