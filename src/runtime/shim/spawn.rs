//! Starting the leader: the one place of this program that needs `unsafe`.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::sys::signal::SigSet;

use crate::runtime::open_files;

/// Starts the command in a session of its own, its output on the terminal, and returns its pid. Its environment and
/// working directory are ours.
pub(super) fn leader(command: &[String], slave: OwnedFd, open_files: Option<u64>) -> io::Result<u32> {
    let [program, arguments @ ..] = command else { return Err(io::ErrorKind::InvalidInput.into()) };
    let mut child = Command::new(program);
    child.args(arguments).stdin(Stdio::null()).stdout(Stdio::from(slave.try_clone()?)).stderr(Stdio::from(slave));
    #[expect(unsafe_code, reason = "std offers no safe way to call setsid between fork and exec")]
    // SAFETY: the closure runs in the forked child before exec; setsid and sigprocmask are async-signal-safe
    // (signal-safety(7)), getrlimit and setrlimit are bare system calls, and the closure neither allocates nor takes a lock.
    unsafe {
        child.pre_exec(move || {
            // The shim reads its signals from a descriptor and has them blocked; a child would inherit that.
            SigSet::empty().thread_set_mask()?;
            nix::unistd::setsid()?;
            if let Some(soft) = open_files {
                open_files::restore(soft)?;
            }
            Ok(())
        });
    }
    Ok(child.spawn()?.id())
}
