//! Which disks are nearly full: said once, and again only after there was room. A server that starts anew knows what the one
//! before said. Pure.

use std::collections::HashSet;

use super::{Draft, words};
use crate::domain::{Level, NoticeKind};
use crate::monitor::Disk;

const GIB: u64 = 1 << 30;

/// Less free than this many bytes, or this many percent, is nearly full …
const LOW: (u64, u64) = (5 * GIB, 5);

/// … until there is this much of both.
const ENOUGH: (u64, u64) = (6 * GIB, 7);

/// The disks that were said to be nearly full.
#[derive(Debug, Default)]
pub(super) struct Disks {
    low: HashSet<String>,
    /// What earlier servers said.
    earlier: Vec<String>,
}

impl Disks {
    /// An earlier server said this, not long ago.
    pub(super) fn was_said(&mut self, text: String) {
        self.earlier.push(text);
    }

    pub(super) fn look(&mut self, disks: &[Disk]) -> Vec<Draft> {
        let mut told = Vec::new();
        for disk in disks {
            if is_below(disk, LOW) {
                let is_known = self.earlier.iter().any(|text| text.ends_with(&end(disk)));
                if self.low.insert(disk.path.clone()) && !is_known {
                    told.push(said(disk));
                }
            } else if !is_below(disk, ENOUGH) {
                self.low.remove(&disk.path);
                self.earlier.retain(|text| !text.ends_with(&end(disk)));
            }
        }
        told
    }
}

fn is_below(disk: &Disk, (bytes, percent): (u64, u64)) -> bool {
    // As `df` counts: blocks kept for root are nobody's.
    let whole = disk.used.saturating_add(disk.free);
    whole > 0 && (disk.free < bytes || disk.free.saturating_mul(100) < whole.saturating_mul(percent))
}

fn said(disk: &Disk) -> Draft {
    let text = format!(
        "The disk of {} is nearly full: {} of {}{}",
        words::list(&disk.holds),
        words::bytes(disk.free),
        words::bytes(disk.used.saturating_add(disk.free)),
        end(disk)
    );
    Draft { kind: NoticeKind::Disk, level: Level::Warn, text, instance_id: None }
}

/// What is the same whenever it is said of this disk.
fn end(disk: &Disk) -> String {
    format!(" are free at {}. Empty the trash, or remove outputs and models that are not needed.", disk.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(free: u64, whole: u64) -> Disk {
        let holds = vec!["config", "models", "outputs"];
        Disk { path: "/config".to_owned(), holds, total: whole, used: whole - free, free, percent: 0.0 }
    }

    #[test]
    fn once_until_there_was_room_again() {
        let mut disks = Disks::default();
        for (free, whole, told) in [
            (50, 500, false),
            (24, 500, true),
            (20, 500, false),
            // A little more is not yet room.
            (30, 500, false),
            (24, 500, false),
            (40, 500, false),
            (24, 500, true),
            // A small disk: by bytes.
            (4, 20, false),
            (7, 20, false),
            (4, 20, true),
            (0, 0, false),
        ] {
            let said = disks.look(&[disk(free * GIB, whole * GIB)]);
            assert_eq!(!said.is_empty(), told, "{free} of {whole}");
        }
    }

    #[test]
    fn a_server_that_starts_anew_does_not_say_it_again() {
        let low = disk(24 * GIB, 500 * GIB);
        let said = Disks::default().look(std::slice::from_ref(&low)).remove(0).text;
        let mut disks = Disks::default();
        disks.was_said(said.clone());
        let other = Disk { path: "/config/models".to_owned(), ..low.clone() };
        assert_eq!(disks.look(&[low.clone(), other]).len(), 1, "the other one was not said");
        assert_eq!(disks.look(&[disk(40 * GIB, 500 * GIB)]).len(), 0);
        assert_eq!(disks.look(&[low]).len(), 1, "there was room between");
    }

    #[test]
    fn each_disk_is_its_own() {
        let other = Disk { path: "/models".to_owned(), holds: vec!["models"], ..disk(GIB, 500 * GIB) };
        let mut disks = Disks::default();
        assert_eq!(disks.look(&[disk(400 * GIB, 500 * GIB), other.clone()]).len(), 1);
        let said = disks.look(&[disk(3 * GIB / 2, 500 * GIB), other]);
        assert_eq!(said.len(), 1);
        assert!(
            said[0].text.starts_with(
                "The disk of config, models and outputs is nearly full: 1.5 GB of 500 GB are free at /config."
            ),
            "{said:?}"
        );
    }
}
