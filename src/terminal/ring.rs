//! The newest part of what a terminal printed. Pure: every byte has a place, counted from the session's first.

use std::collections::VecDeque;

/// Bytes are kept in blocks of this size, all but the last one full.
const BLOCK: usize = 32 << 10;
/// Where a line begins is looked for in so many bytes.
const LINE: usize = 4 << 10;

/// What is kept.
#[derive(Debug)]
pub(super) struct Ring {
    blocks: VecDeque<Vec<u8>>,
    /// The place of the first byte that is kept.
    start: u64,
    /// The place of the next byte.
    end: u64,
    capacity: usize,
}

impl Ring {
    /// Keeps at least so many bytes, and at most a block more.
    pub(super) fn new(capacity: usize) -> Self {
        Self { blocks: VecDeque::new(), start: 0, end: 0, capacity }
    }

    pub(super) fn start(&self) -> u64 {
        self.start
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    pub(super) fn append(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.blocks.back().is_none_or(|last| last.len() == BLOCK) {
                self.blocks.push_back(Vec::with_capacity(BLOCK));
            }
            let Some(last) = self.blocks.back_mut() else { return };
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - last.len()));
            last.extend_from_slice(now);
            self.end += now.len() as u64;
            bytes = later;
        }
        let most = self.capacity + BLOCK;
        while self.blocks.len() * BLOCK > most
            && let Some(oldest) = self.blocks.pop_front()
        {
            self.start += oldest.len() as u64;
        }
    }

    /// The bytes from this place on, as many as lie together: none at the end. From a place that is kept no more: the first
    /// ones that are, so the place comes along.
    pub(super) fn read(&self, from: u64) -> (u64, &[u8]) {
        let from = from.clamp(self.start, self.end);
        let at = usize::try_from(from - self.start).unwrap_or(usize::MAX);
        let block = self.blocks.get(at / BLOCK).map_or(&[][..], Vec::as_slice);
        (from, block.get(at % BLOCK..).unwrap_or_default())
    }

    /// Where somebody who has seen nothing begins: at the first line that is whole, as half a character or half a colour would
    /// spoil what follows.
    pub(super) fn first_line(&self) -> u64 {
        if self.start == 0 {
            return 0;
        }
        let (from, bytes) = self.read(self.start);
        let break_at = bytes.iter().take(LINE).position(|byte| *byte == b'\n');
        from + break_at.map_or(0, |at| at as u64 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(ring: &Ring, from: u64) -> (u64, Vec<u8>) {
        let (first, mut all) = (ring.read(from).0, Vec::new());
        loop {
            let (_, bytes) = ring.read(first + all.len() as u64);
            if bytes.is_empty() {
                return (first, all);
            }
            all.extend_from_slice(bytes);
        }
    }

    #[test]
    fn what_is_new_is_kept_with_its_place() {
        let mut ring = Ring::new(4 * BLOCK);
        let all: Vec<u8> = (0..20 * BLOCK + 777).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect();
        for piece in all.chunks(4095) {
            ring.append(piece);
        }
        assert_eq!(ring.end(), all.len() as u64);
        let kept = ring.end() - ring.start();
        assert!(kept >= 4 * BLOCK as u64 && kept <= 5 * BLOCK as u64, "{kept}");
        let (from, bytes) = rest(&ring, 0);
        assert_eq!(from, ring.start(), "what is gone is skipped");
        assert!(bytes == all[usize::try_from(from).unwrap()..]);
        let (from, bytes) = rest(&ring, ring.end() - 5);
        assert_eq!((from, bytes.as_slice()), (ring.end() - 5, &all[all.len() - 5..]));
        assert_eq!(ring.read(u64::MAX), (ring.end(), &[][..]), "nobody is ahead");
    }

    #[test]
    fn an_empty_one_has_nothing() {
        let ring = Ring::new(BLOCK);
        assert_eq!((ring.read(0), ring.read(9), ring.first_line()), ((0, &[][..]), (0, &[][..]), 0));
    }

    #[test]
    fn who_comes_late_begins_with_a_whole_line() {
        let mut ring = Ring::new(BLOCK);
        ring.append(b"first");
        assert_eq!(ring.first_line(), 0);
        for _ in 0..20_000 {
            ring.append("zeile für zeile\r\n".as_bytes());
        }
        assert!(ring.start() > 0);
        let (_, bytes) = rest(&ring, ring.first_line());
        assert!(bytes.starts_with(b"zeile"), "{:?}", &bytes[..20]);
    }
}
