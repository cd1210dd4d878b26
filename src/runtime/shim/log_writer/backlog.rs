//! What could not be written yet.

/// The most that is held back: a shim stays small whatever its disk does.
const MOST: usize = 256 * 1024;

/// Output that waits for the disk, and how much of what followed it was lost.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    bytes: Vec<u8>,
    lost: u64,
}

impl Backlog {
    /// Keeps what there is room for. Behind a gap nothing is kept: the order of the output would not be true any more.
    pub(super) fn hold(&mut self, bytes: &[u8]) {
        let room = if self.lost == 0 { MOST.saturating_sub(self.bytes.len()) } else { 0 };
        let (kept, lost) = bytes.split_at(room.min(bytes.len()));
        self.bytes.extend_from_slice(kept);
        self.lost += lost.len() as u64;
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// So many of them are on disk now.
    pub(super) fn wrote(&mut self, count: usize) {
        self.bytes.drain(..count.min(self.bytes.len()));
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// How much was lost behind what was held; from now on output is held again.
    pub(super) fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }
}
