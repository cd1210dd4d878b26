//! How many files may be open. A server needs two per connection; the programs it starts keep the limit that they would
//! have without it, since some of old can't live with more than 1,024 (select(2)).

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// As many as Linux allows by default (`fs.nr_open`); containers often say a thousand times that.
const ENOUGH: u64 = 1_048_576;

/// Raises this process's own limit as far as it may; returns what it was, for whoever is started. `None` when nothing was
/// changed.
pub fn raise() -> Option<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    let wanted = hard.min(ENOUGH);
    (soft < wanted && setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).is_ok()).then_some(soft)
}

/// Sets the limit of this process: called between fork and exec, where only system calls may be made.
pub(super) fn restore(soft: u64) -> nix::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, soft.min(hard), hard)
}
